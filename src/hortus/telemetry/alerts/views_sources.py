"""Pages of sources of alerts: the list, one with its address and tokens, and their forms."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.links import absolute
from hortus.access.policy import Action, Kind
from hortus.telemetry.alerts import actions, reads
from hortus.telemetry.alerts.forms import SourceForm, initial_of
from hortus.telemetry.alerts.models import AlertSource
from hortus.telemetry.alerts.rules.pasting import pasted
from hortus.telemetry.alerts.rules.reading import Sort
from hortus.values.refused import Refused
from hortus.web.form_pages import Place, answered, form_page
from hortus.web.forms import refuse
from hortus.web.words import counted

NOTICES_SHOWN = 20


def crumbs(request: TeamRequest, *more: Place) -> list[Place]:
    """Return the way from the alerts to a page."""
    slug = request.team.slug
    return [
        ("Alerts", reverse("alerts:alerts", args=[slug])),
        ("Sources", reverse("alerts:sources", args=[slug])),
        *more,
    ]


def _place(source: AlertSource) -> Place:
    return source.name, reverse("alerts:source", args=[source.team.slug, source.slug])


@require_safe
@team_page(Kind.ALERT_SOURCE)
def sources(request: TeamRequest) -> HttpResponse:
    """List what may send alerts."""
    found = list(reads.sources(request.standing))
    active = [source for source in found if source.retired_at is None]
    words = counted(len(active), "program may send alerts", "programs may send alerts")
    way = [*crumbs(request)[:1], ("Sources", "")]
    context = {
        "active": active, "retired": [source for source in found if source.retired_at is not None],
        "heading": words if active else "No program sends alerts here yet",
        "may_add": request.standing.may(Action.CREATE, Kind.ALERT_SOURCE), "crumbs": way,
    }  # fmt: skip
    return render(request, "alerts/sources.html", context)


@require_safe
@team_page(Kind.ALERT_SOURCE)
def source(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one source: its address, its tokens, what it sent last."""
    return _shown(request, reads.source(request.standing, slug))


def _shown(request: TeamRequest, found: AlertSource, token: str = "") -> HttpResponse:
    """Show a source. token: the text of one just made, which is shown this once."""
    address = absolute(request, reverse("alerts-in:intake", args=[found.pk]))
    notices = reads.notices(request.standing).filter(source=found)[:NOTICES_SHOWN]
    may = request.standing.may(Action.UPDATE, Kind.ALERT_SOURCE) and found.retired_at is None
    context: dict[str, Any] = {
        "source": found, "address": address, "token": re.findall(".{1,8}", token),  # may break on a phone
        "tokens": found.tokens.filter(revoked_at=None),
        "notices": notices if request.standing.may(Action.READ, Kind.ALERT_NOTICE) else [],
        "may_change": may, "may_retire": may and request.standing.may(Action.DELETE, Kind.ALERT_SOURCE),
        "may_make": may and found.tokens.filter(revoked_at=None).count() < actions.MOST_VALID,
        "pasted": pasted(Sort(found.sort), address, token) if may else None,
        "crumbs": crumbs(request, (found.name, "")),
    }  # fmt: skip
    return render(request, "alerts/source.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ALERT_SOURCE, Action.CREATE)
def add(request: TeamRequest) -> HttpResponse:
    """Add a source; its page then shows its token, once."""
    form = SourceForm(request.team, request.POST or None)
    if form.is_valid():
        try:
            made, token = actions.add_source(request.team, form.details(), by=request.person, door="web")
        except Refused as refused:
            refuse(form, refused)
        else:
            return _shown(request, made, token)
    said = "It gets an address and a token of its own. The token opens nothing but that address."
    return form_page(request, form, "Add a source of alerts", crumbs(request), said=said, label="Add the source")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ALERT_SOURCE, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change how the alerts of a source are read from now on."""
    found = reads.source(request.standing, slug)
    form = SourceForm(request.team, request.POST or None, initial=initial_of(found))
    if answered(form, lambda: actions.change_source(found, form.details(), by=request.person, door="web")):
        return redirect(_place(found)[1])
    return form_page(request, form, f"Change {found.name}", crumbs(request, _place(found)))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ALERT_SOURCE, Action.DELETE)
def retire(request: TeamRequest, slug: str) -> HttpResponse:
    """Take nothing more from a source."""
    found = reads.source(request.standing, slug)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if answered(form, lambda: actions.retire_source(found, by=request.person, door="web")):
        return redirect("alerts:sources", request.team.slug)
    said = "Its tokens open nothing from then on. What it sent stays."
    way = crumbs(request, _place(found))
    return form_page(request, form, f"Retire {found.name}", way, said=said, label="Retire the source", danger=True)


@require_POST
@team_page(Kind.ALERT_SOURCE, Action.UPDATE)
def make_token(request: TeamRequest, slug: str) -> HttpResponse:
    """Make a second token, shown once, to take the place of the first."""
    found = reads.source(request.standing, slug)
    try:
        _, text = actions.make_token(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect(_place(found)[1])
    return _shown(request, found, text)


@require_POST
@team_page(Kind.ALERT_SOURCE, Action.UPDATE)
def revoke_token(request: TeamRequest, slug: str, token: int) -> HttpResponse:
    """Make a token worthless."""
    found = reads.source(request.standing, slug)
    actions.revoke_token(reads.token(found, token), by=request.person, door="web")
    messages.success(request, "The token opens nothing any more.")
    return redirect(_place(found)[1])
