"""Tables of what is noted beside an incident: questions, surprises, links, receipts. Imported by `models`."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind


class OfIncident(TeamScoped):
    """Questions about what belongs to an incident and is read by whoever may read it."""

    kind = Kind.INCIDENT


class QuestionQuerySet(TeamScoped):
    """Questions about questions."""

    kind = Kind.QUESTION

    def waiting(self) -> Self:
        """Return those that nobody answered yet."""
        return self.filter(answered_at=None)


class Question(models.Model):
    """A question that waits in the tray until the next update. answer_by: the promise that its asker saw."""

    class Urgency(models.TextChoices):
        """Whether it may interrupt: only danger does."""

        WAITS = "waits", "can wait for the next update"
        DATA = "data", "data at risk"
        SAFETY = "safety", "safety of people"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="questions")
    text = models.CharField(max_length=500)
    urgency = models.CharField(max_length=6, choices=Urgency.choices, default=Urgency.WAITS)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answerer = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    answered_by = models.ForeignKey("incidents.Update", on_delete=models.PROTECT, null=True, related_name="answers")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]

    def __str__(self) -> str:
        return self.text


class Surprise(models.Model):
    """Somebody tapped "this surprises me": it helps to choose what to learn from."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="surprises")
    sentence = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.sentence or "a surprise"


class Link(models.Model):
    """What belongs to an incident and lives elsewhere: an address, or an object of the ledger (an alert, say)."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="links")
    words = models.CharField(max_length=200)
    url = models.CharField(max_length=1000, blank=True)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["team", "object_kind", "object_id"], name="link_to_object")]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "object_kind", "object_id"], condition=~Q(object_kind=""), name="object_linked_once"
            )
        ]

    def __str__(self) -> str:
        return self.words


class Receipt(models.Model):
    """What somebody asked for with a key of their own, so that the same request once more changes nothing.

    result: what came of it, as names and ids; a refusal keeps its code and sentence.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+")
    client_key = models.CharField(max_length=100)
    verb = models.CharField(max_length=40)
    at = models.DateTimeField()
    result: Any = models.JSONField(default=dict)

    objects = OfIncident.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["team", "by", "client_key"], name="incident_asked_once")]

    def __str__(self) -> str:
        return f"{self.verb} {self.client_key}"
