"""The page that declares an incident: one sentence, by keyboard alone, in twenty seconds."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, from_alert
from hortus.processes.incidents.forms import DeclareForm
from hortus.processes.incidents.models import Incident
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.standing import Standing
from hortus.values.refused import Refused
from hortus.web.tables import page_number

MOST_ALERTS = 10  # lines to begin from: who declares is in a hurry


def _before(request: TeamRequest) -> Incident | None:
    """Return the incident that came back, as `?again=<number>` says."""
    number = request.POST.get("again") or request.GET.get("again", "")
    known = Incident.objects.visible_to(request.person).filter(team=request.team)
    found: Incident | None = known.filter(number=page_number(number)).first() if number else None
    return found


def _first_words(request: TeamRequest, alert: Standing | None, before: Incident | None) -> dict[str, Any]:
    if alert is None and before is not None:
        service = before.services.order_by("name", "slug").first()
        return {"sentence": before.title, "again": before.number, "service": service.slug if service else ""}
    if alert is None:
        return {"service": request.GET.get("service", "")}
    return {"sentence": from_alert.sentence(alert), "service": alert.service, "alert": from_alert.name(alert)}


def _alerts(request: TeamRequest) -> dict[str, Any]:
    """Return the newest alerts to begin from, those of one name and service as one, and how many stand in all."""
    stand = standing.Reader(request.team)
    groups = stand.groups(MOST_ALERTS)
    known = standing.places(request.team, request.person, [group.newest.ref for group in groups])
    shown = [(group, known.get((group.newest.ref.kind, group.newest.ref.id), [])) for group in groups]
    total = stand.counts.total
    return {"groups": shown, "total": total, "is_more": total > sum(group.count for group in groups)}


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.INCIDENT, Action.CREATE)
def declare(request: TeamRequest) -> HttpResponse:
    """Declare an incident; `?alert=kind:id` fills in the words of an alert, `?again=12` those of one that came back."""
    alert = from_alert.named(request.team, request.POST.get("alert", "") or request.GET.get("alert", ""))
    before = _before(request)
    form = DeclareForm(request.team, request.POST or None, initial=_first_words(request, alert, before))
    if form.is_valid():
        given = form.cleaned_data
        services: list[Service] = [given["service"]] if given["service"] else []
        origin: Ref | None = alert.ref if alert else None
        try:
            made = actions.declare(
                request.team, given["sentence"], services=services, from_alert=origin, by=request.person, door="web",
                came_back_of=given["again"], client_key=form.key,
            )  # fmt: skip
            return redirect("incidents:room", request.team.slug, made.number)
        except Refused as refused:
            form.refuse(refused)
    back = reverse("incidents:incidents", args=[request.team.slug])
    context: dict[str, Any] = {
        "form": form, "alert": alert, "before": before, "cancel": back,
        "crumbs": [("Incidents", back), ("Declare", "")],
    }  # fmt: skip
    if alert is None and before is None:
        context |= _alerts(request)
    return render(request, "incidents/declare.html", context)
