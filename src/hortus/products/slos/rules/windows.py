"""Windows of objectives: the last so many days, or this week, month or quarter in a zone. DST-correct, no clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hortus.products.slos.rules.spans import Span
from hortus.values.clocks import zone_named
from hortus.values.refused import Refused

DAY = 1440
MOST_DAYS = 366
_SECONDS = 60


class Kind(StrEnum):
    """How a window moves: with every minute, or from one calendar edge to the next."""

    ROLLING = "rolling"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


_NOMINAL_DAYS = {Kind.WEEK: 7, Kind.MONTH: 30, Kind.QUARTER: 90}


@dataclass(frozen=True, slots=True)
class Window:
    """The time over which an objective is kept.

    kind: rolling, or a calendar period. days: 1 to 366 for a rolling window (each of 1,440 minutes), else 0.
    zone: IANA name in which calendar periods begin (weeks on Monday); a rolling window does not look at it.
    Raises Refused for anything else.
    """

    kind: Kind
    days: int = 0
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.kind is Kind.ROLLING and not 1 <= self.days <= MOST_DAYS:
            raise Refused(
                "bad-window", f"A rolling window has 1 to {MOST_DAYS} days, got {self.days}; most take 28.", "days"
            )
        if self.kind is not Kind.ROLLING and self.days:
            raise Refused(
                "bad-window", f"A window by the {self.kind.value} has no number of days, got {self.days}.", "days"
            )
        zone_named(self.zone)

    @classmethod
    def rolling(cls, days: int) -> "Window":
        """Return a window of the last so many days of 24 hours."""
        return cls(Kind.ROLLING, days)

    def span(self, now: int) -> Span:
        """Return the whole window at a minute: rolling (now - days, now); a calendar period holds `now` itself.

        now: the minute that begins now; the last one that can have been counted is now - 1.

        >>> Window.rolling(1).span(2000)
        (560, 2000)
        >>> Window(Kind.MONTH).span(44_700)  # 1970-02-01 01:00
        (44640, 84960)
        """
        if self.kind is Kind.ROLLING:
            return now - self.days * DAY, now
        zone = zone_named(self.zone)
        today = datetime.fromtimestamp(now * _SECONDS, UTC).astimezone(zone).date()
        first, after = _period(self.kind, today)
        return minute_of_day(first, zone), minute_of_day(after, zone)

    def elapsed(self, now: int) -> Span:
        """Return the part of the window that lies before now; empty at the first minute of a calendar period."""
        since, until = self.span(now)
        return since, min(until, now)

    def length_minutes(self, now: int) -> int:
        """Return how many minutes the whole window at `now` has; a March week with DST has 60 fewer."""
        since, until = self.span(now)
        return until - since

    @property
    def nominal_minutes(self) -> int:
        """Return the length by which alert factors are reckoned: a month counts 30 days, a quarter 90.

        Factors that changed on the first of each month would page at other rates for no reason a user could see.
        """
        return (self.days or _NOMINAL_DAYS[self.kind]) * DAY

    @property
    def words(self) -> str:
        """Return the window as it is said in a sentence.

        >>> Window.rolling(28).words, Window(Kind.WEEK).words
        ('the last 28 days', 'this week')
        """
        if self.kind is not Kind.ROLLING:
            return f"this {self.kind.value}"
        return "the last day" if self.days == 1 else f"the last {self.days} days"


def minute_of_day(day: date, zone: ZoneInfo) -> int:
    """Return the first minute of a day in a zone.

    A midnight that the clock skips or repeats is its earlier reading, which is the first instant of that day.
    """
    return int(datetime.combine(day, time(), zone).timestamp()) // _SECONDS


def _period(kind: Kind, today: date) -> tuple[date, date]:
    if kind is Kind.WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    months = 1 if kind is Kind.MONTH else 3
    first = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    index = first.year * 12 + first.month - 1 + months
    return first, date(index // 12, index % 12 + 1, 1)
