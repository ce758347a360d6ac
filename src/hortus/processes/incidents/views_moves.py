"""What one does with an incident by a button: who leads, and the moves from one state to another."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.processes.incidents import actions, acts, merging, moves, roles
from hortus.processes.incidents.forms import AssignForm, Keyed, PersonForm, ReasonForm
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.rules import Move
from hortus.processes.incidents.views_room import find, show, url
from hortus.values.refused import Refused

Verb = Callable[..., Any]


def _do(
    request: TeamRequest, incident: Incident, form: Keyed, verb: Verb, *given: Any, told: str = "", **more: Any
) -> HttpResponse:
    """Do what a form asks for and show the incident; a refusal is said in its form, with what was typed.

    given, more: arguments of the verb. told: the sentence that says what came of it, "" where the page says so.
    """
    try:
        verb(incident, *given, by=request.person, door="web", client_key=form.key, **more)
    except Refused as refused:
        form.refuse(refused)
        incident.refresh_from_db()
        if not form.visible_fields():  # a bare button has no place to say it
            messages.error(request, refused.sentence)
            return redirect(url(incident))
        return show(request, incident, **{form.name: form})
    if told:
        messages.success(request, told)
    return redirect(url(incident))


def _button(request: TeamRequest) -> Keyed:
    form = Keyed(request.POST)
    form.is_valid()
    return form


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def take_lead(request: TeamRequest, number: int) -> HttpResponse:
    """Take the lead; of a report, begin to work on it."""
    found, form = find(request, number), ReasonForm("lead", request.POST, required=False)
    if not form.is_valid():
        return show(request, found, lead=form)
    return _do(request, found, form, roles.take_lead, told="You lead now.", reason=form.cleaned_data["reason"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def hand_over(request: TeamRequest, number: int) -> HttpResponse:
    """Offer the lead to somebody, who then takes it or not."""
    found = find(request, number)
    form = PersonForm(acts.responders(request.team), request.POST)
    if not form.is_valid():
        return show(request, found, **{"hand-over": form})
    to = form.cleaned_data["person"]
    return _do(request, found, form, roles.offer_lead, to, told=f"Offered to {to}. You lead until they take it.")


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def accept(request: TeamRequest, number: int) -> HttpResponse:
    """Take the lead that was offered."""
    return _do(request, find(request, number), _button(request), roles.accept_lead, told="You lead now.")


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def decline(request: TeamRequest, number: int) -> HttpResponse:
    """Leave the lead with who has it."""
    return _do(request, find(request, number), _button(request), roles.decline_lead)


@require_POST
@team_page(Kind.COMMAND, Action.CREATE)
def command(request: TeamRequest, number: int) -> HttpResponse:
    """Take command: lead from now on, on record."""
    found, form = find(request, number), ReasonForm("command", request.POST, required=False)
    if not form.is_valid():
        return show(request, found, command=form)
    told = "You have taken command: you lead now, on record."
    return _do(request, found, form, roles.take_command, told=told, reason=form.cleaned_data["reason"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def assign(request: TeamRequest, number: int) -> HttpResponse:
    """Give somebody a role beside the lead."""
    found = find(request, number)
    form = AssignForm(acts.responders(request.team), request.POST)
    if not form.is_valid():
        return show(request, found, assign=form)
    return _do(request, found, form, roles.assign, form.cleaned_data["role"], form.cleaned_data["person"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def step_down(request: TeamRequest, number: int, role: str, person: UUID) -> HttpResponse:
    """End a role that somebody has."""
    found = find(request, number)
    held = found.roles.now().filter(role=role, person__pk=person).select_related("person").first()
    if held is None:
        messages.info(request, "They have this role no more.")
        return redirect(url(found))
    return _do(request, found, _button(request), roles.leave, held.role, held.person)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def rhythm(request: TeamRequest, number: int) -> HttpResponse:
    """Promise updates by working mornings, or by minutes and hours again."""
    found = find(request, number)
    return _do(request, found, _button(request), actions.set_long, request.POST.get("long") == "yes")


def _move(request: TeamRequest, number: int, move: Move, verb: Verb, told: str = "") -> HttpResponse:
    """Make a move whose form asks for a reason, or for nothing."""
    found = find(request, number)
    form = acts.form_of(found, move, request.POST)
    if not form.is_valid():
        return show(request, found, **{form.name: form})
    more = {"reason": form.cleaned_data["reason"]} if "reason" in form.fields else {}
    return _do(request, found, form, verb, told=told, **more)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def contain(request: TeamRequest, number: int) -> HttpResponse:
    """Say that the harm has stopped."""
    return _move(request, number, Move.CONTAIN, moves.contain)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def regress(request: TeamRequest, number: int) -> HttpResponse:
    """Say that it does harm again."""
    return _move(request, number, Move.REGRESS, moves.regress)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def reopen(request: TeamRequest, number: int) -> HttpResponse:
    """Open a resolved incident again."""
    return _move(request, number, Move.REOPEN, moves.reopen, told="It is open again, and you lead it.")


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def close(request: TeamRequest, number: int) -> HttpResponse:
    """Close a resolved incident for good."""
    return _move(request, number, Move.CLOSE, moves.close)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def dismiss(request: TeamRequest, number: int) -> HttpResponse:
    """Say that a report is no incident."""
    return _move(request, number, Move.DISMISS, moves.dismiss)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def undismiss(request: TeamRequest, number: int) -> HttpResponse:
    """Take a dismissal back."""
    return _move(request, number, Move.UNDISMISS, moves.undismiss)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def merge(request: TeamRequest, number: int) -> HttpResponse:
    """Put an incident into another that it is the same as; who leads that one agrees."""
    found = find(request, number)
    form = acts.form_of(found, Move.MERGE, request.POST)
    if not form.is_valid():
        return show(request, found, merge=form)
    into = form.cleaned_data["into"]

    def verb(incident: Incident, **how: Any) -> None:
        is_done = merging.merge(incident, into, **how)
        messages.success(request, f"Merged into #{into.number}." if is_done else f"#{into.number} is asked to agree.")

    return _do(request, found, form, verb, reason=form.cleaned_data["reason"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def agree(request: TeamRequest, number: int) -> HttpResponse:
    """Take this incident into the one that it is offered to; the lead of that one does."""
    return _do(request, find(request, number), _button(request), merging.agree_merge)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def disagree(request: TeamRequest, number: int) -> HttpResponse:
    """Leave this incident apart from the one that it is offered to, or take the offer back."""
    return _do(request, find(request, number), _button(request), merging.decline_merge)
