"""Tells the owner of a follow-up: when it is given, on its day, and each week that it is late. Never twice the same."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.follow_ups.models import FollowUp
from hortus.follow_ups.rules import MORNING, lateness, reminder, useful_until
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.outbox.topics import Topic
from hortus.ledger.refs import Ref

SLUG = "follow-up"


def permits(delivery: Delivery) -> str:
    """Return why a message about a follow-up is not to be sent any more, "" while it still is."""
    found = FollowUp.objects.filter(pk=UUID(delivery.message.object_id)).select_related("owner").first()
    if found is None or not found.is_open:
        return "it is not open any more"
    if delivery.recipient_kind == "person" and delivery.recipient_id != str(found.owner_id):
        return "it was handed on"
    mine = FollowUp.objects.filter(pk=found.pk).visible_to(found.owner) if found.owner else FollowUp.objects.none()
    return "" if mine.exists() else "its owner may not read it any more"


TOPIC = Topic(
    SLUG, "A follow-up is yours, is due, or is late: at most one message a week for each.", to_teams=False,
    permits=permits,
)  # fmt: skip


def given(found: FollowUp, by: Person | None, door: str) -> None:
    """Tell the new owner, in the caller's transaction; who took it themselves knows, a sample's past tells nobody."""
    if found.owner is None or found.owner == by or door == "sample":
        return
    _say(found, "A follow-up is yours", f"by {found.due_on:%-d %B %Y}", dedupe_key="")


def remind(team: Team, now: datetime) -> int:
    """Tell the owners of what is due or late in a team at an instant; return how many messages were new.

    Level-triggered: what was said is known by its key, so it may run as often as it likes, on any number of workers.
    """
    local = now.astimezone(team.zoneinfo)
    found = FollowUp.objects.open().filter(team=team, due_on__lte=local.date()).exclude(owner=None)
    wanted = [
        (one, which)
        for one in found.select_related("owner", "team")
        if (which := reminder(one.due_on, local)) is not None
    ]
    keys = [_key(one, which) for one, which in wanted]
    known = set(Message.objects.filter(team=team, dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    new = [(one, which) for one, which in wanted if _key(one, which) not in known]
    for one, which in new:
        until = datetime.combine(useful_until(one.due_on, which), MORNING, team.zoneinfo)
        with transaction.atomic():
            late = lateness(one.due_on, local.date())
            _say(one, f"A follow-up is {late}", late, dedupe_key=_key(one, which), until=until)
    return len(new)


def _key(found: FollowUp, which: int) -> str:
    return f"{SLUG}:{found.pk}:{found.due_on.isoformat()}:{which}:{found.owner_id}"


def _say(found: FollowUp, what: str, when: str, *, dedupe_key: str, until: datetime | None = None) -> None:
    assert found.owner is not None  # noqa: S101 -- both callers look first
    # The words of one that not everybody may read are left on its page: messages are rows that the team can read.
    subject = f"{what}: {found.text}" if found.is_shared else what
    learned = [f"It follows from: {found.learning}"] if found.learning else []
    shared = [f"{found.text} ({when})", *learned, f"About: {found.about_name}"]
    told = shared if found.is_shared else [f"What it is stands on its page ({when})."]
    tell(
        found.team, SLUG, Ref("follow-up", str(found.pk), ""), subject=subject, body="\n".join(told),
        to=[Recipient.person(found.owner)], thread=f"follow-up:{found.pk}", to_team=False, dedupe_key=dedupe_key,
        path=reverse("follow_ups:follow-up", args=[found.team.slug, found.pk]), useful_until=until,
    )  # fmt: skip
