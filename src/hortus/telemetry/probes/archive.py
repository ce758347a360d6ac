# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths only
"""Results of days gone by, in one Parquet file for each team and month: compacting, forgetting, sweeping.

A file is never changed: a new one takes its place, and the manifest row, together with the rows that went into it, in
one transaction. A process that is killed before leaves a file that no row lists, which the sweep removes.
"""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from hortus.access.models import Team
from hortus.telemetry.batch import store
from hortus.telemetry.batch.unreadable import Busy
from hortus.telemetry.probes.models import Probe, ProbeResult, ProbeSegment, probes_folder
from hortus.telemetry.probes.parquet import COLUMNS, MEMORY_BYTES, relation
from hortus.telemetry.probes.reading import newest

KEPT_AS_ROWS = timedelta(days=3)
PIECE = 500  # rows removed by one statement


def compact(team: Team, before: datetime) -> int:
    """Move the results of a team that are older than `before` into Parquet, all but the newest of each probe.

    Returns how many were moved; 0 too while another process does it.
    """
    try:
        with store.cluster_lock(probes_folder(), str(team.pk), wait_seconds=0) as folder:
            (folder / store.STAGING).mkdir(exist_ok=True, mode=0o700)
            return sum(_compact_month(team, month, before, folder) for month in _months(team, before))
    except Busy:
        return 0


def _months(team: Team, before: datetime) -> list[str]:
    ends = ProbeResult.objects.filter(probe__team=team, at__lt=before).aggregate(first=Min("at"), last=Max("at"))
    found: list[str] = []
    at = ends["first"]
    while at is not None and at <= ends["last"]:
        found.append(f"{at.astimezone(UTC):%Y-%m}")
        at = store.month_bounds(found[-1])[1]
    return found


def _compact_month(team: Team, month: str, before: datetime, folder: Path) -> int:
    first, last = store.month_bounds(month)
    kept = [result.pk for result in newest(Probe.objects.filter(team=team)).values()]
    rows = ProbeResult.objects.filter(probe__team=team).between(first, min(last, before)).exclude(pk__in=kept)
    listing, made = (folder / store.STAGING / f"{month}.{end}" for end in ("csv", "tmp"))
    ids = _listed(rows.order_by("pk"), listing)
    if not ids:
        return 0
    held = ProbeSegment.objects.filter(team=team, month=month).first()
    count = _merged(team, listing, [str(probes_folder() / held.file)] if held else [], made)
    segment = store.adopt(
        made, store=probes_folder(), cluster=str(team.pk), month=month, rows=count, first_at=first, last_at=last
    )
    with transaction.atomic():
        facts = {"file": segment.path, "rows": count, "sha256": segment.sha256}
        ProbeSegment.objects.update_or_create(team=team, month=month, defaults=facts)
        for start in range(0, len(ids), PIECE):
            ProbeResult.objects.filter(pk__in=ids[start : start + PIECE]).delete()
    for path in (listing, made):
        path.unlink()
    if held and held.file != segment.path:
        store.retire(probes_folder(), [held.file])
    return len(ids)


def _listed(rows: Any, path: Path) -> list[int]:
    """Write rows to a CSV file, because DuckDB reads one far faster than it takes rows one by one; return their ids."""
    ids = []
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row in _values(rows):
            writer.writerow(row)
            ids.append(row[0])
    return ids


def _values(rows: Any) -> Iterator[list[Any]]:
    names = ("pk", "probe_id", "at", "ok", "value_seconds", "period_seconds", "code", "sentence")
    for row in rows.values_list(*names).iterator(chunk_size=5000):
        seconds = "" if row[4] is None else repr(float(row[4]))
        yield [row[0], str(row[1]), row[2].astimezone(UTC).isoformat(), row[3], seconds, *row[5:]]


def _merged(team: Team, listing: Path, held: Sequence[str], made: Path) -> int:
    """Write the listed rows and those of a held file to a new file; return how many there are. Each id stands once."""
    kinds = ", ".join(f'"{name}": {store.quoted(kind)}' for name, kind in COLUMNS.items())
    source = f"read_csv({store.quoted(listing)}, header=false, nullstr='', columns={{{kinds}}})"
    known = ", ".join(store.quoted(str(pk)) for pk in Probe.objects.filter(team=team).values_list("pk", flat=True))
    with store.connect(memory_bytes=MEMORY_BYTES, threads=1, temp_folder=made.parent) as con:
        con.execute(
            f"COPY (SELECT DISTINCT ON (id) * FROM (FROM {source} UNION ALL BY NAME FROM {relation(held)}) "
            f'WHERE probe IN ({known}) ORDER BY probe, "at", id) TO {store.quoted(made)} '
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        ((count,),) = con.execute(f"SELECT count(*) FROM read_parquet({store.quoted(made)})").fetchall()
    store.flush(made)
    return int(count)


def forget(months: int) -> int:
    """Forget the results of whole months that ended `months` ago or longer; return how many files were let go."""
    now = timezone.now()
    oldest = now.year * 12 + now.month - 1 - months
    gone, _ = ProbeSegment.objects.filter(month__lt=f"{oldest // 12:04d}-{oldest % 12 + 1:02d}").delete()
    return gone


def tidy() -> int:
    """Compact the results of all teams, forget old ones and sweep files that no row lists; return how many moved."""
    before = timezone.now() - KEPT_AS_ROWS
    teams = Team.objects.filter(probes__results__at__lt=before).distinct()
    moved = sum(compact(team, before) for team in teams)
    forget(settings.HORTUS.probe_months)
    live = list(ProbeSegment.objects.values_list("file", flat=True))
    if probes_folder().is_dir():
        store.sweep(probes_folder(), live)
    return moved
