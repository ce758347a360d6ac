"""What one can do with an incident now beside writing: who leads, and the moves, each with what stands in its way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from hortus.access.doors import TeamRequest
from hortus.access.policy import Action, Kind
from hortus.processes.incidents import moves, roles
from hortus.processes.incidents.forms import AssignForm, Keyed, MergeForm, PersonForm, ReasonForm
from hortus.processes.incidents.models import Incident, RoleHeld
from hortus.processes.incidents.room import Room
from hortus.processes.incidents.rules import FROM, Move, State
from hortus.processes.incidents.rules_clock import LONG_AFTER


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done: its name, the words of its button, what it does, its address, its form.

    why_not: a sentence where it cannot be done now; then there is no form.
    """

    name: str
    label: str
    said: str
    url: str
    form: Keyed | None
    why_not: str = ""

    @property
    def is_asked(self) -> bool:
        """Say whether the form asks for something, so that it is folded until one wants it."""
        return self.form is not None and len(self.form.fields) > 1

    @property
    def is_open(self) -> bool:
        """Say whether it came back with something to put right."""
        return self.form is not None and bool(self.form.errors)


# By move: the name of its address, the words of its button, what it does.
_SAID: dict[Move, tuple[str, str, str]] = {
    Move.CONTAIN: ("contain", "The harm has stopped", "The cause may remain. Updates are then due every two hours."),
    Move.REGRESS: ("regress", "It does harm again", "Updates are then due every half hour again."),
    Move.RESOLVE: ("update", "It is over", "Choose this in the update above, so that people hear of it."),
    Move.REOPEN: ("reopen", "It came back", "Within seven days it is opened again."),
    Move.CLOSE: ("close", "Close it", "Nothing is left to do or to learn."),
    Move.DISMISS: ("dismiss", "It is no incident", "It can be taken back for a day."),
    Move.UNDISMISS: ("undismiss", "It is one after all", "It is then reported again."),
    Move.MERGE: ("merge", "It is the same as another", "What it touches and who follows it go there."),
}
_REASONS = {Move.REOPEN: True, Move.DISMISS: True, Move.CLOSE: False}


def of(request: TeamRequest, room: Room, bound: Mapping[str, Keyed]) -> dict[str, Any]:
    """Return for the page what its reader can do. bound: forms that came back, by their name."""
    incident, may = room.incident, request.standing.may
    if may(Action.UPDATE, Kind.INCIDENT):
        found = _moves(room, bound)
        before = [act.why_not for act in found if act.name == "update" and act.why_not]
        return {"acts": found, "before": before} | _roles(request, room, bound)
    if not incident.is_open or not may(Action.CREATE, Kind.COMMAND):
        return {}
    if room.lead is not None and room.lead.pk == request.person.pk:
        return {"hand_over_form": _hand_over(request, bound)}
    command = bound.get("command") or ReasonForm("command", required=False)
    return {"command_form": command} | _offered(request, incident)


def _hand_over(request: TeamRequest, bound: Mapping[str, Keyed]) -> Keyed:
    to = roles.people(request.team, Action.UPDATE).exclude(pk=request.person.pk)
    return bound.get("hand-over") or PersonForm(to)


def _offered(request: TeamRequest, incident: Incident) -> dict[str, Any]:
    return {"is_offered": incident.lead_offered_to_id == request.person.pk, "button": Keyed()}


def _roles(request: TeamRequest, room: Room, bound: Mapping[str, Keyed]) -> dict[str, Any]:
    incident, me = room.incident, request.person
    if incident.state == State.REPORTED:
        return {"lead_form": bound.get("lead") or ReasonForm("lead", required=False)}
    if not incident.is_open:
        return {}
    people = roles.people(request.team, Action.READ)
    leads = room.lead is not None and room.lead.pk == me.pk
    forms: dict[str, Any] = {"assign_form": bound.get("assign") or AssignForm(people), "advice": advice(room)}
    if leads:
        forms["hand_over_form"] = _hand_over(request, bound)
    else:
        forms["lead_form"] = bound.get("lead") or ReasonForm("lead", required=False)
    return forms | _offered(request, incident)


def watching(request: TeamRequest, room: Room) -> dict[str, Any]:
    """Return the form by which its reader begins or ends to watch; none for who is told by another role."""
    mine = {held.role for held in room.roles if held.person_id == request.person.pk}
    is_watched = RoleHeld.Role.OBSERVER in mine
    is_offered = not mine and room.incident.state in (State.REPORTED, State.ACTIVE, State.CONTAINED, State.RESOLVED)
    return {"watch_form": Keyed(auto_id="watch_%s"), "is_watched": is_watched} if is_watched or is_offered else {}


def advice(room: Room) -> list[str]:
    """Return what those who work on an incident should think of now."""
    taken = {held.role for held in room.roles}
    has_spokesman = RoleHeld.Role.COMMUNICATOR in taken
    if has_spokesman or room.now - room.incident.declared_at < LONG_AFTER:
        return []
    return ["It has been open for two hours: let somebody else than the lead speak for it, as communicator."]


def _moves(room: Room, bound: Mapping[str, Keyed]) -> list[Act]:
    """Return the moves that lead on from this state; what stands in the way of one is said in place of its button.

    A form that came back is shown whatever the state is by now, so that nothing typed is lost.
    """
    guards = moves.guards(room.incident, room.now)
    state = State(room.incident.state)
    shown = [move for move, (name, *_) in _SAID.items() if state in FROM[move] or name in bound.keys() - {"update"}]
    return [_act(room.incident, move, guards.get(move, ""), bound) for move in shown]


def _act(incident: Incident, move: Move, why_not: str, bound: Mapping[str, Keyed]) -> Act:
    name, label, said = _SAID[move]
    url = reverse(f"incidents:{name}", args=[incident.team.slug, incident.number])
    if move is Move.RESOLVE:
        return Act(name, label, said, url, None, why_not)
    if name in bound:
        return Act(name, label, said, url, bound[name])
    return Act(name, label, said, url, None if why_not else form_of(incident, move), why_not)


def form_of(incident: Incident, move: Move, data: Any = None) -> Keyed:
    """Return the form of a move."""
    name = _SAID[move][0]
    if move is Move.MERGE:
        return MergeForm(incident, data)
    if move in _REASONS:
        return ReasonForm(name, data, required=_REASONS[move])
    return Keyed(data, auto_id=f"{name}_%s")
