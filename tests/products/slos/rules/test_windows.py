"""Windows agree with asking each minute for its local date, through every change of the clock."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hortus.products.slos.rules.windows import Kind, Window
from hortus.values.refused import Refused
from tests.products.slos.rules.events import FIRST, LAST, ZONES, local_day, pure

CALENDAR = [Kind.WEEK, Kind.MONTH, Kind.QUARTER]


def _period(minute: int, kind: Kind, zone: str) -> tuple[int, int]:
    """Return what names a minute's period, by the calendar on the wall."""
    day = local_day(minute, zone)
    if kind is Kind.WEEK:
        return day.isocalendar()[:2]
    return day.year, day.month if kind is Kind.MONTH else (day.month + 2) // 3


@pure
@given(
    st.sampled_from(CALENDAR), st.sampled_from(ZONES), st.integers(FIRST, LAST), st.integers(-100 * 1440, 100 * 1440)
)
@example(Kind.WEEK, "Asia/Tehran", 26_939_310 + 5, -6)  # Monday 2021-03-22 began at 01:00
@example(Kind.MONTH, "America/Havana", 26_736_720 + 90, -91)  # 2020-11-01 began with 00:00 to 00:59 twice
def test_a_calendar_window_holds_the_minutes_of_its_period(kind: Kind, zone: str, now: int, away: int) -> None:
    since, until = Window(kind, zone=zone).span(now)
    assert since <= now < until
    is_same = _period(now + away, kind, zone) == _period(now, kind, zone)
    assert (since <= now + away < until) == is_same


@pure
@given(st.sampled_from(CALENDAR), st.sampled_from(ZONES), st.integers(FIRST, LAST))
def test_calendar_windows_follow_on_one_another(kind: Kind, zone: str, now: int) -> None:
    window = Window(kind, zone=zone)
    since, until = window.span(now)
    assert window.span(since) == window.span(until - 1) == (since, until)
    assert window.span(until)[0] == until
    assert window.span(since - 1)[1] == since
    assert window.elapsed(now) == (since, now)
    assert window.length_minutes(now) == until - since


@pure
@given(st.integers(1, 366), st.integers(FIRST, LAST))
def test_a_rolling_window_ends_now_and_has_days_of_24_hours(days: int, now: int) -> None:
    window = Window.rolling(days)
    assert window.span(now) == window.elapsed(now) == (now - days * 1440, now)
    assert window.nominal_minutes == days * 1440


def test_a_week_with_a_change_of_the_clock_has_an_hour_less_or_more() -> None:
    week = Window(Kind.WEEK, zone="Europe/Berlin")
    march, october = (int(datetime(2026, *day, 12, tzinfo=UTC).timestamp()) // 60 for day in ((3, 29), (10, 25)))
    assert week.length_minutes(march) == 7 * 1440 - 60
    assert week.length_minutes(october) == 7 * 1440 + 60


@pytest.mark.parametrize(
    ("given_", "field", "said"),
    [
        ((Kind.ROLLING, 0, "UTC"), "days", "1 to 366 days, got 0"),
        ((Kind.ROLLING, 367, "UTC"), "days", "got 367"),
        ((Kind.MONTH, 30, "UTC"), "days", "no number of days, got 30"),
        ((Kind.WEEK, 0, "Mars/Olympus"), "zone", "no time zone 'Mars/Olympus'"),
        ((Kind.WEEK, 0, ""), "zone", "no time zone ''"),
        ((Kind.WEEK, 0, "../etc/passwd"), "zone", "no time zone"),
    ],
)
def test_what_is_no_window_is_refused(given_: tuple[Kind, int, str], field: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        Window(*given_)
    assert refused.value.field == field
