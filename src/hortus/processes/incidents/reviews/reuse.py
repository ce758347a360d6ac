"""Old reviews, read again: which may help now, where one helped, and how many opened it. Never who.

A reader is counted by a note that the browser itself keeps (`READ`); the server stores nothing but the count. So
nobody, with the whole database in hand, can tell who read what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.refs import Ref
from hortus.processes.incidents.beside import MOST_BESIDE, Beside
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions
from hortus.processes.incidents.reviews.models import Review, Use
from hortus.values.refused import Refused

READ = "hortus-review-read"  # the browser's own note, below the address of one review
READ_FOR = timedelta(days=400)
OLD_AFTER = timedelta(days=14)
LOOKED_AT = 400  # the newest reviews: what is older hardly helps in the night


@transaction.atomic
def use(review: Review, by_what: Ref, *, by: Person | None, door: str, at: datetime | None = None) -> bool:
    """Say that a review helped with something later; return whether that was not known yet.

    by_what: an incident, another review or a follow-up. Raises Refused for the review's own incidents, itself, and a
    review that was never shared.
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


def beside(team: Team, incident: Incident) -> Sequence[Beside]:
    """Return the old reviews that may help with an incident: same service first, then same tags; at most three.

    Those that helped before come before those that did not, then the newest.
    """
    about = _About({one.pk: one.name for one in incident.services.all()}, frozenset(incident.tags))
    found = Review.objects.readable().filter(team=team).exclude(incidents=incident)
    return [Beside(one.title, f"{path(one)}?for={incident.number}", why) for one, why in _ranked(found, about)]


def related(review: Review) -> Sequence[Beside]:
    """Return other reviews about the same services or tags, at most three, in the same order."""
    incidents = list(review.incidents.prefetch_related("services"))
    services = {one.pk: one.name for one in review.services.all()}
    services |= {one.pk: one.name for each in incidents for one in each.services.all()}
    about = _About(services, frozenset([*review.tags, *(tag for each in incidents for tag in each.tags)]))
    found = Review.objects.readable().filter(team=review.team).exclude(pk=review.pk)
    return [Beside(one.title, path(one), why) for one, why in _ranked(found, about)]


@dataclass(frozen=True, slots=True)
class _About:
    """What something is about: names of services by their keys, and tags."""

    services: Mapping[object, str]
    tags: frozenset[str]


def _ranked(found: QuerySet[Review], about: _About) -> list[tuple[Review, str]]:
    """Return the first three that share a service or a tag, each with why it is shown."""
    rows = found.select_related("team").prefetch_related("services", "incidents__services", "uses")
    ranked = []
    for place, review in enumerate(rows.order_by("-wanted_at", "-number")[:LOOKED_AT]):
        incidents = list(review.incidents.all())
        of = {one.pk for one in review.services.all()} | {one.pk for each in incidents for one in each.services.all()}
        shared = sorted(name for pk, name in about.services.items() if pk in of)
        tagged = sorted(about.tags & {*review.tags, *(tag for each in incidents for tag in each.tags)})
        if shared or tagged:
            why = f"also about {', '.join(shared)}" if shared else f"also tagged {', '.join(tagged)}"
            ranked.append(((not shared, -len(review.uses.all()), place), review, why))
    ranked.sort(key=lambda one: one[0])
    return [(review, why) for _, review, why in ranked[:MOST_BESIDE]]


def path(review: Review) -> str:
    """Return the path of a review's page."""
    return reverse("reviews:review", args=[review.team.slug, review.number])
