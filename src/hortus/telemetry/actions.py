"""Verbs of telemetry: bring records or node events into a cluster, say what a cluster is. Each with its event."""

import contextlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.telemetry import findable
from hortus.telemetry.batch.formats.node_events import NodeEvents, read_events
from hortus.telemetry.batch.importer import Report, Staged, import_jobs
from hortus.telemetry.batch.source import Progress
from hortus.telemetry.batch.store import Segment, cluster_lock
from hortus.telemetry.batch.unreadable import Busy, Unreadable
from hortus.telemetry.counts import judges
from hortus.telemetry.models import BatchImport, Cluster, JobSegment, NodeOutage, jobs_folder
from hortus.telemetry.models import cluster_name as check_name
from hortus.values.plots import Plot
from hortus.values.refused import Refused

CARE = Plot.named("products-care")
EVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST_NODES = 1_000_000
EARLIER = timedelta(days=1)  # records may close a silence that began before them
FORMATS = ("sacct", "sacct_json", "swf", "pbs", "sge")


def checked_zone(zone: str) -> str:
    """Return the name of a zone when this machine knows it; raises Refused otherwise."""
    if zone not in available_timezones():
        raise Refused("unknown-zone", f"{zone[:80]!r} is not a time zone; write one as in Europe/Paris.", "zone")
    return zone


def find_cluster(team: Team, name: str, zone: str, *, may_create: bool) -> Cluster:
    """Return the cluster with this name, unsaved when it is new: the first import saves it.

    Raises Refused when the name cannot be one, or when it is new and who asks may not create clusters.
    """
    try:
        check_name(name)
    except ValidationError as error:
        raise Refused("bad-cluster", error.messages[0], "cluster") from None
    found = Cluster.objects.filter(team=team, name=name).first()
    if found is None and not may_create:
        raise Refused(
            "no-cluster",
            f"There is no cluster called {name!r} yet; a lead or an admin of the team imports into it first.",
            "cluster",
        )  # fmt: skip
    # The same name gives the same id, so that two first imports at once end in one cluster.
    return found or Cluster(id=uuid.uuid5(team.pk, name), team=team, name=name, zone=zone)


@dataclass
class _Manifest:
    """The importer's view of our tables: which segments count, and the one transaction that changes that."""

    cluster: Cluster
    by: Person | None
    source_name: str
    door: str
    began_at: datetime
    speaks_for: tuple[datetime, datetime] | None = None
    made: BatchImport | None = None

    def _path(self, file: str) -> str:
        return f"{self.cluster.team_id}/{file}"

    def segments(self, cluster: str) -> Sequence[Segment]:
        """Return the segments that count."""
        rows = JobSegment.objects.filter(cluster=self.cluster).order_by("file")
        return [self._segment(cluster, row) for row in rows]

    def _segment(self, cluster: str, row: JobSegment) -> Segment:
        file = row.file.removeprefix(self._path(""))
        first, last = row.first_submit_at or EVER, row.last_submit_at or EVER
        return Segment(cluster, row.month, file, row.rows, row.sha256, first, last)

    def commit(self, staged: Staged) -> None:
        """Write the rows of the segments, the import and its event together."""
        with transaction.atomic():
            self.cluster = _saved(self.cluster)
            newest = JobSegment.objects.filter(cluster=self.cluster).aggregate(at=Max("last_submit_at"))["at"]
            JobSegment.objects.filter(file__in=[self._path(file) for file in staged.replace]).delete()
            JobSegment.objects.bulk_create(
                JobSegment(
                    cluster=self.cluster, month=s.month, file=self._path(s.path), rows=s.rows, sha256=s.sha256,
                    first_submit_at=s.first_at, last_submit_at=s.last_at,
                )
                for s in staged.add
            )  # fmt: skip
            found = staged.report
            unsaid = _unsaid(self.cluster, newest, self.speaks_for) if self.speaks_for else None
            self.made = _kept(self, found.format, found.zone, found.as_json() | _spoken(self.speaks_for))
            facts = {key: getattr(found, key) for key in ("read", "new", "known", "updated", "rejected", "format")}
            is_news = bool(found.new or found.updated)
            _tell(self, facts, changed=is_news)
            reached = [found.first, newest, *(self.speaks_for or ())] if is_news else [unsaid]
            _judge_anew(self.cluster, reached)


def _unsaid(cluster: Cluster, newest: datetime | None, span: tuple[datetime, datetime]) -> datetime:
    """Return from when on a listing without news may change what is known; ask before it is kept.

    Where the listing before spoke for the time right before, that is how far it spoke: until then the same jobs waited
    and the same silence was known. newest: the last submission known.
    """
    since, _ = span
    imports = BatchImport.objects.filter(cluster=cluster).exclude(format=BatchImport.NODE_EVENTS)
    before = imports.newest_first().first()
    if before is not None and "until" in before.result:
        begin, end = (datetime.fromisoformat(before.result[key]) for key in ("since", "until"))
        if begin <= since <= end:
            return end
    return min(since, newest or since)


def _spoken(span: tuple[datetime, datetime] | None) -> dict[str, str]:
    return {"since": _iso(span[0]), "until": _iso(span[1])} if span else {}


def _judge_anew(cluster: Cluster, moments: Sequence[datetime | None]) -> None:
    """Have what is counted from a cluster's jobs counted anew, from the earliest of some moments until now.

    Among them is the newest submission known before: what waited then may have used up its promise since.
    """
    known = [moment for moment in moments if moment is not None]
    if known:
        since, until = judges.minute_of(min(known) - EARLIER), judges.minute_of(timezone.now()) + 1
        judges.changed(cluster.team, {"cluster": cluster.name}, since, until)


def _saved(cluster: Cluster) -> Cluster:
    """Return the cluster as the table holds it, after making its row if it is new."""
    details = {"team": cluster.team, "name": cluster.name, "zone": cluster.zone}
    saved, is_new = Cluster.objects.get_or_create(pk=cluster.pk, defaults=details)
    if is_new:
        findable.keep(saved)
    return saved


def _kept(manifest: _Manifest, kind: str, zone: str, result: dict[str, Any]) -> BatchImport:
    return BatchImport.objects.create(
        team=manifest.cluster.team, cluster=manifest.cluster, by=manifest.by, source_name=manifest.source_name[:200],
        format=kind, zone=zone, began_at=manifest.began_at, ended_at=timezone.now(), result=result,
    )  # fmt: skip


def _tell(manifest: _Manifest, facts: dict[str, Any], *, changed: bool) -> None:
    """Record the import. One that found nothing new is told once a day: hourly imports must not fill the ledger."""
    cluster, day = manifest.cluster, timezone.now().date()
    key = "" if changed else f"import:{cluster.name}:{facts['format']}:nothing-new:{day}"
    record(
        cluster.team, "imported", Ref("cluster", cluster.name, cluster.name), by=manifest.by, source=manifest.door,
        plot=CARE, service=cluster.service, payload=facts, dedupe_key=key,
    )  # fmt: skip


@contextlib.contextmanager
def _refusing(what: str) -> Any:
    try:
        yield
    except Busy as busy:
        raise Refused("busy", str(busy), "cluster") from busy
    except Unreadable as unreadable:
        raise Refused("unreadable", str(unreadable), what) from unreadable


def import_batch(
    team: Team, cluster_name: str, source: Path | BinaryIO, *, by: Person | None, source_name: str, door: str,
    zone: str = "", progress: Progress | None = None, format: str | None = None,  # noqa: A002 -- the word users know
    columns: Sequence[str] | None = None, delimiter: str | None = None, starts_at: datetime | None = None,
    may_create: bool = True, speaks_for: tuple[datetime, datetime] | None = None,
) -> BatchImport:  # fmt: skip
    """Bring accounting records into a cluster, all or nothing, and return the import with its findings.

    source: a file or a binary stream, plain or packed. source_name: what to call it. zone: in which times without
    offset are read; the cluster's own when left out, the team's for a new cluster. format: one of FORMATS, or None to
    tell by content. columns: names of the columns of sacct output without header. starts_at: aware, for SWF without a
    start date. progress: called with (bytes done, bytes in all or None). door: "cli", "web", "api", "sample".
    may_create: whether a cluster that is not there yet is made. speaks_for: the span, aware, of which the listing has
    every job, where that is known: a silence in it is a quiet cluster and no missing import.
    Raises Refused with one sentence: nothing was changed then. Two imports into one cluster wait for one another for
    ten seconds, then the later one is refused.
    """
    if format is not None and format not in FORMATS:
        known = ", ".join(FORMATS)
        raise Refused("unknown-format", f"{format[:80]!r} is not a format; choose one of {known}.", "format")
    cluster = find_cluster(team, cluster_name, checked_zone(zone or team.zone), may_create=may_create)
    manifest = _Manifest(cluster, by, source_name, door, timezone.now(), speaks_for)
    cluster.store.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _refusing("source"):
        import_jobs(
            source, store=cluster.store, cluster=cluster.name, manifest=manifest, source_format=format,
            zone=zone or cluster.zone, columns=columns, delimiter=delimiter, starts_at=starts_at, progress=progress,
            label=source_name,
        )  # fmt: skip
    if manifest.made is None:
        raise RuntimeError("the importer ended without committing; nothing was imported")
    return manifest.made


@transaction.atomic
def heard_of_no_jobs(
    cluster: Cluster, speaks_for: tuple[datetime, datetime], *, source_name: str, door: str, zone: str, format: str,  # noqa: A002
) -> BatchImport:  # fmt: skip
    """Keep that a scheduler was asked for the jobs of a span, aware, and had none; return it as an empty import.

    Then the silence is a quiet cluster: its minutes count as measured. Other arguments as in `import_batch`.
    """
    manifest = _Manifest(cluster, None, source_name, door, timezone.now(), speaks_for)
    newest = JobSegment.objects.filter(cluster=cluster).aggregate(at=Max("last_submit_at"))["at"]
    unsaid = _unsaid(cluster, newest, speaks_for)
    found = Report(zone=zone, format=format)
    made = _kept(manifest, format, zone, found.as_json() | _spoken(speaks_for))
    facts = {key: getattr(found, key) for key in ("read", "new", "known", "updated", "rejected", "format")}
    _tell(manifest, facts, changed=False)
    _judge_anew(cluster, [unsaid])
    return made


@dataclass
class _Outages:
    """What node events changed: counts by what became of each."""

    new: int = 0
    known: int = 0
    updated: int = 0
    moments: list[datetime] = field(default_factory=list)


def import_nodes(
    team: Team, cluster_name: str, source: Path | BinaryIO | NodeEvents, *, by: Person | None, source_name: str,
    door: str, zone: str = "", since: datetime | None = None, until: datetime | None = None, may_create: bool = True,
) -> BatchImport:  # fmt: skip
    """Bring node events (`sacctmgr show event`) into a cluster, all or nothing, and return the import.

    since, until: the span that the listing speaks for, aware; from its earliest event until now when left out.
    Other arguments and refusals as in `import_batch`.
    """
    cluster = find_cluster(team, cluster_name, checked_zone(zone or team.zone), may_create=may_create)
    manifest = _Manifest(cluster, by, source_name, door, timezone.now())
    read_in = zone or cluster.zone
    with _refusing("source"):
        found = source if isinstance(source, NodeEvents) else read_events(source, zone=read_in)
        found = _of_cluster(found, cluster.name)
        cluster.store.mkdir(parents=True, exist_ok=True, mode=0o700)
        with cluster_lock(cluster.store, cluster.name), transaction.atomic():
            manifest.cluster = _saved(cluster)
            became = _laid(manifest.cluster, found)
            until = until or timezone.now()
            since = min([since or until, *became.moments])
            result = _findings(found, became, since, until)
            made = _kept(manifest, BatchImport.NODE_EVENTS, found.zone, result)
            facts = {key: result[key] for key in ("read", "new", "known", "updated", "rejected", "format")}
            _tell(manifest, facts, changed=bool(became.new or became.updated))
    return made


def _of_cluster(found: NodeEvents, name: str) -> NodeEvents:
    """Keep the events of one cluster where the listing speaks of several."""
    named = {event.cluster.lower() for event in found.events if event.cluster}
    if len(named) < 2:
        return found
    if name not in named:
        listed = ", ".join(sorted(named)[:10])
        raise Unreadable(f"The node events speak of several clusters ({listed}): import them once for each, by name.")
    ours = tuple(event for event in found.events if event.cluster.lower() == name)
    skipped = found.skipped | {"of another cluster": len(found.events) - len(ours)}
    return replace(found, events=ours, skipped=skipped, read=found.read - len(found.events) + len(ours))


def _laid(cluster: Cluster, found: NodeEvents) -> _Outages:
    """Add and update the outages; what is known and the same is left alone."""
    held = {(o.node, o.began_at): o for o in NodeOutage.objects.filter(cluster=cluster)}
    became, add = _Outages(), dict[tuple[str, datetime], NodeOutage]()
    for event in found.events:
        key = (event.node[:120], event.start_at)
        became.moments.append(event.start_at)
        told = {"ended_at": event.end_at, "state": event.state[:40], "reason": event.reason[:300]}
        outage = held.get(key) or add.get(key)
        if outage is None:
            add[key] = NodeOutage(cluster=cluster, node=key[0], began_at=key[1], **told)
            became.new += 1
        elif outage.ended_at is not None and event.end_at is None:
            became.known += 1  # an older listing: we know already that it came back
        elif any(getattr(outage, name) != value for name, value in told.items()):
            for name, value in told.items():
                setattr(outage, name, value)
            if outage.pk:
                outage.save(update_fields=list(told))
            became.updated += 1
        else:
            became.known += 1
    NodeOutage.objects.bulk_create(add.values())
    return became


def _findings(found: NodeEvents, became: _Outages, since: datetime, until: datetime) -> dict[str, Any]:
    said = {
        "read": found.read, "new": became.new, "known": became.known, "rejected": found.rejected,
        "reasons": found.reasons, "first": min(became.moments, default=None), "last": max(became.moments, default=None),
        "updated": became.updated, "skipped": found.skipped, "zone": found.zone, "notes": found.notes,
        "lines": found.lines, "format": BatchImport.NODE_EVENTS, "since": since, "until": until,
    }  # fmt: skip
    return {key: _iso(value) if isinstance(value, datetime) else value for key, value in said.items()}


def _iso(at: datetime) -> str:
    return at.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")


@transaction.atomic
def describe_cluster(
    cluster: Cluster, *, service: str, zone: str, node_count: int, by: Person | None, door: str
) -> list[str]:
    """Say which service a cluster belongs to, its zone and its number of nodes; return the names of what changed.

    service: slug of a service of the team's catalogue, "" for none; the caller checks that it exists. node_count: 0
    when unknown, at most a million. Raises Refused when a value is not allowed.
    """
    checked_zone(zone)
    if not 0 <= node_count <= MOST_NODES:
        raise Refused(
            "bad-count", f"The number of nodes must lie between 0 and {MOST_NODES:,}, got {node_count}.", "node_count"
        )
    given = {"service": service, "zone": zone, "node_count": node_count}
    changed = [name for name, value in given.items() if getattr(cluster, name) != value]
    for name in changed:
        setattr(cluster, name, given[name])
    if changed:
        cluster.save(update_fields=changed)
        findable.keep(cluster)
        facts = {name: given[name] for name in changed}
        ref = Ref("cluster", cluster.name, cluster.name)
        record(cluster.team, "described", ref, by=by, source=door, plot=CARE, service=service, payload=facts)
    return changed


def sweep() -> list[str]:
    """Remove segment files that no row lists any more, of all teams; return their paths below the folder of jobs."""
    from hortus.telemetry.batch.store import sweep as sweep_store

    gone = []
    for store in sorted(path for path in jobs_folder().glob("*") if path.is_dir()):
        prefix = f"{store.name}/"
        live = JobSegment.objects.filter(file__startswith=prefix).values_list("file", flat=True)
        gone += [prefix + path for path in sweep_store(store, [file.removeprefix(prefix) for file in live])]
    return gone
