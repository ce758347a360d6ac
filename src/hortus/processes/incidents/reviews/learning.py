"""Verbs of what a review says: one thing learned, one thing that contributed, and what follows from a learning."""

from datetime import datetime

from django.db import transaction

from hortus.access.models import Person
from hortus.access.policy import Kind
from hortus.catalogue.sentences import plain
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups.models import FollowUp
from hortus.ledger import clock
from hortus.processes.incidents.reviews import actions
from hortus.processes.incidents.reviews.models import Factor, Learning, Review
from hortus.processes.incidents.reviews.rules import MANY_FOLLOW_UPS, State
from hortus.values.plots import PLOTS
from hortus.values.refused import Refused


@transaction.atomic
def learn(review: Review, text: str, *, by: Person, door: str, at: datetime | None = None) -> Learning:
    """Write down one thing that was learned, in one sentence. Raises Refused when it is over or says it already."""
    review, now = _open(review), at or clock.now()
    said = plain(text, "learning", actions.LONGEST, required=True)
    if review.learnings.filter(text=said).exists():
        raise Refused("said-already", "This was written down already.", "learning")
    found: Learning = Learning.objects.create(team=review.team, review=review, text=said, by=by, at=now)
    actions.tell(review, "learned", by, door, now, {"text": said})
    return found


@transaction.atomic
def contribute(
    review: Review, text: str, plot: str = "", *, by: Person, door: str, at: datetime | None = None
) -> Factor:
    """Write down one thing that contributed. plot: slug of the plot where it grows, "" for none. Raises Refused."""
    review, now = _open(review), at or clock.now()
    said = plain(text, "factor", actions.LONGEST, required=True)
    if plot and plot not in {one.slug for one in PLOTS}:
        raise Refused("no-plot", f"{plot!r} is not a plot of the garden.", "plot")
    if review.factors.filter(text=said).exists():
        raise Refused("said-already", "This was written down already.", "factor")
    found: Factor = Factor.objects.create(team=review.team, review=review, text=said, plot=plot, by=by, at=now)
    actions.tell(review, "factor found", by, door, now, {"text": said, "plot": plot})
    return found


@transaction.atomic
def take_out(said: Learning | Factor, *, by: Person, door: str) -> None:
    """Take out a learning or factor that was written by mistake; the event keeps its words. Raises Refused when a
    follow-up names it, or the review is over."""
    review = _open(said.review)
    if isinstance(said, Learning) and follow_ups_of(review).filter(learning=said.text).exists():
        raise Refused("is-followed", f"A follow-up names “{said}”; it stays.", "learning")
    text = said.text
    said.delete()
    actions.tell(review, "taken out", by, door, clock.now(), {"text": text})


@transaction.atomic
def follow_up(
    review: Review, learning: Learning | None, draft: follow_ups.Draft, *, by: Person, door: str,
    at: datetime | None = None,
) -> FollowUp:  # fmt: skip
    """Say what follows from a learning of this review, who does it and by when. Raises Refused.

    Before one thing was learned there is nothing that could follow.
    """
    review = actions.held(review)
    if review.stands is State.WAIVED:
        raise Refused("over", f"“{review}” is waived.")
    if not review.learnings.exists():
        raise Refused("nothing-learned", "Write down one thing that was learned first; what to do follows from it.")
    if learning is None or learning.review_id != review.pk:
        raise Refused("no-learning", "Say which learning of this review it follows from.", "learning")
    named = follow_ups.Draft(draft.text, draft.due_on, draft.owner, learning.text)
    return follow_ups.add(review.team, named, review.ref, by=by, door=door, at=at)


def follow_ups_of(review: Review):  # type: ignore[no-untyped-def]
    """Return the follow-ups that grew from a review."""
    return FollowUp.objects.filter(team=review.team, guard=Kind.FOLLOW_UP.value).about("review", str(review.number))


def are_many(review: Review) -> bool:
    """Say whether a review made more follow-ups than are likely to be done."""
    found: int = follow_ups_of(review).count()
    return found > MANY_FOLLOW_UPS


def _open(review: Review) -> Review:
    review = actions.held(review)
    if review.stands.is_over:
        raise Refused("over", f"“{review}” is {review.state} and stays as it is.")
    return review
