"""Verbs that begin an incident, and those that correct what is known of it. What moves it on is in `moves`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.catalogue.models import Function, Service
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.refs import Ref
from hortus.processes.incidents import course, once, promises, roles, rules, rules_clock, telling
from hortus.processes.incidents.models import Incident, Link, RoleHeld, newest_number
from hortus.processes.incidents.rules import Move, State
from hortus.values.origin import Origin
from hortus.values.refused import Refused

LONGEST_TITLE, LONGEST_TAG, MOST_TAGS = 200, 40, 20


@transaction.atomic
def declare(
    team: Team, sentence: str, *, by: Person, door: str, services: Sequence[Service] = (),
    from_alert: Ref | None = None, came_back_of: Incident | None = None, severity: str = "", client_key: str = "",
    at: datetime | None = None,
) -> Incident:  # fmt: skip
    """Declare an incident by one sentence: what can users not do? Return it, active, led by who declared it.

    services: of the team, what it touches. from_alert: the alert that showed it. came_back_of: an earlier incident
    that came back. client_key: the same key once more returns the incident that is there. at: when (aware), now when
    left out. The first word is promised in 15 minutes; the members of the team are told. Raises Refused when the
    sentence is empty or too long, or a service is of another team.
    """
    is_new, incident = _begun(
        team, sentence, by=by, door=door, services=services, severity=severity, client_key=client_key, at=at,
        state=State.ACTIVE, verb="declare", came_back_of=came_back_of,
    )  # fmt: skip
    if not is_new:
        return incident
    now = incident.declared_at
    roles.give(incident, RoleHeld.Role.LEAD, by, RoleHeld.How.DECLARED, now)
    promises.make(incident, now + rules_clock.FIRST_WORD, now, is_first=True)
    _note(incident, Move.ACTIVATE, "declared", by, door, from_alert)
    declared = f"Declared at {telling.clock_time(incident, now)}: {incident.title}"
    lines = [declared, f"{by} leads it.", _first_word(incident)]
    telling.say(incident, telling.NEWS, lines, to=telling.everybody(incident), by=by, door=door)
    return incident


def _first_word(incident: Incident) -> str:
    due_at = incident.declared_at + rules_clock.FIRST_WORD
    return f"The first word about it is promised by {telling.clock_time(incident, due_at)}."


@transaction.atomic
def report(
    team: Team, sentence: str, *, by: Person | None, door: str, services: Sequence[Service] = (),
    from_alert: Ref | None = None, client_key: str = "", at: datetime | None = None,
) -> Incident:  # fmt: skip
    """Report what may be an incident, and return it: nobody leads it, nothing is promised, nothing is public.

    by: None where a program reports it. Who looks after the services it touches is told, else the team's leads.
    Raises Refused as `declare`.
    """
    is_new, incident = _begun(
        team, sentence, by=by, door=door, services=services, severity="", client_key=client_key, at=at,
        state=State.REPORTED, verb="report", came_back_of=None,
    )  # fmt: skip
    if is_new:
        _note(incident, Move.REPORT, "reported", by, door, from_alert)
        lines = ["Reported: " + incident.title, "Nobody leads it yet. Take the lead, or dismiss it with a reason."]
        telling.say(incident, telling.PROPOSED, lines, to=telling.on_duty(incident), by=by, door=door)
    return incident


def _begun(
    team: Team, sentence: str, *, by: Person | None, door: str, services: Sequence[Service], severity: str,
    client_key: str, at: datetime | None, state: State, verb: str, came_back_of: Incident | None,
) -> tuple[bool, Incident]:  # fmt: skip
    """Return whether there is a new incident, and the row; numbers of a team are given one after the other."""
    once.line_up(team)
    asked = once.named(verb, door, sentence)
    receipt = once.known(team, by, client_key, asked)
    if receipt is not None:
        return False, Incident.objects.select_related("team").get(team=team, number=receipt["incident"])
    now = at or clock.now()
    title = plain(sentence, "sentence", LONGEST_TITLE, required=True)
    refuse_foreign(team, "services", services)
    if came_back_of is not None and came_back_of.team_id != team.pk:
        raise Refused("no-incident", f"{team} has no such incident.", "came_back_of")
    incident = Incident.objects.create(
        team=team, number=newest_number(team) + 1, title=title, state=state, state_since=now, began_at=now,
        detected_at=now, declared_at=now, declared_by=by, came_back_of=came_back_of,
        severity=plain(severity, "severity", LONGEST_TAG),
    )  # fmt: skip
    incident.services.set(services)
    once.keep(team, by, client_key, asked, now, {"incident": incident.number})
    return True, incident


def refuse_foreign(team: Team, field: str, rows: Iterable[Service | Function]) -> None:
    """Refuse what belongs to another team."""
    for row in rows:
        if row.team_id != team.pk:
            raise Refused("not-in-team", f"{row} is not of {team}; choose one that is.", field)


def _note(incident: Incident, move: Move, verb: str, by: Person | None, door: str, alert: Ref | None) -> None:
    payload = course.step(incident, move, "")
    if incident.came_back_of is not None:
        payload["came_back_of"] = incident.came_back_of.number
    if alert is not None:
        payload["alert"] = alert.name[:LONGEST_TITLE]
        Link.objects.create(
            team=incident.team, incident=incident, words=alert.name[:LONGEST_TITLE], object_kind=alert.kind,
            object_id=alert.id, by=by, at=incident.declared_at,
        )  # fmt: skip
    telling.note(incident, verb, by=by, door=door, at=incident.declared_at, payload=payload)


@transaction.atomic
def enter_later(
    team: Team, sentence: str, *, began_at: datetime, resolved_at: datetime, detected_at: datetime | None = None,
    services: Sequence[Service] = (), tags: Sequence[str] = (), origin: str = "", severity: str = "",
    closed: bool = False, by: Person, door: str, client_key: str = "",
) -> tuple[Incident, bool]:  # fmt: skip
    """Enter an incident that is over, and return it and whether it is new; nothing is told, published or promised.

    began_at, resolved_at: aware; the second not before the first, and neither in the future. closed: nothing more is
    to be learned from it. client_key: the same key once more returns the incident that is there. Raises Refused when a
    time, the sentence, a tag, the origin or a service is not allowed.
    """
    once.line_up(team)
    asked = once.named("enter later", door, sentence)
    receipt = once.known(team, by, client_key, asked)
    if receipt is not None:
        return Incident.objects.get(team=team, number=receipt["incident"]), False
    now = clock.now()
    if not began_at <= resolved_at <= now:
        raise Refused(
            "bad-times", "An incident that is over began before it was resolved, both in the past.", "began_at"
        )
    refuse_foreign(team, "services", services)
    state = State.CLOSED if closed else State.RESOLVED
    incident = Incident.objects.create(
        team=team, number=newest_number(team) + 1, title=plain(sentence, "sentence", LONGEST_TITLE, required=True),
        state=state, state_since=resolved_at, began_at=began_at, detected_at=detected_at or began_at,
        declared_at=detected_at or began_at, resolved_at=resolved_at, closed_at=resolved_at if closed else None,
        entered_later=True, declared_by=by, tags=checked_tags(tags), origin=checked_origin(origin),
        severity=plain(severity, "severity", LONGEST_TAG),
    )  # fmt: skip
    incident.services.set(services)
    once.keep(team, by, client_key, asked, now, {"incident": incident.number})
    known = {"to": state.value, "origin": incident.origin, "tags": incident.tags, "began_at": began_at.isoformat()}
    telling.note(incident, "entered later", by=by, door=door, at=now, payload=known)
    return incident, True


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Return tags as they are kept: lower case, each once. Raises Refused for too many, or one that is too long."""
    found = list(dict.fromkeys(filter(None, (plain(tag, "tags", LONGEST_TAG).lower() for tag in tags))))
    if len(found) > MOST_TAGS:
        raise Refused("too-many", f"These are {len(found)} tags; at most {MOST_TAGS} are allowed.", "tags")
    return found


def checked_origin(origin: str) -> str:
    """Return a known origin. Raises Refused for any other word."""
    if origin not in set(Origin):
        known = ", ".join(filter(None, Origin))
        raise Refused("unknown-origin", f"{origin!r} is not one of {known}.", "origin")
    return origin


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an incident; None where it stays as it is. Times are aware."""

    title: str | None = None
    severity: str | None = None
    origin: str | None = None
    tags: Sequence[str] | None = None
    services: Sequence[Service] | None = None
    functions: Sequence[Function] | None = None
    began_at: datetime | None = None
    detected_at: datetime | None = None
    entered_later: bool | None = None


@transaction.atomic
def change_facts(
    incident: Incident, facts: Facts, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> list[str]:
    """Correct what is known of an incident, whatever its state; return the names of what changed.

    The event tells what it was before. Raises Refused when a text, tag or origin is not allowed, something is of
    another team, or the times are not in the order began, detected, declared and it is not marked as entered later.
    """
    mine = once.held(incident)
    verb = f"correct {mine.number}"
    receipt = once.known(mine.team, by, client_key, verb)
    if receipt is not None:
        return list(receipt["changed"])
    now = at or clock.now()
    changed = _lay(mine, facts, now)
    if changed:
        mine.save()
        telling.note(mine, "corrected", by=by, door=door, at=now, payload={"changed": changed})
    once.keep(mine.team, by, client_key, verb, now, {"changed": list(changed)})
    return list(changed)


def _lay(mine: Incident, facts: Facts, now: datetime) -> dict[str, tuple[str, str]]:
    """Lay facts into a row; return what changed, from what to what, in words."""
    changed: dict[str, tuple[str, str]] = {}
    for name in (field.name for field in fields(facts)):
        given = getattr(facts, name)
        if given is None:
            continue
        if name in ("services", "functions"):
            refuse_foreign(mine.team, name, given)
            before = list(getattr(mine, name).all())
            if set(before) != set(given):
                getattr(mine, name).set(given)
                changed[name] = (_names(before), _names(given))
            continue
        value = _checked(name, given, now)
        if getattr(mine, name) != value:
            changed[name] = (_word(mine, getattr(mine, name)), _word(mine, value))
            setattr(mine, name, value)
    if not mine.entered_later and not rules.in_order(mine.began_at, mine.detected_at, mine.declared_at):
        raise Refused(
            "bad-times",
            "It began, was detected and was declared in this order; correct a time, or mark it as entered later.",
            "began_at",
        )
    return changed


def _checked(name: str, given: Any, now: datetime) -> Any:
    if name == "title":
        return plain(given, name, LONGEST_TITLE, required=True)
    if name == "severity":
        return plain(given, name, LONGEST_TAG)
    if name == "origin":
        return checked_origin(given)
    if name == "tags":
        return checked_tags(given)
    if name in ("began_at", "detected_at") and given > now:
        raise Refused("future", "This lies in the future; give a time that is over.", name)
    return given


def _names(rows: Iterable[object]) -> str:
    return ", ".join(sorted(map(str, rows))) or "none"


def _word(incident: Incident, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(incident.team.zoneinfo):%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (", ".join(value) if isinstance(value, list) else str(value)) or "none"


@transaction.atomic
def set_long(
    incident: Incident, is_long: bool, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Promise words by working mornings from now on, or no longer so. Return the incident.

    The promise that stands is not put off: it ends with the next word; back in the quick mode the next word is due as
    that mode says. Raises Refused when the incident is not open, or not open for two hours yet.
    """
    mine = once.held(incident)
    verb = f"long {mine.number} {is_long}"
    if once.known(mine.team, by, client_key, verb) is not None:
        return mine
    now = at or clock.now()
    if not mine.is_open:
        raise Refused("wrong-state", f"Incident #{mine.number} is {mine.state}, so no word is promised.")
    if is_long and now - mine.declared_at < rules_clock.LONG_AFTER:
        raise Refused("too-soon", "It is open for less than two hours; until then words come every 30 minutes or so.")
    if mine.is_long != is_long:
        mine.is_long = is_long
        mine.save(update_fields=["is_long"])
        promises.bring_forward(mine, now, door=door)
        word = "slowed to working mornings" if is_long else "quickened again"
        telling.note(mine, word, by=by, door=door, at=now)
    once.keep(mine.team, by, client_key, verb, now)
    return mine
