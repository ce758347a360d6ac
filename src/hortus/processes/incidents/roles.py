"""Verbs of roles in an incident: who leads, who else does what, and how the lead changes hands."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from hortus.access.doors import Standing
from hortus.access.models import Person, Team
from hortus.access.policy import Action, Kind, allows, roles_that
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.processes.incidents import course, once, promises, rules_clock, telling
from hortus.processes.incidents.models import Incident, RoleHeld
from hortus.processes.incidents.rules import Move, State
from hortus.values.refused import Refused

LONGEST_REASON = 300
READS_ONLY = "Who reads an incident says how it stands after taking command of it."
Role, How = RoleHeld.Role, RoleHeld.How


def give(incident: Incident, role: str, person: Person, how: str, now: datetime, reason: str = "") -> None:
    """Give somebody a role from now on, in the caller's transaction; who had it until now has it no longer."""
    mine = incident.roles.now().filter(role=role)
    if role == Role.OBSERVER:
        mine = mine.filter(person=person)
    mine.update(until=now)
    RoleHeld.objects.create(
        team=incident.team, incident=incident, role=role, person=person, since=now, how=how, reason=reason
    )  # fmt: skip


def refuse_outsider(incident: Incident, person: Person, field: str) -> None:
    """Refuse somebody who cannot read the incident: they are not in the team, or its guest."""
    if not allows(Kind.INCIDENT, person.role_in(incident.team), Action.READ):
        raise Refused("not-in-team", f"{person} is not a member of {incident.team}; choose somebody who is.", field)


def _refuse_ended(incident: Incident) -> None:
    if not incident.is_open:
        raise Refused("wrong-state", course.standing_words(incident))


def _lead(
    incident: Incident, person: Person, how: RoleHeld.How, verb: str, *, by: Person, door: str, now: datetime,
    reason: str = "",
) -> None:  # fmt: skip
    """Make somebody the lead of a held incident, and tell who led it until now."""
    former = incident.lead
    reason = plain(reason, "reason", LONGEST_REASON)
    give(incident, Role.LEAD, person, how, now, reason)
    incident.lead_offered_to = None
    incident.save(update_fields=["lead_offered_to"])
    payload = course.step(incident, Move.LEAD, str(person.pk)) | {"person": str(person), "reason": reason}
    telling.note(incident, verb, by=by, door=door, at=now, payload=payload)
    lines = [f"{person} leads it from now on.", f"Reason: {reason}" if reason else ""]
    to = [*([former] if former else []), *telling.involved(incident)]
    telling.say(incident, telling.UPDATES, lines, to=dict.fromkeys(to), by=by, door=door)


def _once(
    incident: Incident, verb: str, by: Person, client_key: str, at: datetime | None,
    act: Callable[[Incident, datetime], None],
) -> Incident:  # fmt: skip
    """Do something to a held incident, once for each key; return the incident."""
    mine = once.held(incident)
    name = f"{verb} {mine.number}"
    if once.known(mine.team, by, client_key, name) is None:
        now = at or clock.now()
        act(mine, now)
        once.keep(mine.team, by, client_key, name, now)
    return mine


@transaction.atomic
def take_lead(
    incident: Incident, *, by: Person, door: str, reason: str = "", client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Take the lead; one that was only reported becomes active, with its first word promised in 15 minutes.

    Taking it from somebody who took it or was handed it wants a reason, which they are told; from who only declared it,
    none. Raises Refused when the reason is missing, or the incident is neither reported nor open.
    """

    def take(mine: Incident, now: datetime) -> None:
        refuse_outsider(mine, by, "by")
        if mine.state == State.REPORTED:
            _activate(mine, by, door, now)
            return
        _refuse_ended(mine)
        held = mine.roles.now().filter(role=Role.LEAD).first()
        if held is not None and held.person_id == by.pk:
            raise Refused("leads-already", f"You lead incident #{mine.number} already.")
        if held is not None and held.how != How.DECLARED and not reason.strip():
            raise Refused("no-reason", f"{held.person} leads it; say in a few words why you take over.", "reason")
        _lead(mine, by, How.TOOK, "lead taken", by=by, door=door, now=now, reason=reason)

    return _once(incident, "take lead", by, client_key, at, take)


def _activate(mine: Incident, by: Person, door: str, now: datetime) -> None:
    course.enter(mine, Move.ACTIVATE, now)
    give(mine, Role.LEAD, by, How.TOOK, now)
    promises.make(mine, now + rules_clock.FIRST_WORD, now, is_first=True)
    payload = course.step(mine, Move.ACTIVATE, str(by.pk), before=State.REPORTED)
    telling.note(mine, "confirmed", by=by, door=door, at=now, payload=payload)
    due = telling.clock_time(mine, now + rules_clock.FIRST_WORD)
    lines = [f"It is an incident. {by} leads it.", f"The first word about it is promised by {due}."]
    telling.say(mine, telling.NEWS, lines, to=telling.everybody(mine), by=by, door=door)


@transaction.atomic
def take_command(
    incident: Incident, *, by: Person, door: str, reason: str = "", client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Lead an open incident on record, whoever leads it: the one button of leadership. The former lead is told.

    Raises Refused when the incident is not open, or by leads it already.
    """

    def command(mine: Incident, now: datetime) -> None:
        refuse_outsider(mine, by, "by")
        _refuse_ended(mine)
        if mine.lead == by:
            raise Refused("leads-already", f"You lead incident #{mine.number} already.")
        _lead(mine, by, How.COMMAND, "command taken", by=by, door=door, now=now, reason=reason)

    return _once(incident, "take command", by, client_key, at, command)


@transaction.atomic
def offer_lead(
    incident: Incident, to: Person, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Offer the lead to somebody, who is told and has it when they accept; a new offer takes the place of an old one.

    Raises Refused when the incident is not open, by does not lead it, or the other cannot or does already.
    """

    def offer(mine: Incident, now: datetime) -> None:
        _refuse_ended(mine)
        if mine.lead != by:
            raise Refused("not-lead", f"{mine.lead} leads incident #{mine.number}; only they can hand it over.")
        refuse_outsider(mine, to, "to")
        if to == by:
            raise Refused("same-person", "You lead it already; choose somebody else.", "to")
        mine.lead_offered_to = to
        mine.save(update_fields=["lead_offered_to"])
        telling.note(mine, "lead offered", by=by, door=door, at=now, payload={"person": f"To {to}"})
        lines = [f"{by} offers you the lead.", "Open the incident to accept or decline it."]
        telling.say(mine, telling.UPDATES, lines, to=[to], by=by, door=door, to_team=False)

    return _once(incident, "offer lead", by, client_key, at, offer)


def _refuse_not_offered(mine: Incident, by: Person) -> None:
    if mine.lead_offered_to_id != by.pk:
        raise Refused("not-offered", f"The lead of incident #{mine.number} is not offered to you.")


@transaction.atomic
def accept_lead(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Accept the lead that was offered. Raises Refused when it is not offered to by, or the incident is not open."""

    def accept(mine: Incident, now: datetime) -> None:
        _refuse_ended(mine)
        _refuse_not_offered(mine, by)
        _lead(mine, by, How.HANDED, "lead handed over", by=by, door=door, now=now)

    return _once(incident, "accept lead", by, client_key, at, accept)


@transaction.atomic
def decline_lead(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Decline the lead that was offered, or take an offer back. Raises Refused when there is no such offer."""

    def decline(mine: Incident, now: datetime) -> None:
        offered = mine.lead_offered_to
        if offered is None or by not in (offered, mine.lead):
            raise Refused("not-offered", f"The lead of incident #{mine.number} is not offered to you.")
        mine.lead_offered_to = None
        mine.save(update_fields=["lead_offered_to"])
        verb = "lead declined" if by == offered else "offer taken back"
        telling.note(mine, verb, by=by, door=door, at=now)
        told = mine.lead if by == offered else offered
        if told is not None:
            lines = [f"{by} declines the lead." if by == offered else f"{by} takes the offer of the lead back."]
            telling.say(mine, telling.UPDATES, lines, to=[told], by=by, door=door, to_team=False)

    return _once(incident, "decline lead", by, client_key, at, decline)


def _refuse_unknown(role: str) -> None:
    given = [value for value in Role.values if value != Role.LEAD]
    if role not in given:
        raise Refused(
            "unknown-role", f"{role!r} is not one of {', '.join(given)}; the lead is taken or offered.", "role"
        )


@transaction.atomic
def assign(
    incident: Incident, role: str, person: Person, *, by: Person, door: str, client_key: str = "",
    at: datetime | None = None,
) -> Incident:  # fmt: skip
    """Give somebody a role other than lead; who watches is an observer. Return the incident.

    Raises Refused when the role is unknown, the person is not of the team or has it already, or the incident is over
    and the role is more than watching.
    """
    _refuse_unknown(role)

    def give_role(mine: Incident, now: datetime) -> None:
        refuse_outsider(mine, person, "person")
        if role != Role.OBSERVER:
            _refuse_ended(mine)
        if mine.roles.now().filter(role=role, person=person).exists():
            raise Refused("has-role", f"{person} is {role} of incident #{mine.number} already.", "role")
        give(mine, role, person, How.TOOK if person == by else How.ASSIGNED, now)
        words = f"{person} is {role} of it"
        telling.note(mine, "role given", by=by, door=door, at=now, payload={"person": words})
        telling.say(mine, telling.UPDATES, [f"{words} now."], to=[person], by=by, door=door, to_team=False)

    return _once(incident, f"assign {role}", by, client_key, at, give_role)


@transaction.atomic
def leave(
    incident: Incident, role: str, person: Person, *, by: Person, door: str, client_key: str = "",
    at: datetime | None = None,
) -> Incident:  # fmt: skip
    """Take a role other than lead from somebody. Raises Refused when the role is unknown or not theirs."""
    _refuse_unknown(role)

    def take_role(mine: Incident, now: datetime) -> None:
        if not mine.roles.now().filter(role=role, person=person).update(until=now):
            raise Refused("no-such-role", f"{person} is not {role} of incident #{mine.number}.", "role")
        words = f"{person} is no longer {role} of it"
        telling.note(mine, "role ended", by=by, door=door, at=now, payload={"person": words})

    return _once(incident, f"leave {role}", by, client_key, at, take_role)


@transaction.atomic
def watch(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Watch an incident from now on, as an observer who is told what is said of it; who does so already goes on.

    Whoever may read it may. Raises Refused for others, and when nothing more is said of it here.
    """

    def begin(mine: Incident, now: datetime) -> None:
        refuse_outsider(mine, by, "by")
        if mine.state in (State.CLOSED, State.MERGED):
            raise Refused("wrong-state", course.standing_words(mine))
        if not mine.roles.now().filter(role=Role.OBSERVER, person=by).exists():
            give(mine, Role.OBSERVER, by, How.TOOK, now)
            telling.note(mine, "role given", by=by, door=door, at=now, payload={"person": f"{by} watches it"})

    return _once(incident, "watch", by, client_key, at, begin)


@transaction.atomic
def unwatch(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Watch an incident no longer, whatever its state; nothing happens where by does not."""

    def end(mine: Incident, now: datetime) -> None:
        if mine.roles.now().filter(role=Role.OBSERVER, person=by).update(until=now):
            telling.note(mine, "role ended", by=by, door=door, at=now, payload={"person": f"{by} watches it no more"})

    return _once(incident, "unwatch", by, client_key, at, end)


def end_all(incident: Incident, now: datetime) -> None:
    """End every role but watching, in the caller's transaction: the incident is over."""
    incident.roles.now().exclude(role=Role.OBSERVER).update(until=now)


def speaks(standing: Standing, incident: Incident) -> bool:
    """Say whether somebody may say how an incident stands: who may work on any, and who took command of this one."""
    if standing.may(Action.UPDATE, Kind.INCIDENT):
        return True
    return incident.lead == standing.person and standing.may(Action.CREATE, Kind.COMMAND)


def people(team: Team, action: Action) -> QuerySet[Person]:
    """Return the active persons of a team who may do this to incidents, by name."""
    named = [role.value for role in roles_that(action, Kind.INCIDENT)]
    mine = Person.objects.filter(is_active=True, memberships__team=team, memberships__role__in=named)
    return mine.order_by("name", "pk")
