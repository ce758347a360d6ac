"""What the search finds of reviews: all that was written, once it is shared; before that only that one is wanted.

And one review by its number, for who names it.
"""

from collections.abc import Iterable

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.ledger import refs, search
from hortus.ledger.refs import Ref
from hortus.ledger.search import Document
from hortus.processes.incidents.reviews.models import Review


def document(review: Review) -> Document:
    """Return what can be found of a review."""
    if review.shared_at is None:
        return Document(str(review.number), review.title, "\n".join(review.tags))
    lines = [*(one.text for one in review.learnings.all()), *(one.text for one in review.factors.all())]
    told = filter(None, review.texts.values())
    return Document(str(review.number), review.title, "\n".join([*lines, *told, *review.tags]))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all reviews of a team."""
    return map(document, Review.objects.filter(team=team).prefetch_related("learnings", "factors"))


def keep(review: Review) -> None:
    """Make a review findable as it is now, in the caller's transaction."""
    found = document(review)
    search.index(review.team, review.ref, kind=Kind.REVIEW, title=found.title, body=found.body)


def find(standing: Standing, id: str) -> Ref | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the reference to the review with a number, None where who asks may not read it."""
    mine = Review.objects.visible_to(standing.person).filter(team=standing.team)
    found: Review | None = mine.filter(number=refs.number(id)).first()
    return found.ref if found else None
