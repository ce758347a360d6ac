"""Copies counts from engines into our own store, chunk by chunk, from the first minute that is not copied yet.

Back-fill, the minute's poll and catching up after a time without a worker are the same thing. A chunk and the minute
up to which was copied are written together, so a chunk counts once however often, and by however many, it is tried.
"""

import time

import numpy as np
from django.db import transaction
from django.utils import timezone

from hortus.telemetry.counts import actions as counts
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.engines import asking
from hortus.telemetry.engines.models import EngineQuery
from hortus.telemetry.engines.rules.answers import EngineFault

SETTLE_MINUTES = 2
"""Samples of the last minutes may still be on their way into the engine."""
ENGINE = "engine"
CHUNK_MINUTES, SMALLEST_CHUNK = 360, 10
BACKFILL_DAYS = 28


def minute_now() -> int:
    """Return the minute since 1970 that is running."""
    return int(timezone.now().timestamp()) // 60


def keep(query: EngineQuery, now: int, *, seconds: float = 45.0) -> int:
    """Copy what an engine has of a query up to two minutes before minute `now`; return how many minutes were copied.

    seconds: after which no further chunk is begun; the next call goes on. What goes wrong is kept as the query's
    finding and nothing is counted: those minutes stay unmeasured until a later call succeeds.
    """
    if not query.is_kept_here:
        return 0
    began, first = time.monotonic(), query.next_minute
    notes: dict[str, int] = {}
    try:
        if not query.engine.may_give_samples:
            raise asking.untrusted(query.engine)
        while query.next_minute < now - SETTLE_MINUTES and time.monotonic() - began < seconds:
            found = _chunk(query, query.next_minute, min(query.next_minute + CHUNK_MINUTES, now - SETTLE_MINUTES))
            if not _written(query, found):
                return query.next_minute - first  # another worker is at it
            notes = {name: notes.get(name, 0) + count for name, count in found.notes.items()}
    except EngineFault as fault:
        _noted(query, fault, query.notes)
    else:
        _noted(query, None, notes or query.notes)
    return query.next_minute - first


def _chunk(query: EngineQuery, since: int, until: int) -> asking.Found:
    """Ask for a chunk, for a smaller one when the answer would be too big."""
    try:
        return asking.events(query, since, until)
    except EngineFault as fault:
        if fault.code != "too-big" or until - since <= SMALLEST_CHUNK:
            raise
    return _chunk(query, since, since + max(SMALLEST_CHUNK, (until - since) // 2))


@transaction.atomic
def _written(query: EngineQuery, found: asking.Found) -> bool:
    """Add a chunk to the counts; return False when another worker copied it, or the query was changed, meanwhile."""
    until = found.since + len(found.total)
    moved = EngineQuery.objects.still(query).filter(next_minute=found.since).update(next_minute=until)
    if not moved:
        return False
    cells = np.flatnonzero(found.total)
    series = np.full(len(cells), query.series_id, dtype=np.int64)
    counts.add(
        query.engine.team,
        Counts(series=series, minute=found.since + cells, good=found.good[cells], total=found.total[cells]),
        source=ENGINE, key=f"{query.pk}:{found.since}:{until}",
        measured=_measured(query, found),
    )  # fmt: skip
    query.next_minute = until
    return True


def _measured(query: EngineQuery, found: asking.Found) -> list[tuple[int, int, int]]:
    """Return the watched spans, none before the first minute that is copied so: nothing was counted so there."""
    begun = max(query.first_minute, query.changed_minute)
    late = ((max(first, begun), last) for first, last in found.watched)
    return [(query.series_id, first, last) for first, last in late if first < last]


def _noted(query: EngineQuery, fault: EngineFault | None, notes: dict[str, int]) -> None:
    query.hear(timezone.now(), fault)
    query.notes = notes
    # Not save(): somebody may have dropped or changed this query while the engine was asked.
    EngineQuery.objects.still(query).update(
        notes=notes, **{name: getattr(query, name) for name in EngineQuery.HEARD}
    )  # fmt: skip
