"""What one does with an incident by a button: who leads, and the moves from one state to another."""

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
from hortus.processes.incidents.views_room import Verb, do, find, show, url


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
    return do(request, found, form, roles.take_lead, told="You lead now.", reason=form.cleaned_data["reason"])


@require_POST
@team_page(Kind.COMMAND, Action.CREATE)
def hand_over(request: TeamRequest, number: int) -> HttpResponse:
    """Offer the lead to somebody, who then takes it or not."""
    found = find(request, number)
    form = PersonForm(roles.people(request.team, Action.UPDATE), request.POST)
    if not form.is_valid():
        return show(request, found, **{"hand-over": form})
    to = form.cleaned_data["person"]
    return do(request, found, form, roles.offer_lead, to, told=f"Offered to {to}. You lead until they take it.")


@require_POST
@team_page(Kind.COMMAND, Action.CREATE)
def accept(request: TeamRequest, number: int) -> HttpResponse:
    """Take the lead that was offered."""
    return do(request, find(request, number), _button(request), roles.accept_lead, told="You lead now.")


@require_POST
@team_page(Kind.COMMAND, Action.CREATE)
def decline(request: TeamRequest, number: int) -> HttpResponse:
    """Leave the lead with who has it."""
    return do(request, find(request, number), _button(request), roles.decline_lead)


@require_POST
@team_page(Kind.COMMAND, Action.CREATE)
def command(request: TeamRequest, number: int) -> HttpResponse:
    """Take command: lead from now on, on record."""
    found, form = find(request, number), ReasonForm("command", request.POST, required=False)
    if not form.is_valid():
        return show(request, found, command=form)
    told = "You have taken command: you lead now, on record."
    return do(request, found, form, roles.take_command, told=told, reason=form.cleaned_data["reason"])


@require_POST
@team_page(Kind.INCIDENT)
def watch(request: TeamRequest, number: int) -> HttpResponse:
    """Watch it: be told what is said of it. Whoever may read it may; it changes nobody but who asks."""
    told = "You are told from now on what is said of it."
    return do(request, find(request, number), _button(request), roles.watch, told=told)


@require_POST
@team_page(Kind.INCIDENT)
def unwatch(request: TeamRequest, number: int) -> HttpResponse:
    """Watch it no longer."""
    return do(request, find(request, number), _button(request), roles.unwatch, told="You do not watch it any more.")


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def assign(request: TeamRequest, number: int) -> HttpResponse:
    """Give somebody a role beside the lead."""
    found = find(request, number)
    form = AssignForm(roles.people(request.team, Action.READ), request.POST)
    if not form.is_valid():
        return show(request, found, assign=form)
    return do(request, found, form, roles.assign, form.cleaned_data["role"], form.cleaned_data["person"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def step_down(request: TeamRequest, number: int, role: str, person: UUID) -> HttpResponse:
    """End a role that somebody has."""
    found = find(request, number)
    held = found.roles.now().filter(role=role, person__pk=person).select_related("person").first()
    if held is None:
        messages.info(request, "They have this role no more.")
        return redirect(url(found))
    return do(request, found, _button(request), roles.leave, held.role, held.person)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def rhythm(request: TeamRequest, number: int) -> HttpResponse:
    """Promise updates by working mornings, or by minutes and hours again."""
    found = find(request, number)
    return do(request, found, _button(request), actions.set_long, request.POST.get("long") == "yes")


# Moves whose form asks for a reason, or for nothing: the verb of each, and what is said when it is done.
MOVES: dict[Move, tuple[Verb, str]] = {
    Move.CONTAIN: (moves.contain, ""), Move.REGRESS: (moves.regress, ""),
    Move.REOPEN: (moves.reopen, "It is open again, and you lead it."), Move.CLOSE: (moves.close, ""),
    Move.DISMISS: (moves.dismiss, ""), Move.UNDISMISS: (moves.undismiss, ""),
}  # fmt: skip


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def move(request: TeamRequest, number: int, move: Move) -> HttpResponse:
    """Make the move that the address names."""
    found, (verb, told) = find(request, number), MOVES[move]
    form = acts.form_of(found, move, request.POST)
    if not form.is_valid():
        return show(request, found, **{form.name: form})
    more = {"reason": form.cleaned_data["reason"]} if "reason" in form.fields else {}
    return do(request, found, form, verb, told=told, **more)


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

    return do(request, found, form, verb, reason=form.cleaned_data["reason"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def agree(request: TeamRequest, number: int) -> HttpResponse:
    """Take this incident into the one that it is offered to; the lead of that one does."""
    return do(request, find(request, number), _button(request), merging.agree_merge)


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def disagree(request: TeamRequest, number: int) -> HttpResponse:
    """Leave this incident apart from the one that it is offered to, or take the offer back."""
    return do(request, find(request, number), _button(request), merging.decline_merge)
