"""API operations of the news: what was told in threads, and who gets it by e-mail."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status

from hortus.access.doors import TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.catalogue import board, news, shapes, subscriptions
from hortus.catalogue.api_status import StoryOut
from hortus.catalogue.models import Subscriber
from hortus.ledger import clock

router = Router()

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class NewsOut(Schema):
    """Threads with their newest bulletin: those that are open, and those that were closed in 90 days."""

    open: list[StoryOut]
    closed: list[StoryOut]


class SubscriberOut(Schema):
    """An address that gets the news. services: slugs, empty where it wants all."""

    id: UUID
    email: str
    wants_all: bool
    services: list[str]
    confirmed_at: datetime


class SubscriberList(Schema):
    """One slice of the addresses that get the news, in the order of the alphabet."""

    total: int
    subscribers: list[SubscriberOut]


@router.get("/news", response=NewsOut, summary="What is told to the public")
def list_news(request: HttpRequest, team: TeamSlug) -> dict[str, Any]:
    """Return the threads that are open, and those that were closed in 90 days, planned work left out."""
    standing = require(request, team, Action.READ, Kind.CONDITION)
    over = news.closed(standing.team, clock.now() - board.HISTORY)
    return {
        "open": [shapes.story_as_dict(story) for story in news.standing(standing.team)],
        "closed": [shapes.story_as_dict(story) for story in over],
    }  # fmt: skip


@router.get("/news/{thread}", response=StoryOut, summary="All that was told about one thing")
def one_story(request: HttpRequest, team: TeamSlug, thread: UUID) -> dict[str, Any]:
    """Return a thread with all its bulletins, the newest first; found by its id or by that of one of its bulletins."""
    standing = require(request, team, Action.READ, Kind.CONDITION)
    found = news.story(standing.team, thread)
    if found is None:
        raise Http404
    return shapes.story_as_dict(found)


@router.get("/subscribers", response=SubscriberList, summary="Who gets the news by e-mail")
def list_subscribers(request: HttpRequest, team: TeamSlug, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Return one slice of the confirmed addresses."""
    standing = require(request, team, Action.READ, Kind.SUBSCRIBER)
    found = Subscriber.objects.visible_to(standing.person).filter(team=standing.team).confirmed()
    rows = [
        {
            "id": one.pk, "email": one.email, "wants_all": one.wants_all, "confirmed_at": one.confirmed_at,
            "services": [service.slug for service in one.services.all()],
        }
        for one in found.prefetch_related("services")[offset : offset + limit]
    ]  # fmt: skip
    return {"total": found.count(), "subscribers": rows}


@router.delete("/subscribers/{subscriber}", response={204: None}, summary="Forget an address")
def remove_subscriber(request: HttpRequest, team: TeamSlug, subscriber: UUID) -> Status[None]:
    """Remove an address; it gets nothing more, and nothing about it stays."""
    standing = require(request, team, Action.DELETE, Kind.SUBSCRIBER)
    mine = Subscriber.objects.visible_to(standing.person).filter(team=standing.team)
    subscriptions.leave(get_object_or_404(mine, pk=subscriber), by=standing.person, door="api")
    return Status(204, None)
