"""Composites: one objective over several SLIs, each with a weight, as OpenSLO reckons them.

Occurrences: the burn rates of the members add with their weights, which are brought to a sum of 1; so members that
all burn at one rate make a composite that burns at that rate. A member in which nothing happened burns nothing.
Time slices: a slice is bad when any member's is, whatever the weights; good when all are; else it does not count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from hortus.products.slos.rules.alerts import Rule
from hortus.products.slos.rules.backtest import Cumulative, Seen, Track
from hortus.products.slos.rules.budgets import Tally, WorkedSum
from hortus.products.slos.rules.little import Little, lower_bound
from hortus.products.slos.rules.ratios import Ratio, exact
from hortus.products.slos.rules.slices import Slices
from hortus.products.slos.rules.stretch import Counts, Flags, Stretch
from hortus.values.refused import Refused

MOST_MEMBERS = 20


@dataclass(frozen=True, slots=True)
class Member:
    """One SLI of a composite: its share of all weights (they sum to 1), and its own objective."""

    share: Fraction
    objective: Fraction


def members(weighted: Sequence[tuple[Ratio, Ratio]]) -> tuple[Member, ...]:
    """Return the members of a composite from pairs of weight and objective, in order.

    A weight is any number above 0. Raises Refused for fewer than two members or more than twenty, or a bad number.

    >>> [str(member.share) for member in members([(3, 0.99), (1, 0.99)])]
    ['3/4', '1/4']
    """
    if not 2 <= len(weighted) <= MOST_MEMBERS:
        raise Refused("bad-composite", f"A composite has 2 to {MOST_MEMBERS} members, got {len(weighted)}.", "members")
    weights = [_weight(weight) for weight, _ in weighted]
    whole = sum(weights, Fraction(0))
    return tuple(
        Member(weight / whole, exact(objective)) for weight, (_, objective) in zip(weights, weighted, strict=True)
    )


def _weight(given: Ratio) -> Fraction:
    try:
        weight = Fraction(str(given))
    except (ValueError, ZeroDivisionError):
        weight = Fraction(0)
    if not 0 < weight <= 1_000_000:
        raise Refused("bad-weight", f"A weight must be above 0 and at most 1000000, got {given}; write 1.", "weight")
    return weight


def common_objective(of: Sequence[Member]) -> Fraction:
    """Return the objective for which the alert rules of a composite are reckoned: the members' own when they agree.

    Else the one whose highest burn rate, 1 / (1 - objective), is the highest that the members can reach together.
    """
    return 1 - 1 / sum((member.share / (1 - member.objective) for member in of), Fraction(0))


@dataclass(frozen=True, slots=True)
class CompositeSum:
    """The budget of a composite: the members, and the worked sum of each, in one order, over one window."""

    members: tuple[Member, ...]
    parts: tuple[WorkedSum, ...]

    def __post_init__(self) -> None:
        if len(self.members) != len(self.parts):
            raise ValueError(f"{len(self.members)} members need as many worked sums, got {len(self.parts)}")

    @property
    def contributions(self) -> tuple[Fraction, ...]:
        """Return what each member adds to the burn rate: share x its own burn rate."""
        return tuple(
            m.share * (part.burn_rate or Fraction(0)) for m, part in zip(self.members, self.parts, strict=True)
        )

    @property
    def burn_rate(self) -> Fraction | None:
        """Return the burn rate over the window so far; None when nothing happened in any member."""
        return sum(self.contributions, Fraction(0)) if any(part.events for part in self.parts) else None

    @property
    def left_ratio(self) -> Fraction | None:
        """Return the part of the budget that is left, 1 to below 0; None when nothing happened in any member."""
        if self.burn_rate is None:
            return None
        spent = (
            m.share * part.bad / part.allowed for m, part in zip(self.members, self.parts, strict=True) if part.bad
        )
        return 1 - sum(spent, Fraction(0))

    @property
    def coverage(self) -> float:
        """Return the share of the window so far that was measured, of the member that was measured least."""
        return min(part.coverage for part in self.parts)


def any_bad(of: Sequence[Slices]) -> Slices:
    """Return the slices of a composite. Raises ValueError unless all members' slices stand on one grid.

    of: one or more, with equal start, length and number.
    """
    first = of[0]
    if any((s.start, s.minutes, len(s.good)) != (first.start, first.minutes, len(first.good)) for s in of):
        raise ValueError("the slices of all members must have one start, length and number")
    all_good = np.logical_and.reduce([s.good for s in of])
    one_bad = np.logical_or.reduce([s.counted & ~s.good for s in of])
    return Slices(first.start, first.minutes, one_bad | all_good, all_good)


def holds(
    of: Sequence[Member], rule: Rule, longs: Sequence[Tally], shorts: Sequence[Tally], little: Little | None = None
) -> bool | None:
    """Say whether a pair holds for a composite now, by the factor of its rule; see `holding`.

    longs, shorts: what each member counted in the two windows. None when some member's short window was not measured,
    and the others alone do not hold.
    """
    long, short = (
        (
            np.array([[tally.bad] for tally in tallies], np.int64),
            np.array([[tally.events] for tally in tallies], np.int64),
        )
        for tallies in (longs, shorts)
    )
    if bool(holding(of, rule, long, short, little)[0]):
        return True
    return False if all(tally.measured_minutes for tally in shorts) else None


Pairs = tuple[Counts, Counts]


def holding(of: Sequence[Member], rule: Rule, long: Pairs, short: Pairs, little: Little | None = None) -> Flags:
    """Say where a pair holds: the burn rates add to strictly more than the factor in both windows, with evidence.

    long, short: bad and all events, int64 of shape (members, minutes). Evidence (`little`): the members' bad events
    together are enough; and, until they are ample, the members' lower bounds burn above the sure factor. Each bound is
    then taken at an equal part of the risk, so that all are right together with the confidence asked for (Bonferroni).
    """
    found = _is_above(of, rule.factor, long) & _is_above(of, rule.factor, short)
    if little is None or not found.any():
        return found
    bad = long[0].sum(axis=0)
    found &= bad >= little.least_bad
    unsure = np.flatnonzero(found & (bad < little.ample_bad))
    if len(unsure):
        risk = (1 - little.confidence) / len(of)
        surely = sum(
            (
                float(member.share / (1 - member.objective)) * lower_bound(long[0][n, unsure], long[1][n, unsure], risk)
                for n, member in enumerate(of)
            ),
            np.zeros(len(unsure)),
        )
        found[unsure] = surely > float(rule.factor * rule.sure_ratio / rule.threshold)
    return found


def _is_above(of: Sequence[Member], factor: Fraction, counts: Pairs) -> Flags:
    """Compare in floats, and exactly where floats could not tell."""
    bad, events = counts
    rates: NDArray[np.float64] = bad / np.maximum(events, 1)
    slope = np.array([float(member.share / (1 - member.objective)) for member in of])
    burn = slope @ rates
    above: Flags = burn > float(factor)
    for at in np.flatnonzero(np.abs(burn - float(factor)) <= 1e-9 * float(factor)).tolist():
        exactly = sum(
            (
                member.share / (1 - member.objective) * Fraction(int(bad[n, at]), int(events[n, at]))
                for n, member in enumerate(of)
                if events[n, at]
            ),
            Fraction(0),
        )
        above[at] = exactly > factor
    return above


def seen(
    of: Sequence[Member], stretches: Sequence[Stretch], since: int, rules: Sequence[Rule], little: Little | None = None
) -> tuple[Seen, ...]:  # fmt: skip
    """Return what each pair says for a composite; as `backtest.seen`, with one stretch for each member.

    Raises ValueError unless the stretches have one start and end.
    """
    if len({(stretch.start, stretch.until) for stretch in stretches}) != 1 or len(stretches) != len(of):
        raise ValueError("a composite needs one stretch for each member, all with one start and end")
    sums = [Cumulative.of(stretch) for stretch in stretches]
    first, found = since - stretches[0].start, []
    for rule in rules:
        longs = [s.window(rule.pair.long_minutes, first) for s in sums]
        shorts = [s.window(rule.pair.short_minutes, first) for s in sums]
        held = holding(of, rule, _stacked(longs), _stacked(shorts), little)
        measured = np.stack([short[2] > 0 for short in shorts]).all(axis=0)
        out = np.stack([s.is_out(rule.pair.short_minutes, first) for s in sums]).all(axis=0)
        found.append(Seen(rule, held, held | measured | out))
    return tuple(found)


def backtest(
    of: Sequence[Member], stretches: Sequence[Stretch], since: int, rules: Sequence[Rule], little: Little | None = None
) -> tuple[Track, ...]:  # fmt: skip
    """Return what each pair would have done for a composite; arguments and errors as of `seen`."""
    return tuple(one.track(since) for one in seen(of, stretches, since, rules, little))


def _stacked(windows: Sequence[tuple[Counts, Counts, Counts]]) -> Pairs:
    return np.stack([window[0] for window in windows]), np.stack([window[1] for window in windows])
