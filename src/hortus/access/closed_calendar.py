"""Reads closed days from a calendar (iCalendar, RFC 5545): its events that fill whole days; what is left out is told.

Nothing that repeats is laid out: which of its days count would be a guess, and a rule may have thousands.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Component
from icalendar.error import BrokenCalendarProperty

from hortus.access.closed_spans import Span, checked
from hortus.values.refused import Refused

LARGEST = 500_000  # bytes
MOST_EVENTS = 2000
MOST_NAMED = 5
UNNAMED = "Closed"
_DAY = timedelta(days=1)
_REPEATING = ("RRULE", "RDATE", "RECURRENCE-ID")

REPEATS = "what repeats is not laid out, so add the days that count one by one"
TIMED = "only what fills whole days is taken"
OVER = "what is over changes no promise"
CANCELLED = "it is cancelled"
TWICE = "another event has the same days"
UNREADABLE = "no first day can be read"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar says. left_out: a sentence for each reason, with how many and which."""

    spans: tuple[Span, ...]
    left_out: tuple[str, ...]


def read(data: bytes | str, today: date) -> Reading:
    """Return the closed days that a calendar names, the earliest first; those that are over before `today` left out.

    Raises Refused when it is no calendar, or too large to look through.
    """
    found: dict[tuple[date, date], Span] = {}
    left_out: dict[str, list[str]] = defaultdict(list)
    for event in _events(data):
        name = _name(event)
        span, why_not = _span(event, name)
        if span is None:
            left_out[why_not].append(name)
        elif span.last_on < today:
            left_out[OVER].append(name)
        elif found.setdefault((span.first_on, span.last_on), span) is not span:
            left_out[TWICE].append(name)
    return Reading(tuple(found[key] for key in sorted(found)), tuple(_sentences(left_out)))


def _events(data: bytes | str) -> list[Component]:
    """Return the events of all calendars in a text."""
    if len(data) > LARGEST:
        raise Refused(
            "too-large", f"The file has {len(data):,} bytes; at most {LARGEST:,} are read. Export fewer years.", "file"
        )
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, LookupError, TypeError, RecursionError):
        calendars = []
    events = [each for calendar in calendars if calendar.name == "VCALENDAR" for each in calendar.subcomponents]
    if not any(calendar.name == "VCALENDAR" for calendar in calendars):
        raise Refused(
            "no-calendar", "This is no calendar that can be read; give a file as calendars export it (.ics).", "file"
        )
    found = [event for event in events if event.name == "VEVENT"]
    if len(found) > MOST_EVENTS:
        raise Refused(
            "too-many",
            f"The calendar has {len(found):,} events; at most {MOST_EVENTS:,} are read.",
            "file",
        )
    return found


def _name(event: Component) -> str:
    given = _one(event.get("SUMMARY"))
    return " ".join(str(given).split()) if given and str(given).strip() else UNNAMED


def _one(value: Any) -> Any:
    """Return a property, the first where an event has it more than once."""
    return value[0] if isinstance(value, list) and value else value


def _meant(event: Component, name: str) -> Any:
    """Return the day, instant or length that a property means, None where it is absent or cannot be read."""
    try:
        return getattr(_one(event.get(name)), "dt", None)
    except BrokenCalendarProperty:
        return None


def _span(event: Component, name: str) -> tuple[Span | None, str]:
    """Return the closed days that an event means, or why it means none."""
    if any(event.get(name) is not None for name in _REPEATING):
        return None, REPEATS
    if str(_one(event.get("STATUS")) or "").upper() == "CANCELLED":
        return None, CANCELLED
    first, end, lasts = (_meant(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    if isinstance(first, datetime) or isinstance(end, datetime):
        return None, TIMED
    if not isinstance(first, date):
        return None, UNREADABLE
    try:
        if isinstance(end, date):  # the day after the last one; some programs write the last one itself
            last = end - _DAY if end > first else end
        else:
            last = first + max(lasts - _DAY, timedelta()) if isinstance(lasts, timedelta) else first
        return checked(first, last, name), ""
    except Refused as refused:
        return None, refused.sentence
    except OverflowError:
        return None, UNREADABLE


def _sentences(left_out: dict[str, list[str]]) -> Iterable[str]:
    for why_not, names in left_out.items():
        shown = [f"“{name if len(name) <= 60 else name[:59] + '…'}”" for name in dict.fromkeys(names)]
        more = f" and {len(shown) - MOST_NAMED} more" if len(shown) > MOST_NAMED else ""
        count = "1 event" if len(names) == 1 else f"{len(names):,} events"
        why = f"{why_not[0].upper()}{why_not[1:].rstrip('.')}."
        yield f"Left out: {count} ({', '.join(shown[:MOST_NAMED])}{more}). {why}"
