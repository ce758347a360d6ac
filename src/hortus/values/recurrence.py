"""Rules of recurrence (RFC 5545 RRULE) by python-dateutil, kept from running for ever."""

import re
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from dateutil.rrule import rrule, rrulestr  # type: ignore[import-untyped]

from hortus.values.clocks import zone_named
from hortus.values.refused import Refused

ALLOWED = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
EARLIEST, LATEST = 2000, 2200
LONGEST_TEXT = 200
MOST_NUMBER = 1000

# The library walks on to the year 9999 when a rule yields nothing (30 February), which takes a minute of CPU time.
# The calendar repeats every 400 years to the weekday; so the rule is run 7,600 years later, where at most 400 years are
# left to walk, and its answers are brought back.
SHIFT_YEARS = 7600
_SHIFT = timedelta(days=SHIFT_YEARS // 400 * 146_097)


def checked_rule(rule: str, starts: datetime, zone: str) -> None:
    """Raise Refused unless a rule is understood, happens no more than daily, and happens at all.

    starts: wall time without zone, of the years 2000 to 2199. zone: IANA name.

    >>> checked_rule("FREQ=WEEKLY;BYDAY=TU", datetime(2026, 1, 6, 8), "UTC")
    >>> try:
    ...     checked_rule("FREQ=WEEKLY;BYDAY=TUE", datetime(2026, 1, 6, 8), "UTC")
    ... except Refused as refused:
    ...     print(refused.field)
    rule
    """
    if starts.tzinfo is not None or not EARLIEST <= starts.year < LATEST:
        raise _refused(f"The first start must be a wall time from {EARLIEST} to {LATEST - 1}, got {starts}.", "starts")
    parts = _parts(rule)
    unknown = sorted(set(parts) - set(ALLOWED))
    if unknown:
        raise _refused(f"The rule has {', '.join(unknown)}; allowed are {', '.join(ALLOWED)}.")
    if parts.get("FREQ") not in FREQUENCIES:
        raise _refused(
            f"FREQ must be {', '.join(FREQUENCIES[:-1])} or {FREQUENCIES[-1]}, got {parts.get('FREQ', '')!r}; "
            "write FREQ=WEEKLY;BYDAY=TU."
        )
    _check_numbers(parts)
    try:
        first = next(iter(_shifted(rule, starts, zone)), None)
    except (ValueError, IndexError):
        raise _refused(f"The rule {rule!r} is no rule that iCalendar knows; write FREQ=MONTHLY;BYDAY=2TU.") from None
    if first is None:
        raise _refused(f"The rule {rule!r} never happens; look at its days and its end.")


def _check_numbers(parts: dict[str, str]) -> None:
    """Refuse what the library would take and then never come back from, or fail on only after some years."""
    for name in ("INTERVAL", "COUNT"):
        text = parts.get(name, "1")
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_NUMBER):
            raise _refused(f"{name} must be a whole number from 1 to {MOST_NUMBER}, got {text!r}.")
    ordinals = {"MONTHLY": 5, "YEARLY": 53}.get(parts["FREQ"], 0)
    for day in parts.get("BYDAY", "MO").split(","):
        found = re.fullmatch(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", day)
        if found is None or (found[1] is not None and not 1 <= abs(int(found[1])) <= ordinals):
            raise _refused(f"BYDAY has {day!r}, which no {parts['FREQ']} rule may have; write MO, or 2TU for a month.")


def starts_between(starts: datetime, rule: str, zone: str, since: int, until: int) -> tuple[datetime, ...]:
    """Return the starts, in wall time, that lie between two minutes since the epoch, with a day to spare on each side.

    since, until: minutes since the epoch, before the year 2200.
    """
    place = zone_named(zone)
    first, last = (
        datetime.fromtimestamp(minute * 60, UTC).astimezone(place).replace(tzinfo=None) + day
        for minute, day in ((since, -timedelta(days=1)), (until, timedelta(days=1)))
    )
    if last.year > LATEST:
        raise ValueError(f"until must lie before the year {LATEST}, got minute {until}")
    found = takewhile(lambda at: at <= last + _SHIFT, _shifted(rule, starts, zone))
    return tuple(at - _SHIFT for at in found if at >= first + _SHIFT)


def _shifted(rule: str, starts: datetime, zone: str) -> rrule:
    """Return the library's rule in wall time, 7,600 years on."""
    parts = _parts(rule)
    until = parts.pop("UNTIL", "")
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        made = rrulestr(text, dtstart=starts + _SHIFT)
        if not isinstance(made, rrule):
            raise ValueError(text)
        return made.replace(until=_until(until, zone) + _SHIFT) if until else made
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError):
        raise _refused(f"The rule {rule!r} is no rule that iCalendar knows; write FREQ=MONTHLY;BYDAY=2TU.") from None


def _until(text: str, zone: str) -> datetime:
    """Return the end of a rule in wall time: UTC with a Z, else the zone's own time; a bare date means all its day."""
    if re.fullmatch(r"\d{8}", text):
        return datetime.strptime(text + "235959", "%Y%m%d%H%M%S")  # noqa: DTZ007 -- wall time on purpose
    at = datetime.strptime(text.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 -- wall time on purpose
    if text.endswith("Z"):
        return at.replace(tzinfo=UTC).astimezone(zone_named(zone)).replace(tzinfo=None)
    return at


def _parts(rule: str) -> dict[str, str]:
    text = rule.strip().upper().removeprefix("RRULE:")
    if len(text) > LONGEST_TEXT:
        raise _refused(f"The rule has {len(text)} characters; at most {LONGEST_TEXT} are allowed.")
    parts: dict[str, str] = {}
    for part in text.rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not (equals and value) or name in parts:
            raise _refused(f"The rule {rule!r} is no rule that iCalendar knows; write FREQ=MONTHLY;BYDAY=2TU.")
        parts[name] = value
    return parts


def _refused(sentence: str, field: str = "rule") -> Refused:
    return Refused("bad-recurrence", sentence, field)
