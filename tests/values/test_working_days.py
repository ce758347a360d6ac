"""Working days: agreement with a slow obvious count, what jumps say of themselves, and teams that never open."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.values.working_days import LOOK_AHEAD_DAYS, is_working, why_later, working_day

DAYS = st.dates(date(2020, 1, 1), date(2040, 1, 1))
CHRISTMAS = {date(2026, 12, 24) + timedelta(days=n): "Winter closure" for n in range(9)}  # to Friday 1 January


@given(DAYS, st.sets(st.integers(0, 30)), st.integers(1, 10))
def test_working_days_are_counted_as_one_counts_on_fingers(first: date, shut: set[int], which: int) -> None:
    closed = {first + timedelta(days=n): "x" for n in shut}
    left, day = which, first
    while True:
        left -= day.weekday() < 5 and day not in closed
        if not left:
            break
        day += timedelta(days=1)
    assert working_day(first, closed, which) == day


@given(DAYS, st.integers(1, 20), st.integers(0, 400))
def test_a_team_that_never_opens_keeps_its_word_all_the_same(first: date, which: int, days: int) -> None:
    closed = {first + timedelta(days=n): "Sabbatical" for n in range(days)}
    found = working_day(first, closed, which)
    assert found < first + timedelta(days=LOOK_AHEAD_DAYS)
    if days >= LOOK_AHEAD_DAYS:
        assert found == working_day(first, {}, which)
        assert why_later(first, closed) == "all working days of the next 60 are closed, so closed days do not count"


@pytest.mark.parametrize("which", [0, 21])
def test_only_few_days_are_counted(which: int) -> None:
    with pytest.raises(ValueError, match="1 to 20"):
        working_day(date(2026, 3, 2), {}, which)


def test_a_jump_names_what_it_jumps_over() -> None:
    eve = date(2026, 12, 24)
    assert working_day(eve, CHRISTMAS) == date(2027, 1, 4)
    assert why_later(eve, CHRISTMAS) == "the working days before are closed (Winter closure)"
    assert why_later(date(2026, 12, 23), CHRISTMAS) == ""
    assert why_later(date(2026, 12, 19), CHRISTMAS) == ""  # a Saturday, and Monday is open
    assert why_later(date(2027, 1, 1), CHRISTMAS) == "the working day before is closed (Winter closure)"
    many = {eve + timedelta(days=n): f"Feast {n}" for n in range(9)}
    assert why_later(eve, many).endswith("(Feast 0, Feast 1, Feast 4, and 4 more)")
    assert not is_working(date(2026, 12, 26), {})
