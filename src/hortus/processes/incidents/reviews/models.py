"""Tables of reviews: what is written, learned and contributed, what it is about, and where it was used again.

Nothing here says who read a review: a browser remembers that it did, the table holds a bare count.
"""

import uuid
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.catalogue.models import Service
from hortus.ledger.refs import Ref
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews.rules import QUESTIONS, Depth, State, is_silent
from hortus.values.plots import PLOTS


class ReviewQuerySet(TeamScoped):
    """Questions about reviews."""

    kind = Kind.REVIEW

    def waiting(self) -> Self:
        """Return those that somebody should write."""
        return self.filter(state__in=[State.WANTED.value, State.WRITING.value])

    def readable(self) -> Self:
        """Return those that were shared with the team."""
        return self.filter(state__in=[State.SHARED.value, State.DISCUSSED.value, State.KEPT.value])

    def of_incident(self, incident: Incident) -> Self:
        """Return those of one incident."""
        return self.filter(incidents=incident)


class Review(models.Model):
    """What a team wants to learn from incidents or from a near miss. number: counted in the team, for its address.

    ticked: signs that only people can tell. wanted_at: when it was wanted, or entered from an older text. version: how
    often the answers were saved. readers: browsers that opened it when it was more than 14 days old, a bare count.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    incidents = models.ManyToManyField(Incident, related_name="reviews")
    services = models.ManyToManyField(Service, related_name="+")
    tags = models.JSONField(default=list)
    is_near_miss = models.BooleanField(default=False)
    entered_later = models.BooleanField(default=False)
    ticked = models.JSONField(default=list)
    depth = models.CharField(max_length=5, choices=[(d.value, d.value) for d in Depth])
    state = models.CharField(max_length=9, choices=[(s.value, s.value) for s in State], default="wanted")
    writer = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    wanted_at = models.DateTimeField()
    due_on = models.DateField()
    shared_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When it was kept or waived.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was waived.")
    how = models.TextField(blank=True)
    surprising = models.TextField(blank=True)
    hard = models.TextField(blank=True)
    helped = models.TextField(blank=True)
    believe = models.TextField(blank=True)
    unknown = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=0)
    readers = models.PositiveIntegerField(default=0)
    shown_on = models.DateField(null=True, help_text="When a digest brought it up last.")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["-wanted_at", "-number"]
        indexes = [models.Index(fields=["team", "state", "-wanted_at"], name="review_of_team")]
        constraints = [
            models.UniqueConstraint(fields=["team", "number"], name="review_number_in_team"),
            models.CheckConstraint(condition=~Q(state="waived") | ~Q(reason=""), name="review_waived_with_a_reason"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    @property
    def ref(self) -> Ref:
        """Return the ledger's reference to it."""
        return Ref("review", str(self.number), self.title)

    @property
    def stands(self) -> State:
        """Return how it stands, as the rules know it."""
        return State(self.state)

    @property
    def texts(self) -> dict[str, str]:
        """Return the answers by the names of their questions."""
        return {name: getattr(self, name) for name in QUESTIONS}

    def is_waived_by_silence(self, today: date) -> bool:
        """Say whether nobody wrote it, in spite of three reminders. It may still be written."""
        return self.stands.is_draft and is_silent(self.due_on, today)


class OfReview(TeamScoped):
    """Questions about what belongs to a review and is read by whoever may read it."""

    kind = Kind.REVIEW


class Revision(models.Model):
    """The answers as somebody saved them once; kept, so that nothing that was written is ever gone."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="revisions")
    version = models.PositiveIntegerField()
    texts: Any = models.JSONField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfReview.as_manager()

    class Meta:
        ordering = ["-version", "-id"]
        constraints = [models.UniqueConstraint(fields=["review", "version"], name="review_version_once")]

    def __str__(self) -> str:
        return f"{self.review}, version {self.version}"


class Learning(models.Model):
    """One thing that was learned, in one sentence. Follow-ups name one."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="learnings")
    text = models.CharField(max_length=300)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfReview.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["review", "text"], name="learned_once")]

    def __str__(self) -> str:
        return self.text


class Factor(models.Model):
    """Something that contributed, one of many, and the plot of the garden where it grows."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="factors")
    text = models.CharField(max_length=300)
    plot = models.CharField(max_length=20, blank=True, choices=[(p.slug, str(p)) for p in PLOTS])
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfReview.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["review", "text"], name="contributed_once")]

    def __str__(self) -> str:
        return self.text


class Link(models.Model):
    """An object that a review is about beside its incidents, as a procedure, by the ledger's reference.

    Who changes that object is shown the review.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="links")
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfReview.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["team", "object_kind", "object_id"], name="reviews_linked_to")]
        constraints = [
            models.UniqueConstraint(fields=["review", "object_kind", "object_id"], name="review_linked_once_to_each")
        ]

    def __str__(self) -> str:
        return f"{self.review} about {self.object_kind} {self.object_name}"


class Use(models.Model):
    """A later object that a review helped with, as an incident or a procedure, by the ledger's reference."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="uses")
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects = OfReview.as_manager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "object_kind", "object_id"], name="review_used_once_by_each")
        ]

    def __str__(self) -> str:
        return f"{self.review} in {self.object_kind} {self.object_name}"


class Taken(models.Model):
    """An older text that was entered: what it was, so that the same text is never entered twice.

    key: of the text's own place (name and time of what it tells), digest: of its words then.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    source_name = models.CharField(max_length=200)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfReview.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["team", "key"], name="text_taken_once")]

    def __str__(self) -> str:
        return self.source_name


def newest_number(team: Team) -> int:
    """Return the highest number of a team's reviews, 0 for none."""
    found: int | None = Review.objects.filter(team=team).aggregate(last=models.Max("number"))["last"]
    return found or 0
