"""Django's description of the clusters practice."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _cluster(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("clusters:cluster", args=[team.slug, id])


class ClustersConfig(AppConfig):
    """Clusters, as users feel them."""

    name = "hortus.products.clusters"
    label = "clusters"

    def ready(self) -> None:
        """Tell the ledger about clusters; their id in the ledger is their name."""
        from hortus.ledger import refs

        refs.register("cluster", "cluster", _cluster)
