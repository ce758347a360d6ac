"""Django's description of the catalogue app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("catalogue:service", args=[team.slug, id])


class CatalogueConfig(AppConfig):
    """The catalogue of services."""

    name = "hortus.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Tell the ledger and the search about services."""
        from hortus.access.policy import Kind
        from hortus.catalogue import findable
        from hortus.ledger import refs, search

        refs.register("service", "service", _url)
        search.register("service", Kind.SERVICE, findable.documents)
