"""Django's description of the clusters practice."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hortus.access.models import Person, Team
    from hortus.catalogue.models import Service
    from hortus.values.evidence import Link


def _cluster(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("clusters:cluster", args=[team.slug, id])


def _of_service(service: "Service", person: "Person") -> "Sequence[Link]":
    from hortus.telemetry.models import Cluster
    from hortus.values.evidence import Link

    mine = Cluster.objects.visible_to(person).filter(team=service.team, service=service.slug)
    return [Link(c.name, reverse("clusters:cluster", args=[service.team.slug, c.name])) for c in mine]


class ClustersConfig(AppConfig):
    """Clusters, as users feel them."""

    name = "hortus.products.clusters"
    label = "clusters"

    def ready(self) -> None:
        """Tell the ledger and the search about clusters, whose id in the ledger is their name; offer their judges."""
        from hortus.access.policy import Kind
        from hortus.catalogue import parts
        from hortus.ledger import refs, search
        from hortus.products.clusters.judges import JUDGES
        from hortus.telemetry import findable
        from hortus.telemetry.counts import judges

        parts.register("Clusters", _of_service)
        refs.register("cluster", "cluster", _cluster)
        search.register("cluster", Kind.CLUSTER, findable.documents)
        for judge in JUDGES:
            judges.register(judge)
