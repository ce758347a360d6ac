"""Django's description of the ledger app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _team(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("access:team", args=[team.slug])


def _closed_days(team: "Team", id: str) -> str:  # noqa: A002
    return reverse("access:closed-days", args=[team.slug])


class LedgerConfig(AppConfig):
    """The ledger: events and the queue."""

    name = "hortus.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Register teams, members and closed days, which lie a floor below and cannot do it themselves."""
        from hortus.access import security
        from hortus.ledger import membership, refs

        refs.register("team", "team", _team)
        refs.register("member", "member", _team)
        refs.register("closed-days", "closed days", _closed_days)
        security.listen(membership.tell)
