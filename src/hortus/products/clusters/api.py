"""API operations of clusters: the same verbs and reads as the pages. Times are ISO 8601 in UTC, waits in seconds."""

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any, BinaryIO, Literal, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from hortus.access.doors import Standing, require
from hortus.access.policy import Action, Kind, allows
from hortus.products.clusters import actions, queries
from hortus.products.clusters.forms import JobsForm, ViewForm
from hortus.products.clusters.models import Promise
from hortus.products.clusters.queries import Chosen
from hortus.telemetry import actions as telemetry
from hortus.telemetry.history import History
from hortus.telemetry.models import BatchImport, Cluster
from hortus.values.refused import Refused

router = Router(tags=["clusters"])

Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
PIECE = 1 << 20


class ClusterOut(Schema):
    """A cluster."""

    name: str
    service: str
    zone: str
    node_count: int


class ClusterIn(Schema):
    """What can be said about a cluster."""

    service: str = ""
    zone: str
    node_count: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class ClusterDetail(ClusterOut):
    """A cluster and how far its records reach."""

    jobs: int
    first: datetime | None
    last: datetime | None
    partitions: list[str]


class WaitOut(Schema):
    """The waits of one group of jobs that started in one week, and how many were judged against a promise."""

    week: date | None
    partition: str | None
    size_class: str | None
    jobs: int
    median_seconds: int | None
    p90_seconds: int | None
    p95_seconds: int | None
    promise_seconds: int | None
    judged: int
    in_time: int


class JobOut(Schema):
    """A job. Who ran it is told only to those who may know."""

    cluster: str
    job_id: str
    raw_id: str
    attempt: int | None
    partition: str | None
    size_class: str
    cpus: int | None
    nodes: int | None
    gpus: int | None
    state: str
    submit_at: datetime
    ready_at: datetime
    start_at: datetime | None
    end_at: datetime | None
    waited_seconds: int | None
    promise_seconds: int | None
    is_late: bool | None
    is_lost: bool
    run_seconds: int | None
    timelimit_seconds: int | None
    reason: str | None
    name: str | None = None
    user_name: str | None = None
    group_name: str | None = None
    account: str | None = None


class JobList(Schema):
    """One page of jobs, newest first, and how many there are."""

    total: int
    jobs: list[JobOut]


class ImportOut(Schema):
    """An import and what it found."""

    id: UUID
    cluster: str
    source_name: str
    format: str
    began_at: datetime
    ended_at: datetime
    result: dict[str, Any]


class ImportList(Schema):
    """One page of imports, newest first, and how many there are."""

    total: int
    imports: list[ImportOut]


class PromiseOut(Schema):
    """A promised wait; empty partition or size class means any."""

    id: UUID
    partition: str
    size_class: str
    wait_seconds: int
    source: str
    is_from_history: bool
    since: datetime


class PromiseIn(Schema):
    """A promise as it is made or changed. reason: why, for the team's activity."""

    partition: str = ""
    size_class: str = ""
    wait_seconds: Annotated[int, Field(ge=1, le=actions.LONGEST_SECONDS)]
    reason: Annotated[str, Field(min_length=1, max_length=actions.LONGEST_REASON)]


class TargetReasonIn(Schema):
    """Why something is done."""

    reason: Annotated[str, Field(min_length=1, max_length=actions.LONGEST_REASON)]


def _cluster(standing: Standing, name: str) -> Cluster:
    mine = Cluster.objects.visible_to(standing.person).filter(team=standing.team)
    found: Cluster = get_object_or_404(mine.select_related("team"), name=name)
    return found


@router.get("/clusters", response=list[ClusterOut], summary="List the clusters of a team")
def clusters(request: HttpRequest, team: Path[str]) -> Any:
    """Return clusters by name."""
    standing = require(request, team, Action.READ, Kind.CLUSTER)
    return Cluster.objects.visible_to(standing.person).filter(team=standing.team)


@router.get("/clusters/{name}", response=ClusterDetail, summary="Read one cluster")
def cluster(request: HttpRequest, team: Path[str], name: str) -> ClusterDetail:
    """Return one cluster and how far its records reach."""
    found = _cluster(require(request, team, Action.READ, Kind.CLUSTER), name)
    known = queries.extent(History.of([found]))
    return ClusterDetail(
        name=found.name, service=found.service, zone=found.zone, node_count=found.node_count,
        jobs=known.jobs if known else 0, first=known.first if known else None, last=known.last if known else None,
        partitions=queries.partitions(found) if known else [],
    )  # fmt: skip


@router.put("/clusters/{name}", response=ClusterOut, summary="Describe a cluster")
def describe(request: HttpRequest, team: Path[str], name: str, given: ClusterIn) -> Cluster:
    """Say which service a cluster belongs to, its zone and its number of nodes."""
    standing = require(request, team, Action.UPDATE, Kind.CLUSTER)
    found = _cluster(standing, name)
    actions.described(found, **given.dict(), by=standing.person, door="api")
    return found


@router.get("/clusters/{name}/waits", response=list[WaitOut], summary="Waiting times by week, partition and size")
def waits(
    request: HttpRequest, team: Path[str], name: str, partition: str = "", size: str = "", week: str = ""
) -> list[dict[str, Any]]:
    """Return the waits of the last 26 weeks that the records touch; week: the Monday of one of them."""
    found = _cluster(require(request, team, Action.READ, Kind.CLUSTER), name)
    known = queries.extent(History.of([found]))
    if known is None:
        return []
    weeks = queries.weeks(found, known)
    given = {"partition": partition, "size": size, "week": week}
    form = ViewForm(given, queries.partitions(found), [w.day for w in weeks])
    windows = [w for w in weeks if week in ("", w.day.isoformat())]
    if form.errors or not windows:
        about = next(iter(form.errors), "week")
        raise Refused("not-there", f"There is no {about} {given[about][:80]!r} here; leave it out for all.", about)
    rows = queries.waits_in_detail(found, windows, Chosen(partition or None, size or None))
    return [
        {
            "week": w.week, "partition": w.partition, "size_class": w.size_class, "jobs": w.n, "judged": w.judged,
            "median_seconds": w.median if w.n else None, "p90_seconds": w.p90 if w.n else None,
            "p95_seconds": w.p95 if w.n else None, "promise_seconds": w.promise_seconds, "in_time": w.in_time,
        }
        for w in rows
    ]  # fmt: skip


class JobsWanted(Schema):
    """Which jobs are wanted; week: any day of a week. user and group count only for who may know who ran a job."""

    partition: str = ""
    size: str = ""
    week: str = ""
    state: str = ""
    job: str = ""
    user: str = ""
    group: str = ""
    which: Literal["", "late", "lost"] = ""


@router.get("/clusters/{name}/jobs", response=JobList, summary="List jobs")
def jobs(
    request: HttpRequest, team: Path[str], name: str, wanted: Query[JobsWanted], limit: Limit = 100, offset: Offset = 0
) -> JobList:
    """Return jobs, newest first."""
    standing = require(request, team, Action.READ, Kind.JOB)
    found = _cluster(standing, name)
    persons = standing.may(Action.READ, Kind.JOB_PERSON)
    form = JobsForm(wanted.dict(), persons=persons)
    for field, errors in form.errors.items():
        raise Refused("bad-filter", f"{field}: {errors[0]}", field)
    page = queries.jobs(found, form.wanted(standing.team), limit, offset)
    hidden = () if persons else ("name", "user_name", "group_name", "account")
    return JobList(total=page.total, jobs=[JobOut(**_told(row, hidden)) for row in page.rows])


def _told(row: dict[str, Any], hidden: tuple[str, ...]) -> dict[str, Any]:
    told = {key: row[key] for key in JobOut.model_fields if key not in hidden}
    if not row["is_fair"]:
        told["waited_seconds"] = None  # what cannot be waited for fairly is no wait
    return {key: v.astimezone(UTC) if isinstance(v, datetime) else v for key, v in told.items()}


@router.get("/imports", response=ImportList, summary="List imports")
def imports(request: HttpRequest, team: Path[str], limit: Limit = 50, offset: Offset = 0) -> ImportList:
    """Return imports, newest first."""
    standing = require(request, team, Action.READ, Kind.IMPORT)
    mine = BatchImport.objects.visible_to(standing.person).filter(team=standing.team)
    page = mine.newest_first().select_related("cluster")[offset : offset + limit]
    return ImportList(total=mine.count(), imports=[_import(made) for made in page])


def _import(made: BatchImport) -> ImportOut:
    names = ("id", "source_name", "format", "began_at", "ended_at", "result")
    return ImportOut(cluster=made.cluster.name, **{name: getattr(made, name) for name in names})


@router.get("/imports/{id}", response=ImportOut, summary="Read one import")
def one_import(request: HttpRequest, team: Path[str], id: UUID) -> ImportOut:  # noqa: A002 -- what the URL calls it
    """Return one import and what it found."""
    standing = require(request, team, Action.READ, Kind.IMPORT)
    mine = BatchImport.objects.visible_to(standing.person).filter(team=standing.team)
    return _import(get_object_or_404(mine.select_related("cluster"), pk=id))


@contextlib.contextmanager
def _body(request: HttpRequest) -> Iterator[BinaryIO]:
    """Give the uploaded file, or the body itself streamed to disk, within the limit of the settings."""
    most = int(settings.HORTUS.upload_megabytes) << 20
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > most:
        raise Refused("too-large", f"At most {most >> 20} MB can be sent at once, got {int(announced) >> 20}.", "file")
    if (request.content_type or "").startswith("multipart/"):
        file = request.FILES.get("file")
        if file is None or isinstance(file, list):
            raise Refused("no-file", "Send the records as the form field `file`, or as the body itself.", "file")
        yield cast(BinaryIO, file.file)
        return
    with tempfile.TemporaryFile() as kept:
        while piece := request.read(PIECE):
            kept.write(piece)
        kept.seek(0)
        yield cast(BinaryIO, kept)


@router.post("/clusters/{name}/imports", response={201: dict[str, Any]}, summary="Import accounting records")
def bring(
    request: HttpRequest, team: Path[str], name: str,
    format: Literal["", "sacct", "sacct_json", "swf", "pbs", "sge", "node_events"] = "",  # noqa: A002 -- users' word
    zone: str = "", columns: str = "", source_name: str = "upload",
) -> Status[dict[str, Any]]:  # fmt: skip
    """Import records sent as the form field `file` or as the body; answers what `hortus import --json` prints.

    All of it or nothing is taken; the same again adds nothing. A token needs the scope `import`. A cluster that is not
    there yet is made when the person may create clusters.
    """
    standing = require(request, team, Action.CREATE, Kind.IMPORT)
    known: dict[str, Any] = {
        "by": standing.person, "source_name": source_name[:200], "door": "api", "zone": zone,
        "may_create": allows(Kind.CLUSTER, standing.role, Action.CREATE),
    }  # fmt: skip
    with _body(request) as stream:
        if format == BatchImport.NODE_EVENTS:
            made = telemetry.import_nodes(standing.team, name, stream, **known)
        else:
            named = [column.strip() for column in columns.split(",") if column.strip()] or None
            made = actions.receive(standing.team, name, stream, format=format or None, columns=named, **known)
    return Status(201, made.result | {"id": str(made.pk)})


@router.get("/clusters/{name}/promises", response=list[PromiseOut], summary="List promised waits")
def promises(request: HttpRequest, team: Path[str], name: str) -> Any:
    """Return the promises of a cluster."""
    standing = require(request, team, Action.READ, Kind.PROMISE)
    return Promise.objects.visible_to(standing.person).filter(cluster=_cluster(standing, name))


def _held(standing: Standing, name: str, id: UUID) -> Promise:  # noqa: A002 -- what the URL calls it
    mine = Promise.objects.visible_to(standing.person).select_related("cluster__team")
    held: Promise = get_object_or_404(mine, cluster=_cluster(standing, name), pk=id)
    return held


@router.post("/clusters/{name}/promises", response={201: PromiseOut}, summary="Promise a wait")
def make_promise(request: HttpRequest, team: Path[str], name: str, given: PromiseIn) -> Status[Promise]:
    """Promise that jobs of a size in a partition start within a wait."""
    standing = require(request, team, Action.CREATE, Kind.PROMISE)
    made = actions.promise(_cluster(standing, name), **given.dict(), by=standing.person, door="api")
    return Status(201, made)


@router.put("/clusters/{name}/promises/{uuid:id}", response=PromiseOut, summary="Change a promise")
def change_promise(request: HttpRequest, team: Path[str], name: str, id: UUID, given: PromiseIn) -> Promise:  # noqa: A002
    """Replace a promise; it is a person's word from then on."""
    standing = require(request, team, Action.UPDATE, Kind.PROMISE)
    held = _held(standing, name, id)
    return actions.promise(held.cluster, **given.dict(), by=standing.person, door="api", but=held)


@router.post("/clusters/{name}/promises/{uuid:id}/withdrawal", response={204: None}, summary="Withdraw a promise")
def withdraw_promise(request: HttpRequest, team: Path[str], name: str, id: UUID, given: TargetReasonIn) -> Status[None]:  # noqa: A002
    """Take a promise back: its jobs fall to the next wider one."""
    standing = require(request, team, Action.DELETE, Kind.PROMISE)
    actions.withdraw(_held(standing, name, id), reason=given.reason, by=standing.person, door="api")
    return Status(204, None)


@router.post("/clusters/{name}/promises/derivation", response=list[PromiseOut], summary="Derive promises again")
def derive_promises(request: HttpRequest, team: Path[str], name: str) -> list[Promise]:
    """Replace derived promises by those of the last eight whole weeks; what persons promised stays."""
    standing = require(request, team, Action.UPDATE, Kind.PROMISE)
    return actions.derive(_cluster(standing, name), by=standing.person, door="api", again=True)
