"""Who hears of an incident: its events in the ledger, what the search finds, and messages in the outbox.

All in the transaction of the verb that has something to tell.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Action, Kind, Role, roles_that
from hortus.ledger import refs, search
from hortus.ledger.actions import record
from hortus.ledger.outbox import actions as outbox
from hortus.ledger.outbox.models import Delivery, Urgency
from hortus.ledger.outbox.recipients import Recipient, members
from hortus.ledger.outbox.topics import Topic, register
from hortus.processes.incidents import findable
from hortus.processes.incidents.models import Incident, RoleHeld
from hortus.processes.incidents.promises import URGENT

NEWS, UPDATES, REMINDERS = "incident", "incident-update", "incident-reminder"
QUESTIONS, DANGER, PROPOSED = "incident-question", "incident-danger", "incident-proposed"


def permits(delivery: Delivery) -> str:
    """Return why a message is not to be sent to a person any more: they may not read incidents. "" while they may."""
    return no_reader(delivery, Kind.INCIDENT, "they may not read incidents any more")


def no_reader(delivery: Delivery, kind: Kind, why_not: str) -> str:
    """Return why_not for a message to a person who may not read objects of a kind any more, else ""."""
    if delivery.recipient_kind != "person":
        return ""
    mine = Membership.objects.filter(team=delivery.team_id, person=UUID(delivery.recipient_id))
    return "" if mine.filter(role__in=_reading(kind)).exists() else why_not


def _reading(kind: Kind) -> list[str]:
    return [role.value for role in roles_that(Action.READ, kind)]


def register_topics() -> None:
    """Tell the outbox what incidents tell; called from AppConfig.ready."""
    for topic in (
        Topic(NEWS, "An incident is declared, resolved or opened again.", permits=permits),
        Topic(UPDATES, "What is said about an incident in which you have a role or which you watch.", permits=permits),
        Topic(REMINDERS, "A promised word about an incident is due or late, or nobody leads it.", permits=permits),
        Topic(QUESTIONS, "Your question about an incident was answered.", to_teams=False, permits=permits),
        Topic(DANGER, "Somebody asks because data or people are in danger.", is_safety=True, permits=permits),
        Topic(PROPOSED, "An alert, or somebody, reports what may be an incident.", permits=permits),
    ):
        register(topic)


def note(
    incident: Incident, verb: str, *, by: Person | None, door: str, at: datetime, payload: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Write an event of an incident, and what can be found of it from now on."""
    service = incident.services.order_by("name", "slug").values_list("slug", flat=True).first() or ""
    record(
        incident.team, verb, incident.ref, by=by, source=door, at=at, plot=URGENT, service=service, payload=payload
    )  # fmt: skip
    found = findable.document(incident)
    search.index(incident.team, incident.ref, kind=Kind.INCIDENT, title=found.title, body=found.body)


def say(
    incident: Incident, topic: str, lines: Iterable[str], *, to: Iterable[Person | Recipient], by: Person | None,
    door: str, to_team: bool = True, urgency: Urgency = Urgency.PRESSING, useful_until: datetime | None = None,
    dedupe_key: str = "",
) -> None:  # fmt: skip
    """Send a message about an incident, in its thread; lines: of its text. Whose doing it was is not told again.

    Nothing is sent of the past of a sample garden.
    """
    if door == "sample":
        return
    found = (Recipient.person(one) if isinstance(one, Person) else one for one in to)
    mine = Recipient.person(by) if by else None
    outbox.tell(
        incident.team, topic, incident.ref, subject=f"#{incident.number} {incident.title}",
        body="\n".join(line for line in lines if line), to=[one for one in found if one != mine],
        thread=incident.thread, path=refs.link(incident.team, incident.ref.kind, incident.ref.id), by=by,
        urgency=urgency, useful_until=useful_until, dedupe_key=dedupe_key, to_team=to_team,
    )  # fmt: skip


def everybody(incident: Incident) -> list[Recipient]:
    """Return all members of the team."""
    return members(incident.team)


def involved(incident: Incident) -> list[Person]:
    """Return who has a role in an incident now, observers too, each once; who may not read it any more has none."""
    return _persons(incident.roles.now())


def holders(incident: Incident, *roles: RoleHeld.Role) -> list[Person]:
    """Return who has one of these roles now, each once, in the order of since when."""
    return _persons(incident.roles.now().filter(role__in=roles))


def _persons(held: QuerySet[RoleHeld]) -> list[Person]:
    mine = Membership.objects.filter(team=OuterRef("team"), person=OuterRef("person"), role__in=_reading(Kind.INCIDENT))
    found = held.filter(Exists(mine), person__is_active=True).select_related("person")
    return list(dict.fromkeys(one.person for one in found))


def on_duty(incident: Incident) -> list[Person]:
    """Return who looks after what an incident touches: owners and deputies of its services, else the team's leads."""
    mine = Membership.objects.filter(team=incident.team, role__in=_reading(Kind.INCIDENT), person__is_active=True)
    readers = set(mine.values_list("person", flat=True))
    found = [
        person
        for service in incident.services.select_related("owner", "deputy").order_by("name", "slug")
        for person in (service.owner, service.deputy)
        if person is not None and person.pk in readers
    ]
    return list(dict.fromkeys(found)) or leads(incident.team)


def leads(team: Team) -> list[Person]:
    """Return the leads of a team, by name."""
    mine = Membership.objects.filter(team=team, role=Role.LEAD.value, person__is_active=True)
    return [one.person for one in mine.select_related("person").order_by("person__name", "person__pk")]


def clock_time(incident: Incident, at: datetime) -> str:
    """Return an instant as a clock in the team's zone shows it, with the day and the zone's name."""
    return f"{at.astimezone(incident.team.zoneinfo):%H:%M on %-d %B (%Z)}"
