"""What clocks on a wall show, and the instants that are meant: hours that come twice, and hours that never come."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hortus.values.refused import Refused


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of an IANA name; raise Refused when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(
            "unknown-zone", f"There is no time zone {name!r}; write an IANA name such as Europe/Berlin.", "zone"
        ) from None


def instants(shown: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Return the instants at which the clocks of a zone show a time: one, two in autumn, none in spring's gap.

    shown: naive. Returned are aware datetimes in the zone, the earlier first.

    >>> new_york = ZoneInfo("America/New_York")
    >>> [f"{at:%H:%M%z}" for at in instants(datetime(2026, 11, 1, 1, 30), new_york)]
    ['01:30-0400', '01:30-0500']
    >>> instants(datetime(2026, 3, 8, 2, 30), new_york)
    ()
    """
    first, second = (shown.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return (first,)
    return (first, second) if _is_shown(first, shown) else ()


def _is_shown(at: datetime, shown: datetime) -> bool:
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None, fold=0) == shown.replace(fold=0)


def instant(shown: datetime, zone: ZoneInfo, *, is_second: bool = False) -> datetime:
    """Return the one instant (aware, UTC) that is meant by what clocks show; whole seconds.

    A time that comes twice is its first coming, unless is_second. A time that the clocks leave out is the first instant
    that there is after it.

    >>> new_york = ZoneInfo("America/New_York")
    >>> instant(datetime(2026, 3, 8, 2, 30), new_york).astimezone(new_york).strftime("%H:%M%z")
    '03:00-0400'
    """
    found = instants(shown, zone)
    if found:
        return found[-1 if is_second else 0].astimezone(UTC)
    before, after = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
