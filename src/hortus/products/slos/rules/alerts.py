"""Burn-rate alerts over two windows: which pairs, at which factor, and whether one holds (Google SRE Workbook, ch. 5).

A pair holds while the bad ratio is strictly above factor x (1 - objective) in its long window and in its short one. The
factor is the burn rate that spends a share of the budget within the long window: share x period / long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np

from hortus.products.slos.rules.budgets import Tally
from hortus.products.slos.rules.comparing import is_above
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.ratios import Ratio, exact
from hortus.products.slos.rules.stretch import Counts, Flags
from hortus.products.slos.rules.windows import DAY
from hortus.values.refused import Refused

HOUR = 60
MOST_PAIRS = 8


class Urgency(StrEnum):
    """Whether somebody is to act tonight or on Monday."""

    PAGE = "page"
    TICKET = "ticket"


class Unreachable(StrEnum):
    """What to do with a pair that could never hold."""

    CAP = "cap"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Pair:
    """What a team wrote down: a name of their own, how urgent, which share of the budget, in which windows.

    budget_share: 0 < share <= 1, spent within the long window. short_minutes: 1 to long_minutes; the Workbook takes
    a twelfth. keep_firing_minutes: for how long it must be known not to hold before its alert closes, 0 to
    long_minutes; None: as long as the short window. Raises Refused.
    """

    name: str
    urgency: Urgency
    budget_share: Fraction
    long_minutes: int
    short_minutes: int
    keep_firing_minutes: int | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Refused("bad-pair", "An alert pair needs a name; write page, ticket or a word of your own.", "name")
        if not 0 < self.budget_share <= 1:
            raise Refused(
                "bad-pair",
                f"budget_share must be above 0 and at most 1, got {float(self.budget_share):g}; write 0.02.",
                "budget_share",
            )
        if not 1 <= self.short_minutes <= self.long_minutes:
            raise Refused(
                "bad-pair",
                f"The short window must have 1 to {self.long_minutes} minutes, got {self.short_minutes}; "
                f"a twelfth of the long one is {max(1, self.long_minutes // 12)}.",
                "short_minutes",
            )
        if not 0 <= self.keeps <= self.long_minutes:
            raise Refused(
                "bad-pair",
                f"An alert is kept for 0 to {self.long_minutes} minutes, as long as its long window, got {self.keeps}; "
                f"the short window is {self.short_minutes}.",
                "keep_firing_minutes",
            )

    @property
    def keeps(self) -> int:
        """Return for how many minutes the pair must be known not to hold before its alert closes.

        The short window holds few events, so an alert of it alone opens and closes with each handful of them. Kept for
        as long again, it bridges a pause of the very length that the window can see, and closes at most one short
        window later than it would.

        >>> Pair("page", Urgency.PAGE, Fraction(2, 100), 60, 5).keeps
        5
        """
        return self.short_minutes if self.keep_firing_minutes is None else self.keep_firing_minutes


_STANDARD = (
    ("page", Urgency.PAGE, 2, HOUR),
    ("page", Urgency.PAGE, 5, 6 * HOUR),
    ("ticket", Urgency.TICKET, 10, DAY),
    ("ticket", Urgency.TICKET, 10, 3 * DAY),
)


def standard_pairs(period_minutes: int) -> tuple[Pair, ...]:
    """Return the usual four pairs for a period, two that page and two that write a ticket.

    From 28 to 31 days they are those of the Workbook and of Sloth: 2 % in 1 h, 5 % in 6 h, 10 % in 1 d, 10 % in 3 d.
    Other periods stretch the windows in proportion to 28 days, so that the factors stay as they are; else a
    one-week objective would write tickets at a quarter of the burn rate that it allows.

    >>> [(p.long_minutes, p.short_minutes) for p in standard_pairs(28 * 1440)]
    [(60, 5), (360, 30), (1440, 120), (4320, 360)]
    >>> [(p.long_minutes, p.short_minutes) for p in standard_pairs(7 * 1440)]
    [(15, 1), (90, 7), (360, 30), (1080, 90)]
    """
    usual = 28 * DAY <= period_minutes <= 31 * DAY
    pairs = []
    for name, urgency, percent, minutes in _STANDARD:
        long = minutes if usual else max(1, round(Fraction(minutes * period_minutes, 28 * DAY)))
        pairs.append(Pair(name, urgency, Fraction(percent, 100), long, max(1, long // 12)))
    return tuple(pairs)


@dataclass(frozen=True, slots=True)
class Rule:
    """A pair with its arithmetic done for one objective and period.

    factor: the burn rate above which it holds. threshold: the same as a bad ratio, factor x (1 - objective), below 1.
    asked_factor: what the share asked for; larger than factor where the pair was capped. sentence: says what it does.
    """

    pair: Pair
    factor: Fraction
    threshold: Fraction
    asked_factor: Fraction
    sentence: str

    @property
    def is_capped(self) -> bool:
        """Say whether the pair holds at a smaller factor than it asked for."""
        return self.factor != self.asked_factor

    @property
    def sure_ratio(self) -> Fraction:
        """Return the bad ratio that few events must surely exceed (`little`): half the threshold.

        But no less than the objective allows, or the threshold where that is lower still.
        """
        return max(self.threshold / 2, self.threshold / max(self.factor, Fraction(1)))


def rules(
    pairs: Sequence[Pair],
    objective: Ratio,
    period_minutes: int,
    *,
    unreachable: Unreachable = Unreachable.CAP,
    cap_ratio: Fraction = Fraction(4, 5),
    slice_minutes: int | None = None,
    little: Little | None = None,
) -> tuple[Rule, ...]:
    """Return the pairs with factor and threshold, in the order given.

    period_minutes: of the objective's window (`Window.nominal_minutes`). unreachable: what becomes of a pair whose
    threshold would be 1 or more, which no bad ratio exceeds. cap_ratio: the bad ratio above 0 and below 1 that it
    gets instead. slice_minutes: where slices are counted, their length; then windows are made of whole slices, and a
    long one of so many that `little` can be satisfied, else no pair would ever hold with slices of an hour.
    Raises Refused for more than eight pairs, a long window longer than the period, or an unreachable pair to refuse.

    >>> page = rules(standard_pairs(30 * 1440), 0.999, 30 * 1440)[0]
    >>> float(page.factor), float(page.threshold)
    (14.4, 0.0144)
    """
    if len(pairs) > MOST_PAIRS:
        raise Refused("bad-pair", f"An objective has at most {MOST_PAIRS} alert pairs, got {len(pairs)}.", "pairs")
    ratio = exact(objective)
    exact(cap_ratio, "cap_ratio")
    made = tuple(_rule(pair, ratio, period_minutes, unreachable, cap_ratio) for pair in pairs)
    if slice_minutes is None:
        return made
    return tuple(_of_slices(rule, ratio, period_minutes, cap_ratio, slice_minutes, little) for rule in made)


def _rule(pair: Pair, objective: Fraction, period: int, unreachable: Unreachable, cap_ratio: Fraction) -> Rule:
    if pair.long_minutes > period:
        raise Refused(
            "bad-pair",
            f"The long window of {pair.name} has {span_words(pair.long_minutes)}, the objective's window only "
            f"{span_words(period)}; take a shorter one.",
            "long_minutes",
        )
    budget = 1 - objective
    asked = pair.budget_share * period / pair.long_minutes
    if asked * budget < 1:
        return Rule(pair, asked, asked * budget, asked, _says(pair, asked, asked * budget))
    why = (
        f"The pair {pair.name} over {span_words(pair.long_minutes)} asks for a burn rate above {_short(asked)}, but at "
        f"an objective of {_percent(objective)} none can exceed {_short(1 / budget)}"
    )
    if unreachable is Unreachable.REFUSE:
        raise Refused(
            "unreachable-pair", f"{why}; take a smaller share, a longer window, or let it be capped.", "budget_share"
        )
    factor = cap_ratio / budget
    sentence = f"{why}, so it could never hold; it is capped. {_says(pair, factor, cap_ratio)}"
    return Rule(pair, factor, cap_ratio, asked, sentence)


def _of_slices(
    rule: Rule, objective: Fraction, period: int, cap_ratio: Fraction, size: int, little: Little | None
) -> Rule:
    """Return a rule whose windows are whole slices, the long one long enough for evidence if all of them are bad."""
    pair = rule.pair
    short = -(-pair.short_minutes // size) * size
    for slices in range(-(-pair.long_minutes // size), period // size + 1):
        fitted = replace(pair, long_minutes=slices * size, short_minutes=short)
        found = _rule(fitted, objective, period, Unreachable.CAP, cap_ratio)
        all_bad = np.array([slices], np.int64)
        if little is None or little.is_evidence(all_bad, all_bad, found.sure_ratio)[0]:
            break
    else:
        raise Refused(
            "unreachable-pair",
            f"The objective's window holds {period // size} slices of {span_words(size)}; that is too few for the pair "
            f"{pair.name} ever to hold. Take shorter slices.",
            "slice_minutes",
        )
    if fitted == pair:
        return rule
    why = f"The windows of {pair.name} are made longer to hold enough slices of {span_words(size)}. "
    return replace(found, asked_factor=rule.asked_factor, sentence=why + found.sentence)


def _says(pair: Pair, factor: Fraction, threshold: Fraction) -> str:
    return (
        f"{pair.name} while more than {_percent(threshold)} of the events were bad in {last_words(pair.long_minutes)} "
        f"and in {last_words(pair.short_minutes)} "
        f"(burn rate above {_short(factor)})."
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """Bad and all events of the long and the short window, at one minute or at many (one shape), int64."""

    long_bad: Counts
    long_events: Counts
    short_bad: Counts
    short_events: Counts


def holding(rule: Rule, sums: Sums, little: Little | None = None) -> Flags:
    """Say where a pair holds: strictly above its threshold in both windows, and evidence enough in the long one.

    little: the rule for little traffic; None compares as Prometheus does. Level-triggered: only the sums decide.
    """
    above = is_above(sums.long_bad, sums.long_events, rule.threshold)
    above &= is_above(sums.short_bad, sums.short_events, rule.threshold)
    if little is None or not above.any():
        return above
    found = above.copy()
    found[above] = little.is_evidence(sums.long_bad[above], sums.long_events[above], rule.sure_ratio)
    return found


def holds(rule: Rule, long: Tally, short: Tally, little: Little | None = None) -> bool | None:
    """Say whether a pair holds now; None when it cannot be known, because nothing of the short window was measured.

    >>> page = rules(standard_pairs(30 * 1440), 0.999, 30 * 1440)[0]
    >>> holds(page, Tally(100, 6000, 60), Tally(100, 500, 5))
    True
    """
    if not short.measured_minutes:
        return None
    numbers = (np.array([n], np.int64) for n in (long.bad, long.events, short.bad, short.events))
    return bool(holding(rule, Sums(*numbers), little)[0])


def span_words(minutes: int) -> str:
    """Return a number of minutes in the largest unit that is whole.

    >>> span_words(360), span_words(90), span_words(1440)
    ('6 hours', '90 minutes', '1 day')
    """
    for size, word in ((DAY, "day"), (HOUR, "hour")):
        if minutes % size == 0:
            return f"{minutes // size} {word}{'' if minutes == size else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


def last_words(minutes: int) -> str:
    """Return the last so many minutes in words.

    >>> last_words(60), last_words(90)
    ('the last hour', 'the last 90 minutes')
    """
    return f"the last {span_words(minutes).removeprefix('1 ')}"


def _percent(ratio: Fraction) -> str:
    return f"{float(ratio * 100):.6g} %"


def _short(number: Fraction) -> str:
    return f"{float(number):.4g}"
