"""Tells the writer of a review that one is wanted, due or late: three reminders at most, then silence has answered."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.follow_ups.rules import MORNING, lateness, reminder, useful_until
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.outbox.topics import Topic, Way, register
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import REMINDERS, Depth
from hortus.processes.incidents.telling import no_reader

WRITER, OLD = "review", "old-review"


def permits(delivery: Delivery) -> str:
    """Return why a message to a writer is not to be sent any more, "" while it still is."""
    review = Review.objects.filter(team=delivery.team, number=int(delivery.message.object_id)).first()
    if review is None or not review.stands.is_draft:
        return "it was written or waived"
    if delivery.recipient_kind == "person" and delivery.recipient_id != str(review.writer_id):
        return "somebody else writes it"
    return reads(delivery)


def reads(delivery: Delivery) -> str:
    """Return why a message is not to be sent to a person any more: they may not read reviews. "" while they may."""
    return no_reader(delivery, Kind.REVIEW, "they may not read reviews any more")


def register_topics() -> None:
    """Tell the outbox what reviews tell; called from AppConfig.ready."""
    register(Topic(WRITER, "A review is yours to write, is due, or is late: three reminders at most.", to_teams=False,
                   permits=permits))  # fmt: skip
    register(Topic(OLD, "Each week one old review that is worth another look.", way=Way.DIGEST, to_teams=False,
                   permits=reads))  # fmt: skip


def wanted(review: Review, by: Person | None, door: str) -> None:
    """Tell the writer, in the caller's transaction; who took it themselves knows, and a sample's past tells nobody."""
    if review.writer is None or review.writer == by or door == "sample" or not review.stands.is_draft:
        return
    _say(review, f"A review is wanted: {review.title}", _lines(review, f"by {review.due_on:%-d %B %Y}"))


def remind(team: Team, now: datetime) -> int:
    """Remind writers of what is due or late; return how many messages were new. It may run as often as it likes."""
    local = now.astimezone(team.zoneinfo)
    found = Review.objects.waiting().filter(team=team, due_on__lte=local.date()).exclude(writer=None)
    standing = [(one, reminder(one.due_on, local)) for one in found.select_related("writer", "team")]
    due = [(one, which) for one, which in standing if which is not None and which < REMINDERS]
    keys = [_key(one, which) for one, which in due]
    known = set(Message.objects.filter(team=team, dedupe_key__in=keys).values_list("dedupe_key", flat=True))
    new = [(one, which) for one, which in due if _key(one, which) not in known]
    for one, which in new:
        late = lateness(one.due_on, local.date())
        left = REMINDERS - which - 1
        after = f"{left} more will come." if left else "No other comes: after this week silence counts as waiving it."
        until = datetime.combine(useful_until(one.due_on, which), MORNING, team.zoneinfo)
        with transaction.atomic():
            lines = [*_lines(one, late), f"This is reminder {which + 1} of {REMINDERS}. {after}"]
            _say(one, f"A review is {late}: {one.title}", lines, dedupe_key=_key(one, which), until=until)
    return len(new)


def _key(review: Review, which: int) -> str:
    return f"{WRITER}:{review.pk}:{which}:{review.writer_id}"


def _lines(review: Review, when: str) -> list[str]:
    return [f"{review.title} ({when})", f"It is proposed as {Depth(review.depth).words}."]


def _say(
    review: Review, subject: str, lines: list[str], *, dedupe_key: str = "", until: datetime | None = None
) -> None:  # fmt: skip
    assert review.writer is not None  # noqa: S101 -- all callers look first
    tell(
        review.team, WRITER, review.ref, subject=subject, body="\n".join(lines), to=[Recipient.person(review.writer)],
        thread=f"review:{review.pk}", path=reverse("reviews:review", args=[review.team.slug, review.number]),
        to_team=False, dedupe_key=dedupe_key, useful_until=until,
    )  # fmt: skip
