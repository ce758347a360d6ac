"""Pages of planned work: announce it, change it, cancel it. It is shown on the status page."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import notice, planned_work, publication
from hortus.catalogue.models import PlannedWork
from hortus.catalogue.planned_forms import PlanForm
from hortus.catalogue.views_status import crumbs
from hortus.values.refused import Refused
from hortus.web.forms import refuse


def _work(request: TeamRequest, work: object) -> PlannedWork:
    mine = PlannedWork.objects.visible_to(request.person).filter(team=request.team)
    found: PlannedWork = get_object_or_404(mine.select_related("team"), pk=work)
    return found


def _late(request: TeamRequest, form: PlanForm, work: PlannedWork | None = None) -> list[notice.Late]:
    """Return what of a valid form would be announced too late; raises Refused for what cannot be announced at all."""
    now = timezone.now()
    return notice.of_plan(planned_work.checked(request.team, form.plan(), now), now, work)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def announce(request: TeamRequest) -> HttpResponse:
    """Announce planned work."""
    form = PlanForm(request.team, publication.of(request.team), request.POST or None)
    if form.is_valid():
        try:
            if form.accepts(_late(request, form)):
                planned_work.announce(request.team, form.plan(), by=request.person, door="web")
                return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": "Announce planned work", "label": "Announce it",
        "cancel": publication.url(request.team), "crumbs": crumbs(request, ("Announce planned work", "")),
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def change(request: TeamRequest, work: object) -> HttpResponse:
    """Change planned work; calendars that hold it follow."""
    found = _work(request, work)
    names = ("title", "begins_at", "ends_at", "can", "cannot", "instead")
    first = {name: getattr(found, name) for name in names} | {"functions": list(found.functions.all())}
    form = PlanForm(request.team, publication.of(request.team), request.POST or None, initial=first)
    if form.is_valid():
        try:
            if form.accepts(_late(request, form, found)):
                planned_work.change(found, form.plan(), by=request.person, door="web")
                return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": f"Change {found.title}", "label": "Save", "cancel": publication.url(request.team),
        "crumbs": crumbs(request, (f"Change {found.title}", "")),
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def cancel(request: TeamRequest, work: object) -> HttpResponse:
    """Cancel planned work, once a form says what follows."""
    found = _work(request, work)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            planned_work.cancel(found, by=request.person, door="web")
            return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": f"Cancel {found.title}", "label": "Cancel the work", "danger": True,
        "cancel": publication.url(request.team), "crumbs": crumbs(request, (f"Cancel {found.title}", "")),
        "said": "The page says that it was cancelled, and so do the calendars that hold it.",
    }  # fmt: skip
    return render(request, "web/form.html", context)
