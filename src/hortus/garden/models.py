"""Tables of the garden: readings as they were taken, and targets as a team changed them."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Self

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.values.reading import Reading, State, Target


class ReadingQuerySet(TeamScoped):
    """Questions about readings."""

    kind = Kind.READING

    def of(self, team: Team, indicators: Iterable[str]) -> Self:
        """Return the readings of these indicators, oldest first."""
        return self.filter(team=team, indicator__in=list(indicators)).order_by("day")

    def since(self, day: date) -> Self:
        """Return those of `day` and later."""
        return self.filter(day__gte=day)

    def before(self, day: date) -> Self:
        """Return those of earlier days."""
        return self.filter(day__lt=day)


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
        ordering = ["day", "indicator"]
        constraints = [models.UniqueConstraint(fields=["team", "indicator", "day"], name="one_reading_a_day")]

    def __str__(self) -> str:
        return f"{self.indicator} on {self.day}: {self.value}"

    @property
    def reading(self) -> Reading | None:
        """Return what was measured, None when there was nothing."""
        return None if self.value is None else Reading(self.value, self.n, self.hits, self.evidence_until)

    @property
    def was_worked_out_later(self) -> bool:
        """Say whether it was taken after its day was over, from records that came later."""
        return self.taken_at.date() > self.day + timedelta(days=1)

    def target(self, *, at_most: bool) -> Target:
        """Return the target that this reading was judged by."""
        return Target(self.goal, self.slack, at_most)


MOST_REASON = 300


class TeamTargetQuerySet(TeamScoped):
    """Questions about targets."""

    kind = Kind.TARGET

    def in_force(self, team: Team) -> dict[str, "TeamTarget"]:
        """Return the newest change of each indicator that the team changed, by slug."""
        return {change.indicator: change for change in self.filter(team=team).order_by("id")}


class TeamTarget(models.Model):
    """A team's own target for one indicator. Each change is a row with author and reason; the newest counts."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="targets")
    indicator = models.SlugField(max_length=60)
    goal = models.FloatField()
    slack = models.FloatField()
    reason = models.CharField(max_length=MOST_REASON)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = TeamTargetQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.indicator}: {self.goal} since {self.at:%Y-%m-%d}"
