"""What an incident needs of its reviews before it is closed, and the part that they have of its page."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from hortus.access.models import Person
from hortus.follow_ups.models import FollowUp
from hortus.ledger import clock
from hortus.processes.incidents.beside import Beside
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import State


def on_resolved(incident: Incident, by: Person | None, door: str) -> None:
    """Want a review of an incident that was resolved, in the transaction that resolves it."""
    actions.want_for(incident, by=by, door=door, at=incident.resolved_at)


def objection(incident: Incident) -> str:
    """Return why an incident may not be closed yet: a review that is not done, a follow-up that is nobody's."""
    reviews = list(Review.objects.of_incident(incident).order_by("number"))
    if not reviews:
        return "No review is wanted yet: want one, or waive it with a reason."
    today = clock.now().astimezone(incident.team.zoneinfo).date()
    open_ones = [one for one in reviews if not one.stands.is_over and not one.is_waived_by_silence(today)]
    if open_ones:
        return f"Its review {open_ones[0].number} is {open_ones[0].state}: keep it first, or waive it with a reason."
    found = FollowUp.objects.open().filter(team=incident.team, about_kind="review", owner=None)
    unowned = found.filter(about_id__in=[str(one.number) for one in reviews]).order_by("made_at", "pk").first()
    if unowned is not None:
        return f"The follow-up “{unowned}” has no owner: give it one, or say that it will not be done."
    return ""


def part(incident: Incident, person: Person) -> Sequence[Beside]:
    """Return the lines about reviews on the page of an incident, as far as the person may read them."""
    mine = Review.objects.visible_to(person).filter(team=incident.team)
    now = clock.now()
    lines = [_line(review, now) for review in mine.of_incident(incident).order_by("number")]
    used = mine.filter(uses__object_kind="incident", uses__object_id=str(incident.number)).order_by("number")
    return [*lines, *(Beside(review.title, _path(review), "an older review that helped") for review in used)]


def _line(review: Review, now: datetime) -> Beside:
    local = now.astimezone(review.team.zoneinfo).date()
    if review.is_waived_by_silence(local):
        return Beside("Review", _path(review), "waived by silence: nobody wrote it in spite of three reminders")
    if review.stands is State.WANTED:
        return Beside("Write the review", _path(review), f"proposed as a {review.depth}, due {review.due_on:%-d %B %Y}")
    if review.stands is State.WAIVED:
        return Beside("Review waived", _path(review), review.reason)
    return Beside(f"Review: {review.title}", _path(review), review.state)


def _path(review: Review) -> str:
    return reverse("reviews:review", args=[review.team.slug, review.number])
