"""Verbs of subscribers: ask, confirm, choose services, leave. Nobody learns here who is a subscriber and who is not.

An address is kept as long as it is subscribed. Who leaves, or never confirms, is removed and not remembered: messages
that are still due name an id that finds nobody any more, and that is how they know.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.catalogue import publication
from hortus.catalogue.models import Function, Service, Subscriber
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.outbox import actions as outbox
from hortus.ledger.outbox.models import Delivery
from hortus.ledger.outbox.recipients import Mailbox, Recipient
from hortus.ledger.outbox.topics import Topic
from hortus.values.refused import Refused

RECIPIENT = TOPIC_SLUG = "subscription"
WAITS = timedelta(days=2)  # for a confirmation
MOST_MAILS, BETWEEN_MAILS = 3, timedelta(hours=1)  # to an address that has not confirmed
BETWEEN_REMINDERS = timedelta(days=1)  # to one that has
_SIGNER = Signer(salt="hortus.catalogue.subscriber", sep=".")
_BODY = """Somebody, perhaps you, asked to get the status news of {team} at this address.

Open the page below and press its button to confirm that. Until you do, nothing more is sent, and after two days the \
address is forgotten. If it was not you, do nothing."""


def is_offered(team: Team) -> bool:
    """Say whether people can subscribe by e-mail: mail can be sent, and links in it lead here."""
    return bool(settings.HORTUS.public_url and settings.HORTUS.email_url) and not team.is_sample


def choices(team: Team) -> list[Service]:
    """Return the services that one can subscribe to: those with a function on the status page, by name."""
    listed = Function.objects.filter(team=team).offered().exclude(service=None).values("service")
    return list(Service.objects.filter(team=team, pk__in=listed))


def token(subscriber: Subscriber) -> str:
    """Return the secret of a subscriber's links, the same as long as they are one."""
    return _SIGNER.sign(str(subscriber.pk))


def link(subscriber: Subscriber, team: Team) -> str:
    """Return the complete address of a subscriber's own page, "" where Hortus does not know its own address."""
    path = reverse("status:subscription", args=[team.slug, token(subscriber)])
    return f"{settings.HORTUS.public_url}{path}" if settings.HORTUS.public_url else ""


def by_token(team: Team, text: str) -> Subscriber | None:
    """Return the subscriber of a link, None for one who is none any more. Raises Refused for a link we never made."""
    try:
        found: Subscriber | None = Subscriber.objects.filter(team=team, pk=_SIGNER.unsign(text)).first()
    except BadSignature:
        raise Refused("bad-link", "This link is not complete; copy all of it from the e-mail.") from None
    return found


@transaction.atomic
def ask(team: Team, email: str, services: Iterable[Service] | None) -> None:
    """Ask an address, by e-mail, whether it wants a team's status news. What came of it nobody is told.

    email: a valid address. services: which ones, None for all. One that did not confirm gets at most three e-mails in
    two days, an hour apart; one that did gets its link again, once a day, and keeps what it chose.
    """
    now = clock.now()
    Subscriber.objects.filter(team=team, confirmed_at=None, asked_at__lt=now - WAITS).delete()
    Subscriber.objects.get_or_create(team=team, email=email.strip().lower(), defaults={"asked_at": now})
    asked = Subscriber.objects.select_for_update().get(team=team, email=email.strip().lower())
    is_confirmed = asked.confirmed_at is not None
    if not is_confirmed:
        _choose(asked, services)
    pause = BETWEEN_REMINDERS if is_confirmed else BETWEEN_MAILS
    if asked.mailed_at and (now - asked.mailed_at < pause or (not is_confirmed and asked.mails >= MOST_MAILS)):
        return
    asked.mailed_at, asked.mails = now, asked.mails + 1
    asked.save(update_fields=["mailed_at", "mails"])
    outbox.tell(
        team, TOPIC_SLUG, publication.ref(team), subject="Confirm that you want status news",
        body=_BODY.format(team=team.name), to=[Recipient(RECIPIENT, str(asked.pk))], useful_until=now + WAITS,
        path=reverse("status:page", args=[team.slug]), to_team=False,
    )  # fmt: skip


def _choose(subscriber: Subscriber, services: Iterable[Service] | None) -> None:
    subscriber.wants_all = services is None
    subscriber.save(update_fields=["wants_all"])
    subscriber.services.set(services or [])


def _told(subscriber: Subscriber) -> dict[str, object]:
    """Return what an event says: how many services, never who."""
    return {"all": subscriber.wants_all, "services": sorted(one.slug for one in subscriber.services.all())}


@transaction.atomic
def confirm(subscriber: Subscriber) -> None:
    """Take the word of who holds the link that the address is theirs. A second time changes nothing."""
    held = Subscriber.objects.select_for_update().select_related("team").filter(pk=subscriber.pk).first()
    if held is None or held.confirmed_at is not None:
        return
    held.confirmed_at = clock.now()
    held.save(update_fields=["confirmed_at"])
    record(held.team, "subscribed", publication.ref(held.team), by=None, source="web", payload=_told(held))


@transaction.atomic
def choose(subscriber: Subscriber, services: Iterable[Service] | None) -> None:
    """Change which services a subscriber hears of; None for all. Raises Refused for none.

    Who left meanwhile, in another window, stays forgotten.
    """
    chosen = None if services is None else list(services)
    if chosen == []:
        raise Refused("no-service", "Choose at least one service, or unsubscribe.", "services")
    if held := Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first():
        _choose(held, chosen)


@transaction.atomic
def leave(subscriber: Subscriber, *, by: Person | None = None, door: str = "web") -> None:
    """Forget a subscriber. by: the person of the team who removed them, None where they left. Twice is as once."""
    held = Subscriber.objects.select_for_update().select_related("team").filter(pk=subscriber.pk).first()
    if held is None:
        return
    if held.confirmed_at is not None:
        verb = "removed" if by else "unsubscribed"
        record(held.team, verb, publication.ref(held.team), by=by, source=door, payload=_told(held))
    held.delete()


def sweep() -> int:
    """Forget the addresses that were not confirmed in time; return how many."""
    late = Subscriber.objects.filter(confirmed_at=None, asked_at__lt=clock.now() - WAITS)
    return late.delete()[1].get(Subscriber._meta.label, 0)


def mailbox(team: Team, subscriber: str) -> Mailbox | None:
    """Return where the confirmation goes, with a link that only its reader has; None for who is gone."""
    found = Subscriber.objects.filter(team=team, pk=subscriber).first()
    return Mailbox(found.email, link=link(found, team)) if found else None


def permits(delivery: Delivery) -> str:
    """Return why a confirmation is not sent any more, "" when it is."""
    if not Subscriber.objects.filter(team_id=delivery.team_id, pk=delivery.recipient_id).exists():
        return "unsubscribed"
    return "" if publication.of(delivery.team).is_public else "the status page was closed to the public"


TOPIC = Topic(
    TOPIC_SLUG, "Confirmations to who asked for status news.", to_teams=False, for_persons=False, permits=permits
)
