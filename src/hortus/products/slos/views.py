"""Pages of objectives: the list by service, worst first, and one objective with its worked sum. Thin over the reads."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.products.slos.alertmanager_told import sentence
from hortus.products.slos.models import Objective
from hortus.products.slos.queries import standings
from hortus.products.slos.standing import Standing
from hortus.products.slos.wording import heading


@dataclass(frozen=True, slots=True)
class Row:
    """One objective of the list, and how it stands."""

    objective: Objective
    standing: Standing


@dataclass(frozen=True, slots=True)
class Group:
    """The objectives of one service, the worst first; no service: of several, or of none."""

    service: Service | None
    rows: Sequence[Row]


def _grouped(services: Sequence[Service], rows: Sequence[Row]) -> list[Group]:
    """Return the rows by service, the group with the worst objective first; what has no service is one group."""
    known = {service.slug: service for service in services}
    found: dict[Service | None, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.standing.state.rank, row.objective.name)):
        found.setdefault(known.get(row.objective.service), []).append(row)
    return [Group(service, held) for service, held in found.items()]  # in the order of their worst row


@require_safe
@team_page(Kind.OBJECTIVE)
def objectives(request: TeamRequest) -> HttpResponse:
    """List the objectives by service with what is left of their budgets, and the services that promise nothing."""
    now = timezone.now()
    kept = list(Objective.objects.visible_to(request.person).filter(team=request.team).kept().whole())
    services = list(Service.objects.visible_to(request.person).filter(team=request.team, retired_on=None))
    rows = [Row(objective, found) for objective, found in standings(request.team, now, kept).items()]
    promised = {sli.service for objective in kept for sli in objective.slis}
    context = {
        "heading": heading(Counter(row.standing.state for row in rows)), "groups": _grouped(services, rows),
        "unpromised": [service for service in services if service.slug not in promised], "at": now,
        "untold": sentence(request.team) if request.standing.may(Action.READ, Kind.ALERT) else "",
        "may_create": request.standing.may(Action.CREATE, Kind.OBJECTIVE),
    }  # fmt: skip
    return render(request, "slos/objectives.html", context)
