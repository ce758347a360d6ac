"""API operations of hubs and schedulers that are asked for counts: the same verbs as the pages."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, Field

from hortus.access.doors import TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.telemetry.engines import actions, reads, tasks
from hortus.telemetry.engines.hub_reading import starts
from hortus.telemetry.engines.models import Hub, Poll
from hortus.telemetry.models import Cluster

router = Router()


class HubOut(Schema):
    """A JupyterHub whose metrics are read every minute. finding: what was wrong the last time."""

    slug: str
    name: str
    url: str
    token_name: str
    threshold_seconds: float
    series: str
    read_at: datetime | None
    finding: str

    @staticmethod
    def resolve_series(hub: Hub) -> str:
        return hub.series.name


class StartsOut(Schema):
    """Starts of one status and reason since the hub started, and what they count as."""

    status: str
    reason: str
    count: int
    counts_as: str


class HubDetail(HubOut):
    """A hub with what its last reading said."""

    starts: list[StartsOut]

    @staticmethod
    def resolve_starts(hub: Hub) -> list[dict[str, object]]:
        names = ("status", "reason", "count", "counts_as")
        return [dict(zip(names, row, strict=True)) for row in starts(hub)]


class HubIn(Schema):
    """A hub to read. url: of its page of metrics. threshold_seconds: an edge of its histogram.

    token_name: HUB for the variable ENGINE_TOKEN_HUB of the environment; never the token itself.
    """

    name: Annotated[str, Field(min_length=1, max_length=actions.LONGEST_NAME)]
    url: Annotated[str, Field(max_length=300)]
    threshold_seconds: Annotated[float, Field(allow_inf_nan=False)] = 30.0
    token_name: str = ""


class PollOut(Schema):
    """How the scheduler of a cluster is asked. nodes_until: node events before it are known, sacct only."""

    cluster: str
    source: str
    period_minutes: int
    url: str
    user_name: str
    token_name: str
    since: datetime
    polled_until: datetime | None
    nodes_until: datetime | None
    asked_at: datetime | None
    finding: str

    @staticmethod
    def resolve_cluster(held: Poll) -> str:
        return held.cluster.name


class PollIn(Schema):
    """How a scheduler shall be asked. source: sacct or slurmrestd; url, user_name and token_name for slurmrestd only.

    since: the first time that is asked for, an hour ago when left out; without effect once it is asked.
    """

    source: str = Poll.Source.SACCT.value
    period_minutes: int = 10
    url: Annotated[str, Field(max_length=300)] = ""
    user_name: str = ""
    token_name: str = ""
    since: AwareDatetime | None = None


@router.get("/hubs", response=list[HubOut], summary="List the JupyterHubs of a team")
def hubs(request: HttpRequest, team: TeamSlug) -> Any:
    """Return hubs by name, with what was wrong the last time."""
    return reads.hubs(require(request, team, Action.READ, Kind.ENGINE))


@router.post("/hubs", response={201: HubOut}, summary="Add a JupyterHub")
def add_hub(request: HttpRequest, team: TeamSlug, given: HubIn) -> Status[Hub]:
    """Have a hub's metrics read every minute; it is read once before it is added."""
    standing = require(request, team, Action.CREATE, Kind.ENGINE)
    made = actions.add_hub(standing.team, **given.dict(), by=standing.person, door="api")
    return Status(201, made)


@router.get("/hubs/{hub}", response=HubDetail, summary="Read one JupyterHub")
def hub(request: HttpRequest, team: TeamSlug, hub: str) -> Hub:
    """Return one hub, with what its last reading said and what was wrong the last time."""
    return reads.hub(require(request, team, Action.READ, Kind.ENGINE), hub)


@router.put("/hubs/{hub}", response=HubOut, summary="Change a JupyterHub")
def change_hub(request: HttpRequest, team: TeamSlug, hub: str, given: HubIn) -> Hub:
    """Replace what is said about a hub; what was counted stays as it was counted."""
    standing = require(request, team, Action.UPDATE, Kind.ENGINE)
    found = reads.hub(standing, hub)
    actions.change_hub(found, **given.dict(), by=standing.person, door="api")
    return found


@router.delete("/hubs/{hub}", response={204: None}, summary="Remove a JupyterHub")
def remove_hub(request: HttpRequest, team: TeamSlug, hub: str) -> Status[None]:
    """Read a hub no more; the counts so far stay."""
    standing = require(request, team, Action.DELETE, Kind.ENGINE)
    actions.remove_hub(reads.hub(standing, hub), by=standing.person, door="api")
    return Status(204, None)


@router.post("/hubs/{hub}/check", response={202: HubOut}, summary="Read a JupyterHub now")
def check_hub(request: HttpRequest, team: TeamSlug, hub: str) -> Status[Hub]:
    """Queue a reading; `read_at` moves when it succeeded, and `finding` says what was wrong when it did not."""
    found = reads.hub(require(request, team, Action.UPDATE, Kind.ENGINE), hub)
    tasks.read_soon(found)
    return Status(202, found)


@router.get("/schedulers", response=list[PollOut], summary="List the schedulers that are asked")
def polls(request: HttpRequest, team: TeamSlug) -> Any:
    """Return how each cluster's scheduler is asked, with what was wrong the last time."""
    return reads.polls(require(request, team, Action.READ, Kind.ENGINE))


@router.get("/schedulers/{cluster}", response=PollOut, summary="Read how a scheduler is asked")
def poll(request: HttpRequest, team: TeamSlug, cluster: str) -> Poll:
    """Return how the scheduler of one cluster is asked, with what was wrong the last time."""
    return reads.poll(require(request, team, Action.READ, Kind.ENGINE), cluster)


@router.put("/schedulers/{cluster}", response=PollOut, summary="Have a scheduler asked")
def set_poll(request: HttpRequest, team: TeamSlug, cluster: str, given: PollIn) -> Poll:
    """Have the scheduler of a cluster asked every few minutes, or change how it is; it goes on where it was."""
    standing = require(request, team, Action.CREATE, Kind.ENGINE)
    mine = Cluster.objects.visible_to(standing.person).filter(team=standing.team)
    found = get_object_or_404(mine.select_related("team"), name=cluster)
    return actions.set_poll(found, **given.dict(), by=standing.person, door="api")


@router.delete("/schedulers/{cluster}", response={204: None}, summary="Ask a scheduler no more")
def stop_poll(request: HttpRequest, team: TeamSlug, cluster: str) -> Status[None]:
    """Ask the scheduler of a cluster no more; the jobs that were imported stay."""
    standing = require(request, team, Action.DELETE, Kind.ENGINE)
    actions.stop_poll(reads.poll(standing, cluster), by=standing.person, door="api")
    return Status(204, None)


@router.post("/schedulers/{cluster}/check", response={202: PollOut}, summary="Ask a scheduler now")
def check_poll(request: HttpRequest, team: TeamSlug, cluster: str) -> Status[Poll]:
    """Queue a poll; `polled_until` moves when it succeeded, and `finding` says what was wrong when it did not."""
    found = reads.poll(require(request, team, Action.UPDATE, Kind.ENGINE), cluster)
    tasks.poll_soon(found)
    return Status(202, found)
