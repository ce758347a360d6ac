"""The clusters practice's part of the sample garden: promises, derived from the invented history as from a real one."""

from collections.abc import Sequence
from typing import Protocol

from hortus.access.models import Person, Team
from hortus.products.clusters.actions import derive
from hortus.telemetry.models import Cluster


class World(Protocol):
    """What this part needs of the sample's world: its persons, lead first."""

    @property
    def persons(self) -> Sequence[Person]: ...


def plant(team: Team, world: World) -> None:
    """Derive promises for every cluster of the sample team."""
    for cluster in Cluster.objects.filter(team=team):
        derive(cluster, by=world.persons[0], door="sample")
