"""A person's own feed: the messages of a team to them, by a secret address, because feed readers cannot sign in.

The address is signed, so a copy of the database alone makes none. What it shows is asked of the policy each time it is
read, and nothing is written then: who reads when is nobody's business.
"""

from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Action, Kind, Role, allows
from hortus.access.security import Verb, note
from hortus.ledger import clock
from hortus.ledger.outbox import topics
from hortus.ledger.outbox.channels import mail
from hortus.ledger.outbox.choice_models import OwnFeed, TopicChoice
from hortus.ledger.outbox.models import Delivery, Urgency
from hortus.ledger.outbox.recipients import Channel
from hortus.ledger.outbox.topics import Way

MOST = 50
READS_NONE = "Who may not read the messages of this team has no feed of them."
_SIGNER = Signer(salt="hortus feed of messages", sep=".")
_NAME = "feed of messages"  # in the record of security, where it stands among tokens: it opens something, too


def held(team: Team, person: Person) -> OwnFeed | None:
    """Return a person's feed in a team, None where they made none."""
    found: OwnFeed | None = OwnFeed.objects.visible_to(person).filter(team=team).first()
    return found


def path(feed: OwnFeed) -> str:
    """Return the secret path of a feed."""
    return reverse("message-feed", args=[_SIGNER.sign(feed.key.hex)])


def url(feed: OwnFeed, request: HttpRequest) -> str:
    """Return the complete secret address of a feed: the public one where it is set, else as the request came."""
    public = settings.HORTUS.public_url
    return f"{public}{path(feed)}" if public else request.build_absolute_uri(path(feed))


@transaction.atomic
def make(team: Team, person: Person) -> OwnFeed:
    """Make the address of a person's feed; one there is already opens nothing from then on. On record."""
    given = {"team": team, "person": person, "key": uuid4(), "made_at": clock.now()}
    membership = Membership.objects.get(team=team, person=person)
    made, _ = OwnFeed.objects.update_or_create(membership=membership, defaults=given)
    note(Verb.TOKEN_MADE, person=person, team=team, name=_NAME)
    return made


@transaction.atomic
def take_back(team: Team, person: Person) -> None:
    """Have the address of a person's feed open nothing any more, on record; nothing happens where there is none."""
    if OwnFeed.objects.filter(team=team, person=person).delete()[0]:
        note(Verb.TOKEN_REVOKED, person=person, by=person, team=team, name=_NAME)


def opened(token: str) -> OwnFeed | None:
    """Return the feed of an address; None where it opens none, or its owner may not read messages any more."""
    try:
        key = UUID(_SIGNER.unsign(token))
    except (BadSignature, ValueError):
        return None
    feed = OwnFeed.objects.select_related("team", "person", "membership").filter(key=key).first()
    if feed is None or not feed.person.is_active:
        return None
    return feed if allows(Kind.MESSAGE, Role(feed.membership.role), Action.READ) else None


def messages(feed: OwnFeed, now: datetime) -> list[Delivery]:
    """Return what the feed shows, the newest first, at most MOST: what the person was, or is, to be told by e-mail.

    Also what could not be sent, and what would have been if a mail server were set. What waits for the end of quiet
    hours or for a digest comes with these; what nobody needs any more, or the person turned off, not at all.
    """
    mine = Delivery.objects.visible_to(feed.person).filter(
        team=feed.team_id, recipient_kind="person", recipient_id=str(feed.person_id), channel=Channel.EMAIL
    )
    is_useful = Q(message__useful_until=None) | Q(message__useful_until__gt=now)
    is_open = Q(state__in=[Delivery.State.DUE, Delivery.State.DEAD, Delivery.State.HELD])
    is_there = Q(not_before=None) | Q(not_before__lte=now)
    is_mailless = Q(state=Delivery.State.DROPPED, reason=mail.nowhere().answer)
    shown = mine.filter(Q(state=Delivery.State.ACCEPTED) | (is_useful & is_there & (is_open | is_mailless)))
    turned = TopicChoice.objects.filter(team=feed.team_id, person=feed.person_id, way=Way.OFF)
    off = set(turned.values_list("topic", flat=True))
    found = shown.select_related("message", "team").order_by("-pk")[:MOST]
    return [one for one in found if one.state == Delivery.State.ACCEPTED or _is_wanted(one, off)]


def _is_wanted(delivery: Delivery, off: set[str]) -> bool:
    """Say whether what was not sent still would be, so that no server that is down brings back old reminders."""
    try:
        topic = topics.topic(delivery.message.topic)
    except KeyError:
        return False
    is_safety = topic.is_safety or delivery.message.urgency == Urgency.SAFETY
    return (is_safety or topic.slug not in off) and not topic.permits(delivery)
