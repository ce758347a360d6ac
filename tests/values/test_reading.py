"""States from readings: silence is bare, one odd reading changes nothing, better never earns worse."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.values.reading import Reading, State, Target, settle, weekly, worst

FINITE = st.floats(-1e9, 1e9)
STATES = st.sampled_from(State)


@given(FINITE, FINITE, FINITE, st.floats(0, 1e9), st.booleans())
def test_a_better_reading_never_earns_a_worse_state(
    a: float, b: float, goal: float, slack: float, at_most: bool
) -> None:
    target = Target(goal, slack, at_most)
    worse, better = (max(a, b), min(a, b)) if at_most else (min(a, b), max(a, b))
    assert target.state(Reading(better, 1)).badness <= target.state(Reading(worse, 1)).badness


def test_no_reading_and_nothing_counted_are_bare() -> None:
    target = Target(0.9, 0.1)
    assert target.state(None) is State.BARE
    assert target.state(Reading(1.0, 0)) is State.BARE


@given(STATES, STATES, STATES)
def test_a_state_changes_only_to_one_that_both_readings_reach(shown: State, before: State, earned: State) -> None:
    now = settle(shown, before, earned)
    if State.BARE in (shown, before, earned) or earned == before:
        assert now is earned
    elif now != shown:
        assert now in (before, earned)
        assert (before.badness > shown.badness) == (earned.badness > shown.badness)


def test_one_odd_reading_changes_nothing() -> None:
    assert settle(State.THRIVING, State.THRIVING, State.OVERGROWN) is State.THRIVING
    assert settle(State.THRIVING, State.OVERGROWN, State.THRIVING) is State.THRIVING


@given(st.lists(STATES))
def test_a_plot_takes_its_worst_measured_state(states: list[State]) -> None:
    found = worst(states)
    assert found in states or (not states and found is State.BARE)
    assert all(found.badness >= s.badness for s in states)


@given(st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.floats(0, 1)), unique_by=lambda p: p[0]))
def test_weekly_is_the_last_point_of_each_week(points: list[tuple[date, float]]) -> None:
    until = date(2026, 7, 1)
    found = weekly(points, until, 13)
    for week, value in enumerate(found):
        last = until - timedelta(days=7 * (12 - week))
        inside = sorted((d, v) for d, v in points if last - timedelta(days=7) < d <= last)
        assert value == (inside[-1][1] if inside else None)


@pytest.mark.parametrize("reading", [(float("nan"), 1, None), (1.0, -1, None), (1.0, 2, 3)])
def test_refuses_impossible_readings(reading: tuple[float, int, int | None]) -> None:
    with pytest.raises(ValueError, match="must"):
        Reading(*reading)
