"""Who hears of a bulletin: subscribers of the services it touches, asked when it is written and when it is sent."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from hortus.access.models import Team
from hortus.catalogue import publication, subscriptions
from hortus.catalogue.bulletin_words import Letter
from hortus.catalogue.models import Bulletin, Function, Subscriber
from hortus.ledger.outbox import actions as outbox
from hortus.ledger.outbox.models import Delivery, Urgency
from hortus.ledger.outbox.recipients import Mailbox, Recipient
from hortus.ledger.outbox.topics import Topic
from hortus.ledger.refs import Ref

RECIPIENT = "subscriber"  # the outbox's kind of recipient
STATUS = "status"  # the topic


def wanting(team: Team, functions: Iterable[Function]) -> list[Recipient]:
    """Return who hears of a text about these functions: who wants all, and who chose one of their services."""
    services = {function.service_id for function in functions if function.service_id}
    mine = Subscriber.objects.filter(team=team).confirmed()
    chosen = mine.filter(Q(wants_all=True) | Q(services__in=services)) if services else mine.filter(wants_all=True)
    return [Recipient(RECIPIENT, str(pk)) for pk in chosen.order_by("pk").values_list("pk", flat=True).distinct()]


def tell(bulletin: Bulletin, letter: Letter, functions: list[Function]) -> None:
    """Tell a bulletin to its subscribers while the page is public, and to the team's rooms, in the same transaction."""
    team, thread = bulletin.team, bulletin.thread
    is_public = publication.of(team).is_public
    path = reverse("status:news", args=[team.slug, thread.pk]) if is_public else publication.url(team)
    outbox.tell(
        team, STATUS, Ref("bulletin", str(bulletin.pk), bulletin.title), subject=letter.subject, body=letter.body,
        to=wanting(team, functions) if is_public else [], thread=f"{thread.about_kind}:{thread.about_id}", path=path,
        by=bulletin.by, urgency=Urgency.NORMAL, dedupe_key=f"bulletin:{bulletin.pk}",
    )  # fmt: skip


def permits(delivery: Delivery) -> str:
    """Return why a bulletin is not sent to a subscriber any more, "" when it is; asked just before it is sent."""
    if delivery.recipient_kind != RECIPIENT:
        return ""
    mine = Subscriber.objects.filter(team_id=delivery.team_id).confirmed()
    subscriber = mine.filter(pk=delivery.recipient_id).first()
    if subscriber is None:
        return "unsubscribed"
    if not publication.of(delivery.team).is_public:
        return "the status page was closed to the public"
    if subscriber.wants_all:
        return ""
    touched = Function.objects.filter(bulletins=UUID(delivery.message.object_id)).values("service")
    return "" if subscriber.services.filter(pk__in=touched).exists() else "this service is not chosen any more"


def mailbox(team: Team, subscriber: str) -> Mailbox | None:
    """Return where a subscriber gets e-mail, None for who is none any more."""
    found = Subscriber.objects.filter(team=team, pk=subscriber).first()
    return Mailbox(found.email, unsubscribe_url=subscriptions.link(found, team)) if found else None


TOPIC = Topic(
    STATUS, "Texts that the team published on its status page.", for_persons=False, permits=permits, word="Status text"
)
