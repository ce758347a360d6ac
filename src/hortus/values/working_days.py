"""Working days: Monday to Friday, without those on which a team is closed. Pure; reads no clock and no database."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice

SATURDAY = 5
LOOK_AHEAD_DAYS = 60  # a team that is closed for longer than this must still keep its word
MOST_DAYS = 20
MOST_NAMES = 3

Closed = Mapping[date, str]
"""Days on which a team is closed, each with the name of why; days at a weekend may be among them."""


def is_working(day: date, closed: Closed) -> bool:
    """Say whether a day is Monday to Friday and not closed.

    >>> is_working(date(2026, 12, 24), {}), is_working(date(2026, 12, 24), {date(2026, 12, 24): "Winter closure"})
    (True, False)
    """
    return day.weekday() < SATURDAY and day not in closed


def working_day(first: date, closed: Closed, which: int = 1) -> date:
    """Return a working day from `first` on: the first that there is, or the second, and so on.

    which: 1 to 20. closed: known for `LOOK_AHEAD_DAYS` days from first on. Where so many days hold fewer working days
    than are asked for, closed days do not count at all: a promise for some day next year is none. Raises ValueError for
    another `which`.

    >>> working_day(date(2026, 12, 24), {date(2026, 12, 24): "Winter closure"}, 2)
    datetime.date(2026, 12, 28)
    """
    if not 1 <= which <= MOST_DAYS:
        raise ValueError(f"which must be 1 to {MOST_DAYS}, got {which}")
    found = next(islice(_working(first, closed), which - 1, None), None)
    return found if found is not None else next(islice(_working(first, {}), which - 1, None))


def _working(first: date, closed: Closed) -> Iterator[date]:
    days = (first + timedelta(days=number) for number in range(LOOK_AHEAD_DAYS))
    return (day for day in days if is_working(day, closed))


def why_later(first: date, closed: Closed) -> str:
    """Return in words why the next working day from `first` on is not simply the next of Monday to Friday, "" if it is.

    >>> why_later(date(2026, 12, 24), {date(2026, 12, 24): "Winter closure"})
    'the working day before is closed (Winter closure)'
    >>> why_later(date(2026, 12, 24), {})
    ''
    """
    usual, found = working_day(first, {}), working_day(first, closed)
    if usual not in closed:
        return ""
    if found == usual:
        return f"all working days of the next {LOOK_AHEAD_DAYS} are closed, so closed days do not count"
    skipped = [day for day in _working(first, {}) if day < found]
    before = "the working day before is" if len(skipped) == 1 else "the working days before are"
    return f"{before} closed ({_names(closed[day] for day in skipped)})"


def _names(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = len(found) - MOST_NAMES
    return ", ".join([*found[:MOST_NAMES], *([f"and {more} more"] if more > 0 else [])])
