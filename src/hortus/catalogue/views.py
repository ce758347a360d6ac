"""Pages of the catalogue: the list of services, one service, and the forms that change it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import actions, parts
from hortus.catalogue.forms import RetireForm, ServiceForm
from hortus.catalogue.models import Service
from hortus.ledger.models import Event
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted

EVENTS = 20


def _service(request: TeamRequest, slug: str) -> Service:
    found = Service.objects.visible_to(request.person).filter(team=request.team)
    service: Service = get_object_or_404(found.select_related("owner", "deputy", "team"), slug=slug)
    return service


def _heading(services: list[Service]) -> str:
    open_ones = [s for s in services if s.retired_on is None]
    if not services:
        return "No service is in the catalogue yet"
    unowned = sum(s.owner is None for s in open_ones)
    offered = counted(len(open_ones), "service is offered", "services are offered")
    if not unowned:
        return f"{offered}, each with an owner" if len(open_ones) > 1 else offered
    return f"{offered}, {counted(unowned, 'has', 'have')} no owner"


@require_safe
@team_page(Kind.SERVICE)
def services(request: TeamRequest) -> HttpResponse:
    """Show what the team offers."""
    found = list(Service.objects.visible_to(request.person).filter(team=request.team).select_related("owner", "deputy"))
    context = {
        "heading": _heading(found),
        "services": [s for s in found if s.retired_on is None],
        "retired": [s for s in found if s.retired_on],
        "may_add": request.standing.may(Action.CREATE, Kind.SERVICE),
    }
    return render(request, "catalogue/services.html", context)


@require_safe
@team_page(Kind.SERVICE)
def service(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one service: who tends it, what it is made of, what happened to it."""
    found = _service(request, slug)
    events = Event.objects.visible_to(request.person).filter(team=request.team, service=found.slug)
    standing = request.standing
    context = {
        "service": found,
        "parts": parts.of(found, request.person),
        "events": events.select_related("actor")[:EVENTS],
        "may_read_events": standing.may(Action.READ, Kind.EVENT),
        "may_change": standing.may(Action.UPDATE, Kind.SERVICE),
        "may_retire": standing.may(Action.DELETE, Kind.SERVICE),
        "crumbs": [("Services", reverse("catalogue:services", args=[request.team.slug])), (found.name, "")],
    }
    return render(request, "catalogue/service.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.SERVICE, Action.CREATE)
def add(request: TeamRequest) -> HttpResponse:
    """Add a service."""
    form = ServiceForm(request.team, request.POST or None)
    if form.is_valid():
        try:
            made = actions.add(request.team, form.details(), by=request.person, door="web")
            return redirect("catalogue:service", request.team.slug, made.slug)
        except Refused as refused:
            refuse(form, refused)
    back = reverse("catalogue:services", args=[request.team.slug])
    context = {
        "form": form, "heading": "Add a service", "label": "Add the service", "cancel": back,
        "crumbs": [("Services", back), ("Add", "")],
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.SERVICE, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change what is said about a service."""
    found = _service(request, slug)
    form = ServiceForm(request.team, request.POST or None, instance=found)
    if form.is_valid():
        try:
            actions.change(found, form.details(), by=request.person, door="web")
            return redirect("catalogue:service", request.team.slug, found.slug)
        except Refused as refused:
            refuse(form, refused)
    back = reverse("catalogue:service", args=[request.team.slug, slug])
    crumbs = [("Services", reverse("catalogue:services", args=[request.team.slug])), (found.name, back), ("Change", "")]
    context = {
        "form": form, "heading": f"Change {found.name}", "label": "Save", "cancel": back, "crumbs": crumbs
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.SERVICE, Action.DELETE)
def retire(request: TeamRequest, slug: str) -> HttpResponse:
    """Mark a service as no longer offered."""
    found = _service(request, slug)
    form = RetireForm(request.POST or None)
    if form.is_valid():
        try:
            actions.retire(found, form.cleaned_data["on"], by=request.person, door="web")
            return redirect("catalogue:service", request.team.slug, found.slug)
        except Refused as refused:
            refuse(form, refused)
    back = reverse("catalogue:service", args=[request.team.slug, slug])
    crumbs = [("Services", reverse("catalogue:services", args=[request.team.slug])), (found.name, back), ("Retire", "")]
    context = {
        "form": form, "heading": f"Retire {found.name}", "label": "Retire the service", "cancel": back,
        "danger": True, "crumbs": crumbs,
        "said": "It leaves the list of what is offered. Its page and all that happened to it stay.",
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_POST
@team_page(Kind.SERVICE, Action.DELETE)
def reopen(request: TeamRequest, slug: str) -> HttpResponse:
    """Offer a retired service again."""
    found = _service(request, slug)
    try:
        actions.reopen(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("catalogue:service", request.team.slug, found.slug)
