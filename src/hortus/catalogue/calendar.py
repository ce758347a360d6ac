"""Planned work as a calendar. Holds no name of a person: the team speaks.

Times carry their zone and the feed the rules of that zone, as Outlook and Google want it: with times in UTC alone some
show a window at the wrong hour. The rules are those by which the instants were worked out here. They are written by
ourselves, because icalendar 7.3 puts the beginning of summer time an hour late on the clock.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from hortus.catalogue.board import Board
from hortus.catalogue.feeds import told
from hortus.catalogue.models import PlannedWork, Service
from hortus.catalogue.rules_windows import Sort

REFRESH = timedelta(hours=1)
CANCELLED_FOR = timedelta(days=30)
"""How long cancelled work stays as such; who looks at a calendar less often does not plan by it."""


def uid(work: PlannedWork) -> str:
    """Return what a calendar knows planned work by, the same for good, wherever Hortus is served from."""
    return f"planned-work-{work.pk}@hortus"


def _times(work: PlannedWork) -> tuple[datetime, datetime]:
    """Return begin and end in the zone in which they were meant; in UTC where clocks alone would not tell them.

    That is in the second of two hours that look alike, and where this machine does not know the zone any more.
    """
    zone = work.zoneinfo
    times = work.begins_at.astimezone(zone), work.ends_at.astimezone(zone)
    if work.zone == "UTC" or not work.has_known_zone or any(at.fold for at in times):
        return work.begins_at.astimezone(UTC), work.ends_at.astimezone(UTC)
    return times


def _event(work: PlannedWork, url: str) -> Event:
    event, (begin, end) = Event(), _times(work)
    event.add("uid", uid(work))
    event.add("summary", work.title)
    event.add("dtstart", begin)
    event.add("dtend", end)
    event.add("dtstamp", work.changed_at.astimezone(UTC))
    event.add("created", (work.announced_at or work.planned_at).astimezone(UTC))
    event.add("last-modified", work.changed_at.astimezone(UTC))
    event.add("sequence", work.sequence)
    event.add("status", "CANCELLED" if work.cancelled_at else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # it blocks nobody's day
    touched = ", ".join(function.name for function in work.functions.all())
    stays_up = Sort(work.sort).word if work.is_risk_only else ""
    lines = [f"Touches: {touched}{f'; {stays_up}' if stays_up else ''}", told(work)]
    event.add("description", "\n".join(filter(None, lines)))
    event.add("url", url)
    return event


def calendar(board: Board, url: str, service: Service | None = None) -> bytes:
    """Return planned work of the past 90 days and all that is to come as iCalendar (RFC 5545).

    url: of the status page. service: only what touches its functions; of the whole team when left out. Cancelled work
    stays in it as cancelled for 30 days, so that calendars which hold it take it out.
    """
    works = [work for work in board.works if _is_listed(work, board.now, service)]
    made, name = Calendar(), f"{service.name if service else board.team.name}: planned work"
    made.add("prodid", "-//Hortus//status page//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("x-wr-timezone", board.team.zone)
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for zone in _zones(works):
        made.add_component(zone)
    for work in works:
        made.add_component(_event(work, url))
    return bytes(made.to_ical())


def _is_listed(work: PlannedWork, now: datetime, service: Service | None) -> bool:
    if work.cancelled_at is not None and work.cancelled_at <= now - CANCELLED_FOR:
        return False
    return service is None or any(one.service_id == service.pk for one in work.functions.all())


def _zones(works: Iterable[PlannedWork]) -> Iterator[Timezone]:
    """Yield the rules of each zone that a time is written in, from a year before the first such time to one after."""
    found: dict[ZoneInfo, list[datetime]] = {}
    for work in works:
        for at in _times(work):
            if isinstance(at.tzinfo, ZoneInfo):
                found.setdefault(at.tzinfo, []).append(at)
    year = timedelta(days=366)
    for zone, times in sorted(found.items(), key=lambda pair: pair[0].key):
        yield _zone(zone, min(times).astimezone(UTC) - year, max(times).astimezone(UTC) + year)


def _zone(zone: ZoneInfo, since: datetime, until: datetime) -> Timezone:
    """Return a zone with one part for each of its offsets, each from the clock of before on, as RFC 5545 wants it."""
    made = Timezone()
    made.add("tzid", zone.key)
    first = since.replace(microsecond=0)
    for at, before in [(first, first), *_switches(zone, first, until)]:
        after = at.astimezone(zone)
        was, name = before.astimezone(zone).utcoffset() or timedelta(), after.tzname() or zone.key
        part = TimezoneDaylight() if after.dst() else TimezoneStandard()
        part.add("dtstart", (at + was).replace(tzinfo=None))
        part.add("tzoffsetfrom", was)
        part.add("tzoffsetto", after.utcoffset() or timedelta())
        part.add("tzname", name)
        made.add_component(part)
    return made


def _switches(zone: ZoneInfo, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the instants at which the offset of a zone changes, each with the second before it."""
    at, second = since, timedelta(seconds=1)
    while at < until:
        low, high = at, at + timedelta(days=1)
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > second:
                middle = low + (high - low) // second // 2 * second
                if middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            yield high, low
        at += timedelta(days=1)
