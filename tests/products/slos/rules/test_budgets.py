"""Budgets are exact: equal to counting raw events one by one, in every window, with exclusions and gaps."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules.budgets import Tally, WorkedSum, burn_rate, worked_sum
from hortus.products.slos.rules.burndown import burndown
from hortus.products.slos.rules.exclusions import OneOff, counted, spans_of
from hortus.products.slos.rules.ratios import exact
from hortus.products.slos.rules.spans import length
from hortus.products.slos.rules.stretch import Stretch
from hortus.products.slos.rules.windows import Kind, Window
from hortus.values.refused import Refused
from tests.products.slos.rules.events import Events, Spans, events_near, is_in, local_day, pure, spans_near, stretch_of

NOW = 29_592_000  # 2026-04-07, in the evening
LONG_AGO = NOW - 25_000
OBJECTIVES = st.sampled_from(["0.999", "0.99", "0.9", "0.5", "0.9995", "2/3"])
WINDOWS = st.sampled_from(
    [
        Window.rolling(1),
        Window.rolling(7),
        Window(Kind.WEEK, zone="Europe/Berlin"),
        Window(Kind.MONTH, zone="Asia/Tehran"),
    ]
)


def _sum(window: Window, objective: str, stretch: Stretch, exclusions: list[OneOff]) -> WorkedSum:
    """Return the worked sum the way the product does: sums of the spans that are left."""
    whole, past = window.span(NOW), window.elapsed(NOW)
    left = counted(past, exclusions)
    return worked_sum(
        objective,
        stretch.tally(left),
        excluded=stretch.tally(spans_of(exclusions, past)),
        window_minutes=length(counted(whole, exclusions)),
        elapsed_minutes=length(left),
    )


def _in_window(minute: int, window: Window) -> bool:
    if window.kind is Kind.ROLLING:
        return NOW - window.days * 1440 <= minute < NOW
    one, other = local_day(minute, window.zone), local_day(NOW, window.zone)
    if window.kind is Kind.WEEK:
        return minute < NOW and one.isocalendar()[:2] == other.isocalendar()[:2]
    return minute < NOW and (one.year, one.month) == (other.year, other.month)


@cache
def _past(window: Window) -> frozenset[int]:
    return frozenset(minute for minute in range(LONG_AGO, NOW) if _in_window(minute, window))


def _minutes(spans: Spans) -> set[int]:
    return {minute for span in spans for minute in range(*span)}


@pure
@given(events_near(NOW, 12_000), spans_near(NOW, 12_000), spans_near(NOW, 12_000), WINDOWS, OBJECTIVES)
def test_a_worked_sum_is_what_counting_events_one_by_one_gives(
    events: Events, out: Spans, measured: Spans, window: Window, objective: str
) -> None:
    stretch = stretch_of(events, measured, LONG_AGO, NOW)
    found = _sum(window, objective, stretch, [OneOff(*span) for span in out])
    inside = [(minute, good) for minute, good in events if _in_window(minute, window)]
    kept = [(minute, good) for minute, good in inside if not is_in(minute, out)]
    assert (found.events, found.bad) == (len(kept), sum(not good for _, good in kept))
    assert found.excluded.events == len(inside) - len(kept)
    assert found.excluded.bad == sum(not good for minute, good in inside if is_in(minute, out))
    seen = {minute for minute, _ in kept}
    past = _past(window) - _minutes(out)
    assert found.elapsed_minutes == len(past)
    assert found.counted.measured_minutes == len(past & (seen | _minutes(measured)))
    if window.kind is Kind.ROLLING:
        assert not found.is_estimated
        assert found.allowed == found.allowed_so_far == (1 - Fraction(objective)) * len(kept)
        assert found.left == found.allowed - found.bad
    if found.events:
        assert found.burn_rate == Fraction(found.bad, found.events) / (1 - Fraction(objective))
        assert found.ratio == 1 - Fraction(found.bad, found.events)


@pure
@given(events_near(NOW, 1440), OBJECTIVES)
def test_the_budget_left_is_one_minus_the_burn_rate_in_a_rolling_window(events: Events, objective: str) -> None:
    stretch = stretch_of(events, [], NOW - 1440, NOW)
    found = _sum(Window.rolling(1), objective, stretch, [])
    if found.burn_rate is None:
        assert found.left_ratio is None
    else:
        assert found.left_ratio == 1 - found.burn_rate


def test_one_bad_event_of_a_thousand_spends_999_per_mille_exactly() -> None:
    found = worked_sum(0.999, Tally(1, 1000, 1440), window_minutes=1440, elapsed_minutes=1440)
    assert (found.allowed, found.left, found.left_ratio, found.burn_rate) == (1, 0, 0, 1)


def test_what_is_left_is_told_as_minutes_of_total_outage() -> None:
    # 10 events a minute, 0.99: 144 allowed, 44 bad, so 100 are left, which is ten minutes of everything failing.
    found = worked_sum(0.99, Tally(44, 14_400, 1440), window_minutes=1440, elapsed_minutes=1440)
    assert found.left_minutes == 10
    # The rate is that of the measured minutes: had only half been measured, twice as many came in each.
    half = worked_sum(0.99, Tally(44, 14_400, 720), window_minutes=1440, elapsed_minutes=1440)
    assert half.left_minutes == 5
    assert worked_sum(0.99, Tally(900, 14_400, 720), window_minutes=1440, elapsed_minutes=1440).left_minutes == 0
    assert worked_sum(0.99, Tally(0, 0, 720), window_minutes=1440, elapsed_minutes=1440).left_minutes is None


def test_the_budget_of_a_calendar_window_is_that_of_the_whole_period_at_the_rate_so_far() -> None:
    found = worked_sum(0.99, Tally(3, 1000, 100), window_minutes=400, elapsed_minutes=100)
    assert found.is_estimated
    assert (found.allowed_so_far, found.allowed, found.left) == (10, 40, 37)
    fresh = worked_sum(0.99, Tally(0, 0), window_minutes=400, elapsed_minutes=0)
    assert (fresh.allowed, fresh.left_ratio, fresh.burn_rate, fresh.coverage) == (0, None, None, 0.0)


@pure
@given(events_near(NOW, 1440), spans_near(NOW, 1440), st.integers(2, 60))
def test_a_burn_down_ends_at_the_budget_left_and_counts_every_bad_event_once(
    events: Events, out: Spans, most: int
) -> None:
    window = (NOW - 1440, NOW)
    exclusions = [OneOff(*span) for span in out]
    stretch = stretch_of(events, [], *window)
    found = _sum(Window.rolling(1), "0.9", stretch, exclusions)
    points = burndown(stretch.cut(spans_of(exclusions, window)), window, found, most)
    if found.left_ratio is None:
        assert points == []
        return
    assert len(points) <= most
    assert (points[0].minute, points[0].left_ratio, points[0].even_ratio) == (window[0], 1, 1)
    assert (points[-1].minute, points[-1].left_ratio, points[-1].even_ratio) == (NOW, float(found.left_ratio), 0)
    for point in points:
        bad = sum(not good for m, good in events if window[0] <= m < point.minute and not is_in(m, out))
        assert point.left_ratio == pytest.approx(float(1 - bad / found.allowed))
        assert point.even_ratio == pytest.approx((NOW - point.minute) / 1440)


def test_a_burn_down_of_a_calendar_window_stops_now() -> None:
    stretch = Stretch(0, np.full(50, 9), np.full(50, 10), np.ones(50, np.bool_))
    found = worked_sum(0.8, Tally(50, 500, 50), window_minutes=100, elapsed_minutes=50)
    last = burndown(stretch, (0, 100), found, 11)[-1]
    assert (last.minute, last.left_ratio, last.even_ratio) == (50, 0.75, 0.5)


@pure
@given(st.integers(1, 10**9 - 1))
def test_an_objective_is_read_as_it_was_written(digits: int) -> None:
    text = f"0.{digits:09d}"
    assert exact(text) == exact(float(text)) == Fraction(digits, 10**9)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (99.9, "got 99.9; write 0.999 for 99.9 percent"),
        ("1", "above 0 and below 1"),
        (0, "above 0 and below 1"),
        ("-0.5", "got -0.5"),
        (float("nan"), "got nan"),
        (float("inf"), "got inf"),
        ("three nines", "got three nines"),
        ("0.9999999999", "at most 9 decimals"),
        ("1/0", "got 1/0"),
    ],
)
def test_what_is_no_objective_is_refused(value: float | str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        exact(value)
    assert refused.value.field == "objective"


def test_numbers_that_cannot_be_are_told() -> None:
    with pytest.raises(ValueError, match="between 0 and events=1, got 2"):
        Tally(2, 1)
    with pytest.raises(ValueError, match="between 0 and 10, got 11"):
        worked_sum(0.9, Tally(0, 0), window_minutes=10, elapsed_minutes=11)
    with pytest.raises(ValueError, match="12 minutes were measured, but only 10 have elapsed"):
        worked_sum(0.9, Tally(0, 0, 12), window_minutes=10, elapsed_minutes=10)
    with pytest.raises(ValueError, match="good must lie between 0 and total"):
        Stretch(0, np.array([2]), np.array([1]), np.array([True]))
    with pytest.raises(ValueError, match="one shape"):
        Stretch(0, np.array([0]), np.array([1, 1]), np.array([True]))
    assert burn_rate(Tally(0, 0), 0.9) is None
