"""What every part of the sample garden is planted into, and on which days its team is closed."""

from dataclasses import dataclass
from datetime import date, datetime

from hortus.access.models import ClosedDay, Person, Team


@dataclass(frozen=True, slots=True)
class World:
    """What every part of the sample may rely on: when it ends (aware), its seed, its persons with the lead first."""

    until: datetime
    seed: int
    persons: tuple[Person, ...]


def plant(team: Team, world: World) -> None:
    """Close the team over the turn of the year, the last and the next one. Planted before what promises anything."""
    year = world.until.astimezone(team.zoneinfo).year
    for first in (year - 1, year):
        days = {"first_on": date(first, 12, 24), "last_on": date(first + 1, 1, 1)}
        ClosedDay.objects.create(team=team, name="Winter closure", **days)
