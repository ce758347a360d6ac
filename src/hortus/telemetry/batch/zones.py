"""Local times without an offset into UTC: the switches of a zone, and the SQL that applies them. Knows nothing of jobs.

The machine's own zone plays no part: everything is computed from the named zone's transitions.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hortus.telemetry.batch.unreadable import Unreadable


def zone_named(name: str) -> ZoneInfo:
    """Find a time zone by its name in the tz database.

    Raises `Unreadable` for a name that is not there.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unreadable(
            f"There is no time zone {name!r}: give a name of the tz database, such as UTC or Europe/Berlin."
        ) from None


@dataclass(frozen=True)
class Switch:
    """One change of a zone's offset. Naive datetimes are local wall-clock times."""

    at: datetime  # UTC, naive
    before_seconds: int
    after_seconds: int

    @property
    def threshold(self) -> datetime:
        """Give the local time up to which the offset before the switch is used (first reading of doubtful times)."""
        return self.at + timedelta(seconds=max(self.before_seconds, self.after_seconds))

    @property
    def doubtful(self) -> tuple[datetime, datetime]:
        """Give the half-open local range that is passed twice (overlap) or never (gap)."""
        low, high = sorted((self.before_seconds, self.after_seconds))
        return self.at + timedelta(seconds=low), self.at + timedelta(seconds=high)

    @property
    def repeated_seconds(self) -> int:
        """Say how long the overlap is; 0 for a gap."""
        return max(0, self.before_seconds - self.after_seconds)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _pin(zone: ZoneInfo, low: datetime, high: datetime) -> Switch:
    before, after = _offset(zone, low), _offset(zone, high)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return Switch(high, before, after)


@lru_cache(maxsize=64)
def switches(zone_name: str, first_year: int, last_year: int) -> tuple[Switch, ...]:
    """List a zone's changes of offset from one year to another, both included, oldest first (two in a day are
    not seen)."""
    zone = zone_named(zone_name)
    day, end = datetime(first_year, 1, 1) - timedelta(days=2), datetime(last_year + 1, 1, 3)  # noqa: DTZ001
    found = []
    while day < end:
        following = day + timedelta(days=1)
        if _offset(zone, day) != _offset(zone, following):
            found.append(_pin(zone, day, following))
        day = following
    return tuple(found)


def _stamp(at: datetime) -> str:
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}'"


@dataclass(frozen=True)
class Clock:
    """Turns SQL expressions of local TIMESTAMPs into UTC ones, for the years that it was made for."""

    zone_name: str
    base_seconds: int
    changes: tuple[Switch, ...]

    @property
    def is_fixed(self) -> bool:
        return not self.changes

    def to_utc(self, local: str) -> str:
        """Give SQL for the UTC time of the local TIMESTAMP expression, as `datetime(fold=0)` means it."""
        if not self.changes:
            return f"({local} - to_seconds({self.base_seconds}))" if self.base_seconds else local
        arms = [
            f"WHEN {local} < {_stamp(c.threshold)} THEN {local} - to_seconds({c.before_seconds})" for c in self.changes
        ]
        return f"(CASE {' '.join(arms)} ELSE {local} - to_seconds({self.changes[-1].after_seconds}) END)"

    def _within(self, local: str, kind: bool) -> str:
        ranges = [c.doubtful for c in self.changes if bool(c.repeated_seconds) is kind]
        tests = [f"({local} >= {_stamp(low)} AND {local} < {_stamp(high)})" for low, high in ranges]
        return f"({' OR '.join(tests)})" if tests else "FALSE"

    def is_repeated(self, local: str) -> str:
        """Give SQL that is true for local times that happened twice."""
        return self._within(local, True)

    def is_skipped(self, local: str) -> str:
        """Give SQL that is true for local times that never happened."""
        return self._within(local, False)

    def second_reading(self, local: str, utc: str) -> str:
        """Give SQL for the later reading of a repeated time; NULL for every other time."""
        arms = [
            f"WHEN {local} >= {_stamp(c.doubtful[0])} AND {local} < {_stamp(c.doubtful[1])}"
            f" THEN {utc} + to_seconds({c.repeated_seconds})"
            for c in self.changes
            if c.repeated_seconds
        ]
        return f"(CASE {' '.join(arms)} END)" if arms else "NULL::TIMESTAMP"


def clock(zone_name: str, first_year: int, last_year: int) -> Clock:
    """Make the clock of a zone for local times from one year to another, both included."""
    changes = switches(zone_name, first_year, last_year)
    base = _offset(zone_named(zone_name), datetime(first_year, 1, 1))  # noqa: DTZ001
    return Clock(zone_name, base, changes)
