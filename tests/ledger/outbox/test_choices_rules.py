"""Quiet hours and the hour of the digest, in zones whose clocks change by an hour, half an hour, or not at all."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hortus.ledger.outbox.choices_rules import Hours, checked, digest_at, free_at
from hortus.values.refused import Refused

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca")
minutes = st.integers(0, 1439).map(lambda n: time(n // 60, n % 60))
# Around the changes of 2026 as often as not.
instants = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=1000)).map(lambda far: datetime.combine(date(2025, 1, 1), time()) + far),
    st.sampled_from([date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 10, 25),
                     date(2026, 11, 1)]).flatmap(
        lambda day: st.timedeltas(timedelta(hours=-30), timedelta(hours=30)).map(
            lambda far: datetime.combine(day, time()) + far)),
).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))  # fmt: skip


def shows(at: datetime, hours: Hours) -> time:
    return at.astimezone(ZoneInfo(hours.zone)).time()


def is_quiet(at: datetime, hours: Hours) -> bool:
    assert hours.quiet_from is not None
    assert hours.quiet_until is not None
    now = shows(at, hours)
    if hours.quiet_from < hours.quiet_until:
        return hours.quiet_from <= now < hours.quiet_until
    return now >= hours.quiet_from or now < hours.quiet_until


@given(instants, minutes, minutes, st.sampled_from(ZONES))
@example(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), time(2, 10), time(2, 5), "Europe/Berlin")
@example(datetime(2026, 3, 29, 0, 59, tzinfo=UTC), time(1), time(2, 30), "Europe/Berlin")
def test_nothing_comes_while_the_clock_shows_quiet_hours(at: datetime, begins: time, ends: time, zone: str) -> None:
    assume(begins != ends)
    hours = Hours(zone, begins, ends)
    free = free_at(at, hours)
    assert free >= at
    assert not is_quiet(free, hours)
    assert free_at(free, hours) == free
    if free > at:
        assert free - at <= timedelta(hours=26)
        assert shows(free, hours) >= ends or shows(free, hours) < begins  # and never hours after they ended
        just_before = free - timedelta(minutes=1)
        assert is_quiet(just_before, hours) or is_quiet(at, hours) or _is_twice(at, hours)


def _is_twice(at: datetime, hours: Hours) -> bool:
    """Say whether the clocks of that day show an hour twice: then quiet hours are one stretch over both."""
    zone = ZoneInfo(hours.zone)
    offsets = {(at + timedelta(hours=n)).astimezone(zone).utcoffset() for n in range(-30, 31)}
    return len(offsets) > 1


@given(instants, st.sampled_from(ZONES))
def test_without_quiet_hours_everything_comes_at_once(at: datetime, zone: str) -> None:
    assert free_at(at, Hours(zone)) == at


@pytest.mark.parametrize(
    ("at", "free"),
    [
        ("2026-10-24T19:59:59+00:00", "2026-10-24T19:59:59+00:00"),  # a second before 22:00
        ("2026-10-24T20:00:00+00:00", "2026-10-25T06:00:00+00:00"),  # 22:00; the night has nine hours, and one twice
        ("2026-10-25T00:30:00+00:00", "2026-10-25T06:00:00+00:00"),  # the first 02:30
        ("2026-10-25T01:30:00+00:00", "2026-10-25T06:00:00+00:00"),  # the second 02:30
        ("2026-10-25T06:00:00+00:00", "2026-10-25T06:00:00+00:00"),  # 07:00
        ("2026-03-28T21:00:00+00:00", "2026-03-29T05:00:00+00:00"),  # the night has eight hours
    ],
)
def test_a_night_over_the_change_of_the_clocks_ends_when_the_clock_says_so(at: str, free: str) -> None:
    night = Hours("Europe/Berlin", time(22), time(7))
    assert free_at(datetime.fromisoformat(at), night) == datetime.fromisoformat(free)


def test_an_end_that_the_clocks_leave_out_is_the_first_instant_after_it() -> None:
    free = free_at(datetime(2026, 3, 29, 0, 30, tzinfo=UTC), Hours("Europe/Berlin", time(22), time(2, 30)))
    assert shows(free, Hours("Europe/Berlin")) == time(3)


def test_an_end_that_comes_twice_is_its_second_coming() -> None:
    free = free_at(datetime(2026, 10, 24, 23, 0, tzinfo=UTC), Hours("Europe/Berlin", time(22), time(2, 30)))
    assert free == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(instants, st.integers(0, 23), st.sampled_from(ZONES))
def test_the_digest_comes_once_a_day_at_its_hour(at: datetime, hour: int, zone: str) -> None:
    hours = Hours(zone, digest_hour=hour)
    first = digest_at(at, hours)
    second = digest_at(first, hours)
    assert at < first <= at + timedelta(hours=26)
    assert timedelta(hours=22) < second - first < timedelta(hours=26)
    assert shows(first, hours) == time(hour) or _is_twice(first, hours)  # an hour that the clocks leave out


def test_a_digest_waits_for_the_end_of_quiet_hours() -> None:
    hours = Hours("Europe/Berlin", time(22), time(9), digest_hour=8)
    assert shows(digest_at(datetime(2026, 6, 1, 12, tzinfo=UTC), hours), hours) == time(9)


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        (Hours("UTC", time(22), None), "quiet_until"), (Hours("UTC", None, time(7)), "quiet_from"),
        (Hours("UTC", time(7), time(7)), "quiet_until"),
        (Hours("UTC", time(22), time(7, tzinfo=UTC)), "quiet_until"), (Hours("UTC", digest_hour=24), "digest_hour"),
    ],
)  # fmt: skip
def test_hours_that_make_no_sense_are_refused(hours: Hours, field: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(hours)
    assert refused.value.field == field
