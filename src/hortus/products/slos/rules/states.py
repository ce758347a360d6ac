"""The state of a budget in a word and a sentence: healthy, burning, critical, exhausted, unmeasured, too few events."""

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
    """A state and the sentence that says why."""

    state: BudgetState
    sentence: str


def verdict(
    worked: WorkedSum,
    silent_minutes: int | None,
    held: Collection[Urgency] = (),
    *,
    limits: Limits | None = None,
    little: Little | None = None,
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
    """
    limits, little = limits or Limits(), little or Little()
    if silent_minutes is None:
        return Verdict(BudgetState.UNMEASURED, "Nothing was ever measured; connect a source.")
    if silent_minutes > limits.silent_minutes:
        since = span_words(silent_minutes)
        return Verdict(BudgetState.UNMEASURED, f"Nothing was measured for {since}; look at the source.")
    unknown = _unknown(worked, limits, little)
    alerting = _alerting(held)
    if unknown is not None:
        if alerting is None:
            return unknown
        return Verdict(alerting.state, f"{alerting.sentence} How much budget is left is not known: {unknown.sentence}")
    return _known(worked, alerting, limits)


def _alerting(held: Collection[Urgency]) -> Verdict | None:
    if Urgency.PAGE in held:
        return Verdict(BudgetState.CRITICAL, "The budget burns so fast that somebody should act now.")
    if held:
        return Verdict(BudgetState.BURNING, "The budget burns faster than it should; look at it on a working day.")
    return None


def _unknown(worked: WorkedSum, limits: Limits, little: Little) -> Verdict | None:
    if worked.elapsed_minutes and worked.coverage < limits.least_coverage:
        return Verdict(
            BudgetState.UNMEASURED,
            f"Only {whole_percent(worked.coverage)} of the window was measured; "
            f"{whole_percent(limits.least_coverage)} are needed.",
        )
    if worked.allowed_so_far >= 1 or _is_broken(worked, little):
        return None
    need = -(-1 // (1 - worked.objective))
    return Verdict(
        BudgetState.TOO_FEW,
        f"{worked.events} events are too few to tell; from {need} on the budget holds one bad event.",
    )


def _is_broken(worked: WorkedSum, little: Little) -> bool:
    """Say whether so much failed that no larger sample is needed to know that the objective is missed."""
    counts = np.array([worked.bad], np.int64), np.array([worked.events], np.int64)
    return bool(little.is_evidence(*counts, 1 - worked.objective)[0])


def _known(worked: WorkedSum, alerting: Verdict | None, limits: Limits) -> Verdict:
    left = worked.left_ratio if worked.left_ratio is not None else Fraction(0)
    if left <= 0:
        return Verdict(
            BudgetState.EXHAUSTED,
            f"The budget is spent: {worked.bad} bad events, {float(worked.allowed):.6g} were allowed.",
        )
    if alerting is not None and alerting.state is BudgetState.CRITICAL:
        return alerting
    said = f"{whole_percent(left)} of the budget is left."
    if left < limits.critical_left:
        return Verdict(BudgetState.CRITICAL, f"Little is left: {said}")
    return alerting or Verdict(BudgetState.HEALTHY, said)
