"""Reads the times of older texts: dates and times of day as people wrote them, in a zone that somebody named."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1,
    )
    for name in names.split()
}  # fmt: skip
# What people call zones, by the letters that they use; only those that mean one region.
ZONES = {
    "UTC": "UTC", "GMT": "UTC", "PT": "America/Los_Angeles", "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles", "EST": "America/New_York", "EDT": "America/New_York", "CET": "Europe/Paris",
    "CEST": "Europe/Paris", "MEZ": "Europe/Paris", "MESZ": "Europe/Paris",
}  # fmt: skip
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_MONTH_FIRST = re.compile(r"\b([A-Z][a-z]{2,8})\.? (\d{1,2}),? (\d{4})\b")
_DAY_FIRST = re.compile(r"\b(\d{1,2})\.? ([A-Z][a-z]{2,8})\b,?(?: (\d{4})\b)?")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d\d)(?::\d\d)?\s*([ap]m)?(?![\d:])", re.IGNORECASE)
_ZONE = re.compile(r"(?:times?|hours?)\b[^.\n]{0,30}?\b(" + "|".join(ZONES) + r")\b", re.IGNORECASE)
HALF_A_DAY = timedelta(hours=12)


def stated_zone(text: str) -> str:
    """Return the name of the zone that a text says its times are in, "" when it says none that we know.

    >>> stated_zone("All times in PST"), stated_zone("Times are local.")
    ('America/Los_Angeles', '')
    """
    found = _ZONE.search(text)
    return ZONES[found[1].upper()] if found else ""


def day_in(text: str, near: date | None = None) -> date | None:
    """Return the first date that a text names; near: lends its year to a date without one. None for no date.

    >>> day_in("2018-02-22 16:30"), day_in("Sep 27 2017 13:06"), day_in("19. April, 11:00", date(2018, 4, 18))
    (datetime.date(2018, 2, 22), datetime.date(2017, 9, 27), datetime.date(2018, 4, 19))
    """
    if found := _ISO.search(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if (found := _MONTH_FIRST.search(text)) and found[1].lower() in MONTHS:
        return _date(int(found[3]), MONTHS[found[1].lower()], int(found[2]))
    found = _DAY_FIRST.search(text)
    if found and found[2].lower() in MONTHS and (found[3] or near):
        year = int(found[3]) if found[3] else near.year if near else 0
        return _date(year, MONTHS[found[2].lower()], int(found[1]))
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def clocks_in(text: str) -> list[time]:
    """Return the times of day that a text names, in its order; what no clock shows is left out.

    >>> clocks_in("8:20 - 8:24"), clocks_in("07:30am - First report"), clocks_in("12:15 am"), clocks_in("25:10")
    ([datetime.time(8, 20), datetime.time(8, 24)], [datetime.time(7, 30)], [datetime.time(0, 15)], [])
    """
    found = []
    for hour_text, minute_text, half in _CLOCK.findall(text):
        hour, minute = int(hour_text), int(minute_text)
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half.lower() == "pm" else 0)
        if hour < 24 and minute < 60:
            found.append(time(hour, minute))
    return found


@dataclass(slots=True)
class Walk:
    """Follows a timeline that says the date once and then only times: past midnight the next day begins."""

    day: date
    last: datetime | None = None

    def step(self, at: time) -> datetime:
        """Return the next moment, without a zone. Back by more than half a day is the next day, less is disorder."""
        moment = datetime.combine(self.day, at)
        if self.last is not None and self.last - moment > HALF_A_DAY:
            self.day += timedelta(days=1)
            moment = datetime.combine(self.day, at)
        self.last = moment
        return moment


def placed(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment as an instant in UTC; it is in its own zone where it has one, else in the given.

    In UTC, because two times of one zone would be subtracted as the clocks show them, an hour wrong at their changes.
    """
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
