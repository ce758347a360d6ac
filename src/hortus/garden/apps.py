"""Django's description of the garden app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _indicator(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("garden:indicator", args=[team.slug, id])


class GardenConfig(AppConfig):
    """The garden."""

    name = "hortus.garden"
    label = "garden"

    def ready(self) -> None:
        """Register the checks of the table of indicators, and tell the ledger and the search about indicators."""
        from hortus.access.policy import Kind
        from hortus.garden import checks, findable  # noqa: F401
        from hortus.ledger import refs, search

        refs.register("indicator", "indicator", _indicator)
        search.register_table("indicator", Kind.READING, findable.documents)
