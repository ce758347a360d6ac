"""API operations of follow-ups: the same reads and verbs as their pages. The practices add them."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema

from hortus.access.doors import Standing, require
from hortus.access.models import Person
from hortus.access.policy import Action, Kind
from hortus.follow_ups import actions
from hortus.follow_ups.models import FollowUp
from hortus.follow_ups.rules import State
from hortus.values.refused import Refused

router = Router(tags=["follow-ups"])

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class FollowUpOut(Schema):
    """A follow-up as the API shows it. about_kind, about_id: the object that it grew from."""

    id: UUID
    text: str
    owner_id: UUID | None
    due_on: date
    about_kind: str
    about_id: str
    about_name: str
    learning: str
    state: str
    reason: str
    moves: int
    made_at: datetime
    ended_at: datetime | None


class FollowUpList(Schema):
    """One page of follow-ups and how many there are."""

    total: int
    follow_ups: list[FollowUpOut]


class OwnerIn(Schema):
    """Who does it from now on: the id of a person of the team, null for nobody."""

    owner: UUID | None


class DayIn(Schema):
    """A new day and why."""

    due_on: date
    reason: str


class DropIn(Schema):
    """Why it will not be done."""

    reason: str


def owner_of(standing: Standing, pk: UUID | None, guard: Kind = Kind.FOLLOW_UP) -> Person | None:
    """Return the person with an id who can own a follow-up; raise Refused for anybody else."""
    if pk is None:
        return None
    people = {person.pk: person for person in actions.owners(standing.team, guard)}
    if pk not in people:
        raise Refused("not-an-owner", f"No member of {standing.team} who can own it has the id {pk}.", "owner")
    return people[pk]


def _changed(request: HttpRequest, team: str, pk: UUID) -> tuple[Standing, FollowUp]:
    """Return who asks and the follow-up, which they may change."""
    standing = require(request, team, Action.UPDATE, Kind.FOLLOW_UP)
    found = _found(standing, pk)
    if not standing.may(Action.UPDATE, Kind(found.guard)):
        raise Http404
    return standing, found


def _found(standing: Standing, pk: UUID) -> FollowUp:
    mine = FollowUp.objects.visible_to(standing.person).filter(team=standing.team)
    found: FollowUp = get_object_or_404(mine.select_related("owner", "team"), pk=pk)
    return found


@router.get("/follow-ups", response=FollowUpList, summary="List the follow-ups of a team")
def follow_ups(
    request: HttpRequest, team: Path[str], state: State | None = None, owner: UUID | None = None, limit: Limit = 100,
    offset: Offset = 0,
) -> FollowUpList:  # fmt: skip
    """Return follow-ups by their day. state: only these; owner: id of a person, only theirs."""
    standing = require(request, team, Action.READ, Kind.FOLLOW_UP)
    found = FollowUp.objects.visible_to(standing.person).filter(team=standing.team)
    found = found.filter(state=state) if state else found
    found = found.filter(owner=owner) if owner else found
    page = [FollowUpOut.from_orm(one) for one in found[offset : offset + limit]]
    return FollowUpList(total=found.count(), follow_ups=page)


@router.get("/follow-ups/{follow_up}", response=FollowUpOut, summary="Read one follow-up")
def follow_up(request: HttpRequest, team: Path[str], follow_up: UUID) -> FollowUp:
    """Return one follow-up."""
    return _found(require(request, team, Action.READ, Kind.FOLLOW_UP), follow_up)


@router.put("/follow-ups/{follow_up}/owner", response=FollowUpOut, summary="Hand a follow-up on")
def hand(request: HttpRequest, team: Path[str], follow_up: UUID, given: OwnerIn) -> FollowUp:
    """Give it to somebody else, or to nobody."""
    standing, found = _changed(request, team, follow_up)
    actions.hand(found, owner_of(standing, given.owner, Kind(found.guard)), by=standing.person, door="api")
    return _found(standing, found.pk)


@router.put("/follow-ups/{follow_up}/day", response=FollowUpOut, summary="Move the day of a follow-up")
def move(request: HttpRequest, team: Path[str], follow_up: UUID, given: DayIn) -> FollowUp:
    """Move its day, with a reason."""
    standing, found = _changed(request, team, follow_up)
    actions.move(found, given.due_on, given.reason, by=standing.person, door="api")
    return _found(standing, found.pk)


@router.post("/follow-ups/{follow_up}/done", response=FollowUpOut, summary="Mark a follow-up as done")
def done(request: HttpRequest, team: Path[str], follow_up: UUID) -> FollowUp:
    """Mark it as done."""
    standing, found = _changed(request, team, follow_up)
    return actions.do(found, by=standing.person, door="api")


@router.post("/follow-ups/{follow_up}/dropped", response=FollowUpOut, summary="Say that it will not be done")
def drop(request: HttpRequest, team: Path[str], follow_up: UUID, given: DropIn) -> FollowUp:
    """Say that it will not be done, and why."""
    standing, found = _changed(request, team, follow_up)
    return actions.drop(found, given.reason, by=standing.person, door="api")


@router.post("/follow-ups/{follow_up}/open", response=FollowUpOut, summary="Open a follow-up again")
def reopen(request: HttpRequest, team: Path[str], follow_up: UUID) -> FollowUp:
    """Open it again."""
    standing, found = _changed(request, team, follow_up)
    return actions.reopen(found, by=standing.person, door="api")
