"""The rows behind the counts of an SLI: the raw events where a judge reads them, else its minutes. Writes nothing."""

from datetime import UTC, datetime

import numpy as np

from hortus.products.slos.models import Sli
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.reading import minutes
from hortus.values.evidence import Evidence, Head, Slice, Sort


def judge_of(sli: Sli) -> judges.Judge | None:
    """Return the judge that fills an SLI, None for one that programs, hubs or engines fill."""
    return next((one for one in judges.judges() if one.slug == sli.judge), None)


def behind(sli: Sli, since: int, until: int, part: Slice, *, persons: bool) -> Evidence:
    """Return one slice of what was counted from `since` up to `until` (minutes since 1970), bad ones first."""
    judge = judge_of(sli)
    if judge is not None:
        return judge.rows(sli.team, dict(sli.parameters), since, until, part, persons=persons)
    return _minutes(sli, since, until, part)


def _minutes(sli: Sli, since: int, until: int, part: Slice) -> Evidence:
    """Return the minutes in which anything happened, those with the most bad events first."""
    found = minutes(sli.series_id, since, until)
    bad = found.total - found.good
    happened = np.flatnonzero(found.total)
    order = happened[np.lexsort((happened, -bad[happened]))]
    chosen = order[part.offset : part.offset + part.limit]
    rows = [
        (datetime.fromtimestamp((found.start + int(at)) * 60, UTC), int(bad[at]), int(found.good[at]))
        for at in chosen
    ]  # fmt: skip
    heads = [Head("at", "Minute", Sort.MOMENT), Head("bad", "Bad", Sort.COUNT), Head("good", "Good", Sort.COUNT)]
    coarse = " Older minutes are summed up in the first of their hour." if found.coarse_until > since else ""
    return Evidence(
        heads, rows, len(order), f"Each row is a minute in which something happened, the worst first.{coarse}"
    )  # fmt: skip
