"""Arithmetic of the queue: when a failed task is tried again, when a periodic one is due. No clock, no Django."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# A Monday, so that weeks begin on Monday and days at midnight UTC.
_ANCHOR = datetime(1970, 1, 5, tzinfo=UTC)
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)


def backoff(attempts: int, chance: float = 0.5) -> timedelta:
    """Return how long to wait after the `attempts`-th failure (1 or more): 15 s, 1 min, 4 min, 16 min, 1 h.

    chance: number in [0, 1) that spreads the wait by a tenth either way, so that tasks that failed together do
    not come back together. Raises ValueError when attempts is below 1.

    >>> backoff(1)
    datetime.timedelta(seconds=15)
    >>> backoff(99)
    datetime.timedelta(seconds=3600)
    """
    if attempts < 1:
        raise ValueError(f"attempts must be 1 or more, got {attempts}; call this after a failure")
    factor: int = 4 ** min(attempts - 1, 10)
    wait = min(FIRST_WAIT * factor, LONGEST_WAIT)
    return wait * (0.9 + 0.2 * chance)


def latest_due(now: datetime, every: timedelta, at: timedelta = timedelta(0)) -> datetime:
    """Return the last moment at or before `now` at which something is due that happens every `every`.

    now: aware. at: offset into the period, at least 0 and below `every`; days begin at midnight UTC, weeks on
    Monday. Raises ValueError for a period that is not above 0 or an offset outside it.

    >>> latest_due(datetime(2026, 11, 22, 2, 0, tzinfo=UTC), timedelta(days=1), timedelta(hours=3))
    datetime.datetime(2026, 11, 21, 3, 0, tzinfo=datetime.timezone.utc)
    """
    if every <= timedelta(0):
        raise ValueError(f"every must be above 0, got {every}")
    if not timedelta(0) <= at < every:
        raise ValueError(f"at must be at least 0 and below {every}, got {at}")
    passed = (now - _ANCHOR - at) // every
    return (_ANCHOR + at + passed * every).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often something is due, and at which offset into the period (UTC; weeks begin on Monday).

    Raises ValueError for a period that is not above 0 or an offset outside it.
    """

    every: timedelta
    at: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        latest_due(_ANCHOR, self.every, self.at)

    def latest(self, now: datetime) -> datetime:
        """Return the last due moment at or before `now`; see `latest_due`."""
        return latest_due(now, self.every, self.at)


def _time_of_day(text: str) -> timedelta:
    hours, _, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):
        raise ValueError(f'at must be a time of day as in "03:10", got {text!r}')
    return timedelta(hours=int(hours), minutes=int(minutes))


def every_minutes(count: int) -> Schedule:
    """Return the schedule of something that is due every `count` minutes."""
    return Schedule(timedelta(minutes=count))


def hourly(minute: int = 0) -> Schedule:
    """Return the schedule of something that is due each hour at a minute of it, 0 to 59."""
    return Schedule(timedelta(hours=1), timedelta(minutes=minute))


def daily(at: str) -> Schedule:
    """Return the schedule of something that is due each day at a time in UTC.

    >>> daily("03:10").at
    datetime.timedelta(seconds=11400)
    """
    return Schedule(timedelta(days=1), _time_of_day(at))


def weekly(day: int, at: str) -> Schedule:
    """Return the schedule of something that is due each week: day 0 is Monday, the time is in UTC."""
    return Schedule(timedelta(weeks=1), timedelta(days=day) + _time_of_day(at))
