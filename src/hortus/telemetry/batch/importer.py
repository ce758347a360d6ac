"""Bring one source of job records into a cluster's store: streaming, all or nothing, and the same however
often it is run.

The files are written first and count for nothing until `Manifest.commit` has written their rows in one transaction.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import duckdb

from hortus.telemetry.batch.canonical import LINES_KEPT, Tally
from hortus.telemetry.batch.formats.detect import Format, find_format
from hortus.telemetry.batch.merge import Merge, Outcome, count_others, other_clusters, parts_of
from hortus.telemetry.batch.source import Progress, Source, open_source
from hortus.telemetry.batch.staging import StagedChunk, Workshop
from hortus.telemetry.batch.store import (
    STAGING,
    Segment,
    checked_cluster,
    cluster_lock,
    connect,
    retire,
    sources_by_month,
    sweep_cluster,
)
from hortus.telemetry.batch.unreadable import FULL_DISK, NoRoom, Unreadable, is_full_disk
from hortus.telemetry.batch.zones import zone_named

THREADS = 2
OTHER_CLUSTER = "of another cluster"
GRACE_SECONDS = 600.0


@dataclass(frozen=True)
class Report:
    """What an import found. read = new + known + updated + rejected; job steps are counted apart, in `steps`.

    `lines` has up to 20 line numbers a reason (record numbers for JSON); `repeated` is the part of `known`
    that occurred twice in this very source; `first` and `last` are submit times of the good rows.
    """

    read: int = 0
    new: int = 0
    known: int = 0
    updated: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    steps: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    zone: str = "UTC"
    notes: list[str] = field(default_factory=list)
    format: str = ""

    def as_json(self) -> dict[str, Any]:
        """Give the report as plain JSON values; times are ISO 8601 in UTC."""
        first, last = (at.isoformat().replace("+00:00", "Z") if at else None for at in (self.first, self.last))
        counts = {
            "read": self.read,
            "new": self.new,
            "known": self.known,
            "rejected": self.rejected,
            "reasons": self.reasons,
        }
        further = {"updated": self.updated, "steps": self.steps, "skipped": self.skipped, "repeated": self.repeated}
        said = {"zone": self.zone, "notes": self.notes, "lines": self.lines, "format": self.format}
        return {**counts, "first": first, "last": last, **further, **said}


@dataclass(frozen=True)
class Staged:
    """What one transaction must write: rows for the segments in `add`, none any more for the paths in `replace`."""

    cluster: str
    add: tuple[Segment, ...]
    replace: tuple[str, ...]
    report: Report


class Manifest(Protocol):
    """The caller's list of segments that count."""

    def segments(self, cluster: str) -> Sequence[Segment]:
        """Give the cluster's live segments; called while the cluster is locked."""
        ...

    def commit(self, staged: Staged) -> None:
        """Write it all in one transaction."""
        ...


_NOTES = {
    "repaired": "{n} records had their delimiter or a newline within a name or comment; they were put together again.",
    "not_utf8": "{n} bytes were not UTF-8 and were replaced.",
    "control": "{n} control characters were replaced by spaces.",
    "repeated_hour": "{n} records have a time in the hour that occurs twice when summer time "
    "ends; the earlier reading was taken "
    "unless it contradicts the order of submit, start and end.",
    "skipped_hour": "{n} records have a time in the hour that summer time skips; it was read "
    "with the offset before the change.",
}


def _notes(layout: Format, source: Source, total: Tally, cluster: str) -> list[str]:
    said = [*layout.notes(), *source.notes]
    said += [text.format(n=total.notes[key]) for key, text in _NOTES.items() if total.notes.get(key)]
    if total.unknown_states:
        words = ", ".join(f"{state} ({count})" for state, count in total.unknown_states.items())
        said.append(f"These states are not known and count as ended, neither good nor lost: {words}.")
    others = [name for name in total.clusters if name and name.lower() != cluster]
    if len(others) == 1 and len([name for name in total.clusters if name]) == 1:
        said.append(f"The records name their cluster {others[0]}; they were imported as {cluster}.")
    return said


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _report(total: Tally, outcome: Outcome, layout: Format, zone: str, notes: list[str]) -> Report:
    reasons, lines = dict(total.reasons), dict(total.lines)
    if outcome.other_cluster:
        reasons[OTHER_CLUSTER], lines[OTHER_CLUSTER] = outcome.other_cluster, outcome.other_lines
    rejected = sum(reasons.values())
    return Report(
        read=outcome.new + outcome.known + outcome.updated + rejected,
        new=outcome.new, known=outcome.known, updated=outcome.updated, rejected=rejected,
        reasons=reasons, lines={reason: sorted(found)[:LINES_KEPT] for reason, found in lines.items()},
        first=_moment(total.first), last=_moment(total.last), steps=total.steps, skipped=total.skipped,
        repeated=outcome.repeated, zone=zone, notes=notes, format=layout.name,
    )  # fmt: skip


def _staged(workshop: Workshop, source: Source) -> Iterator[StagedChunk]:
    """Read chunks in a few threads, in order, with no more than one waiting."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[StagedChunk]] = deque()
        for chunk in workshop.layout.chunks(source):
            waiting.append(pool.submit(workshop.stage, chunk))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def import_jobs(
    source: Path | BinaryIO,
    *,
    store: Path,
    cluster: str,
    manifest: Manifest,
    source_format: str | None = None,
    zone: str = "UTC",
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    starts_at: datetime | None = None,
    progress: Progress | None = None,
    label: str = "",
) -> Report:
    """Import job records from a file or binary stream (plain, gzip, bzip2 or xz) into `store`/`cluster`.

    `source_format` is one of `detect.FORMATS`, or None to tell by content; `zone` is the tz database name in
    which times without offset are read; `columns` names the columns of sacct output without header; `starts_at` (aware)
    places an SWF file without start date; `progress(done, total)` gets bytes of the source, total None for a stream.

    Gives a `Report`, after exactly one call of `manifest.commit`. Raises `Unreadable` (or its kinds `Busy`,
    `NoRoom`) with one full sentence and nothing imported.
    """
    checked_cluster(cluster)
    zone_named(zone)
    opened = open_source(source, label=label, progress=progress)
    layout = find_format(opened, name=source_format, columns=columns, delimiter=delimiter, starts_at=starts_at)
    try:
        with cluster_lock(store, cluster) as folder:
            return _Import(opened, layout, store, folder, cluster, zone, manifest).run()
    except (OSError, duckdb.Error) as exc:
        if is_full_disk(exc):
            raise NoRoom(FULL_DISK) from None
        raise


@dataclass
class _Import:
    source: Source
    layout: Format
    store: Path
    folder: Path
    cluster: str
    zone: str
    manifest: Manifest

    def run(self) -> Report:
        live = tuple(self.manifest.segments(self.cluster))
        con = connect(temp_folder=self.folder / STAGING)
        workshop = Workshop(self.folder, self.layout, self.cluster, self.zone, sources_by_month(con, self.store, live))
        try:
            chunks = list(_staged(workshop, self.source))
            staged = self._merged(con, workshop, live, chunks)
        except Exception:  # a killed or interrupted import keeps its staged work, a failed one does not
            workshop.clear()
            raise
        finally:
            con.close()
        self.manifest.commit(staged)
        self._clean(workshop, live, staged, chunks)
        return staged.report

    def _merged(
        self, con: duckdb.DuckDBPyConnection, workshop: Workshop, live: Sequence[Segment], chunks: list[StagedChunk]
    ) -> Staged:
        total = Tally()
        for chunk in chunks:
            total.add(chunk.tally, first_line=chunk.first_line)
        if not chunks:
            raise Unreadable(f"{self.source.label} holds no records: there is nothing to import.")
        others, outcome = other_clusters(total, self.cluster, self.source.label), Outcome()
        count_others(total, others, outcome)
        outcome.known = sum(chunk.tally.rows for chunk in chunks if chunk.paths is None)
        parts = parts_of(chunks, others)
        Merge(con, self.store, self.cluster, live, parts, workshop.taken).run(outcome)
        notes = _notes(self.layout, self.source, total, self.cluster)
        report = _report(total, outcome, self.layout, self.zone, notes)
        return Staged(self.cluster, tuple(outcome.add), tuple(outcome.replace), report)

    def _clean(self, workshop: Workshop, live: Sequence[Segment], staged: Staged, chunks: list[StagedChunk]) -> None:
        """Tidy up after the commit; failing here harms nothing, the next import or sweep does it."""
        try:
            retire(self.store, staged.replace)
            workshop.remember(chunks)
            counted = {s.path for s in (*live, *staged.add)} - set(staged.replace)
            sweep_cluster(self.store, self.folder, counted, GRACE_SECONDS)
        except OSError as exc:
            print(f"hortus: the files of {self.cluster} could not be tidied ({exc})", file=sys.stderr)  # noqa: T201
