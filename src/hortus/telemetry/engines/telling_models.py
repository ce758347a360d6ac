"""The table of what engines told: the sums that objectives were last judged by. Asking is in `telling`."""

from django.db import models

from hortus.access.models import Team, TeamScoped
from hortus.access.policy import Kind


class TellingQuerySet(TeamScoped):
    """Questions about what engines told."""

    kind = Kind.ENGINE


class Telling(models.Model):
    """What an engine told of a query whose counts stay in it: the last time of each day that it was asked.

    Pages read this and never wait for an engine. day: in the team's zone, so that the row of a past day is how that
    day ended. minute: up to which it was asked, since 1970, exclusive. sums: rows of since, until, good, total and
    measured minutes. finding: why the engine could not be believed then; the sums of that minute are not there then.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    query = models.ForeignKey("engines.EngineQuery", on_delete=models.CASCADE, related_name="tellings")
    day = models.DateField()
    minute = models.BigIntegerField()
    sums = models.JSONField(default=list)
    finding = models.CharField(max_length=600, blank=True)

    objects = TellingQuerySet.as_manager()

    class Meta:
        ordering = ["-minute", "-day"]
        constraints = [models.UniqueConstraint(fields=["query", "day"], name="telling_once_a_day")]

    def __str__(self) -> str:
        return f"{self.query_id} at {self.minute}"
