"""Alerts from which incidents are declared or reported: which one is named, and what an incident takes from it."""

from collections.abc import Collection

from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.ledger.refs import Ref
from hortus.processes.incidents.actions import LONGEST_TITLE
from hortus.processes.incidents.models import LIVE, Incident, Link
from hortus.processes.incidents.rules import State
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.standing import Place, Standing
from hortus.values.carriable import carriable

NAMELESS = "An alert without a name stands"


def named(team: Team, words: str) -> Standing | None:
    """Return the alert of a team that words name as kind:id, as in addresses; None for none, or one that is not there.

    An id alone names an alert that stands.
    """
    kind, mark, key = words.strip().partition(":")
    if mark:
        return standing.find(team, kind, key) if key else None
    alone = standing.find(team, "", kind) if kind else None
    return None if alone is None or alone.is_over else alone


def name(alert: Standing) -> str:
    """Return how an address or a form names an alert: kind:id."""
    return f"{alert.ref.kind}:{alert.ref.id}"


def sentence(alert: Standing) -> str:
    """Return an alert's own words as the sentence of an incident, without what no page can show."""
    return " ".join(carriable(alert.title).split())[:LONGEST_TITLE].strip() or NAMELESS


def services(team: Team, alert: Standing) -> list[Service]:
    """Return the service that an alert is about, as far as the team offers it."""
    return list(Service.objects.filter(team=team, slug=alert.service, retired_on=None)) if alert.service else []


def places(team: Team, person: Person, refs: Collection[Ref]) -> dict[tuple[str, str], list[Place]]:
    """Return the incidents that a person may read and alerts are linked to, by (kind, id): dismissed ones left out.

    One that went into another is told as that one.
    """
    mine = Incident.objects.visible_to(person).filter(team=team).exclude(state=State.DISMISSED)
    rows = Link.objects.filter(
        team=team, incident__in=mine, object_kind__in={ref.kind for ref in refs}, object_id__in={ref.id for ref in refs}
    ).select_related("incident__merged_into")  # fmt: skip
    found: dict[tuple[str, str], dict[int, Place]] = {}
    for row in rows.order_by("pk"):
        into = row.incident.merged_into or row.incident
        path = reverse("incidents:room", args=[team.slug, into.number])
        told = found.setdefault((row.object_kind, row.object_id), {})
        told[into.number] = Place(f"#{into.number}", path, into.state in LIVE)
    return {key: list(told.values()) for key, told in found.items()}
