"""Reading, Target and State: the arithmetic that turns a figure into the state of a plot."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """How a plot stands. Bare is not good news: it means that nothing was measured."""

    THRIVING = "thriving"
    CARE = "care"
    OVERGROWN = "overgrown"
    BARE = "bare"

    @property
    def word(self) -> str:
        """Return the word shown on the chip."""
        return "Needs care" if self is State.CARE else self.value.capitalize()

    @property
    def badness(self) -> int:
        """Return 0 for bare up to 3 for overgrown, so that max() finds what to tend first."""
        return (State.BARE, State.THRIVING, State.CARE, State.OVERGROWN).index(self)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one measure found on one day.

    value: in the indicator's base unit (a ratio runs 0 to 1), finite.
    n: how many things were counted (the denominator of a ratio), >= 0; 0 means nothing was there to count.
    hits: the numerator where the value is a ratio, else None.
    evidence_until: the instant of the newest evidence, aware; old evidence turns a plot bare.
    """

    value: float
    n: int
    hits: int | None = None
    evidence_until: datetime | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"value must be a finite number, got {self.value}; give no reading instead")
        if self.n < 0:
            raise ValueError(f"n must be 0 or more, got {self.n}")
        if self.hits is not None and not 0 <= self.hits <= self.n:
            raise ValueError(f"hits must lie between 0 and n={self.n}, got {self.hits}")
        if self.evidence_until is not None and self.evidence_until.tzinfo is None:
            raise ValueError("evidence_until must carry a time zone")

    @classmethod
    def share(cls, hits: int, n: int, evidence_until: datetime | None = None) -> "Reading | None":
        """Return the ratio hits / n as a reading, or None when there was nothing to count.

        >>> Reading.share(3, 4).value
        0.75
        >>> Reading.share(0, 0) is None
        True
        """
        return cls(hits / n, n, hits, evidence_until) if n else None


@dataclass(frozen=True, slots=True)
class Target:
    """A goal, and the slack beyond it that still counts as "needs care", in the indicator's unit.

    at_most: False when more is better (value >= goal is good), True when less is better.
    """

    goal: float
    slack: float
    at_most: bool = False

    def __post_init__(self) -> None:
        if not math.isfinite(self.goal):
            raise ValueError(f"goal must be a finite number, got {self.goal}")
        if not (math.isfinite(self.slack) and self.slack >= 0):
            raise ValueError(f"slack must be 0 or more, got {self.slack}")

    def state(self, reading: Reading | None) -> State:
        """Return the state that a reading earns. No reading, or nothing counted, is bare.

        >>> Target(0.9, 0.1).state(Reading(0.85, 20))
        <State.CARE: 'care'>
        """
        if reading is None or reading.n == 0:
            return State.BARE
        miss = reading.value - self.goal if self.at_most else self.goal - reading.value
        if miss <= 0:
            return State.THRIVING
        return State.CARE if miss <= self.slack else State.OVERGROWN


def settle(shown: State, earned_before: State, earned: State) -> State:
    """Return the state to show now: a change needs two readings that agree, so that a plot does not flicker.

    shown: what the last reading showed. earned_before, earned: what the last and this reading earned alone.
    Bare is left and entered at once: silence is a fact, not a trend.

    >>> settle(State.THRIVING, State.THRIVING, State.CARE)
    <State.THRIVING: 'thriving'>
    >>> settle(State.THRIVING, State.CARE, State.OVERGROWN)
    <State.CARE: 'care'>
    """
    if State.BARE in (shown, earned, earned_before):
        return earned
    if earned == shown:
        return shown
    worse = earned.badness > shown.badness
    if worse == (earned_before.badness > shown.badness) and earned_before != shown:
        # Both moved the same way: go as far as both agree on, which is the nearer of the two.
        return min(earned, earned_before, key=lambda s: abs(s.badness - shown.badness))
    return shown


def is_stale(evidence_until: datetime | None, now: datetime, fresh_for: timedelta) -> bool:
    """Say whether evidence is too old to speak for now; no evidence time counts as stale."""
    return evidence_until is None or now - evidence_until > fresh_for


def worst(states: Iterable[State]) -> State:
    """Return the state of a plot from those of its indicators: the worst measured one, bare if none is.

    >>> worst([State.BARE, State.THRIVING])
    <State.THRIVING: 'thriving'>
    """
    return max(states, key=lambda s: s.badness, default=State.BARE)


def weekly(points: Sequence[tuple[date, float]], until: date, weeks: int) -> list[float | None]:
    """Return one value a week, oldest first: the last point of each seven days that end on `until`, None for a gap.

    points: any order, at most one a day. weeks: >= 1.

    >>> weekly([(date(2026, 1, 7), 2.0), (date(2026, 1, 1), 1.0)], date(2026, 1, 8), 2)
    [1.0, 2.0]
    """
    found: list[float | None] = [None] * weeks
    for day, value in sorted(points):
        back = (until - day).days // 7
        if (until - day).days >= 0 and back < weeks:
            found[weeks - 1 - back] = value
    return found
