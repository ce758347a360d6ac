"""Old reviews, read again: where one helped, and how many opened it. Never who.

A reader is counted by a note that the browser itself keeps (`READ`); the server stores nothing but the count. So
nobody, with the whole database in hand, can tell who read what.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from hortus.access.models import Person
from hortus.ledger import clock
from hortus.ledger.refs import Ref
from hortus.processes.incidents.reviews import actions
from hortus.processes.incidents.reviews.models import Review, Use
from hortus.values.refused import Refused

READ = "hortus-review-read"  # the browser's own note, below the address of one review
READ_FOR = timedelta(days=400)
OLD_AFTER = timedelta(days=14)


@transaction.atomic
def use(review: Review, by_what: Ref, *, by: Person | None, door: str, at: datetime | None = None) -> bool:
    """Say that a review helped with something later; return whether that was not known yet.

    by_what: an incident, a procedure, another review or a follow-up. Raises Refused for the review's own incidents,
    itself, and a review that was never shared.
    """
    if review.stands.is_draft or review.shared_at is None:
        raise Refused("not-shared", f"“{review}” was not shared, so it cannot have helped.")
    own = {("review", str(review.number))}
    own |= {("incident", str(number)) for number in review.incidents.values_list("number", flat=True)}
    if (by_what.kind, by_what.id) in own:
        raise Refused("its-own", "That is what the review is about; name something later that it helped with.", "id")
    now = at or clock.now()
    known = {"team": review.team, "object_name": by_what.name[:200], "at": now}
    _, is_new = Use.objects.get_or_create(review=review, object_kind=by_what.kind, object_id=by_what.id, defaults=known)
    if is_new:
        actions.tell(review, "used again", by, door, now, {"kind": by_what.kind, "id": by_what.id})
    return is_new


def is_old(review: Review, now: datetime) -> bool:
    """Say whether who opens a review now reads it again: it was shared, or entered, more than 14 days ago."""
    since = max(review.shared_at or now, review.wanted_at)
    return now - since > OLD_AFTER


def count_reader(review: Review) -> None:
    """Count one more browser that opened an old review; nothing else is stored."""
    Review.objects.filter(pk=review.pk).update(readers=F("readers") + 1)


def path(review: Review) -> str:
    """Return the path of a review's page."""
    return reverse("reviews:review", args=[review.team.slug, review.number])
