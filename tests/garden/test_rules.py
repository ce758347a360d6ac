"""The headline counts right for every garden, and the most urgent comes first."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from hortus.garden import rules
from hortus.values.reading import State, Target

ZONES = ["Europe/Paris", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"]
NUMBERS = {word.lower(): number for number, word in enumerate(rules.NUMERALS)}


@given(st.lists(st.sampled_from(State), min_size=9, max_size=9))
def test_the_headline_counts_all_nine(states: list[State]) -> None:
    found = rules.headline(states)
    words = re.findall(r"\b(one|two|three|four|five|six|seven|eight|nine)\b", f"{found.title} {found.sub}".lower())
    assert sum(NUMBERS[word] for word in words if word in NUMBERS) == 9 + found.sub.count("is still one")
    assert found.title[0].isupper()
    assert not found.sub or found.sub.endswith(".")


@given(st.floats(0, 10), st.floats(0, 10), st.sampled_from([State.CARE, State.OVERGROWN]))
def test_farther_past_the_goal_is_more_urgent(a: float, b: float, state: State) -> None:
    target = Target(1, 2, at_most=True)
    near, far = sorted([a, b])
    assert rules.urgency(state, 1, near, target) <= rules.urgency(state, 1, far, target)


def test_who_misses_the_target_by_the_newest_reading_speaks_before_who_meets_it() -> None:
    target = Target(1, 1, at_most=True)
    assert rules.urgency(State.THRIVING, 1, 3, target) > rules.urgency(State.THRIVING, 1, 1, target)
    assert rules.urgency(State.CARE, 1, 1.5, target) > rules.urgency(State.CARE, 1, 0, target)


@given(st.integers(0, 525_600 * 60), st.integers(0, 3), st.sampled_from(ZONES))
@example(7_518_600, 1, "Europe/Paris")  # 00:30 UTC on the day whose next hour does not exist there
def test_the_next_reading_is_the_first_of_the_worker_on_another_day(second: int, back: int, zone: str) -> None:
    at, place = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second), ZoneInfo(zone)
    last = at.astimezone(place).date() - timedelta(days=back)
    found = rules.next_reading(last, at, place)
    assert found >= at
    assert found.date() > last
    assert found.astimezone(UTC).minute == 7
    earlier = found.astimezone(UTC) - timedelta(hours=1)
    assert earlier < at or earlier.astimezone(place).date() <= last


def test_an_overgrown_plot_comes_before_one_that_needs_care() -> None:
    target = Target(1, 1, at_most=True)
    assert rules.urgency(State.OVERGROWN, 0, 3, target) > rules.urgency(State.CARE, 2, 100, target)
