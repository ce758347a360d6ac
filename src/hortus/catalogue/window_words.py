"""Planned work in words: the titles of its bulletins, and what a page says of the moment. Holds what is known only."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hortus.catalogue.models import Function, PlannedWork, RepeatingWork
from hortus.catalogue.rules_windows import Phase, Wall
from hortus.web.words import counted, day

LONGEST = 300  # characters of a title


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant as clocks of a zone show it, as in "3 Dec 2026, 08:00"."""
    shown = at.astimezone(zone)
    return f"{day(shown.date())}, {shown:%H:%M}"


def span(work: PlannedWork) -> str:
    """Return from when to when planned work lasts, with its zone; the day of the end only where it is another."""
    zone = work.zoneinfo
    begin, end = work.begins_at.astimezone(zone), work.ends_at.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == begin.date() else moment(work.ends_at, zone)
    return f"{moment(work.begins_at, zone)} to {until} ({zone_word(work, begin)})"


def zone_word(work: PlannedWork, at: datetime) -> str:
    """Return the zone of planned work with its offset then, as in "Europe/Berlin, UTC+01:00"."""
    offset = at.astimezone(work.zoneinfo).strftime("%z")
    return f"{work.zone}, UTC{offset[:3]}:{offset[3:]}"


def announced(work: PlannedWork) -> str:
    """Return the title under which planned work is announced."""
    return f"{work.title}: {span(work)}"


def changed(work: PlannedWork, before: datetime) -> str:
    """Return the title under which a change is told. before: when it was to begin."""
    if work.begins_at == before:
        return f"{work.title}, changed: {span(work)}"
    return f"{work.title}, moved from {moment(before, work.zoneinfo)}: {span(work)}"


def dropped(title: str, functions: Sequence[Function]) -> str:
    """Return the title under which it is told that work touches functions no more."""
    return shortened(f"{title} no longer touches {', '.join(one.name for one in functions)}")


def shortened(text: str) -> str:
    """Return a text that fits a title."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


def cancelled(work: PlannedWork) -> str:
    """Return the title under which it is told that there is no such work."""
    return f"{work.title}, cancelled: it was to be {span(work)}"


def recalled(work: PlannedWork) -> str:
    """Return the title under which an announcement is told again a day before."""
    return f"Reminder: {work.title}, {span(work)}"


def realigned(work: PlannedWork, before: datetime) -> str:
    """Return the title under which it is told that a zone has other rules now. before: when it was to begin."""
    was = before.astimezone(UTC)
    title = f"{work.title}, moved: {span(work)}"
    return f"{title}. The clocks there change otherwise than was known; before it was {was:%H:%M} UTC"


EVERY = {"FREQ=WEEKLY": "every week", "FREQ=MONTHLY": "every month on the same day", "FREQ=DAILY": "every day"}


def often(repeating: RepeatingWork) -> str:
    """Return how often work comes back, in words where there are some, else its rule."""
    return EVERY.get(repeating.rule, f"by the rule {repeating.rule}" if len(repeating.rule) <= 60 else "by a rule")


def repeats(repeating: RepeatingWork) -> str:
    """Return the title under which work that comes back is announced."""
    first = Wall.read(repeating.starts).shown
    hours, minutes = divmod(repeating.minutes, 60)
    length = " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]))
    begin = f"from {day(first.date())} on at {first:%H:%M} ({repeating.zone})"
    return f"{repeating.title}, {often(repeating)}: {begin}, for {length} each time"


def series_changed(repeating: RepeatingWork, cancelled: int) -> str:
    """Return the title under which a change of work that comes back is told. cancelled: how many times fall away."""
    gone = f"; {counted(cancelled, 'announced time')} cancelled" if cancelled else ""
    return f"Changed: {repeats(repeating)}{gone}"


def stopped(repeating: RepeatingWork) -> str:
    """Return the title under which it is told that work does not come back."""
    return f"{repeating.title}, {often(repeating)}: it comes back no more"


def started(work: PlannedWork) -> str:
    """Return the title under which it is told that the work began."""
    return f"{work.title} has begun: to end {moment(work.ends_at, work.zoneinfo)}"


def going_on(work: PlannedWork, now: datetime) -> str:
    """Return the title of a word about work that goes on, within its time or beyond it."""
    end = moment(work.ends_at, work.zoneinfo)
    return f"{work.title} goes on" + (f" beyond its end, {end}" if now >= work.ends_at else f": to end {end}")


def checking(work: PlannedWork) -> str:
    """Return the title under which it is told that the work is being checked."""
    return f"{work.title} is done and being checked"


def over(work: PlannedWork) -> str:
    """Return the title under which it is told how things stand afterwards."""
    return f"{work.title} is over"


def skipped(work: PlannedWork) -> str:
    """Say where the clocks leave out the time that was meant, so that it begins later; "" where they do not."""
    wall: Wall | None = work.skipped_wall
    if wall is None:
        return ""
    begin = work.begins_at.astimezone(work.zoneinfo)
    never = f"The clocks go forward over {wall.shown:%H:%M} on that day"
    return f"{never}, so it begins at {begin:%H:%M}, the first time after it."


def now_said(work: PlannedWork, now: datetime) -> str:
    """Return how planned work stands in one sentence: what persons said, and what the clock adds to it."""
    zone = work.zoneinfo
    begin, end = moment(work.begins_at, zone), moment(work.ends_at, zone)
    due = work.word_due
    more = ""
    if due is not None and now >= work.ends_at:
        more = f" More was promised by {moment(due, zone)}{' and is late' if due <= now else ''}."
    started = moment(work.started_at, zone) if work.started_at else ""
    return {
        Phase.PLANNED: "A draft: only the team sees it.",
        Phase.ANNOUNCED: f"Announced to begin {begin}.",
        Phase.UNBEGUN: f"It should have begun {begin}, as announced; nobody has said yet that it did.",
        Phase.STARTED: f"It began {started}, and is to end {end}.",
        Phase.OVERRUN: f"It began {started} and should have ended {end}; it is not over.{more}",
        Phase.CHECKING: f"The work is done and being checked.{more}",
        Phase.DONE: f"Over since {moment(work.done_at, zone)}." if work.done_at else "Over.",
        Phase.CANCELLED: "Cancelled.",
    }[work.phase_at(now)]
