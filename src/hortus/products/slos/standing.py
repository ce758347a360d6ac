"""How a case stands: the worked sum, burn rates, alert pairs, a state in one word and one sentence. Reads no table."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hortus.products.slos.case import Case
from hortus.products.slos.models import Sli
from hortus.products.slos.rules import alerts, composites
from hortus.products.slos.rules.alerts import Rule, Urgency
from hortus.products.slos.rules.budgets import Tally, WorkedSum, burn_rate, worked_sum
from hortus.products.slos.rules.composites import CompositeSum
from hortus.products.slos.rules.ratios import whole_percent
from hortus.products.slos.rules.spans import Span, clipped, length
from hortus.products.slos.rules.states import (
    BudgetState,
    Verdict,
    alerting,
    least_events,
    silence,
    too_few,
    verdict,
    with_alert,
)
from hortus.products.slos.tallies import Answer
from hortus.products.slos.terms import LIMITS

_UNTOLD = "the engine did not tell"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one look-back window holds. burn_rate: None without events; bad and events are summed over all parts."""

    minutes: int
    burn_rate: Fraction | None
    bad: int
    events: int
    measured_minutes: int


@dataclass(frozen=True, slots=True)
class PairStanding:
    """An alert pair now. holds: None when nothing of its short window was measured."""

    rule: Rule
    long: Rate
    short: Rate
    holds: bool | None


@dataclass(frozen=True, slots=True)
class PartStanding:
    """One SLI of an objective with its own worked sum, and its share of the objective.

    unknown: why nobody can tell what is left of its own budget, as of Verdict.
    """

    sli: Sli
    share: Fraction
    worked: WorkedSum
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an objective stands at a minute.

    worked: the worked sum; of slices where slices are counted, of all parts for a composite. parts: each SLI's own
    worked sum, none where slices of a composite are counted. is_told: the counts of a part stay in an engine, which
    told them; our store has none of its minutes. unasked: why it did not tell, "" where it did; then the figures of
    that part are zeros that mean nothing.
    """

    case: Case
    verdict: Verdict
    worked: WorkedSum | CompositeSum
    parts: tuple[PartStanding, ...]
    pairs: tuple[PairStanding, ...]
    is_told: bool = False
    unasked: str = ""

    @property
    def minute(self) -> int:
        """Return the minute at which it stands so."""
        return self.case.minute

    @property
    def state(self) -> BudgetState:
        """Return the state of the budget."""
        return self.verdict.state

    @property
    def unknown(self) -> str:
        """Return in a few words why nobody can tell what is left of the budget; "" where it is known.

        The one place that decides it: pages, charts, files and the command line show no figure where this speaks.
        """
        return self.verdict.unknown

    @property
    def left_ratio(self) -> Fraction | None:
        """Return the part of the budget that is left, 1 to below 0; None where nobody can tell."""
        return None if self.unknown else self.worked.left_ratio

    @property
    def least_events(self) -> int:
        """Return from how many events (or slices) on the budget holds one bad one."""
        return least_events(self.case.terms.target)

    @property
    def noun(self) -> str:
        """Return what is counted: event, or slice."""
        return _noun(self.case)

    @property
    def rates(self) -> tuple[Rate, ...]:
        """Return the burn rates of all windows of the alert pairs, the shortest first."""
        found = {rate.minutes: rate for pair in self.pairs for rate in (pair.long, pair.short)}
        return tuple(found[minutes] for minutes in sorted(found))

    @property
    def holding(self) -> tuple[PairStanding, ...]:
        """Return the pairs that hold."""
        return tuple(pair for pair in self.pairs if pair.holds)

    @property
    def events(self) -> int:
        """Return how many events (or slices) count, over all parts."""
        return sum(part.events for part in _sums(self.worked))

    @property
    def bad(self) -> int:
        """Return how many of them were bad."""
        return sum(part.bad for part in _sums(self.worked))

    @property
    def excluded_minutes(self) -> int:
        """Return how many minutes of the window so far do not count, for any part."""
        return length(clipped(self.case.out_of_any, self.case.elapsed))


def _noun(case: Case) -> str:
    return "event" if case.terms.slicing is None else "slice"


def _sums(worked: WorkedSum | CompositeSum) -> Sequence[WorkedSum]:
    return worked.parts if isinstance(worked, CompositeSum) else [worked]


def judge(
    case: Case, counted: Sequence[Answer], silent: Sequence[int | None], *, is_told: bool = False,
    unasked: Sequence[str] = (),
) -> Standing:  # fmt: skip
    """Return how a case stands.

    counted: what each part holds in each window of `Case.windows`; one answer for all parts where slices are counted.
    silent: of each part, the minutes since something was last measured; None when nothing ever was. is_told: as of
    Standing. unasked: of each part why an engine did not tell it, "" where it did; where one was not told the budget is
    unmeasured, whatever else. Left out where no engine is asked.
    """
    outs = [part.out for part in case.parts] if case.terms.slicing is None else [case.out_of_any]
    sums = [_worked(case, answer, out) for answer, out in zip(counted, outs, strict=True)]
    pairs = tuple(_pair(case, rule, counted) for rule in case.terms.rules)
    worked = sums[0] if len(sums) == 1 else CompositeSum(case.members, tuple(sums))
    longest = None if None in silent else max(n for n in silent if n is not None)
    has_parts = len(sums) == len(case.parts)
    alone = [
        verdict(one, minutes, limits=LIMITS, little=case.terms.little, noun=_noun(case))
        for one, minutes in zip(sums, silent if has_parts else [longest], strict=True)
    ]
    parts = _parts(case, sums, alone, unasked) if has_parts else ()
    held = {pair.rule.pair.urgency for pair in pairs if pair.holds}
    why = next(filter(None, unasked), "")
    if why:
        said = Verdict(BudgetState.UNMEASURED, why, _UNTOLD)
    elif isinstance(worked, CompositeSum):
        said = _of_composite(case, worked, alone, longest, held)
    else:
        said = verdict(worked, longest, held, limits=LIMITS, little=case.terms.little, noun=_noun(case))
    return Standing(case, said, worked, parts, pairs, is_told, why)


def _parts(
    case: Case, sums: Sequence[WorkedSum], alone: Sequence[Verdict], unasked: Sequence[str]
) -> tuple[PartStanding, ...]:  # fmt: skip
    """Return each part by itself: what its neighbour lacks says nothing of it. alone, unasked: of each part."""
    whys = unasked or [""] * len(sums)
    return tuple(
        PartStanding(part.sli, part.share, worked, _UNTOLD if why else one.unknown)
        for part, worked, one, why in zip(case.parts, sums, alone, whys, strict=True)
    )


def _worked(case: Case, answer: Answer, out: Sequence[Span]) -> WorkedSum:
    found, whole = answer[case.elapsed], case.whole
    window = whole[1] - whole[0] - length(clipped(out, whole))
    elapsed = case.elapsed[1] - case.elapsed[0] - found.excluded_minutes
    return worked_sum(
        case.terms.target, found.counted, window_minutes=window, elapsed_minutes=elapsed, excluded=found.excluded
    )  # fmt: skip


def _rate(case: Case, minutes: int, counted: Sequence[Answer]) -> tuple[Rate, list[Tally]]:
    tallies = [answer[case.back(minutes)].counted for answer in counted]
    shares = [part.share for part in case.parts] if len(tallies) > 1 else [Fraction(1)]
    burns = [burn_rate(tally, case.terms.target) for tally in tallies]
    known = [share * burn for share, burn in zip(shares, burns, strict=True) if burn is not None]
    whole = sum(tallies, Tally(0, 0))
    measured = min(tally.measured_minutes for tally in tallies)
    return Rate(minutes, sum(known, Fraction(0)) if known else None, whole.bad, whole.events, measured), tallies


def _pair(case: Case, rule: Rule, counted: Sequence[Answer]) -> PairStanding:
    long, longs = _rate(case, rule.pair.long_minutes, counted)
    short, shorts = _rate(case, rule.pair.short_minutes, counted)
    window = case.back(rule.pair.short_minutes)
    holds: bool | None = False  # where the whole short window is excluded nothing burns, and that is known
    if all(answer[window].excluded_minutes == rule.pair.short_minutes for answer in counted):
        return PairStanding(rule, long, short, holds)
    if len(longs) == 1:
        holds = alerts.holds(rule, longs[0], shorts[0], case.terms.little)
    else:
        holds = composites.holds(case.members, rule, longs, shorts, case.terms.little)
    return PairStanding(rule, long, short, holds)


def _of_composite(
    case: Case, worked: CompositeSum, alone: Sequence[Verdict], silent_minutes: int | None, held: set[Urgency]
) -> Verdict:  # fmt: skip
    """Return the state of a composite, by the same order as for one SLI; what one part lacks, the whole lacks.

    alone: how each part stands by itself, without alerts.
    """
    unknown = silence(silent_minutes, LIMITS)
    if unknown is not None:
        return unknown
    unknown = _unknown_of_composite(case, worked, alone)
    if unknown is not None:
        return with_alert(unknown, held)
    left = worked.left_ratio if worked.left_ratio is not None else Fraction(0)
    said = f"{whole_percent(max(left, Fraction(0)))} of the budget is left."
    if left <= 0:
        return Verdict(BudgetState.EXHAUSTED, "The budget is spent: the parts together burned all of it.")
    alert = alerting(held)
    if alert is not None and alert.state is BudgetState.CRITICAL:
        return alert
    if left < LIMITS.critical_left:
        return Verdict(BudgetState.CRITICAL, f"Little is left: {said}")
    return alert or Verdict(BudgetState.HEALTHY, said)


def _unknown_of_composite(case: Case, worked: CompositeSum, alone: Sequence[Verdict]) -> Verdict | None:
    """Return why nobody can tell what is left: a part that was measured too little, or too few events in all parts."""
    for part, one in zip(case.parts, alone, strict=True):
        if one.state is BudgetState.UNMEASURED:
            return Verdict(one.state, f"{part.sli.name}: {one.sentence}", f"{part.sli.name}: {one.unknown}")
    so_far = sum((part.allowed_so_far for part in worked.parts), Fraction(0))
    if so_far < 1 and all(one.state is BudgetState.TOO_FEW for one in alone):
        return too_few(sum(part.events for part in worked.parts), case.terms.target)
    return None
