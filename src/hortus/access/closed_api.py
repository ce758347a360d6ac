"""API operations of closed days: the same verbs and reads as their pages."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema, Status

from hortus.access import closed_actions, closed_calendar
from hortus.access.doors import TeamSlug, require
from hortus.access.models import ClosedDay
from hortus.access.policy import Action, Kind

router = Router(tags=["access"])


class ClosedDayOut(Schema):
    """A day on which nobody of the team works, or several in a row; the last day is one of them."""

    id: UUID
    name: str
    first_on: date
    last_on: date


class ClosedDayIn(Schema):
    """Which days, and what for. last_on: the first day once more when left out."""

    name: str
    first_on: date
    last_on: date | None = None


class ClosedCalendarIn(Schema):
    """The text of a calendar (iCalendar). is_tried: only say what would be added."""

    text: str
    is_tried: bool = False


class ClosedSpanOut(Schema):
    """Days that a calendar names."""

    name: str
    first_on: date
    last_on: date


class ClosedCalendarOut(Schema):
    """What a calendar names, how much of it was added, and a sentence for each kind of event that was left out."""

    found: list[ClosedSpanOut]
    added: int
    left_out: list[str]


@router.get("/closed-days", response=list[ClosedDayOut], summary="Days on which the team is closed")
def closed_days(request: HttpRequest, team: TeamSlug) -> Any:
    """Return all closed days, those that are over too, the earliest first."""
    standing = require(request, team, Action.READ, Kind.CLOSED_DAY)
    found = ClosedDay.objects.visible_to(standing.person).filter(team=standing.team)
    return found.order_by("first_on", "last_on")


@router.post("/closed-days", response={201: ClosedDayOut}, summary="Close the team on some days")
def add(request: HttpRequest, team: TeamSlug, given: ClosedDayIn) -> Any:
    """Add a day, or several in a row; promises that stand already keep their time."""
    standing = require(request, team, Action.CREATE, Kind.CLOSED_DAY)
    return Status(201, closed_actions.add(standing.team, given.first_on, given.last_on, given.name, by=standing.person))


@router.post("/closed-days/calendar", response=ClosedCalendarOut, summary="Take closed days from a calendar")
def add_from_calendar(request: HttpRequest, team: TeamSlug, given: ClosedCalendarIn) -> Any:
    """Add the events of a calendar that fill whole days; what the team has already stays as it is."""
    standing = require(request, team, Action.CREATE, Kind.CLOSED_DAY)
    today = timezone.now().astimezone(standing.team.zoneinfo).date()
    found = closed_calendar.read(given.text, today)
    made = [] if given.is_tried else closed_actions.add_all(standing.team, found.spans, by=standing.person)
    return {"found": list(found.spans), "added": len(made), "left_out": list(found.left_out)}


@router.delete("/closed-days/{closed}", response={204: None}, summary="Open the team again")
def remove(request: HttpRequest, team: TeamSlug, closed: UUID) -> Any:
    """Remove closed days; promises that stand already keep their time."""
    standing = require(request, team, Action.DELETE, Kind.CLOSED_DAY)
    known = ClosedDay.objects.visible_to(standing.person).select_related("team")
    closed_actions.remove(get_object_or_404(known, pk=closed, team=standing.team), by=standing.person)
    return Status(204, None)
