"""Django's description of probes."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hortus.access.models import Person, Team
    from hortus.catalogue.models import Service
    from hortus.values.evidence import Link


def _url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("probes:probe", args=[team.slug, id])


def _of_service(service: "Service", person: "Person") -> "Sequence[Link]":
    from hortus.telemetry.probes.models import Probe
    from hortus.values.evidence import Link

    mine = Probe.objects.visible_to(person).filter(team=service.team, service=service.slug)
    return [Link(probe.name, _url(service.team, probe.slug)) for probe in mine]


class ProbesConfig(AppConfig):
    """Probes that the worker runs on a schedule."""

    name = "hortus.telemetry.probes"
    label = "probes"

    def ready(self) -> None:
        """Tell ledger, search, catalogue and judges about probes; their id in the ledger is their slug."""
        from hortus.access.policy import Kind
        from hortus.catalogue import parts
        from hortus.ledger import refs, search
        from hortus.telemetry.probes import findable, judging

        parts.register("Probes", _of_service)
        refs.register("probe", "probe", _url)
        judging.register_all()
        search.register("probe", Kind.PROBE, findable.documents)
