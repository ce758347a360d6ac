"""Tables of the garden: readings as they were taken, and targets as a team changed them."""

import uuid

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.values.reading import State


class ReadingQuerySet(TeamScoped):
    """Questions about readings."""

    kind = Kind.READING


class TakenReading(models.Model):
    """What an indicator read on one day, with the target it was judged by. Kept as it was taken.

    A reading of the same day replaces the day's earlier one; those of days gone by never change.
    taken_at later than the end of `day` means that it was worked out afterwards, and pages say so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="readings")
    indicator = models.SlugField(max_length=60)
    day = models.DateField()
    taken_at = models.DateTimeField()
    value = models.FloatField(
        null=True, help_text="In the indicator's base unit; empty when there was nothing to measure."
    )
    n = models.PositiveIntegerField(default=0)
    hits = models.PositiveIntegerField(null=True)
    evidence_until = models.DateTimeField(null=True)
    goal = models.FloatField()
    slack = models.FloatField()
    earned = models.CharField(max_length=10, choices=[(s.value, s.word) for s in State])
    shown = models.CharField(max_length=10, choices=[(s.value, s.word) for s in State])

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["team", "indicator", "day"], name="one_reading_a_day")]

    def __str__(self) -> str:
        return f"{self.indicator} on {self.day}: {self.value}"


class TeamTargetQuerySet(TeamScoped):
    """Questions about targets."""

    kind = Kind.TARGET


class TeamTarget(models.Model):
    """A team's own target for one indicator. Each change is a row with author and reason; the newest counts."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="targets")
    indicator = models.SlugField(max_length=60)
    goal = models.FloatField()
    slack = models.FloatField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = TeamTargetQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.indicator}: {self.goal} since {self.at:%Y-%m-%d}"
