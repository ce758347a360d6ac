"""API operations of alerts: sources with their tokens, what stands, episodes and notices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.ledger import clock
from hortus.telemetry.alerts import actions, reads, standing
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice

router = Router(tags=["alerts"])
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class SourceIn(Schema):
    """What is said of a source. sort: alertmanager, grafana, uptime-kuma or command (`hortus alert send`).

    mapping: rules from labels to the catalogue, one a line, as in `job=slurmctld => alder/submit`. service, function:
    short names, where nothing else says so. repeat_interval_seconds: 0 for one that does not repeat; left out, as
    programs of its sort come.
    """

    name: str
    sort: str
    group_interval_seconds: int = actions.GROUP_SECONDS
    repeat_interval_seconds: int | None = None
    service: str = ""
    function: str = ""
    mapping: str = ""
    proposes: bool = False


class SourceOut(Schema):
    """A source. heard_at: when its last notice was stored. truncated_at: when it last left alerts out of one.

    refused_count: requests to its address with a wrong token or none.
    """

    slug: str
    name: str
    sort: str
    group_interval_seconds: int
    repeat_interval_seconds: int
    service: str
    function: str
    mapping: list[str]
    proposes: bool
    made_at: datetime
    retired_at: datetime | None
    heard_at: datetime | None
    truncated_at: datetime | None
    refused_count: int
    refused_at: datetime | None
    address: str

    @staticmethod
    def resolve_mapping(row: AlertSource) -> list[str]:
        """Return the rules as they are written."""
        return [str(rule) for rule in row.rules]

    @staticmethod
    def resolve_address(row: AlertSource) -> str:
        """Return the path to which it sends, below the address of Hortus."""
        from django.urls import reverse

        return reverse("alerts-in:intake", args=[row.pk])


class NewSourceOut(Schema):
    """A source that was added, with its token, which nobody can read again."""

    source: SourceOut
    token: str


class SourceTokenOut(Schema):
    """A token of a source, without its text. begins_with: eight letters, by which it is told apart."""

    id: int
    begins_with: str
    made_at: datetime
    used_at: datetime | None


class NewTokenOut(Schema):
    """A token that was made, with its text, which nobody can read again."""

    id: int
    token: str


class EpisodeOut(Schema):
    """One time of one trouble. life: firing, silent (nobody knows), resolved or closed (by a person).

    starts_text: when it began, as its sender wrote it. since: when it began, as far as that is believed. doubt: why
    the sender's times are not, "" when they are. seen_at: when it was last heard of.
    """

    id: UUID
    title: str
    life: str
    source: str
    service: str
    function: str
    since: datetime
    starts_text: str
    doubt: str
    seen_at: datetime
    changed_at: datetime
    seen_count: int
    reopened_count: int
    is_superseded: bool
    acknowledged_at: datetime | None
    reason: str
    labels: dict[str, str]
    annotations: dict[str, str]
    url: str

    @staticmethod
    def resolve_source(row: Episode) -> str:
        """Return the short name of its source."""
        return row.source.slug


class StandingOut(Schema):
    """An alert that stands, of other programs or of objectives. kind, id: how the ledger speaks of it."""

    kind: str
    id: str
    title: str
    since: datetime
    service: str
    function: str
    is_silent: bool
    acknowledged_by: str


class StandingList(Schema):
    """One slice of the alerts that stand. total: how many stand in all."""

    total: int
    alerts: list[StandingOut]


class EpisodeList(Schema):
    """One slice of the alerts of other programs. total: how many there are in all."""

    total: int
    alerts: list[EpisodeOut]


class NoticeOut(Schema):
    """One request of a source. fault: why it could not be read, "" when it could."""

    id: int
    source: str
    received_at: datetime
    size_bytes: int
    is_cut: bool
    fault: str
    alert_count: int
    truncated_count: int
    warnings: list[str]
    remark: str

    @staticmethod
    def resolve_source(row: Notice) -> str:
        """Return the short name of its source."""
        return row.source.slug


class AlertReasonIn(Schema):
    """Why an alert is acknowledged or closed, at most 300 characters."""

    reason: str


class NoticeList(Schema):
    """One slice of what sources of alerts sent. total: how many notices there are in all."""

    total: int
    notices: list[NoticeOut]


@router.get("/alert-sources", response=list[SourceOut], summary="List the sources of alerts of a team")
def sources(request: HttpRequest, team: TeamSlug) -> Any:
    """Return the sources by name, the retired ones too."""
    return reads.sources(require(request, team, Action.READ, Kind.ALERT_SOURCE))


@router.post("/alert-sources", response={201: NewSourceOut}, summary="Add a source of alerts")
def add(request: HttpRequest, team: TeamSlug, given: SourceIn) -> Status[dict[str, Any]]:
    """Add a source and return it with its first token."""
    asking = require(request, team, Action.CREATE, Kind.ALERT_SOURCE)
    made, token = actions.add_source(asking.team, actions.Details(**given.dict()), by=asking.person, door="api")
    return Status(201, {"source": made, "token": token})


@router.get("/alert-sources/{slug}", response=SourceOut, summary="Read one source of alerts")
def source(request: HttpRequest, team: TeamSlug, slug: str) -> AlertSource:
    """Return one source."""
    return reads.source(require(request, team, Action.READ, Kind.ALERT_SOURCE), slug)


@router.put("/alert-sources/{slug}", response=SourceOut, summary="Change a source of alerts")
def change(request: HttpRequest, team: TeamSlug, slug: str, given: SourceIn) -> AlertSource:
    """Change how its alerts are read from now on."""
    asking = require(request, team, Action.UPDATE, Kind.ALERT_SOURCE)
    found = reads.source(asking, slug)
    actions.change_source(found, actions.Details(**given.dict()), by=asking.person, door="api")
    return found


@router.delete("/alert-sources/{slug}", response={204: None}, summary="Retire a source of alerts")
def retire(request: HttpRequest, team: TeamSlug, slug: str) -> Status[None]:
    """Take nothing more from it; what it sent stays."""
    asking = require(request, team, Action.DELETE, Kind.ALERT_SOURCE)
    actions.retire_source(reads.source(asking, slug), by=asking.person, door="api")
    return Status(204, None)


@router.get(
    "/alert-sources/{slug}/tokens", response=list[SourceTokenOut], summary="List the tokens of a source of alerts"
)
def tokens(request: HttpRequest, team: TeamSlug, slug: str) -> list[dict[str, Any]]:
    """Return the tokens that open its address, the newest first."""
    found = reads.source(require(request, team, Action.READ, Kind.ALERT_SOURCE), slug)
    valid = found.tokens.filter(revoked_at=None)
    return [{"id": t.pk, "begins_with": t.prefix, "made_at": t.made_at, "used_at": t.used_at} for t in valid]


@router.post("/alert-sources/{slug}/tokens", response={201: NewTokenOut}, summary="Make a token of a source of alerts")
def make_token(request: HttpRequest, team: TeamSlug, slug: str) -> Status[dict[str, Any]]:
    """Make a second token, to take the place of the first."""
    asking = require(request, team, Action.UPDATE, Kind.ALERT_SOURCE)
    made, text = actions.make_token(reads.source(asking, slug), by=asking.person, door="api")
    return Status(201, {"id": made.pk, "token": text})


@router.delete("/alert-sources/{slug}/tokens/{token}", response={204: None}, summary="Revoke a token of a source")
def revoke_token(request: HttpRequest, team: TeamSlug, slug: str, token: int) -> Status[None]:
    """Make a token worthless at once."""
    asking = require(request, team, Action.UPDATE, Kind.ALERT_SOURCE)
    actions.revoke_token(reads.token(reads.source(asking, slug), token), by=asking.person, door="api")
    return Status(204, None)


@router.get("/standing-alerts", response=StandingList, summary="List the alerts that stand")
def stands(request: HttpRequest, team: TeamSlug, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Return one slice of what stands now: of objectives first, then of other programs, the newest of each first."""
    asking = require(request, team, Action.READ, Kind.ALERT_NOTICE)
    stand = standing.Reader(asking.team)
    names = ("title", "since", "service", "function", "is_silent", "acknowledged_by")
    shown = [
        {"kind": one.ref.kind, "id": one.ref.id} | {name: getattr(one, name) for name in names}
        for one in stand.some(offset, limit)
    ]
    return {"total": stand.counts.total, "alerts": shown}


@router.get("/received-alerts", response=EpisodeList, summary="List alerts of other programs")
def episodes(
    request: HttpRequest, team: TeamSlug, only_standing: bool = False, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:  # fmt: skip
    """Return one slice of the episodes, the newest first."""
    found = reads.episodes(require(request, team, Action.READ, Kind.ALERT_NOTICE))
    found = found.standing() if only_standing else found
    return {"total": found.count(), "alerts": _as_now(found[offset : offset + limit])}


@router.get("/received-alerts/{uuid:episode}", response=EpisodeOut, summary="Read one alert of another program")
def episode(request: HttpRequest, team: TeamSlug, episode: UUID) -> Episode:
    """Return one episode."""
    return _as_now([reads.episode(require(request, team, Action.READ, Kind.ALERT_NOTICE), episode)])[0]


@router.post("/received-alerts/{uuid:episode}/acknowledgement", response=EpisodeOut, summary="Acknowledge an alert")
def acknowledge(request: HttpRequest, team: TeamSlug, episode: UUID, given: AlertReasonIn) -> Episode:
    """Say that somebody knows of it, and why it may stand."""
    asking, found = _to_change(request, team, episode)
    actions.acknowledge(found, given.reason, by=asking.person, door="api")
    return _as_now([reads.episode(asking, episode)])[0]


@router.post("/received-alerts/{uuid:episode}/closure", response=EpisodeOut, summary="Close an alert")
def close(request: HttpRequest, team: TeamSlug, episode: UUID, given: AlertReasonIn) -> Episode:
    """Say that it is over, as where its sender is silent."""
    asking, found = _to_change(request, team, episode)
    actions.close(found, given.reason, by=asking.person, door="api")
    return _as_now([reads.episode(asking, episode)])[0]


def _as_now(rows: Iterable[Episode]) -> list[Episode]:
    """Return episodes to be shown with their life now: silence is seen before anybody wrote it down."""
    now, shown = clock.now(), list(rows)  # on PostgreSQL the clock is a query: one for all
    for row in shown:
        row.life = row.shown(now)
    return shown


def _to_change(request: HttpRequest, team: str, episode: UUID) -> tuple[Standing, Episode]:
    asking = require(request, team, Action.UPDATE, Kind.ALERT_NOTICE)
    return asking, reads.episode(asking, episode)


@router.get("/alert-notices", response=NoticeList, summary="List what sources of alerts sent")
def notices(
    request: HttpRequest, team: TeamSlug, only_unreadable: bool = False, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:  # fmt: skip
    """Return one slice of the notices of the last month without their bodies, the newest first."""
    found = reads.notices(require(request, team, Action.READ, Kind.ALERT_NOTICE))
    found = found.unread() if only_unreadable else found
    return {"total": found.count(), "notices": list(found[offset : offset + limit])}
