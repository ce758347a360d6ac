"""Arithmetic of follow-ups: how one can stand, when its owner is reminded, how late it is in words. No Django."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

MORNING = time(8)  # nobody is reminded in the night
BETWEEN_REMINDERS = timedelta(days=7)
LONG_OPEN = timedelta(days=30)


class State(StrEnum):
    """How a follow-up stands. Dropped: the team decided not to do it, and said why."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def word(self) -> str:
        """Return the word that pages show."""
        return "not doing" if self is State.DROPPED else self.value


def reminder(due_on: date, local: datetime) -> int | None:
    """Return which reminder stands at a time: 0 on the due day, then 1, 2 and so on for each whole week; None before.

    local: aware or not, in the team's zone; a day begins at 08:00 here. Derived from the day alone, so that after a
    time without any worker one reminder comes and not all that were missed.

    >>> reminder(date(2026, 3, 2), datetime(2026, 3, 2, 7, 59)), reminder(date(2026, 3, 2), datetime(2026, 3, 2, 8))
    (None, 0)
    >>> reminder(date(2026, 3, 2), datetime(2026, 3, 17, 12))
    2
    """
    day = local.date() if local.time() >= MORNING else local.date() - timedelta(days=1)
    return (day - due_on) // BETWEEN_REMINDERS if day >= due_on else None


def useful_until(due_on: date, which: int) -> date:
    """Return the day on which the next reminder takes this one's place.

    >>> useful_until(date(2026, 3, 2), 0)
    datetime.date(2026, 3, 9)
    """
    return due_on + (which + 1) * BETWEEN_REMINDERS


def lateness(due_on: date, today: date) -> str:
    """Return in words how far off or how late the due day is.

    >>> lateness(date(2026, 3, 2), date(2026, 3, 5)), lateness(date(2026, 3, 2), date(2026, 3, 2))
    ('3 days late', 'due today')
    >>> lateness(date(2026, 3, 3), date(2026, 3, 2)), lateness(date(2026, 4, 30), date(2026, 3, 2))
    ('due tomorrow', 'due in 59 days')
    """
    late = (today - due_on).days
    if late > 0:
        return f"{late} {'day' if late == 1 else 'days'} late"
    return {0: "due today", -1: "due tomorrow"}.get(late, f"due in {-late} days")
