"""How long minutes and hours of a series are kept, and which row holds an hour then. Plain arithmetic, no tables.

The tiers hang on the newest hour of the series itself, not on the clock: a clock that jumps takes nothing away, and a
series that nobody feeds any more keeps its last minutes. Thinning takes no hour for the newest that lies more than a
day ahead of the clock, and gives minutes back to empty days that such an hour took them from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Kept:
    """Days of minutes, and days of hours, before the newest hour of a series; whole days are kept for good."""

    minutes_days: int
    hours_days: int

    def __post_init__(self) -> None:
        if not 0 < self.minutes_days <= self.hours_days:
            raise ValueError(
                f"minutes must be kept for 1 day or more, and hours as long at least; got {self.minutes_days} days of "
                f"minutes and {self.hours_days} days of hours."
            )


def boundaries(last_hour: Ints, kept: Kept) -> tuple[Ints, Ints]:
    """Return the hours before which there are no minutes, and before which a row stands for a day; both at midnight.

    >>> boundaries(np.array([2400]), Kept(1, 2))
    (array([2376]), array([2352]))
    """
    day = last_hour // DAY_HOURS
    return (day - kept.minutes_days) * DAY_HOURS, (day - kept.hours_days) * DAY_HOURS


def row_hour(hour: Ints, daily_until: Ints) -> Ints:
    """Return the hour of the row that holds each hour.

    >>> row_hour(np.array([30, 50]), np.array([48, 48]))
    array([24, 50])
    """
    return np.where(hour < daily_until, hour // DAY_HOURS * DAY_HOURS, hour)


def cell_start(minute: Ints, coarse_until: Ints, daily_until: Ints) -> Ints:
    """Return the minute in which the counts of each minute stand: its own, or the first of its hour or day."""
    hour = minute // 60
    return np.where(hour < coarse_until, row_hour(hour, daily_until) * 60, minute)


def row_hours(since: int, until: int, daily_until: int) -> Ints:
    """Return the hours of all rows from that of `since` up to but not including `until`.

    >>> row_hours(30, 50, 48)
    array([24, 48, 49])
    """
    if since >= until:
        return np.zeros(0, np.int64)
    days = np.arange(since // DAY_HOURS * DAY_HOURS, min(until, daily_until), DAY_HOURS)
    hours = np.arange(max(since, daily_until), until)
    return np.concatenate([days, hours]).astype(np.int64)
