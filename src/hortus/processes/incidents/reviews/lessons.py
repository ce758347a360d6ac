"""What reviews tell whoever changes an object: those that are linked to it, and those about the same services."""

from collections.abc import Sequence

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from hortus.access.doors import Standing
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.ledger import refs
from hortus.ledger.lessons import LINKED, MOST_OTHERS, Lesson
from hortus.ledger.refs import Ref
from hortus.processes.incidents.reviews import reading, reuse
from hortus.processes.incidents.reviews.helpful import LOOKED_AT
from hortus.processes.incidents.reviews.models import Link, Review
from hortus.values.refused import Refused

SOURCE = "review"


def lessons(standing: Standing, ref: Ref, services: Sequence[str]) -> Sequence[Lesson]:
    """Return the shared reviews that are linked to an object, then at most three others that share a service.

    Of the others those come first that share most services, then those that helped most often, then the newest.
    """
    if not standing.may(Action.READ, Kind.REVIEW):
        return []
    mine = Review.objects.visible_to(standing.person).readable().filter(team=standing.team).select_related("team")
    of = Link.objects.filter(team=standing.team, object_kind=ref.kind, object_id=ref.id).values("review")
    linked = list(mine.filter(pk__in=of).prefetch_related("learnings"))
    others = _others(mine.exclude(pk__in=of), services) if services else []
    return [*(_lesson(one, LINKED) for one in linked), *(_lesson(one, why) for one, why in others)]


def helped(standing: Standing, key: str, ref: Ref, door: str) -> bool:
    """Say that a review helped with an object; return whether that was not known yet.

    key: the review's number. Raises Refused for a review that who says so may not read, for one that was not shared,
    for what the review is about itself, and where who says so may only read.
    """
    found = reading.mine(standing.team, standing.person).filter(number=refs.number(key)).first()
    if found is None or not standing.may(Action.READ, Kind.REVIEW):
        raise Refused("not-found", "There is no such review in this team.", "lesson")
    if not standing.may(Action.UPDATE, Kind.REVIEW):
        raise Refused("only-reads", "You may read reviews, but not say where one helped; ask a member to.", "lesson")
    return reuse.use(found, ref, by=standing.person, door=door)


def _others(mine: QuerySet[Review], services: Sequence[str]) -> list[tuple[Review, str]]:
    """Return the best of the reviews that are about one of some services, each with why it is shown."""
    shared = Service.objects.filter(slug__in=services)
    fit = Q(services__slug__in=services) | Q(incidents__services__slug__in=services)
    rows = mine.filter(pk__in=Review.objects.filter(fit).values("pk")).order_by("-wanted_at", "-number")
    through = [Prefetch(name, shared) for name in ("services", "incidents__services")]
    newest = rows.prefetch_related(*through, "uses")[:LOOKED_AT]
    found = [(one, _shared(one)) for one in newest]
    found.sort(key=lambda pair: (-len(pair[1]), -len(pair[0].uses.all())))  # the newest first among equals
    best = found[:MOST_OTHERS]
    prefetch_related_objects([one for one, _ in best], "learnings")
    return [(one, f"also about {', '.join(names)}") for one, names in best]


def _shared(review: Review) -> list[str]:
    return sorted({one.name for each in (review, *review.incidents.all()) for one in each.services.all()})


def _lesson(review: Review, why: str) -> Lesson:
    learned = [one.text for one in review.learnings.all()]
    return Lesson(
        str(review.number), SOURCE, review.title, reuse.path(review), learned, why, reading.entered(review)
    )  # fmt: skip
