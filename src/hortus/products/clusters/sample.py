"""The clusters practice's part of the sample garden: promises, derived from the invented history as from a real one."""

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.products.clusters.actions import derive
from hortus.telemetry.models import Cluster


def plant(team: Team, world: World) -> None:
    """Derive promises for every cluster of the sample team."""
    for cluster in Cluster.objects.filter(team=team):
        derive(cluster, by=world.persons[0], door="sample")
