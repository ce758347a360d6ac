"""Pages of destinations: the list, one with what was sent there, and the forms that add and change one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind, promise
from hortus.ledger import clock
from hortus.ledger.outbox import destinations as verbs
from hortus.ledger.outbox.choices import DESTINATION
from hortus.ledger.outbox.destination_forms import ChangeForm, DestinationForm
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.models import Delivery
from hortus.ledger.outbox.topics import topics
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted

SHOWN = 20


def _found(request: TeamRequest, slug: str) -> Destination:
    mine = Destination.objects.visible_to(request.person).filter(team=request.team).select_related("team", "by")
    found: Destination = get_object_or_404(mine, slug=slug)
    return found


def _path(destination: Destination) -> str:
    return reverse("outbox:destination", args=[destination.team.slug, destination.slug])


def _crumbs(request: TeamRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Chat rooms and webhooks", reverse("outbox:destinations", args=[request.team.slug])), *more]


@require_safe
@team_page(Kind.DESTINATION)
def destinations(request: TeamRequest) -> HttpResponse:
    """List the chat rooms and programs that get the team's messages."""
    found = list(Destination.objects.visible_to(request.person).filter(team=request.team))
    sentences = {one.slug: one.sentence for one in topics()}
    rows = [(one, [sentences.get(slug, slug) for slug in one.topics]) for one in found]
    context = {
        "rows": rows, "heading": _heading(found), "may_add": request.standing.may(Action.CREATE, Kind.DESTINATION),
    }  # fmt: skip
    return render(request, "outbox/destinations.html", context)


def _heading(found: list[Destination]) -> str:
    off = sum(not one.is_on for one in found)
    if not found:
        return "Messages go to people only"
    told = counted(len(found), "chat room or webhook gets", "chat rooms and webhooks get") + " the team's messages"
    return f"{told}, {off} of them turned off" if off else told


@require_safe
@team_page(Kind.DESTINATION)
def destination(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one destination with the last messages that were due there."""
    return _shown(request, _found(request, slug))


def _shown(request: TeamRequest, found: Destination, secret: str = "") -> HttpResponse:
    """Show one destination. secret: of a webhook, in the one answer that shows it."""
    standing, until = request.standing, found.former_signs_until
    rows = Delivery.objects.visible_to(request.person).filter(
        team=request.team, recipient_kind=DESTINATION, recipient_id=str(found.pk)
    )
    sentences = {one.slug: one.sentence for one in topics()}
    context = {
        "destination": found, "secret": secret, "rows": rows.select_related("message")[:SHOWN], "most": SHOWN,
        "takes": [sentences.get(slug, slug) for slug in found.topics],
        "former_until": until if until and until > clock.now() else None, "crumbs": _crumbs(request, (found.name, "")),
        "may_change": standing.may(Action.UPDATE, Kind.DESTINATION),
        "may_remove": standing.may(Action.DELETE, Kind.DESTINATION), "promise": promise(Kind.DESTINATION),
    }  # fmt: skip
    return render(request, "outbox/destination.html", context)


def _form(request: TeamRequest, form: forms.Form, heading: str, *more: tuple[str, str], **facts: Any) -> HttpResponse:
    way = _crumbs(request, *more)
    context = {"form": form, "heading": heading, "label": "Save", "cancel": way[-1][1], "crumbs": [*way, (heading, "")]}
    return render(request, "outbox/destination_form.html", context | facts)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.DESTINATION, Action.CREATE)
def add(request: TeamRequest) -> HttpResponse:
    """Add a chat room or a program; a program's secret is shown once, in the answer."""
    form = DestinationForm(request.POST or None)
    if form.is_valid():
        try:
            made, secret = verbs.add(request.team, **form.cleaned_data, by=request.person, door="web")
        except Refused as refused:
            refuse(form, refused)
        else:
            return _shown(request, made, secret) if secret else redirect(_path(made))
    said = "A chat room gets each message as plain text. A program gets it as signed JSON."
    return _form(request, form, "Add a chat room or a webhook", said=said, label="Add it")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.DESTINATION, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change a destination, turn it off or on."""
    found = _found(request, slug)
    initial = {"name": found.name, "topics": found.topics, "is_on": found.is_on}
    form = ChangeForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            verbs.change(found, **form.cleaned_data, by=request.person, door="web")
            return redirect(_path(found))
        except Refused as refused:
            refuse(form, refused)
    return _form(request, form, f"Change {_found(request, slug).name}", (found.name, _path(found)))


@require_POST
@team_page(Kind.DESTINATION, Action.UPDATE)
def trial(request: TeamRequest, slug: str) -> HttpResponse:
    """Send a trial message; what became of it stands in the list of messages."""
    found = _found(request, slug)
    verbs.attempt(found, by=request.person, door="web")
    messages.info(request, "A trial message is on its way; load this page again in a moment to see what became of it.")
    return redirect(_path(found))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.DESTINATION, Action.UPDATE)
def renew(request: TeamRequest, slug: str) -> HttpResponse:
    """Replace the signing secret; the new one is shown once, in the answer."""
    found = _found(request, slug)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _shown(request, found, verbs.renew(found, by=request.person, door="web"))
        except Refused as refused:
            refuse(form, refused)
    said = "For a day both secrets sign, so that the program can change over without missing anything."
    return _form(
        request, form, f"New secret for {found.name}", (found.name, _path(found)), said=said, label="Replace it"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.DESTINATION, Action.DELETE)
def remove(request: TeamRequest, slug: str) -> HttpResponse:
    """Forget a destination."""
    found = _found(request, slug)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        verbs.remove(found, by=request.person, door="web")
        return redirect(_crumbs(request)[0][1])
    said = "Its address and secret are forgotten. What is still due there is dropped, with a record."
    return _form(
        request, form, f"Remove {found.name}", (found.name, _path(found)), said=said, label="Remove it", danger=True
    )  # fmt: skip
