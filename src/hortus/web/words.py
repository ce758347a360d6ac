"""Turns plain numbers and times into the words people read; no Django, no clock of its own."""

import math
from datetime import date, datetime
from itertools import pairwise

NO_BREAK = "\u00a0"  # between a number and its unit, so that a line never ends on a bare number
TINY = 20  # below so many a share is written as a count: "1 of 3", never "33 %"
MISSING = "no data"

MINUTE, HOUR, DAY = 60, 3600, 86_400
LADDER = (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", 1))
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float | None, digits: int = 1) -> str:
    """Return a number with thousands marked and at most `digits` decimals, trailing zeros dropped.

    >>> number(12345.04), number(0.25, 2), number(None)
    ('12,345', '0.25', 'no data')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", "\u2212")


def percent(ratio: float | None, digits: int = 1) -> str:
    """Return a ratio (0 to 1) as per cent; a little less than everything is never rounded up to 100 %.

    >>> percent(0.995), percent(0.99999), percent(0.00001)
    ('99.5\\xa0%', '99.9\\xa0%', '0.1\\xa0%')
    """
    if ratio is None or not math.isfinite(ratio):
        return MISSING
    step = 10**-digits
    shown = round(ratio * 100, digits)
    if shown == 100 and ratio < 1:
        shown = 100 - step
    if shown == 0 and ratio > 0:
        shown = step
    return f"{number(shown, digits)}{NO_BREAK}%"


def share(part: int, whole: int, digits: int = 1) -> str:
    """Return a part of a whole: as a count when the whole is tiny (under 20), else as per cent.

    >>> share(1, 3), share(30, 40), share(0, 0)
    ('1 of 3', '75\\xa0%', 'none of none')
    """
    if whole <= 0:
        return "none of none"
    if whole < TINY:
        return f"{part} of {whole}"
    return percent(part / whole, digits)


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with its noun.

    >>> counted(1, "job"), counted(1200, "job"), counted(2, "person", "people")
    ('1 job', '1,200 jobs', '2 people')
    """
    return f"{number(count)} {singular if count == 1 else plural or singular + 's'}"


def ended(text: str) -> str:
    """Return a text that ends as a sentence does, so that another may follow it on the line.

    >>> ended("log in"), ended("log in."), ended("say (“no!”)"), ended("")
    ('log in.', 'log in.', 'say (“no!”)', '')
    """
    plain = text.rstrip()
    return plain if not plain or plain.rstrip("\"'”’»)]").endswith((".", "!", "?", "…")) else f"{plain}."


def duration(seconds: float | None) -> str:
    """Return a span of time in at most two neighbouring units.

    >>> duration(0), duration(59.4), duration(7800), duration(270_000), duration(None)
    ('0\\xa0s', '59\\xa0s', '2\\xa0h 10\\xa0min', '3\\xa0d 3\\xa0h', 'no data')
    """
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    if 0 < abs(seconds) < 0.5:
        return f"under 1{NO_BREAK}s"
    sign, left = ("\u2212" if seconds < 0 else ""), _to_two_units(round(abs(seconds)))
    parts = []
    for unit, size in LADDER:
        whole, left = divmod(left, size)
        if whole:
            parts.append(f"{whole:,}{NO_BREAK}{unit}")
    return sign + " ".join(parts) if parts else f"0{NO_BREAK}s"


def _to_two_units(seconds: int) -> int:
    """Round so that only the largest unit and the one below it remain."""
    for (_, large), (_, small) in pairwise(LADDER):
        if seconds >= large:
            return round(seconds / small) * small
    return seconds


def age(at: datetime | date | None, now: datetime) -> str:
    """Return how long ago `at` was, seen from `now`, both in the reader's zone where they have one.

    >>> from datetime import timedelta, timezone
    >>> now = datetime(2025, 3, 10, 12, 0, tzinfo=timezone.utc)
    >>> age(now - timedelta(minutes=5), now), age(date(2025, 3, 10), now), age(None, now)
    ('5\\xa0min ago', 'today', 'never')
    """
    if at is None:
        return "never"
    if not isinstance(at, datetime):
        return _days_apart((now.date() - at).days)
    apart = (now - at).total_seconds()
    if abs(apart) < MINUTE:
        return "just now"
    if abs(apart) < DAY:
        size, unit = (MINUTE, "min") if abs(apart) < HOUR else (HOUR, "h")
        return _told(f"{int(abs(apart) // size)}{NO_BREAK}{unit}", apart)
    return _days_apart(int(apart / DAY))


def _told(amount: str, apart: float) -> str:
    return f"{amount} ago" if apart >= 0 else f"in {amount}"


def _days_apart(days: int) -> str:
    near = {0: "today", 1: "yesterday", -1: "tomorrow"}
    if days in near:
        return near[days]
    span = abs(days)
    for limit, size, unit in ((14, 1, "days"), (70, 7, "weeks"), (730, 30.44, "months")):
        if span < limit:
            return _told(f"{int(span / size)} {unit}", days)
    return _told(f"{int(span / 365.25)} years", days)


def day(on: date, today: date | None = None) -> str:
    """Return a date as people say it; the year is left out when it is this year's.

    >>> day(date(2025, 9, 3)), day(date(2025, 9, 3), date(2025, 12, 1))
    ('3 Sep 2025', '3 Sep')
    """
    short = f"{on.day} {MONTHS[on.month - 1]}"
    return short if today is not None and today.year == on.year else f"{short} {on.year}"


def span(first: date, last: date) -> str:
    """Return two dates as one span, without saying the year or the month twice.

    >>> span(date(2025, 9, 3), date(2025, 9, 9)), span(date(2024, 12, 30), date(2025, 1, 5))
    ('3 to 9 Sep 2025', '30 Dec 2024 to 5 Jan 2025')
    """
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{day(first, last)} to {day(last)}"
