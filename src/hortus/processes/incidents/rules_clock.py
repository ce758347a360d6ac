"""The clock of promises: when the next word is due, when to remind whom, what counts as kept. Pure; reads no clock.

All sums are made on instants: thirty minutes are thirty minutes also in the night when clocks are put back.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from zoneinfo import ZoneInfo

from hortus.values.working_days import Closed, is_working, why_later, working_day

FIRST_WORD = timedelta(minutes=15)
GRACE = timedelta(minutes=5)  # a word that comes so much late still kept the promise
SOON_BEFORE = timedelta(minutes=5)
DEPUTY_AFTER = timedelta(minutes=10)
LONG_AFTER = timedelta(hours=2)  # so long an incident must be open before it is a long one
SHORTEST = timedelta(minutes=5)
MORNING = time(9)


class Mode(StrEnum):
    """How often a word is promised."""

    ACTIVE = "active"
    CONTAINED = "contained"
    LONG = "long"


INTERVALS = {Mode.ACTIVE: timedelta(minutes=30), Mode.CONTAINED: timedelta(hours=2)}
LONGEST = {Mode.ACTIVE: timedelta(hours=2), Mode.CONTAINED: timedelta(hours=24), Mode.LONG: timedelta(days=7)}


class Stage(IntEnum):
    """Which reminder a promise has come to."""

    NONE = 0
    SOON = 1
    DUE = 2
    LATE = 3


def next_due(mode: Mode, now: datetime, zone: ZoneInfo, closed: Closed) -> datetime:
    """Return when the next word is due (UTC), by the custom of a mode.

    now: aware. zone, closed: of the team; they say when a working morning is, and only the mode LONG asks for them.

    >>> next_due(Mode.ACTIVE, datetime(2026, 3, 2, 12, tzinfo=UTC), ZoneInfo("UTC"), {}).isoformat()
    '2026-03-02T12:30:00+00:00'
    """
    at = now.astimezone(UTC)
    return next_morning(at, zone, closed) if mode is Mode.LONG else at + INTERVALS[mode]


def next_morning(now: datetime, zone: ZoneInfo, closed: Closed) -> datetime:
    """Return the next 09:00 of a working day in a zone (as UTC), at least two hours away.

    Weekends and closed days are skipped, those of more than 60 days in a row not (`working_day`).

    >>> friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    >>> next_morning(friday, ZoneInfo("Europe/Berlin"), {}).isoformat()
    '2026-03-09T08:00:00+00:00'
    """
    return _morning(working_day(_first_day(now, zone), closed), zone)


def why_so_late(now: datetime, zone: ZoneInfo, closed: Closed) -> str:
    """Return in words which closed days the next morning jumps over, "" for none."""
    return why_later(_first_day(now, zone), closed)


def _first_day(now: datetime, zone: ZoneInfo) -> date:
    """Return the first day in a zone whose morning is at least two hours away."""
    earliest = now.astimezone(UTC) + INTERVALS[Mode.CONTAINED]
    day = earliest.astimezone(zone).date()
    return day if _morning(day, zone) >= earliest else day + timedelta(days=1)


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, MORNING, zone).astimezone(UTC)


def is_working_hour(now: datetime, zone: ZoneInfo, closed: Closed) -> bool:
    """Say whether it is 09:00 to 17:00 of a working day in a zone."""
    local = now.astimezone(zone)
    return is_working(local.date(), closed) and MORNING <= local.time() < time(17)


def bounds(mode: Mode, now: datetime, zone: ZoneInfo, closed: Closed) -> tuple[datetime, datetime]:
    """Return the earliest and the latest instant at which the next word may be promised; the custom lies between."""
    at = now.astimezone(UTC)
    return at + SHORTEST, max(at + LONGEST[mode], next_due(mode, at, zone, closed))


def is_kept(due_at: datetime, word_at: datetime) -> bool:
    """Say whether a word at this time kept the promise: it was out five minutes after it was due, or before.

    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> is_kept(noon, noon + GRACE), is_kept(noon, noon + timedelta(minutes=6))
    (True, False)
    """
    return word_at <= due_at + GRACE


def stage(due_at: datetime, now: datetime) -> Stage:
    """Return which reminder is right now. It follows from the two times alone: who looks late sends one.

    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> [stage(noon, noon + timedelta(minutes=m)).name for m in (-6, -5, 0, 10)]
    ['NONE', 'SOON', 'DUE', 'LATE']
    """
    if now >= due_at + DEPUTY_AFTER:
        return Stage.LATE
    if now >= due_at:
        return Stage.DUE
    return Stage.SOON if now >= due_at - SOON_BEFORE else Stage.NONE
