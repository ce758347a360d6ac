"""Axes: round ticks that hold all values, calendars that never crowd, logarithms with words people use."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.web.charts.scales import Scale, calendar, days, logarithmic, runs, straight

tame = st.floats(min_value=-1e15, max_value=1e15)


@given(st.lists(tame, max_size=20), st.booleans())
def test_a_straight_scale_holds_all_values_between_round_ends(values: list[float], zero: bool) -> None:
    scale, ticks = straight(values, zero)
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    assert (scale.low, scale.high) == (ticks[0], ticks[-1])
    slack = 1e-6 * max(1e-3, scale.high - scale.low)
    assert all(scale.low - slack <= value <= scale.high + slack for value in values)
    assert not zero or scale.low <= 0 <= scale.high


@given(st.lists(st.integers(-(10**6), 10**6), max_size=20), st.booleans())
def test_what_is_counted_has_whole_ticks(values: list[int], zero: bool) -> None:
    scale, ticks = straight([float(value) for value in values], zero, whole=True)
    assert 2 <= len(ticks) <= 8
    assert all(tick.is_integer() for tick in ticks)
    assert all(scale.low <= value <= scale.high for value in values)


@given(st.floats(1, 1e6), st.floats(1e-3, 1e6), st.floats(-1e6, 1e7), st.floats(-1e6, 1e7), st.booleans())
def test_a_scale_keeps_order_and_stays_between_its_ends(low: float, span: float, a: float, b: float, log: bool) -> None:
    scale = Scale(low, low + span, log)
    assert 0 <= scale(a) <= 1
    assert scale(min(a, b)) <= scale(max(a, b))


@given(st.dates(date(1, 2, 1), date(9998, 1, 1)), st.floats(0.05, 3000 * 366))
def test_a_calendar_never_crowds_and_never_leaves_its_span(first: date, length: float) -> None:
    low = days(first)
    high = min(low + length, days(date.max))
    ticks = calendar(low, high)
    assert len(ticks) <= 8
    assert all(low <= at <= high for at, _ in ticks)
    assert all(here[0] < there[0] for here, there in pairwise(ticks))


@pytest.mark.parametrize(
    ("first", "last", "labels"),
    [
        (
            datetime(2025, 3, 1, 9, tzinfo=UTC),
            datetime(2025, 3, 1, 12, 30, tzinfo=UTC),
            ["09:00", "10:00", "11:00", "12:00"],
        ),
        (date(2025, 3, 1), date(2025, 3, 5), ["1 Mar", "2 Mar", "3 Mar", "4 Mar", "5 Mar"]),
        (date(2025, 3, 1), date(2025, 3, 30), ["3 Mar", "10 Mar", "17 Mar", "24 Mar"]),
        (date(2025, 10, 20), date(2026, 2, 20), ["Nov 2025", "Dec", "Jan 2026", "Feb"]),
        (date(2019, 6, 1), date(2025, 6, 1), ["2020", "2021", "2022", "2023", "2024", "2025"]),
    ],
)
def test_ticks_stand_where_people_look_for_them(first: date, last: date, labels: list[str]) -> None:
    assert [label for _, label in calendar(days(first), days(last))] == labels


@given(st.lists(st.floats(0, 1e10), max_size=20))
def test_a_logarithmic_scale_begins_at_its_floor_and_holds_the_longest(seconds: list[float]) -> None:
    scale, ticks = logarithmic(seconds)
    assert scale.low == 10
    assert scale.high >= max(seconds, default=0)
    assert ticks[0] == (10, "≤ 10 s")
    assert [at for at, _ in ticks] == sorted(at for at, _ in ticks)


@given(st.lists(st.tuples(st.integers(), st.none() | st.integers())))
def test_runs_lose_nothing_but_the_gaps(points: list[tuple[float, int | None]]) -> None:
    pieces = runs(points)
    assert all(pieces)
    assert [point for piece in pieces for point in piece] == [point for point in points if point[1] is not None]
