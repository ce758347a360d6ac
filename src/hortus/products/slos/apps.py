"""Django's description of service level objectives."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hortus.access.models import Person, Team
    from hortus.catalogue.models import Service
    from hortus.values.evidence import Link


def _objective(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("slos:objective", args=[team.slug, id])


def _sli(team: "Team", id: str) -> str:  # noqa: A002
    return reverse("slos:sli", args=[team.slug, id])


def _exclusion(team: "Team", id: str) -> str:  # noqa: A002
    return f"{reverse('slos:exclusions', args=[team.slug])}#{id}"


def _alert(team: "Team", id: str) -> str:  # noqa: A002
    return f"{reverse('slos:alerts', args=[team.slug])}#{id}"


def _alertmanager(team: "Team", id: str) -> str:  # noqa: A002
    return reverse("slos:alerts", args=[team.slug])


def _of_service(service: "Service", person: "Person") -> "Sequence[Link]":
    from hortus.ledger import refs
    from hortus.products.slos.models import Objective
    from hortus.values.evidence import Link

    mine = Objective.objects.visible_to(person).kept().whole().filter(team=service.team)
    found = [one for one in mine if service.slug in {sli.service for sli in one.slis}]
    return [Link(one.name, refs.link(service.team, "objective", one.slug)) for one in found]


class SlosConfig(AppConfig):
    """Service level objectives."""

    name = "hortus.products.slos"
    label = "slos"

    def ready(self) -> None:
        """Tell the ledger, the search, the catalogue, the status page and the judges about objectives."""
        from hortus.access.policy import Kind
        from hortus.catalogue import parts
        from hortus.catalogue import proposals as catalogue_proposals
        from hortus.ledger import refs, search
        from hortus.ledger.outbox import topics
        from hortus.products.slos import alertmanager_told, changes, findable, proposals, slis, telling
        from hortus.telemetry.alerts import standing
        from hortus.telemetry.counts import judges

        refs.register("objective", "objective", _objective, changes.told)
        refs.register("sli", "SLI", _sli)
        refs.register("exclusion", "exclusion", _exclusion)
        refs.register("alert", "alert", _alert)
        refs.register("alertmanager", "server", _alertmanager, alertmanager_told.told)
        search.register("objective", Kind.OBJECTIVE, findable.documents)
        parts.register("Objectives", _of_service)
        judges.on_change(slis.rejudge)
        topics.register(telling.TOPIC)
        standing.register("objectives", telling.stand, telling.found)
        catalogue_proposals.register("objectives", proposals.propose, proposals.confirmed_until)
