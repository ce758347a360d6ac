"""API operations of fires and kindling: the same verbs and reads as their pages."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from hortus.access.doors import TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.processes.fires import actions
from hortus.processes.fires.actions import Answered, Noted
from hortus.processes.fires.models import Fire, Kindling
from hortus.values.origin import Origin

router = Router(tags=["fires"])


class FireOut(Schema):
    """A fire: an incident (object_kind, object_id) or an interrupt (both empty)."""

    id: UUID
    at: datetime
    sentence: str
    service: str
    tags: list[str]
    origin: str
    object_kind: str
    object_id: str
    is_counted: bool


class FireList(Schema):
    """One slice of the fires, the newest first."""

    total: int
    fires: list[FireOut]


class FireIn(Schema):
    """What is said of an interrupt; all of it may be left out."""

    service: Annotated[str, Field(max_length=60)] = ""
    sentence: Annotated[str, Field(max_length=2000)] = ""
    origin: Annotated[str, Field(max_length=20)] = Origin.UNKNOWN.value
    tags: Annotated[list[str], Field(max_length=50)] = []

    @property
    def noted(self) -> Noted:
        """Return it as the verbs take it."""
        return Noted(self.service, self.sentence, self.origin, self.tags)


class NewFire(FireIn):
    """An interrupt that is noted; at: when it began, now when left out."""

    at: AwareDatetime | None = None


class CardOut(Schema):
    """A kindling card; answer is empty while it waits for one."""

    id: UUID
    subject: str
    opened_at: datetime
    fires: list[UUID]
    answer: str
    sentence: str
    look_again_on: date | None
    answered_at: datetime | None

    @staticmethod
    def resolve_fires(card: Kindling) -> list[UUID]:
        """Return the ids of its fires, the newest first."""
        return [fire.pk for fire in card.fires.all()]


class CardList(Schema):
    """One slice of the cards, the newest first."""

    total: int
    cards: list[CardOut]


class AnswerIn(Schema):
    """The answer to a card. look_again_on: with, and only with, accepted."""

    answer: Annotated[str, Field(max_length=20)]
    sentence: Annotated[str, Field(max_length=2000)]
    look_again_on: date | None = None


Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get("/fires", response=FireList, summary="List fires")
def fires(request: HttpRequest, team: TeamSlug, limit: Limit = 100, offset: Offset = 0) -> FireList:
    """Return incidents and interrupts, those that do not count included, the newest first."""
    standing = require(request, team, Action.READ, Kind.FIRE)
    found = Fire.objects.visible_to(standing.person).filter(team=standing.team)
    return FireList(total=found.count(), fires=[FireOut.from_orm(one) for one in found[offset : offset + limit]])


@router.post("/fires", response={201: FireOut}, summary="Note an interrupt")
def note(request: HttpRequest, team: TeamSlug, given: NewFire) -> Status[Fire]:
    """Note that something displaced planned work for half an hour or more."""
    standing = require(request, team, Action.CREATE, Kind.FIRE)
    return Status(201, actions.note(standing.team, given.noted, by=standing.person, door="api", at=given.at))


@router.put("/fires/{fire}", response=FireOut, summary="Say more of an interrupt")
def correct(request: HttpRequest, team: TeamSlug, fire: UUID, given: FireIn) -> Fire:
    """Replace what is said of an interrupt."""
    standing = require(request, team, Action.UPDATE, Kind.FIRE)
    found: Fire = get_object_or_404(Fire.objects.visible_to(standing.person), team=standing.team, pk=fire)
    actions.correct(found, given.noted, by=standing.person, door="api")
    found.refresh_from_db()
    return found


@router.get("/kindling", response=CardList, summary="List kindling cards")
def kindling(
    request: HttpRequest, team: TeamSlug, waiting: bool = False, limit: Limit = 100, offset: Offset = 0
) -> dict[str, object]:
    """Return the cards, with waiting only those that nobody answered, the newest first."""
    standing = require(request, team, Action.READ, Kind.FIRE)
    found = Kindling.objects.visible_to(standing.person).filter(team=standing.team)
    found = (found.open() if waiting else found).prefetch_related("fires")
    return {"total": found.count(), "cards": list(found[offset : offset + limit])}


@router.post("/kindling/{card}/answer", response=CardOut, summary="Answer a kindling card")
def answer(request: HttpRequest, team: TeamSlug, card: UUID, given: AnswerIn) -> Kindling:
    """Answer a card that waits for it."""
    standing = require(request, team, Action.UPDATE, Kind.FIRE)
    found: Kindling = get_object_or_404(Kindling.objects.visible_to(standing.person), team=standing.team, pk=card)
    return actions.answer(found, Answered(**given.dict()), by=standing.person, door="api")
