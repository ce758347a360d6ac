"""What the alert pairs of a case said at each of the last minutes, worked out from the counts alone. Writes nothing.

An evaluation asks it where the present minute is not enough: an alert that may close, or minutes that nobody looked at.
"""

from collections.abc import Sequence

import numpy as np

from hortus.products.slos.case import Case
from hortus.products.slos.exclusions import Exclusions
from hortus.products.slos.models import Objective
from hortus.products.slos.rules import backtest as alone
from hortus.products.slos.rules import composites
from hortus.products.slos.rules.backtest import Seen, lead_in
from hortus.products.slos.rules.spans import Span
from hortus.products.slos.rules.stretch import Stretch
from hortus.products.slos.tallies import sliced, stretch_of
from hortus.products.slos.terms import Terms


def seen(objective: Objective, terms: Terms, since: int, until: int, exclusions: Exclusions) -> tuple[Seen, ...]:
    """Return what each alert pair said at every evaluation from minute `since` to `until`, both included.

    objective: as `whole()` gives it. One read for each of its SLIs.
    """
    first = since - lead_in(terms.rules)
    if terms.slicing is not None:
        first = first // terms.slicing.minutes * terms.slicing.minutes
    weighted = [(part.sli, part.weight) for part in objective.parts.all()]
    case = Case.made(objective, terms, weighted, until, exclusions, since=first)
    cut = _cut(case, (first, until))
    if len(cut) > 1:
        return composites.seen(case.members, cut, since, terms.rules, terms.little)
    return alone.seen(cut[0], since, terms.rules, terms.little)


def _cut(case: Case, within: Span) -> Sequence[Stretch]:
    stretches = [stretch_of(part.sli.series_id, within) for part in case.parts]
    outs = [part.out for part in case.parts]
    if case.terms.slicing is not None:
        return [_up_to(sliced(stretches, outs, case.terms.slicing), within[1]).marked(case.out_of_any)]
    return [stretch.cut(out) for stretch, out in zip(stretches, outs, strict=True)]


def _up_to(stretch: Stretch, until: int) -> Stretch:
    """Return a stretch of slices made longer, up to a minute inside a slice that is not over."""
    rest = until - stretch.until
    none = np.zeros(rest, np.int64)
    good, total = (np.concatenate([part, none]) for part in (stretch.good, stretch.total))
    return Stretch(stretch.start, good, total, np.concatenate([stretch.measured, none > 0]))
