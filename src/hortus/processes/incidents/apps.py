"""Django's description of the incidents app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("incidents:room", args=[team.slug, int(id)])


class IncidentsConfig(AppConfig):
    """Incidents: declared, told about at the promised times, resolved."""

    name = "hortus.processes.incidents"
    label = "incidents"

    def ready(self) -> None:
        """Tell the ledger, the search, the outbox and its auditor about incidents, and listen to alerts."""
        from hortus.access.policy import Kind
        from hortus.ledger import refs, search
        from hortus.processes.incidents import (
            findable,
            from_alert,
            listening,
            proposals_audit,
            telling,
            timeline,
            watching,
        )
        from hortus.telemetry.alerts import standing

        refs.register(
            "incident", "incident", _url, timeline.told, page=("incidents:room", "number"), find=findable.find
        )
        search.register("incident", Kind.INCIDENT, findable.documents)
        telling.register_topics()
        standing.listen(listening.changed)
        standing.register_places("incidents", from_alert.places)
        watching.watch()
        proposals_audit.watch()
