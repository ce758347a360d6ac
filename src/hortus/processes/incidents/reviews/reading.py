"""What pages and the API read of reviews: one review for who asks, the shelf, what stands on a review's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from hortus.access.models import Person, Team
from hortus.processes.incidents import durations
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import QUESTIONS, State, is_silent
from hortus.web.charts import Chart
from hortus.web.words import counted

DRAWN = 300  # the newest incidents
SHELVES = {
    "waiting": ("To write", (State.WANTED, State.WRITING)),
    "shared": ("Shared", (State.SHARED, State.DISCUSSED)),
    "kept": ("Kept", (State.KEPT,)),
    "waived": ("Waived", (State.WAIVED,)),
}


def mine(team: Team, person: Person) -> QuerySet[Review]:
    """Return the reviews of a team that a person may read."""
    found: QuerySet[Review] = Review.objects.visible_to(person).filter(team=team).select_related("writer", "team")
    return found


def on_shelf(team: Team, person: Person, shelf: str, words: str) -> QuerySet[Review]:
    """Return the reviews of one shelf that hold some words, whatever their case; the newest first."""
    found = mine(team, person).filter(state__in=[state.value for state in SHELVES[shelf][1]])
    for word in words.split():
        inside = Q(title__icontains=word) | Q(learnings__text__icontains=word) | Q(factors__text__icontains=word)
        for name in QUESTIONS:
            inside |= Q(**{f"{name}__icontains": word})
        found = found.filter(pk__in=mine(team, person).filter(inside).values("pk"))
    return found.prefetch_related("incidents", "learnings")


@dataclass(frozen=True, slots=True)
class Standing:
    """How many reviews of a team stand where, on one day."""

    waiting: int
    late: int
    silent: int
    kept: int
    waived: int

    @property
    def heading(self) -> str:
        """Return it as the title of a page."""
        if not self.waiting:
            return (
                f"{counted(self.kept, 'review is', 'reviews are')} kept, none waits" if self.kept else "No review waits"
            )
        late = f", {counted(self.late, 'is', 'are')} late" if self.late else ""
        return f"{counted(self.waiting, 'review waits', 'reviews wait')} to be written{late}"


def standing(team: Team, person: Person, today: date) -> Standing:
    """Return how the reviews of a team stand."""
    rows = list(mine(team, person).values_list("state", "due_on"))
    waiting = [due_on for state, due_on in rows if State(state).is_draft]
    silent = sum(is_silent(due_on, today) for due_on in waiting)
    return Standing(
        len(waiting) - silent, sum(due_on < today for due_on in waiting) - silent, silent,
        sum(state == State.KEPT for state, _ in rows), sum(state == State.WAIVED for state, _ in rows),
    )  # fmt: skip


def answers(review: Review) -> list[tuple[str, str]]:
    """Return the questions that were answered, with their answers, in the order of the page."""
    return [(QUESTIONS[name][0], text) for name, text in review.texts.items() if text]


def duration_chart(review: Review, person: Person) -> Chart | None:
    """Return the chart of how long incidents of the team lasted, with this review's one named; None for too few."""
    of = list(review.incidents.order_by("number")[:1])
    if not of:
        return None
    found = Incident.objects.visible_to(person).filter(team=review.team).exclude(resolved_at=None)
    return durations.chart(_with(list(found[:DRAWN]), of[0]), review.team.zoneinfo, of[0])


def _with(found: list[Incident], one: Incident) -> Sequence[Incident]:
    return found if one in found else [*found, one]


def entered(review: Review) -> datetime:
    """Return since when the team could have used it: when it was shared, or entered from an older text."""
    return max(review.shared_at or review.wanted_at, review.wanted_at)


def whole(review: Review) -> Review:
    """Return a review as it is stored now, with all that belongs to it."""
    found = Review.objects.select_related("writer", "team").prefetch_related(
        "incidents", "services", "learnings", "factors", "links", "uses"
    )
    row: Review = found.get(pk=review.pk)
    return row
