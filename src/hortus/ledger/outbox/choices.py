"""What people chose to hear and when: from a message and its recipients to the rows that are due.

No page and no rule lives here; the arithmetic of quiet hours and digests is in `choices_rules`, the verbs are in
`choices_actions`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from hortus.access.models import Membership, Team
from hortus.ledger import refs
from hortus.ledger.outbox import recipients, topics
from hortus.ledger.outbox.choice_models import Hearing, TopicChoice
from hortus.ledger.outbox.choices_rules import Hours, digest_at, free_at
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.models import Delivery, Urgency
from hortus.ledger.outbox.recipients import Channel, Mailbox, Recipient
from hortus.ledger.outbox.topics import Topic, Way, topic

DESTINATION = "destination"
TRIAL = "trial"


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that is due. not_before: aware, it waits until then. lane: "" for that of its thread."""

    recipient: Recipient
    channel: Channel
    not_before: datetime | None = None
    lane: str = ""


def plan(
    team: Team, topic: Topic, urgency: Urgency, recipients: Iterable[Recipient], *, to_team: bool, now: datetime
) -> Sequence[Planned]:
    """Return the rows that a message is due as, each recipient once for each channel, in the order given.

    A person who turned the topic off has none. to_team: the chat rooms and webhooks of the team that take the topic
    come last. A fixed number of queries, however many recipients.
    """
    given = list(dict.fromkeys(recipients))
    rooms = _rooms(team, topic, given, to_team=to_team)
    ways, hours = _chosen(team, topic, given)
    planned = [_for_person(one, team, topic, urgency, ways, hours, now) if one.kind == "person" else
               Planned(one, Channel.EMAIL) for one in given if one.kind != DESTINATION]  # fmt: skip
    return [*(one for one in planned if one is not None), *rooms]


def _rooms(team: Team, topic: Topic, given: Sequence[Recipient], *, to_team: bool) -> list[Planned]:
    """Return the rows of chat rooms and programs: those that were named, and those that take the topic."""
    named = {one.id for one in given if one.kind == DESTINATION}
    wanted = to_team and topic.to_teams
    if not named and not wanted:
        return []
    return [
        Planned(Recipient(DESTINATION, str(one.pk)), Channel(one.sort))
        for one in Destination.objects.filter(team=team)
        if str(one.pk) in named or (wanted and one.takes(topic.slug))
    ]


def _chosen(
    team: Team, topic: Topic, given: Sequence[Recipient]
) -> tuple[Mapping[str, str], Mapping[str, Hours]]:  # fmt: skip
    """Return by a person's id how they want this topic, and their hours, of those who said something."""
    if not any(one.kind == "person" for one in given):
        return {}, {}
    ways = TopicChoice.objects.filter(team=team, topic=topic.slug).values_list("person", "way")
    hours = Hearing.objects.filter(team=team)
    return {str(person): way for person, way in ways}, {str(one.person_id): one.hours(team.zone) for one in hours}


def _for_person(
    one: Recipient, team: Team, topic: Topic, urgency: Urgency, ways: Mapping[str, str], hours: Mapping[str, Hours],
    now: datetime,
) -> Planned | None:  # fmt: skip
    if topic.is_safety or urgency == Urgency.SAFETY:
        return Planned(one, Channel.EMAIL)
    way = Way(ways.get(one.id, topic.way)) if topic.for_persons else Way.AT_ONCE
    own = hours.get(one.id, Hours(team.zone))
    if way is Way.OFF:
        return None
    if way is Way.DIGEST:
        return Planned(one, Channel.EMAIL, digest_at(now, own), f"digest:email:person:{one.id}:{team.pk}")
    free = free_at(now, own)
    return Planned(one, Channel.EMAIL, free if free > now else None)


def objection(delivery: Delivery) -> str:
    """Return why a recipient does not want this any more, asked just before it is sent; "" when it may go."""
    message = delivery.message
    if delivery.recipient_kind == DESTINATION:
        held = Destination.objects.filter(team=delivery.team_id, pk=delivery.recipient_id).first()
        if held is None:
            return "the destination was removed"
        return "" if held.is_on or message.topic == TRIAL else "the destination was turned off"
    if delivery.recipient_kind != "person" or message.urgency == Urgency.SAFETY or topic(message.topic).is_safety:
        return ""
    given = {"team": delivery.team_id, "person": delivery.recipient_id, "topic": message.topic}
    is_off = TopicChoice.objects.filter(**given, way=Way.OFF).exists()
    return "the person turned this off" if is_off and topic(message.topic).for_persons else ""


def _mailbox(team: Team, id: str) -> Mailbox | None:  # noqa: A002 -- a recipient is (kind, id)
    """Return where a person gets e-mail of a team: they must still belong to it and be able to sign in."""
    try:
        person = UUID(id)
    except ValueError:
        return None
    held = Membership.objects.filter(team=team, person=person, person__is_active=True).select_related("person").first()
    return Mailbox(held.person.email, held.person.name) if held and not held.person.is_sample else None


def _path(team: Team, id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("outbox:destination", args=[team.slug, id])


def register() -> None:
    """Tell the outbox how persons are reached, and of the topic of trials; called from AppConfig.ready."""
    recipients.register("person", _mailbox)
    refs.register(DESTINATION, "destination", _path)
    topics.register(Topic(TRIAL, "A trial of a destination.", for_persons=False, to_teams=False))
