"""API operations of incidents: the same verbs and reads as the pages. A key sent with a write makes it happen once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Header, Query, Router, Status

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.models import Person
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Function, Service
from hortus.ledger.models import Event
from hortus.processes.incidents import actions, from_alert, merging, moves, notes, questions, roles, room, shapes, words
from hortus.processes.incidents import api_shapes as given_as
from hortus.processes.incidents.models import Incident, Question
from hortus.processes.incidents.once import LONGEST_KEY
from hortus.processes.incidents.rules import Move, State
from hortus.telemetry.alerts import standing as alerts
from hortus.telemetry.alerts.standing import Standing as Alert
from hortus.values.refused import Refused

router = Router(tags=["incidents"])

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=LONGEST_KEY)]
Dict = dict[str, Any]


def _incident(standing: Standing, number: int) -> Incident:
    mine = Incident.objects.visible_to(standing.person)
    found: Incident = get_object_or_404(mine.filter(team=standing.team).select_related("team"), number=number)
    return found


def _whole(standing: Standing, number: int) -> Dict:
    return shapes.whole_as_dict(_incident(standing, number))


def _named(rows: Any, slugs: Sequence[str], field: str) -> list[Any]:
    """Return the rows with these slugs. Raises Refused for one that there is not."""
    found = {row.slug: row for row in rows.filter(slug__in=slugs)}
    for slug in slugs:
        if slug not in found:
            raise Refused("unknown", f"The team has no {field.removesuffix('s')} {slug!r}.", field)
    return [found[slug] for slug in dict.fromkeys(slugs)]


def _services(standing: Standing, slugs: Sequence[str]) -> list[Service]:
    return _named(Service.objects.filter(team=standing.team), slugs, "services")


def _functions(standing: Standing, slugs: Sequence[str], field: str = "functions") -> list[Function]:
    return _named(Function.objects.filter(team=standing.team), slugs, field)


def _person(standing: Standing, pk: UUID | None, field: str) -> Person:
    found = Person.objects.filter(pk=pk, memberships__team=standing.team).first() if pk else None
    if found is None:
        raise Refused("not-in-team", f"No member of {standing.team} has the id {pk}.", field)
    return found


def _by(standing: Standing, key: str) -> Dict:
    return {"by": standing.person, "door": "api", "client_key": key}


@router.get("/incidents", response=given_as.IncidentList, summary="List incidents")
def incidents(
    request: HttpRequest, team: TeamSlug, state: str = "", service: str = "", limit: Limit = 50, offset: Offset = 0
) -> Dict:  # fmt: skip
    """Return incidents, the newest first. state: one of them, or "open"; service: a slug."""
    standing = require(request, team, Action.READ, Kind.INCIDENT)
    found = Incident.objects.visible_to(standing.person).filter(team=standing.team)
    if state and state != "open" and state not in set(State):
        raise Refused("unknown-state", f"{state!r} is not open or one of {', '.join(State)}.", "state")
    found = found.open() if state == "open" else found.filter(state=state) if state else found
    found = found.filter(services__slug=service) if service else found
    shown = [shapes.incident_as_dict(one) for one in found.shown()[offset : offset + limit]]
    return {"total": found.count(), "incidents": shown}


@router.get("/incidents/{number}", response=given_as.WholeOut, summary="Read one incident")
def incident(request: HttpRequest, team: TeamSlug, number: int) -> Dict:
    """Return one incident with all that belongs to it but its questions."""
    return _whole(require(request, team, Action.READ, Kind.INCIDENT), number)


@router.get("/incidents/{number}/timeline", response=list[given_as.LineOut], summary="Read the timeline")
def timeline(request: HttpRequest, team: TeamSlug, number: int) -> list[Dict]:
    """Return what happened to an incident, in its order."""
    standing = require(request, team, Action.READ, Kind.INCIDENT)
    found = _incident(standing, number)
    events = Event.objects.filter(team=standing.team).about("incident", str(found.number)).select_related("actor")
    return [shapes.event_as_dict(event) for event in events.order_by("occurred_at", "id")]


@router.get("/incidents/{number}/beside", response=list[given_as.BesideOut], summary="Read what may help with it")
def beside(request: HttpRequest, team: TeamSlug, number: int) -> list[Dict]:
    """Return other incidents that are open, and older ones and reviews that are alike; none once it is over."""
    standing = require(request, team, Action.READ, Kind.INCIDENT)
    return [shapes.beside_as_dict(one) for one in room.helps(standing, _incident(standing, number))]


@router.post("/incidents", response={201: given_as.WholeOut}, summary="Declare or report an incident")
def declare(request: HttpRequest, team: TeamSlug, given: given_as.DeclareIn, key: Key = "") -> Status[Dict]:
    """Declare an incident, which you lead; or report what may be one. An alert gives what is left out."""
    standing = require(request, team, Action.CREATE, Kind.INCIDENT)
    alert = _alert(standing, given.alert_kind, given.alert_id) if given.alert_kind or given.alert_id else None
    sentence = given.sentence or (from_alert.sentence(alert) if alert else "")
    services = [] if given.services is None else _services(standing, given.services)
    if alert and given.services is None:
        services = from_alert.services(standing.team, alert)
    told: Dict = {"services": services, "from_alert": alert.ref if alert else None}
    told |= _by(standing, key)
    if given.reported:
        made = actions.report(standing.team, sentence, **told)
    else:
        before = _incident(standing, given.came_back_of) if given.came_back_of is not None else None
        made = actions.declare(
            standing.team, sentence, severity=given.severity, came_back_of=before, **told
        )  # fmt: skip
    return Status(201, shapes.whole_as_dict(made))


def _alert(standing: Standing, kind: str, id: str) -> Alert:  # noqa: A002 -- the ledger's reference is (kind, id)
    found = alerts.find(standing.team, kind, id)
    if found is None:
        raise Refused("no-alert", f"There is no alert {kind}:{id}.", "alert_id")
    return found


@router.patch("/incidents/{number}", response=given_as.WholeOut, summary="Correct what is known of an incident")
def correct(request: HttpRequest, team: TeamSlug, number: int, given: given_as.FactsIn, key: Key = "") -> Dict:
    """Correct facts; what was there before stays in the timeline. is_long: promise words by working mornings."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    found = _incident(standing, number)
    facts = given.dict(exclude={"is_long", "services", "functions"})
    services = None if given.services is None else _services(standing, given.services)
    functions = None if given.functions is None else _functions(standing, given.functions)
    told = actions.Facts(**facts, services=services, functions=functions)
    actions.change_facts(found, told, **_by(standing, key))
    if given.is_long is not None:
        actions.set_long(found, given.is_long, **_by(standing, f"{key[: LONGEST_KEY - 5]}/long" if key else ""))
    return _whole(standing, number)


@router.post("/incidents/{number}/updates", response={201: given_as.OutcomeOut}, summary="Say how it stands")
def update(
    request: HttpRequest, team: TeamSlug, number: int, given: given_as.UpdateIn, key: Key = ""
) -> Status[Dict]:  # fmt: skip
    """Say how it stands, answer questions, and move it on: all of it, or nothing."""
    standing = require(request, team, Action.CREATE, Kind.COMMAND)
    found = _incident(standing, number)
    if not roles.speaks(standing, found):
        raise Refused("not-allowed", roles.READS_ONLY)
    functions = {row.slug: row for row in _functions(standing, [c.function for c in given.conditions], "conditions")}
    conditions = [
        words.FunctionSaid(functions[one.function], one.condition, one.can, one.cannot, one.instead)
        for one in given.conditions
    ]
    plain = given.dict(exclude={"conditions", "answers", "then"})
    said = words.Said(**plain, conditions=conditions, answers={one.question: one.text for one in given.answers})
    outcome = words.update(found, said, then=given.then, **_by(standing, key))
    return Status(201, {
        "update": shapes.update_as_dict(outcome.update), "moved": outcome.moved.value if outcome.moved else "",
        "why_not": outcome.why_not,
    })  # fmt: skip


@router.post("/incidents/{number}/moves", response=given_as.WholeOut, summary="Move it on without words")
def move(request: HttpRequest, team: TeamSlug, number: int, given: given_as.MoveIn, key: Key = "") -> Dict:
    """Contain, regress, resolve, reopen, close, dismiss or undismiss."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    found, by = _incident(standing, number), _by(standing, key)
    verbs: dict[str, Callable[[], object]] = {
        Move.CONTAIN: lambda: moves.contain(found, **by),
        Move.REGRESS: lambda: moves.regress(found, **by),
        Move.RESOLVE: lambda: moves.resolve(found, **by),
        Move.UNDISMISS: lambda: moves.undismiss(found, **by),
        Move.REOPEN: lambda: moves.reopen(found, reason=given.reason, **by),
        Move.CLOSE: lambda: moves.close(found, reason=given.reason, **by),
        Move.DISMISS: lambda: moves.dismiss(found, reason=given.reason, **by),
    }
    _chosen(verbs, given.move, "move")()
    return _whole(standing, number)


def _chosen(verbs: dict[str, Callable[[], object]], name: str, field: str) -> Callable[[], object]:
    if name not in verbs:
        raise Refused("unknown", f"{name!r} is not one of {', '.join(verbs)}.", field)
    return verbs[name]


@router.post("/incidents/{number}/lead", response=given_as.WholeOut, summary="Take, offer or accept the lead")
def lead(request: HttpRequest, team: TeamSlug, number: int, given: given_as.LeadIn, key: Key = "") -> Dict:
    """Take the lead with a reason, take command, offer the lead to somebody, accept or decline it."""
    standing = require(request, team, Action.CREATE, Kind.COMMAND)
    found, by = _incident(standing, number), _by(standing, key)
    verbs: dict[str, Callable[[], object]] = {
        "take": partial(roles.take_lead, found, reason=given.reason, **by),
        "command": partial(roles.take_command, found, reason=given.reason, **by),
        "offer": lambda: roles.offer_lead(found, _person(standing, given.to, "to"), **by),
        "accept": partial(roles.accept_lead, found, **by),
        "decline": partial(roles.decline_lead, found, **by),
    }
    if given.act == "take" and not standing.may(Action.UPDATE, Kind.INCIDENT):
        raise Refused("not-allowed", "Who reads an incident leads it by taking command.", "act")
    _chosen(verbs, given.act, "act")()
    return _whole(standing, number)


@router.post("/incidents/{number}/roles", response=given_as.WholeOut, summary="Give or end a role")
def role(request: HttpRequest, team: TeamSlug, number: int, given: given_as.IncidentRoleIn, key: Key = "") -> Dict:
    """Give somebody a role other than lead, or end it."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    found, person = _incident(standing, number), _person(standing, given.person, "person")
    (roles.leave if given.ended else roles.assign)(found, given.role, person, **_by(standing, key))
    return _whole(standing, number)


@router.put("/incidents/{number}/watching", response=given_as.WholeOut, summary="Watch an incident, or no longer")
def watching(request: HttpRequest, team: TeamSlug, number: int, given: given_as.IncidentWatchIn) -> Dict:
    """Be told what is said of it as an observer, or no longer; whoever may read it may. The same again is no harm."""
    standing = require(request, team, Action.READ, Kind.INCIDENT)
    found = _incident(standing, number)
    if not standing.may(Action.UPDATE, Kind.NOTICE_CHOICE):
        raise Refused("not-allowed", "This token only reads, and this changes what you are told; use one that writes.")
    (roles.watch if given.watches else roles.unwatch)(found, by=standing.person, door="api")
    return _whole(standing, number)


@router.post("/incidents/{number}/merge", response=given_as.MergeOut, summary="Let it go on in another")
def merge(request: HttpRequest, team: TeamSlug, number: int, given: given_as.MergeIn, key: Key = "") -> Dict:
    """Merge it into another open incident, or offer that to its lead; the lead of the other agrees by the same call."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    found, into = _incident(standing, number), _other(standing, given.into)
    return {"merged": merging.merge(found, into, reason=given.reason, **_by(standing, key))}


def _other(standing: Standing, number: int) -> Incident:
    found: Incident | None = Incident.objects.filter(team=standing.team, number=number).first()
    if found is None:
        raise Refused("no-incident", f"The team has no incident #{number}.", "into")
    return found


@router.get("/incidents/{number}/questions", response=list[given_as.QuestionOut], summary="Read the questions")
def asked(request: HttpRequest, team: TeamSlug, number: int) -> list[Dict]:
    """Return all questions about an incident, the oldest first."""
    standing = require(request, team, Action.READ, Kind.QUESTION)
    mine = Question.objects.visible_to(standing.person).filter(incident=_incident(standing, number))
    return [shapes.question_as_dict(one) for one in mine.select_related("by", "answerer")]


@router.post("/incidents/{number}/questions", response={201: given_as.QuestionOut}, summary="Ask something")
def ask(request: HttpRequest, team: TeamSlug, number: int, given: given_as.AskIn, key: Key = "") -> Status[Dict]:
    """Ask something; it waits for the next update unless data or people are in danger."""
    standing = require(request, team, Action.CREATE, Kind.QUESTION)
    made = questions.ask(_incident(standing, number), given.text, urgency=given.urgency, **_by(standing, key))
    return Status(201, shapes.question_as_dict(made))


@router.post(
    "/incidents/{number}/questions/{question}/answer", response=given_as.QuestionOut, summary="Answer a question"
)
def answer(
    request: HttpRequest, team: TeamSlug, number: int, question: int, given: given_as.TextIn, key: Key = ""
) -> Dict:  # fmt: skip
    """Answer a question beside any update."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    mine = Question.objects.visible_to(standing.person).filter(incident=_incident(standing, number))
    found: Question = get_object_or_404(mine.select_related("incident"), pk=question)
    return shapes.question_as_dict(questions.answer(found, given.text, **_by(standing, key)))


@router.post("/incidents/{number}/surprises", response={201: given_as.SurpriseOut}, summary="Say that it surprises")
def surprise(
    request: HttpRequest, team: TeamSlug, number: int, given: given_as.SurpriseIn, key: Key = ""
) -> Status[Dict]:  # fmt: skip
    """Note that something surprises you, so that more is learned from it."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    made = notes.surprise(_incident(standing, number), sentence=given.sentence, **_by(standing, key))
    return Status(201, {"at": made.at, "sentence": made.sentence})


@router.post("/incidents/{number}/links", response={201: given_as.LinkOut}, summary="Link an address to it")
def link(request: HttpRequest, team: TeamSlug, number: int, given: given_as.LinkIn, key: Key = "") -> Status[Dict]:
    """Link a message in the chat, a page, a procedure."""
    standing = require(request, team, Action.UPDATE, Kind.INCIDENT)
    made = notes.link(_incident(standing, number), url=given.url, words=given.words, **_by(standing, key))
    found = {"words": made.words, "url": made.url, "object_kind": made.object_kind, "object_id": made.object_id}
    return Status(201, found)
