"""API operations of metric engines and of what they are asked. Those of hubs and schedulers are in `api_sources`."""

import math
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from hortus.access.doors import TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.telemetry.engines import actions, api_sources, keeping, reads, tasks, trying
from hortus.telemetry.engines.models import Engine, EngineQuery

router = Router(tags=["engines"])
router.add_router("", api_sources.router)

Name = Annotated[str, Field(min_length=1, max_length=actions.LONGEST_NAME)]


class CheckOut(Schema):
    """One question of a self-check. needed_for: "samples" or "sums"."""

    name: str
    needed_for: str
    asked: str
    ok: bool
    sentence: str


class EngineOut(Schema):
    """An engine. state: unchecked, trusted, samples (not trusted with sums) or distrusted."""

    slug: str
    name: str
    url: str
    kind: str
    token_name: str
    state: str
    checked_at: datetime | None
    checks: list[CheckOut]


class EngineIn(Schema):
    """An engine to add. url: what stands before /api/v1. token_name: METRICS for the variable ENGINE_TOKEN_METRICS."""

    name: Name
    url: Annotated[str, Field(max_length=300)]
    kind: str = Engine.Kind.PROMETHEUS.value
    token_name: str = ""


class EarlierOut(Schema):
    """What an engine was asked for a series before it was changed; the minutes up to `until` are counted so."""

    until: datetime
    sort: str
    good: str
    total: str
    comparison: str
    bound: float | None


class QueryOut(Schema):
    """What an engine is asked for one series. kept_until: counts are copied up to this moment, when kept here.

    finding, failed_at: what was wrong the last time, and when that was seen; null where nothing was. earlier: what was
    asked before, the latest first.
    """

    series: str
    series_id: int
    sort: str
    good: str
    total: str
    comparison: str
    bound: float | None
    is_kept_here: bool
    kept_until: datetime | None
    asked_at: datetime | None
    finding: str
    failed_at: datetime | None
    notes: dict[str, int]
    earlier: list[EarlierOut]

    @staticmethod
    def resolve_earlier(query: EngineQuery) -> list[dict[str, Any]]:
        return [{"until": until, **asdict(question)} for until, question in query.history]

    @staticmethod
    def resolve_series(query: EngineQuery) -> str:
        return query.series.name

    @staticmethod
    def resolve_kept_until(query: EngineQuery) -> datetime | None:
        return query.kept_until


class QueryIn(Schema):
    """A query to ask. sort: good, bad or threshold; comparison: lt, lte, gt or gte, with a bound, for threshold."""

    name: Name
    sort: str = EngineQuery.Sort.GOOD.value
    good: str
    total: str = ""
    comparison: str = ""
    bound: Annotated[float | None, Field(allow_inf_nan=False)] = None
    is_kept_here: bool = True
    backfill_days: Annotated[int, Field(ge=0, le=400)] = keeping.BACKFILL_DAYS


class QueryChangeIn(Schema):
    """What to ask for a series from now on; as of a query to ask."""

    sort: str = EngineQuery.Sort.GOOD.value
    good: str
    total: str = ""
    comparison: str = ""
    bound: Annotated[float | None, Field(allow_inf_nan=False)] = None


class TriedRow(Schema):
    """One series that came back; value is null where it was no finite number."""

    labels: dict[str, str]
    value: float | None

    @staticmethod
    def resolve_value(row: trying.Row) -> float | None:
        return row.value if math.isfinite(row.value) else None


class TriedOut(Schema):
    """What an expression gave. count: series in all; rows: the first 50 of them by their labels."""

    at: datetime
    count: int
    rows: list[TriedRow]


@router.get("/engines", response=list[EngineOut], summary="List the metric engines of a team")
def engines(request: HttpRequest, team: TeamSlug) -> Any:
    """Return engines by name, each with what its last self-check found."""
    return reads.engines(require(request, team, Action.READ, Kind.ENGINE))


@router.post("/engines", response={201: EngineOut}, summary="Add a metric engine")
def add(request: HttpRequest, team: TeamSlug, given: EngineIn) -> Status[Engine]:
    """Add an engine; a worker checks it next."""
    standing = require(request, team, Action.CREATE, Kind.ENGINE)
    made = actions.add_engine(standing.team, **given.dict(), by=standing.person, door="api")
    tasks.check_soon(made)
    return Status(201, made)


@router.get("/engines/{slug}", response=EngineOut, summary="Read one metric engine")
def engine(request: HttpRequest, team: TeamSlug, slug: str) -> Engine:
    """Return one engine with what its last self-check found."""
    return reads.engine(require(request, team, Action.READ, Kind.ENGINE), slug)


@router.put("/engines/{slug}", response=EngineOut, summary="Change a metric engine")
def change(request: HttpRequest, team: TeamSlug, slug: str, given: EngineIn) -> Engine:
    """Replace what is said about an engine; at another address or with another token it is checked anew."""
    standing = require(request, team, Action.UPDATE, Kind.ENGINE)
    found = reads.engine(standing, slug)
    actions.change_engine(found, **given.dict(), by=standing.person, door="api")
    tasks.check_soon(found)
    return found


@router.delete("/engines/{slug}", response={204: None}, summary="Remove a metric engine")
def remove(request: HttpRequest, team: TeamSlug, slug: str) -> Status[None]:
    """Forget an engine and its queries; the counts that were copied stay."""
    standing = require(request, team, Action.DELETE, Kind.ENGINE)
    actions.remove_engine(reads.engine(standing, slug), by=standing.person, door="api")
    return Status(204, None)


@router.post("/engines/{slug}/check", response={202: EngineOut}, summary="Check a metric engine again")
def check(request: HttpRequest, team: TeamSlug, slug: str) -> Status[Engine]:
    """Queue a self-check; what it found stands in the engine when `checked_at` has moved."""
    found = reads.engine(require(request, team, Action.UPDATE, Kind.ENGINE), slug)
    tasks.check_soon(found)
    return Status(202, found)


@router.get("/engines/{slug}/try", response=TriedOut, summary="Try an expression on a metric engine")
def try_out(request: HttpRequest, team: TeamSlug, slug: str, expression: str) -> trying.Tried:
    """Evaluate an expression once, at the last whole minute. Nothing of it is stored."""
    return trying.tried(reads.engine(require(request, team, Action.UPDATE, Kind.ENGINE), slug), expression)


@router.get("/engines/{slug}/queries", response=list[QueryOut], summary="List what an engine is asked")
def queries(request: HttpRequest, team: TeamSlug, slug: str) -> Any:
    """Return the queries of an engine with their findings."""
    return reads.engine(require(request, team, Action.READ, Kind.ENGINE), slug).queries.select_related("series")


@router.post("/engines/{slug}/queries", response={201: QueryOut}, summary="Ask an engine for counts")
def ask(request: HttpRequest, team: TeamSlug, slug: str, given: QueryIn) -> Status[EngineQuery]:
    """Have an engine asked for a new series of counts."""
    standing = require(request, team, Action.UPDATE, Kind.ENGINE)
    found = reads.engine(standing, slug)
    made = actions.ask(found, **given.dict(), by=standing.person, door="api")
    tasks.check_soon(found)
    return Status(201, made)


@router.put("/engines/{slug}/queries/{series}", response=QueryOut, summary="Ask otherwise for a series")
def change_query(request: HttpRequest, team: TeamSlug, slug: str, series: int, given: QueryChangeIn) -> EngineQuery:
    """Ask an engine otherwise from now on; what was counted stays as it was counted. series: its `series_id`."""
    standing = require(request, team, Action.UPDATE, Kind.ENGINE)
    found = reads.engine(standing, slug)
    actions.change_query(reads.query(found, series), **given.dict(), by=standing.person, door="api")
    tasks.check_soon(found)
    return reads.query(found, series)


@router.delete("/engines/{slug}/queries/{series}", response={204: None}, summary="Ask a query no more")
def drop(request: HttpRequest, team: TeamSlug, slug: str, series: int) -> Status[None]:
    """Ask an engine no more for one series; the series and what was copied stay. series: its `series_id`."""
    standing = require(request, team, Action.UPDATE, Kind.ENGINE)
    actions.drop(reads.query(reads.engine(standing, slug), series), by=standing.person, door="api")
    return Status(204, None)
