# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths only
"""What probes found: the newest results, and the results of a span out of rows and Parquet as one. Writes nothing.

Rows are read before the manifest: what is compacted meanwhile is then met twice, never missed, and its id tells.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import OuterRef, Subquery
from numpy.typing import NDArray

from hortus.telemetry.probes import parquet
from hortus.telemetry.probes.models import Probe, ProbeResult

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Results:
    """Results of one probe, oldest first, as arrays of one length.

    at: microseconds since 1970 in UTC. ok: 1 right, 0 wrong, -1 not measured. seconds: NaN where no answer came.
    period: for how many seconds each speaks.
    """

    at: NDArray[np.int64]
    ok: NDArray[np.int8]
    seconds: NDArray[np.float64]
    period: NDArray[np.int64]

    def good(self, threshold: float | None) -> NDArray[np.bool_]:
        """Return which of them are good: right, and within the threshold in seconds where there is one."""
        right: NDArray[np.bool_] = self.ok == 1
        if threshold is None:
            return right
        with np.errstate(invalid="ignore"):
            return right & (self.seconds <= threshold)


@dataclass(frozen=True, slots=True)
class Told:
    """One result with its words. seconds: None where no answer came."""

    at: datetime
    ok: bool | None
    seconds: float | None
    code: str
    sentence: str


def newest(probes: Iterable[Probe]) -> dict[uuid.UUID, ProbeResult]:
    """Return the newest result of each probe that has one; one query for all, one look-up in the index for each."""
    of_probe = ProbeResult.objects.filter(probe=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    ids = Probe.objects.filter(pk__in=[probe.pk for probe in probes]).values(newest=Subquery(of_probe))
    return {result.probe_id: result for result in ProbeResult.objects.filter(pk__in=ids)}


def results(probe: Probe, since: datetime, until: datetime) -> Results:
    """Return what a probe found from `since` up to but not including `until`, both aware."""
    names = ("id", "at", "ok", "value_seconds", "period_seconds")
    rows = list(probe.results.between(since, until).order_by("at", "id").values_list(*names))
    live: tuple[NDArray[Any], ...] = (
        np.array([row[0] for row in rows], np.int64),
        np.array([(row[1] - EPOCH) // MICROSECOND for row in rows], np.int64),
        np.array([-1 if row[2] is None else row[2] for row in rows], np.int8),
        np.array([np.nan if row[3] is None else row[3] for row in rows], np.float64),
        np.array([row[4] for row in rows], np.int64),
    )
    select = (
        'id, epoch_us("at") AS began, CASE WHEN ok IS NULL THEN -1 ELSE ok::INT END::TINYINT AS ok, '
        "coalesce(value_seconds, 'nan'::DOUBLE) AS seconds, period_seconds::BIGINT AS period"
    )
    held = _asked(probe, since, until, select).fetchnumpy()
    ids = np.concatenate([live[0], held["id"]])
    at = np.concatenate([live[1], held["began"]])
    _, first = np.unique(ids, return_index=True)
    order = first[np.lexsort((ids[first], at[first]))]
    ok, seconds, period = (
        np.concatenate([part, held[name]])[order]
        for part, name in zip(live[2:], ("ok", "seconds", "period"), strict=True)
    )
    return Results(at[order], ok, seconds, period)


def told(probe: Probe, since: datetime, until: datetime, most: int | None = None) -> list[Told]:
    """Return the results of a span with their words, the newest first; at most so many of them where that is said."""
    names = ("id", "at", "ok", "value_seconds", "code", "sentence")
    rows = list(probe.results.between(since, until).order_by("-at", "-id").values_list(*names)[:most])
    found: dict[int, Told] = {row[0]: Told(*row[1:]) for row in rows}
    select = 'id, epoch_us("at"), ok, value_seconds, code, sentence'
    newest_first = "" if most is None else f' ORDER BY "at" DESC, id DESC LIMIT {most:d}'
    for pk, at, *rest in _asked(probe, since, until, select, newest_first).fetchall():
        found.setdefault(pk, Told(EPOCH + at * MICROSECOND, *rest))
    return sorted(found.values(), key=lambda one: one.at, reverse=True)[:most]


def _asked(probe: Probe, since: datetime, until: datetime, select: str, order: str = "") -> Any:
    return parquet.cursor().execute(
        f"SELECT {select} FROM {parquet.relation(parquet.paths(probe.team_id))} "
        f'WHERE probe = $probe AND "at" >= $since AND "at" < $until{order}',
        {"probe": str(probe.pk), "since": since, "until": until},
    )
