"""What closed days are before they are kept: a first and a last day and a name, put into shape or refused."""

from dataclasses import dataclass
from datetime import date

from hortus.access import wording
from hortus.values.refused import Refused
from hortus.web.words import span

LONGEST_NAME = 120
LONGEST_DAYS = 366
EARLIEST, LATEST = 2000, 2200  # years


@dataclass(frozen=True, slots=True)
class Span:
    """A day on which a team is closed, or several in a row; the last day is one of them."""

    first_on: date
    last_on: date
    name: str

    def __str__(self) -> str:
        return f"{self.name}, {span(self.first_on, self.last_on)}"

    @property
    def days(self) -> int:
        """Return how many days it has, weekends among them."""
        return (self.last_on - self.first_on).days + 1


def checked(first_on: date, last_on: date | None, name: str) -> Span:
    """Return closed days as they are kept. last_on: the first day once more when left out.

    Raises Refused when the last day comes before the first, it is more than a year, or the name is not one line.

    >>> str(checked(date(2026, 12, 24), date(2027, 1, 1), " Winter closure "))
    'Winter closure, 24 Dec 2026 to 1 Jan 2027'
    """
    last = last_on or first_on
    for field, day in (("first_on", first_on), ("last_on", last)):
        if not EARLIEST <= day.year < LATEST:
            raise Refused("bad-day", f"{day} is not of the years {EARLIEST} to {LATEST - 1}; look at the year.", field)
    if last < first_on:
        raise Refused("bad-span", f"The last day, {last}, comes before the first, {first_on}; change one.", "last_on")
    found = Span(first_on, last, wording.line(name, "name", longest=LONGEST_NAME))
    if found.days > LONGEST_DAYS:
        raise Refused(
            "too-long", f"{first_on} to {last} are {found.days} days; at most {LONGEST_DAYS} are allowed.", "last_on"
        )
    return found
