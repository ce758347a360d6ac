"""The status as a calendar of planned work and as an Atom feed. Holds no name of a person: the team speaks."""

from collections.abc import Sequence
from datetime import UTC, timedelta

from django.utils.html import linebreaks
from icalendar import Calendar, Event

from hortus.catalogue.board import Board
from hortus.catalogue.models import PlannedWork, Statement
from hortus.catalogue.rules import Condition
from hortus.web.feeds import Atom

REFRESH = timedelta(hours=1)
_LABELS = (("You cannot", "cannot"), ("You can", "can"), ("Instead", "instead"))


def told(words: Statement | PlannedWork) -> str:
    """Return the sentences of a statement or of planned work as lines, empty ones left out."""
    return "\n".join(f"{label}: {said}" for label, name in _LABELS if (said := getattr(words, name)))


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


def atom(board: Board, statements: Sequence[Statement], url: str, feed_url: str) -> str:
    """Return what was said in 90 days and what work was planned as Atom, the newest first.

    statements: as `board.history` gives them. url: of the status page; feed_url: of this feed. Django declares an
    item's description to be HTML, so our plain text is escaped for that, below the escaping of the XML.
    """
    team = board.team
    feed = Atom(
        title=f"{team.name}: status", link=url, description="", feed_url=feed_url, language="en", author_name=team.name
    )
    items = [(said.said_at, said) for said in statements] + [(work.changed_at, work) for work in board.works]
    for at, item in sorted(items, key=lambda pair: pair[0], reverse=True):
        kind = "statement" if isinstance(item, Statement) else "planned-work"
        feed.add_item(
            title=_title(item), link=url, description=linebreaks(told(item), autoescape=True), author_name=team.name,
            updateddate=at, pubdate=item.said_at if isinstance(item, Statement) else item.announced_at,
            unique_id=f"urn:hortus:{team.pk}:{kind}:{item.pk}",
        )  # fmt: skip
    return str(feed.writeString("utf-8"))


def _title(item: Statement | PlannedWork) -> str:
    if isinstance(item, Statement):
        return f"{item.function.name}: {Condition(item.condition).word}"
    return f"Planned work{' cancelled' if item.cancelled_at else ''}: {item.title}"
