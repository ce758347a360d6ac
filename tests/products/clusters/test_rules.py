"""Readable figures and weeks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hortus.products.clusters.rules import DAY, full_weeks, midnight, readable

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.floats(0, 400 * DAY), st.floats(0, 400 * DAY))
def test_readable_rounds_up_and_keeps_the_order(one: float, other: float) -> None:
    assert readable(one) >= one
    assert readable(min(one, other)) <= readable(max(one, other))
    assert readable(readable(one)) == readable(one)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 30), st.sampled_from(["UTC", "America/New_York"]))
def test_whole_weeks_lie_inside(start: int, length: int, most: int, name: str) -> None:
    zone = ZoneInfo(name)
    first = FIRST + timedelta(hours=7 * start)
    last = first + timedelta(hours=5 * length)
    weeks = full_weeks(first, last, zone, most)
    assert len(weeks) <= most
    for monday in weeks:
        assert monday.weekday() == 0
        assert midnight(monday, zone) >= first
        assert midnight(monday + timedelta(days=7), zone) <= last
