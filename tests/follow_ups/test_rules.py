"""When an owner is reminded, and how late something is in words."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hortus.follow_ups.rules import lateness, reminder, useful_until

DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(due_on=DAYS, days=st.integers(-400, 400), hour=st.integers(0, 23))
def test_reminders_count_whole_weeks_from_the_morning_of_the_day(due_on: date, days: int, hour: int) -> None:
    local = datetime.combine(due_on + timedelta(days=days), datetime.min.time()).replace(hour=hour)
    found = reminder(due_on, local)
    slow = [
        w
        for w in range(60)
        if local >= datetime.combine(due_on, datetime.min.time().replace(hour=8)) + timedelta(days=7 * w)
    ]
    assert found == (slow[-1] if slow else None)
    if found is not None:
        assert useful_until(due_on, found) > local.date() - timedelta(days=1)


@given(due_on=DAYS, days=st.integers(-2000, 2000))
def test_lateness_always_says_which_side_of_the_day_it_is(due_on: date, days: int) -> None:
    said = lateness(due_on, due_on + timedelta(days=days))
    assert ("late" in said) == (days > 0)
    assert ("due" in said) == (days <= 0)
