"""Arithmetic of promises: readable figures, which promise holds for a job, which jobs are nobody's wait. No Django."""

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3600, 86_400
READABLE = (
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 20, 30, 45)),
    *(n * HOUR for n in (1, 1.5, 2, 3, 4, 6, 8, 12, 18)),
    *(n * DAY for n in (1, 1.5, 2, 3, 4, 5, 7, 10, 14, 21, 28)),
)

# Why a job waits that no scheduler could have started: its owner or another job holds it, or what it asks for is not
# there.
OWN_REASONS = (
    "Dependency", "DependencyNeverSatisfied", "JobHeldUser", "JobHeldAdmin", "BeginTime",
    "PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit", "BadConstraints", "AccountNotAllowed",
    "InvalidAccount", "InvalidQOS", "QOSNotAllowed", "JobArrayTaskLimit", "AssociationJobLimit",
)  # fmt: skip
OWN_REASON_PATTERN = "(Assoc|QOS)Max.*(PerJob|MinutesPerJob|WallDurationPerJob).*Limit"


def readable(seconds: float) -> int:
    """Return the next figure, rounded up, that people would put into a promise; whole weeks beyond four.

    >>> readable(0), readable(61), readable(5000), readable(30 * 86_400)
    (60, 120, 5400, 3024000)
    """
    if not math.isfinite(seconds):
        raise ValueError(f"seconds must be a finite number, got {seconds}")
    for figure in READABLE:
        if seconds <= figure:
            return int(figure)
    return math.ceil(seconds / (7 * DAY)) * 7 * DAY


Promises = Mapping[tuple[str, str], int]


def promised(promises: Promises, partition: str, size_class: str) -> int | None:
    """Return the promise for a job, in seconds: the closest wins, first by partition, then by size; None without any.

    promises: (partition, size class) to seconds, "" meaning any.

    >>> promised({("", ""): 9, ("gpu", ""): 5, ("", "one"): 3}, "gpu", "one")
    5
    """
    for key in ((partition, size_class), (partition, ""), ("", size_class), ("", "")):
        if key in promises:
            return promises[key]
    return None


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins in a zone."""
    return datetime.combine(day, time(), zone)


def full_weeks(first: datetime, last: datetime, zone: ZoneInfo, most: int) -> list[date]:
    """Return the Mondays of the last `most` whole weeks that lie between two instants, oldest first.

    >>> from datetime import UTC
    >>> full_weeks(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 20, tzinfo=UTC), ZoneInfo("UTC"), 8)
    [datetime.date(2026, 1, 5), datetime.date(2026, 1, 12)]
    """
    start, end = first.astimezone(zone), last.astimezone(zone)
    monday = week_of(start.date())
    if midnight(monday, zone) < start:
        monday += timedelta(days=7)
    weeks = max(0, (week_of(end.date()) - monday).days // 7)
    return [monday + timedelta(days=7 * n) for n in range(max(0, weeks - most), weeks)]
