"""The catalogue's part of the sample garden: six services of a university that does not exist."""

from collections.abc import Sequence
from typing import Protocol

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.catalogue.actions import Details, add


class World(Protocol):
    """What this part needs of the sample's world: its persons, lead first."""

    @property
    def persons(self) -> Sequence[Person]: ...


# slug, name, sort, sentence, owner and deputy as places in the list of persons (None: nobody yet).
SERVICES: tuple[tuple[str, str, str, str, int | None, int | None], ...] = (
    ("alder", "Alder cluster", "cluster", "Run batch jobs on shared CPU and GPU nodes.", 1, 2),
    ("peat", "Peat storage", "storage", "Keep project data safe, shared and close to the cluster.", 3, 4),
    ("glasshouse", "Glasshouse notebooks", "interactive", "Open a notebook or a desktop in the browser.", 5, None),
    ("hedgerow", "Hedgerow transfer", "data", "Move large data to and from partners elsewhere.", 4, 3),
    ("toolshed", "Toolshed software", "software", "Load tested research software by name and version.", 6, 7),
    ("potting-bench", "The potting bench", "support", "Bring a question and work it out with one of us.", 8, 9),
)


@transaction.atomic
def plant(team: Team, world: World) -> None:
    """Add the six services to a sample team; the world needs ten persons who are members of it."""
    for slug, name, sort, sentence, owner, deputy in SERVICES:
        people = [world.persons[place] if place is not None else None for place in (owner, deputy)]
        add(team, Details(name, sort, sentence, *people), by=world.persons[0], door="sample", slug=slug)
