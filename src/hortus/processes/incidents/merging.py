"""Verbs that let one incident go on in another: offer, agree, decline. Both keep their numbers, words and watchers."""

from datetime import datetime

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue import bulletins
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.processes.incidents import course, moves, once, roles, telling
from hortus.processes.incidents.models import Incident, RoleHeld
from hortus.processes.incidents.rules import Move
from hortus.values.refused import Refused

LONGEST_REASON = moves.LONGEST_REASON


@transaction.atomic
def merge(
    incident: Incident, into: Incident, *, by: Person, door: str, reason: str = "", client_key: str = "",
    at: datetime | None = None,
) -> bool:  # fmt: skip
    """Let an incident go on in another open one; return False where that only offers it, and the other's lead decides.

    Who leads the other merges at once. What was published about it goes on under the other's thread, whose page it
    links to. Raises Refused when either stands where that cannot be, they are the same, or of different teams.
    """
    mine, other = once.both_held(incident, into)
    verb = f"merge {mine.number}"
    receipt = once.known(mine.team, by, client_key, verb)
    if receipt is not None:
        return bool(receipt["merged"])
    now = at or clock.now()
    reason = plain(reason, "reason", LONGEST_REASON)
    _refuse(mine, other, now)
    is_agreed = other.lead == by
    if is_agreed:
        _merge(mine, other, reason, by=by, door=door, now=now)
    else:
        mine.merge_offered_into = other
        mine.reason = reason
        mine.save(update_fields=["merge_offered_into", "reason"])
        payload = {"into": other.number, "reason": reason}
        telling.note(mine, "offered to merge", by=by, door=door, at=now, payload=payload)
        lines = [f"{by} thinks that incident #{mine.number}, {mine.title}, is the same.",
                 "Open that incident to agree or decline."]  # fmt: skip
        telling.say(
            other, telling.UPDATES, lines, to=[other.lead] if other.lead else [], by=by, door=door, to_team=False
        )
    once.keep(mine.team, by, client_key, verb, now, {"merged": is_agreed})
    return is_agreed


def _refuse(mine: Incident, other: Incident, now: datetime) -> None:
    if mine.team_id != other.team_id or mine == other:
        raise Refused("no-incident", "Choose another open incident of the same team.", "into")
    if not other.is_open:
        raise Refused("wrong-state", f"Incident #{other.number} is {other.state}; choose one that is open.", "into")
    why_not = course.objection(mine, Move.MERGE, now)
    if why_not:
        raise Refused("wrong-state", why_not)


def _merge(mine: Incident, other: Incident, reason: str, *, by: Person, door: str, now: datetime) -> None:
    """Merge one held incident into another: functions, services, watchers and the public thread go over."""
    watchers = telling.involved(mine)
    mine.merged_into = other
    moves.make(mine, Move.MERGE, now, by=by, door=door, reason=reason)
    other.functions.add(*mine.functions.all())
    other.services.add(*mine.services.all())
    known = set(telling.involved(other))
    for person in watchers:
        if person not in known:
            roles.give(other, RoleHeld.Role.OBSERVER, person, RoleHeld.How.ASSIGNED, now)
    if mine.is_public:
        bulletins.join(mine.team, mine.ref, other.ref, by=by, door=door)
        if not other.is_public:
            other.is_public = True
            other.save(update_fields=["is_public"])
    payload = {"words": f"Incident #{mine.number} goes on here: {mine.title}", "merged": mine.number}
    telling.note(other, "merged with another", by=by, door=door, at=now, payload=payload)


@transaction.atomic
def agree_merge(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Agree, as lead of the other, that an incident goes on in it. Raises Refused for others, or without an offer."""
    into = _offered(once.held(incident))
    mine, other = once.both_held(incident, into)
    verb = f"agree {mine.number}"
    if once.known(mine.team, by, client_key, verb) is None:
        now = at or clock.now()
        if mine.merge_offered_into != other:
            raise Refused("not-offered", f"Incident #{mine.number} is not offered to be merged any more.")
        _refuse(mine, other, now)
        if other.lead != by:
            raise Refused("not-lead", f"{other.lead} leads incident #{other.number}; they agree to it or do not.")
        _merge(mine, other, mine.reason, by=by, door=door, now=now)
        once.keep(mine.team, by, client_key, verb, now)
    return mine


def _offered(incident: Incident) -> Incident:
    into = incident.merge_offered_into or incident.merged_into
    if into is None:
        raise Refused("not-offered", f"Incident #{incident.number} is not offered to be merged.")
    return into


@transaction.atomic
def decline_merge(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Decline that an incident goes on in another, or take the offer back. Raises Refused when there is none."""
    mine = once.held(incident)
    verb = f"decline merge {mine.number}"
    if once.known(mine.team, by, client_key, verb) is None:
        now = at or clock.now()
        other = mine.merge_offered_into
        if other is None:
            raise Refused("not-offered", f"Incident #{mine.number} is not offered to be merged.")
        mine.merge_offered_into, mine.reason = None, ""
        mine.save(update_fields=["merge_offered_into", "reason"])
        telling.note(mine, "merge declined", by=by, door=door, at=now, payload={"into": other.number})
        lines = [f"It is not merged into incident #{other.number}: {by} says so."]
        telling.say(mine, telling.UPDATES, lines, to=telling.involved(mine), by=by, door=door)
        once.keep(mine.team, by, client_key, verb, now)
    return mine
