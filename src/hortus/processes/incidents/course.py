"""Where an incident stands in its course, what may be done with it now, and the step to another state. No verb."""

from datetime import datetime
from typing import Any

from hortus.ledger import clock
from hortus.processes.incidents import rules, telling
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.rules import Course, Move, State
from hortus.values.refused import Refused


def step(incident: Incident, move: Move, lead: str, before: State | None = None) -> dict[str, Any]:
    """Return what the event of a move keeps, so that the course can be told again from the events alone.

    lead: id of who leads from then on; "" means who declared it, or that nobody else does.
    """
    if move is Move.ACTIVATE and not lead:
        lead = str(incident.declared_by_id)
    found = {"move": move.value, "to": incident.state, "from": before.value if before else "", "lead": lead}
    return {key: value for key, value in found.items() if value}


def standing_words(incident: Incident, where: Course | None = None) -> str:
    """Return a sentence that says where an incident stands, and what can be done with it now. where: its course."""
    since = telling.clock_time(incident, incident.state_since)
    if incident.merged_into is not None:
        return f"Incident #{incident.number} goes on as #{incident.merged_into.number} since {since}; write there."
    can = [move.value for move in rules.possible(where or incident.course, clock.now()) if move is not Move.LEAD]
    rest = f"what can be done with it now: {', '.join(can)}" if can else "it stays so"
    return f"Incident #{incident.number} is {incident.state} since {since}; {rest}."


def objection(incident: Incident, move: Move, now: datetime, where: Course | None = None) -> str:
    """Return why the course does not allow a move now, "" where it does. where: its course, where it is known."""
    where = where or incident.course
    why_not = rules.allowed(where, move, now)
    if why_not == "too-late" and move is Move.REOPEN:
        days = rules.REOPENS_FOR.days
        return f"It is resolved for more than {days} days; declare a new incident that says it came back."
    if why_not == "too-late":
        return "It was dismissed more than a day ago; declare or report it anew."
    return standing_words(incident, where) if why_not else ""


def enter(incident: Incident, move: Move, now: datetime, reason: str = "") -> State:
    """Put a held incident where a move leads, and return the state before. Raises Refused where it is not allowed."""
    why_not = objection(incident, move, now)
    if why_not:
        raise Refused("wrong-state", why_not)
    before, after = State(incident.state), rules.TO[move]
    incident.state, incident.state_since = after.value, now
    incident.reason = reason
    if move is Move.RESOLVE:
        incident.resolved_at = now
    if move is Move.REOPEN:
        incident.resolved_at = None
    if move is Move.CLOSE:
        incident.closed_at = now
    if move is Move.UNDISMISS:
        incident.asked_for_lead_at = None
    if not after.is_open or move is Move.REGRESS:
        incident.is_long = False
    if not after.is_open:
        incident.lead_offered_to = incident.merge_offered_into = None
    incident.save()
    return before
