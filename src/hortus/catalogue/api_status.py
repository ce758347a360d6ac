"""API operations of the status: functions, and what is said about them. The same verbs as the pages."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.catalogue import board, functions, shapes, statements
from hortus.catalogue.models import Function, Service, Statement
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.values.refused import Refused

router = Router()

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class StatementOut(Schema):
    """What was said about a function. is_confirmation: it only said "still so"."""

    condition: str
    can: str
    cannot: str
    instead: str
    data_safe: str
    running_jobs: str
    said_at: datetime
    next_update_at: datetime | None
    is_confirmation: bool


class FunctionSaidOut(StatementOut):
    """What a bulletin said about a function (slug)."""

    function: str


class BulletinOut(Schema):
    """A text for the public. functions: slugs of all it is about; said: those whose condition it told, worst first."""

    id: UUID
    title: str
    can: str
    cannot: str
    instead: str
    trying: str
    said_at: datetime
    next_update_at: datetime | None
    is_last: bool
    functions: list[str]
    said: list[FunctionSaidOut]


class StoryOut(Schema):
    """Bulletins about one thing, the newest first. goes_on_in: id of the thread that tells on, where two were one."""

    id: UUID
    title: str
    is_open: bool
    goes_on_in: UUID | None
    bulletins: list[BulletinOut]


class FunctionOut(Schema):
    """A function as it stands. condition: what is shown; last: the last words; planned_work: id of what goes on."""

    slug: str
    name: str
    sentence: str
    condition: str
    fresh_until: datetime | None
    confirm_every_seconds: int
    last: StatementOut | None
    planned_work: UUID | None


class WorkOut(Schema):
    """Planned work. functions: slugs. sequence: how often it was changed.

    state: as persons said it: planned (a draft), announced, started, checking, done or cancelled. sort: outage, or
    at-risk where what it touches stays up. next_word_at: by when more was promised while it goes on. moved_from: when
    it was to begin before it was moved. announced_at: null of a draft. repeating: the work that comes back of which it
    is one time.
    """

    id: UUID
    title: str
    sort: str
    state: str
    functions: list[str]
    begins_at: datetime
    ends_at: datetime
    zone: str
    can: str
    cannot: str
    instead: str
    announced_at: datetime | None
    changed_at: datetime
    started_at: datetime | None
    checking_at: datetime | None
    done_at: datetime | None
    next_word_at: datetime | None
    moved_from: datetime | None
    cancelled_at: datetime | None
    sequence: int
    repeating: UUID | None


class StatusTeamOut(Schema):
    """Whose status it is."""

    slug: str
    name: str
    zone: str


class StatusOut(Schema):
    """The whole status of a team: its functions in the team's order, and planned work from the past 90 days on."""

    team: StatusTeamOut
    as_of: datetime
    headline: str
    where_to_turn: str
    conditions: list[str]
    functions: list[FunctionOut]
    planned_work: list[WorkOut]
    news: list[StoryOut]


class StatementList(Schema):
    """One slice of what was said about a function, the newest first."""

    total: int
    statements: list[StatementOut]


class FunctionIn(Schema):
    """A function as it is added or changed. service: slug of one of the team's services, "" for none."""

    name: str
    sentence: str
    confirm_every_seconds: Annotated[int, Field(description="300 (5 minutes) to 7776000 (90 days)")] = 2_592_000
    service: str = ""
    place: Annotated[int | None, Field(description="0 to 9999; left out: where it stands, a new one at the end")] = None


class NewFunction(FunctionIn):
    """A function that is added; slug is its name in addresses, made from its name when empty."""

    slug: Annotated[str, Field(max_length=60)] = ""


class RetirementIn(Schema):
    """The day since which a function is not listed any more."""

    on: date


class SentencesIn(Schema):
    """What researchers can do, cannot do, and can do instead."""

    can: str = ""
    cannot: str = ""
    instead: str = ""


class StatementIn(SentencesIn):
    """What is said about a function. next_update_at: with offset, in the coming 90 days."""

    condition: str
    next_update_at: AwareDatetime | None = None
    data_safe: Annotated[str, Field(description='"yes", "no", "unknown", or "" where nothing is said of it')] = ""
    running_jobs: Annotated[str, Field(description='"safe", "at-risk", "lost", or "" where nothing is said')] = ""


def _function(standing: Standing, slug: str) -> Function:
    mine = Function.objects.visible_to(standing.person).filter(team=standing.team)
    found: Function = get_object_or_404(mine.select_related("team", "service"), slug=slug)
    return found


def _as_dict(function: Function) -> dict[str, Any]:
    now = timezone.now()
    return shapes.line_as_dict(board.line_of(function, now))


def _details(standing: Standing, given: FunctionIn) -> functions.Details:
    service = Service.objects.filter(team=standing.team, slug=given.service).first() if given.service else None
    if given.service and service is None:
        raise Refused("unknown-service", f"{standing.team} has no service {given.service!r}; see /services.", "service")
    return functions.Details(given.name, given.sentence, given.confirm_every_seconds, service, given.place)


@router.get("/status", response=StatusOut, summary="How everything stands")
def status(request: HttpRequest, team: TeamSlug) -> dict[str, Any]:
    """Return the status of a team; the public page's JSON is the same."""
    standing = require(request, team, Action.READ, Kind.FUNCTION)
    return shapes.board_as_dict(board.read(standing.team, timezone.now()))


@router.get("/functions/{function}", response=FunctionOut, summary="How one function stands")
def function(request: HttpRequest, team: TeamSlug, function: str) -> dict[str, Any]:
    """Return one function, retired or not."""
    return _as_dict(_function(require(request, team, Action.READ, Kind.FUNCTION), function))


@router.post("/functions", response={201: FunctionOut}, summary="Add a function")
def add_function(request: HttpRequest, team: TeamSlug, given: NewFunction) -> Status[dict[str, Any]]:
    """Add a function to the status page; it is not confirmed until somebody speaks."""
    standing = require(request, team, Action.CREATE, Kind.FUNCTION)
    details = _details(standing, given)
    made = functions.add(standing.team, details, by=standing.person, door="api", slug=given.slug)
    return Status(201, _as_dict(made))


@router.put("/functions/{function}", response=FunctionOut, summary="Change a function")
def change_function(request: HttpRequest, team: TeamSlug, function: str, given: FunctionIn) -> dict[str, Any]:
    """Replace what is said of a function, whatever its condition."""
    standing = require(request, team, Action.UPDATE, Kind.FUNCTION)
    found = _function(standing, function)
    functions.change(found, _details(standing, given), by=standing.person, door="api")
    return _as_dict(found)


@router.post("/functions/{function}/retirement", response=FunctionOut, summary="Retire a function")
def retire_function(request: HttpRequest, team: TeamSlug, function: str, given: RetirementIn) -> dict[str, Any]:
    """Take a function off the status page."""
    standing = require(request, team, Action.DELETE, Kind.FUNCTION)
    found = _function(standing, function)
    functions.retire(found, given.on, by=standing.person, door="api")
    return _as_dict(found)


@router.delete("/functions/{function}/retirement", response=FunctionOut, summary="List a function again")
def reopen_function(request: HttpRequest, team: TeamSlug, function: str) -> dict[str, Any]:
    """Put a retired function back on the status page."""
    standing = require(request, team, Action.DELETE, Kind.FUNCTION)
    found = _function(standing, function)
    functions.reopen(found, by=standing.person, door="api")
    return _as_dict(found)


@router.get("/functions/{function}/statements", response=StatementList, summary="What was said about a function")
def list_statements(
    request: HttpRequest, team: TeamSlug, function: str, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """Return one slice of all that was said about a function, confirmations included, the newest first."""
    standing = require(request, team, Action.READ, Kind.CONDITION)
    found = Statement.objects.filter(function=_function(standing, function))
    page = [shapes.statement_as_dict(said) for said in found[offset : offset + limit]]
    return {"total": found.count(), "statements": page}


@router.post("/functions/{function}/statements", response={201: StatementOut}, summary="Say how a function stands")
def say(request: HttpRequest, team: TeamSlug, function: str, given: StatementIn) -> Status[dict[str, Any] | None]:
    """Say something about a function; it is published at once where the page is public."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    said = Sentences(given.can, given.cannot, given.instead)
    words = Words(given.condition, said, given.next_update_at, given.data_safe, given.running_jobs)
    made = statements.say(_function(standing, function), words, by=standing.person, door="api")
    return Status(201, shapes.statement_as_dict(made))


@router.post("/functions/{function}/confirmation", response={201: StatementOut}, summary='Say "still so"')
def confirm(request: HttpRequest, team: TeamSlug, function: str) -> Status[dict[str, Any] | None]:
    """Say that the last word about a function still holds."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    said = statements.confirm(_function(standing, function), by=standing.person, door="api")
    return Status(201, shapes.statement_as_dict(said))
