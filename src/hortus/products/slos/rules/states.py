"""The state of a budget in a word and a sentence: healthy, burning, critical, exhausted, unmeasured, too few events."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np

from hortus.products.slos.rules.alerts import Urgency, span_words
from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.ratios import whole_percent
from hortus.values.refused import Refused


class BudgetState(StrEnum):
    """How the budget of an objective stands."""

    HEALTHY = "healthy"
    BURNING = "burning"
    CRITICAL = "critical"
    EXHAUSTED = "exhausted"
    UNMEASURED = "unmeasured"
    TOO_FEW = "too-few-events"

    @property
    def word(self) -> str:
        """Return the word on the chip."""
        return self.value.replace("-", " ").capitalize()

    @property
    def rank(self) -> int:
        """Return where the state stands in a list, the one to look at first being 0."""
        order = ("exhausted", "critical", "burning", "unmeasured", "too-few-events", "healthy")
        return order.index(self.value)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where states begin. All three are our own choice; no source prescribes them.

    least_coverage: share of the window so far that must be measured, 0 to 1. silent_minutes: longest time since the
    last measured minute. critical_left: share of the budget below which it is critical, 0 to 1.
    """

    least_coverage: float = 0.5
    silent_minutes: int = 1440
    critical_left: float = 0.1

    def __post_init__(self) -> None:
        for name in ("least_coverage", "critical_left"):
            if not 0 <= getattr(self, name) <= 1:
                raise Refused("bad-limit", f"{name} must be 0 to 1, got {getattr(self, name)}.", name)
        if self.silent_minutes < 1:
            raise Refused(
                "bad-limit", f"silent_minutes must be 1 or more, got {self.silent_minutes}.", "silent_minutes"
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """A state and the sentence that says why.

    unknown: in a few words why nobody can tell how much of the budget is left, "" where it is known. An alert may stand
    where it is not; the state is then that of the alert, so the state alone does not tell.
    """

    state: BudgetState
    sentence: str
    unknown: str = ""


def verdict(
    worked: WorkedSum,
    silent_minutes: int | None,
    held: Collection[Urgency] = (),
    *,
    limits: Limits | None = None,
    little: Little | None = None,
    noun: str = "event",
) -> Verdict:
    """Return the state of a budget. The first that is true wins:

    1. unmeasured: nothing was ever measured, or not for `limits.silent_minutes`.
    2. critical, burning: a pair that pages, or any other, holds now, while 3 or 4 says that the budget is unknown.
    3. unmeasured: less than `limits.least_coverage` of the window so far was measured.
    4. too few events: the budget so far is smaller than one event, and what failed is no evidence (see `little`).
    5. exhausted: nothing is left.
    6. critical: a pair that pages holds, or less than `limits.critical_left` is left. 7. burning: any other pair holds.
    8. healthy.

    silent_minutes: since the last measured minute; None when there is none. held: the urgencies of pairs that hold.
    noun: what is counted, "event" or "slice".
    """
    limits, little = limits or Limits(), little or Little()
    unheard = silence(silent_minutes, limits)
    if unheard is not None:
        return unheard
    unknown = _unknown(worked, limits, little, noun)
    if unknown is not None:
        return with_alert(unknown, held)
    return _known(worked, alerting(held), limits, noun)


def silence(silent_minutes: int | None, limits: Limits) -> Verdict | None:
    """Return what to say where nothing was measured for too long, None where it was. Arguments as of `verdict`."""
    if silent_minutes is None:
        return Verdict(BudgetState.UNMEASURED, "Nothing was ever measured; connect a source.", "never measured")
    if silent_minutes <= limits.silent_minutes:
        return None
    said = f"Nothing was measured for {span_words(silent_minutes)}"
    return Verdict(BudgetState.UNMEASURED, f"{said}; look at the source.", f"n{said[1:]}")


def with_alert(unknown: Verdict, held: Collection[Urgency]) -> Verdict:
    """Return a verdict that what is left is not known, with the state of the alert that stands all the same."""
    alert = alerting(held)
    if alert is None:
        return unknown
    said = f"{alert.sentence} How much budget is left is not known: {unknown.sentence}"
    return Verdict(alert.state, said, unknown.unknown)


def alerting(held: Collection[Urgency]) -> Verdict | None:
    """Return what pairs that hold say by themselves, None where none holds."""
    if Urgency.PAGE in held:
        return Verdict(BudgetState.CRITICAL, "The budget burns so fast that somebody should act now.")
    if held:
        return Verdict(BudgetState.BURNING, "The budget burns faster than it should; look at it on a working day.")
    return None


def _unknown(worked: WorkedSum, limits: Limits, little: Little, noun: str) -> Verdict | None:
    if worked.elapsed_minutes and worked.coverage < limits.least_coverage:
        return Verdict(
            BudgetState.UNMEASURED,
            f"Only {whole_percent(worked.coverage)} of the window was measured; "
            f"{whole_percent(limits.least_coverage)} are needed.",
            f"{whole_percent(worked.coverage)} of the window measured, {whole_percent(limits.least_coverage)} needed",
        )
    if worked.allowed_so_far >= 1 or _is_broken(worked, little):
        return None
    return too_few(worked.events, worked.objective, noun)


def least_events(objective: Fraction) -> int:
    """Return from how many events on the budget of an objective holds one bad event.

    >>> least_events(Fraction(99, 100)), least_events(Fraction(7, 10))
    (100, 4)
    """
    return math.ceil(1 / (1 - objective))


def too_few(events: int, objective: Fraction, noun: str = "event") -> Verdict:
    """Return the verdict that so many events, or slices, are too few to tell.

    >>> too_few(99, Fraction(99, 100)).unknown
    'too few events, 99 of at least 100'
    """
    need = least_events(objective)
    said = f"1 {noun} is" if events == 1 else f"{events:,} {noun}s are"
    return Verdict(
        BudgetState.TOO_FEW, f"{said} too few to tell; from {need:,} on the budget holds one bad {noun}.",
        f"too few {noun}s, {events:,} of at least {need:,}",
    )  # fmt: skip


def _is_broken(worked: WorkedSum, little: Little) -> bool:
    """Say whether so much failed that no larger sample is needed to know that the objective is missed."""
    counts = np.array([worked.bad], np.int64), np.array([worked.events], np.int64)
    return bool(little.is_evidence(*counts, 1 - worked.objective)[0])


def _known(worked: WorkedSum, alert: Verdict | None, limits: Limits, noun: str) -> Verdict:
    left = worked.left_ratio if worked.left_ratio is not None else Fraction(0)
    if left <= 0:
        return Verdict(
            BudgetState.EXHAUSTED,
            f"The budget is spent: {worked.bad} bad {noun}s, {float(worked.allowed):.6g} were allowed.",
        )
    if alert is not None and alert.state is BudgetState.CRITICAL:
        return alert
    said = f"{whole_percent(left)} of the budget is left."
    if left < limits.critical_left:
        return Verdict(BudgetState.CRITICAL, f"Little is left: {said}")
    return alert or Verdict(BudgetState.HEALTHY, said)
