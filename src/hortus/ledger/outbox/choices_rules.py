"""When a message may reach a person: quiet hours and the digest's hour, across changes of the clocks. No Django."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hortus.values.clocks import instant
from hortus.values.refused import Refused

DIGEST_HOUR = 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """A person's hours. zone: IANA name. Quiet from and until: what clocks show, both or none. digest_hour: 0-23."""

    zone: str
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_hour: int = DIGEST_HOUR


def checked(hours: Hours) -> Hours:
    """Return hours that make sense. Raises Refused with the field that does not."""
    given = (hours.quiet_from, hours.quiet_until)
    if (given[0] is None) != (given[1] is None):
        field = "quiet_from" if given[0] is None else "quiet_until"
        raise Refused("half-quiet", "Quiet hours need both a beginning and an end; give both, or none.", field)
    for field, shown in zip(("quiet_from", "quiet_until"), given, strict=True):
        if shown is not None and shown.tzinfo is not None:
            said = (
                f"Quiet hours are what the clocks show, got {shown.isoformat()}; write it without an offset, as 22:00."
            )
            raise Refused("with-offset", said, field)
    if given[0] is not None and given[0] == given[1]:
        raise Refused(
            "always-quiet",
            f"Quiet hours from {given[0]:%H:%M} until {given[0]:%H:%M} are no hours or all; to hear nothing at once, "
            "choose the digest for each topic.", "quiet_until",
        )  # fmt: skip
    if not 0 <= hours.digest_hour <= 23:
        raise Refused("bad-hour", f"The digest's hour is 0 to 23, got {hours.digest_hour}.", "digest_hour")
    return hours


def free_at(at: datetime, hours: Hours) -> datetime:
    """Return the first instant, not before an aware one, at which a person does not want quiet.

    No clock of theirs shows a time inside their quiet hours then. Where the clocks go back, quiet hours begin with the
    first coming of their first minute and end with the second coming of their last one; where they go forward, an end
    that the clocks leave out is the first instant after it.

    >>> from datetime import UTC
    >>> night = Hours("Europe/Berlin", time(22), time(7))
    >>> free_at(datetime(2026, 10, 24, 21, 0, tzinfo=UTC), night).isoformat()  # the clocks go back in this night
    '2026-10-25T06:00:00+00:00'
    """
    if hours.quiet_from is None or hours.quiet_until is None:
        return at
    zone = ZoneInfo(hours.zone)
    today = at.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):  # the end of one can lie in the next when the clocks go back
        last = day if hours.quiet_until > hours.quiet_from else day + _DAY
        begins = instant(datetime.combine(day, hours.quiet_from), zone)
        ends = instant(datetime.combine(last, hours.quiet_until), zone, is_second=True)
        at = ends if begins <= at < ends else at
    return at


def digest_at(at: datetime, hours: Hours) -> datetime:
    """Return when the next digest after an aware instant goes: at its hour, or when quiet ends where that is quiet.

    >>> from datetime import UTC
    >>> digest_at(datetime(2026, 3, 28, 12, 0, tzinfo=UTC), Hours("Europe/Berlin")).isoformat()
    '2026-03-29T06:00:00+00:00'
    """
    zone = ZoneInfo(hours.zone)
    today = at.astimezone(zone).date()
    hour = time(hours.digest_hour)
    found = (instant(datetime.combine(today + days * _DAY, hour), zone) for days in range(3))
    return free_at(next(when for when in found if when > at), hours)
