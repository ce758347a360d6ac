"""API operations of the ledger: events."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from hortus.access.doors import TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.ledger import search as searching
from hortus.ledger.filters import Wanted
from hortus.ledger.search_models import SearchEntryQuerySet
from hortus.ledger.views import as_dict

router = Router(tags=["ledger"])


class ObjectOut(Schema):
    """What an event is about."""

    kind: str
    id: str
    name: str


class EventOut(Schema):
    """Something that happened."""

    id: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str | None
    verb: str
    object: ObjectOut
    service: str
    plot: str
    source: str
    payload: dict[str, Any]


class EventsOut(Schema):
    """One slice of the events, the newest first."""

    total: int
    offset: int
    events: list[EventOut]


class EventFilter(Schema):
    """Which events are wanted; dates are days in the team's zone, both included."""

    plot: Annotated[str, Query(max_length=20)] = ""
    kind: Annotated[str, Query(max_length=40)] = ""
    service: Annotated[str, Query(max_length=60)] = ""
    since: Annotated[date | None, Query(ge=date(1900, 1, 1), le=date(9000, 1, 1))] = None
    until: Annotated[date | None, Query(ge=date(1900, 1, 1), le=date(9000, 1, 1))] = None


@router.get("/events", response=EventsOut, summary="What happened")
def events(
    request: HttpRequest, team: TeamSlug, wanted: Query[EventFilter],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> dict[str, Any]:  # fmt: skip
    """Return one slice of the events that are wanted, the newest first."""
    standing = require(request, team, Action.READ, Kind.EVENT)
    found = Wanted(**wanted.dict()).events(standing)
    return {
        "total": found.count(),
        "offset": offset,
        "events": [as_dict(event) for event in found[offset : offset + limit]],
    }


class HitOut(Schema):
    """Something found. title and excerpt are HTML: escaped text with <mark> around what was looked for."""

    kind: str
    id: str
    name: str
    url: str
    title: str
    excerpt: str


class HitsOut(Schema):
    """One slice of what was found, the best first; more says whether another slice follows."""

    offset: int
    more: bool
    hits: list[HitOut]


@router.get("/search", response=HitsOut, summary="What holds all of these words")
def search(
    request: HttpRequest, team: TeamSlug, q: Annotated[str, Query(max_length=10_000)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20, offset: Annotated[int, Query(ge=0, le=1000)] = 0,
) -> dict[str, Any]:  # fmt: skip
    """Return one slice of what holds all words of `q` and may be read by who asks."""
    standing = require(request, team, Action.READ, SearchEntryQuerySet.kind)
    found = searching.search(standing, q, limit + 1, offset)
    return {"offset": offset, "more": len(found) > limit, "hits": found[:limit]}
