"""The error budget as a worked sum: every number that leads from counts to what is left, in exact arithmetic."""

from dataclasses import dataclass
from fractions import Fraction

from hortus.products.slos.rules.ratios import Ratio, exact


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted in some minutes: bad and all events, and how many of the minutes were measured."""

    bad: int
    events: int
    measured_minutes: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= self.events:
            raise ValueError(f"bad must lie between 0 and events={self.events}, got {self.bad}")
        if self.measured_minutes < 0:
            raise ValueError(f"measured_minutes must be 0 or more, got {self.measured_minutes}")

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.bad + other.bad, self.events + other.events, self.measured_minutes + other.measured_minutes)


@dataclass(frozen=True, slots=True)
class WorkedSum:
    """The budget of one objective over one window, number by number. Events are slices where time slices are counted.

    objective: exact ratio. counted: what stands after exclusions. excluded: what was taken out.
    window_minutes: minutes of the whole window that are not excluded; elapsed_minutes: those that lie in the past.
    They differ in a calendar window only: there the budget of the whole period is an estimate, because the
    events to come are not known; it takes the rate so far, as Elastic does.
    """

    objective: Fraction
    counted: Tally
    excluded: Tally
    window_minutes: int
    elapsed_minutes: int

    @property
    def events(self) -> int:
        """Return how many events count."""
        return self.counted.events

    @property
    def bad(self) -> int:
        """Return how many of them were bad."""
        return self.counted.bad

    @property
    def good(self) -> int:
        """Return how many of them were good."""
        return self.events - self.bad

    @property
    def is_estimated(self) -> bool:
        """Say whether the budget rests on events that are still to come."""
        return self.window_minutes != self.elapsed_minutes

    @property
    def allowed_so_far(self) -> Fraction:
        """Return how many bad events the objective allows among those that were counted."""
        return (1 - self.objective) * self.events

    @property
    def allowed(self) -> Fraction:
        """Return how many bad events the objective allows over the whole window."""
        if not self.elapsed_minutes:
            return Fraction(0)
        return self.allowed_so_far * self.window_minutes / self.elapsed_minutes

    @property
    def left(self) -> Fraction:
        """Return how many more bad events the budget allows; negative when it is overdrawn."""
        return self.allowed - self.bad

    @property
    def left_ratio(self) -> Fraction | None:
        """Return the part of the budget that is left, 1 to below 0; None when there is no event to reckon from."""
        return self.left / self.allowed if self.allowed else None

    @property
    def ratio(self) -> Fraction | None:
        """Return good over events, None without events."""
        return Fraction(self.good, self.events) if self.events else None

    @property
    def burn_rate(self) -> Fraction | None:
        """Return how fast the budget was spent over the window so far: 1 spends it exactly, None without events."""
        return burn_rate(self.counted, self.objective)

    @property
    def coverage(self) -> float:
        """Return the share of the minutes so far that was measured, 0 to 1; 0 when nothing has elapsed."""
        return self.counted.measured_minutes / self.elapsed_minutes if self.elapsed_minutes else 0.0

    @property
    def left_minutes(self) -> Fraction | None:
        """Return how long everything could fail, at the present rate of events, before the budget is gone.

        Never below 0; None when the rate is unknown (no events, or nothing measured).
        """
        if not self.events or not self.counted.measured_minutes:
            return None
        return max(self.left, Fraction(0)) * self.counted.measured_minutes / self.events


def worked_sum(
    objective: Ratio, counted: Tally, *, window_minutes: int, elapsed_minutes: int, excluded: Tally | None = None
) -> WorkedSum:
    """Return the worked sum of one window.

    objective: 0 < ratio < 1. counted: after exclusions. excluded: what they took out.
    window_minutes, elapsed_minutes: not excluded minutes of the whole window, and of its past part.
    Raises Refused for a bad objective, ValueError for minutes that cannot be.

    >>> sum = worked_sum(0.999, Tally(1, 1000, 1440), window_minutes=1440, elapsed_minutes=1440)
    >>> sum.allowed, sum.left, sum.burn_rate
    (Fraction(1, 1), Fraction(0, 1), Fraction(1, 1))
    """
    if not 0 <= elapsed_minutes <= window_minutes:
        raise ValueError(f"elapsed_minutes must lie between 0 and {window_minutes}, got {elapsed_minutes}")
    if counted.measured_minutes > elapsed_minutes:
        raise ValueError(f"{counted.measured_minutes} minutes were measured, but only {elapsed_minutes} have elapsed")
    return WorkedSum(
        exact(objective), counted, excluded if excluded is not None else Tally(0, 0), window_minutes, elapsed_minutes
    )


def burn_rate(tally: Tally, objective: Ratio) -> Fraction | None:
    """Return the bad ratio over the allowed bad ratio; None without events.

    >>> burn_rate(Tally(2, 100), 0.99)
    Fraction(2, 1)
    """
    return Fraction(tally.bad, tally.events) / (1 - exact(objective)) if tally.events else None
