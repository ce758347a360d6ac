"""Arithmetic of the queue: when a failed task is tried again, when a periodic one is due. No clock, no Django."""

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
