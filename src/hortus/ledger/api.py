"""API operations of the ledger: events."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router, Schema

from hortus.access.doors import require
from hortus.access.policy import Action, Kind
from hortus.ledger.filters import Wanted
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
    request: HttpRequest, team: str, wanted: Query[EventFilter],
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
