"""Planned work as a calendar. Holds no name of a person: the team speaks."""

from datetime import UTC, timedelta

from icalendar import Calendar, Event

from hortus.catalogue.board import Board
from hortus.catalogue.feeds import told
from hortus.catalogue.models import PlannedWork

REFRESH = timedelta(hours=1)


def uid(work: PlannedWork) -> str:
    """Return what a calendar knows planned work by, the same for good, wherever Hortus is served from."""
    return f"planned-work-{work.pk}@hortus"


def _event(work: PlannedWork, url: str) -> Event:
    event = Event()
    event.add("uid", uid(work))
    event.add("summary", work.title)
    event.add("dtstart", work.begins_at.astimezone(UTC))
    event.add("dtend", work.ends_at.astimezone(UTC))
    event.add("dtstamp", work.changed_at.astimezone(UTC))
    event.add("created", work.announced_at.astimezone(UTC))
    event.add("last-modified", work.changed_at.astimezone(UTC))
    event.add("sequence", work.sequence)
    event.add("status", "CANCELLED" if work.cancelled_at else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # it blocks nobody's day
    touched = ", ".join(function.name for function in work.functions.all())
    event.add("description", "\n".join(filter(None, [f"Touches: {touched}", told(work)])))
    event.add("url", url)
    return event


def calendar(board: Board, url: str) -> bytes:
    """Return planned work of the past 90 days and all that is to come as iCalendar (RFC 5545), in UTC.

    url: of the status page. Cancelled work stays in it as cancelled, so that calendars which hold it take it out.
    """
    made = Calendar()
    made.add("prodid", "-//Hortus//status page//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", f"{board.team.name}: planned work")
    made.add("x-wr-calname", f"{board.team.name}: planned work")
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for work in board.works:
        made.add_component(_event(work, url))
    return bytes(made.to_ical())
