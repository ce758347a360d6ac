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
from hortus.processes.incidents import actions
from hortus.processes.incidents.forms import LONGEST_TITLE, DeclareForm
from hortus.processes.incidents.models import Incident
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.standing import Standing
from hortus.values.refused import Refused
from hortus.web.tables import page_number


def alert_named(request: TeamRequest, words: str) -> Standing | None:
    """Return the alert that an address or a form names as kind:id, None for none or one that is not there."""
    kind, _, key = words.partition(":")
    return standing.find(request.team, kind, key) if key else None


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
    named = f"{alert.ref.kind}:{alert.ref.id}"
    return {"sentence": alert.title[:LONGEST_TITLE], "service": alert.service, "alert": named}


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.INCIDENT, Action.CREATE)
def declare(request: TeamRequest) -> HttpResponse:
    """Declare an incident; `?alert=kind:id` fills in the words of an alert, `?again=12` those of one that came back."""
    alert = alert_named(request, request.POST.get("alert", "") or request.GET.get("alert", ""))
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
    context = {
        "form": form, "alert": alert, "before": before, "cancel": back,
        "crumbs": [("Incidents", back), ("Declare", "")],
        "standing": standing.standing(request.team) if alert is None and before is None else [],
    }  # fmt: skip
    return render(request, "incidents/declare.html", context)
