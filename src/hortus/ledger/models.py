"""The Event table: append-only, one row for whatever happened. Nothing private is in a payload.

The tables of the queue and of the search are in `queue_models` and `search_models`; they are imported here because
Django looks for tables in this module.
"""

from datetime import datetime
from typing import Self

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.ledger.queue_models import QueuedTask, QueuePeriod, QueueWorker
from hortus.ledger.search_models import SearchEntry, SearchEntryQuerySet
from hortus.values.plots import PLOTS

__all__ = ["Event", "EventQuerySet", "QueuePeriod", "QueueWorker", "QueuedTask", "SearchEntry", "SearchEntryQuerySet"]


class EventQuerySet(TeamScoped):
    """Questions about events."""

    kind = Kind.EVENT

    def about(self, kind: str, id: str) -> Self:  # noqa: A002 -- the ledger's reference is (kind, id)
        """Return the events of one object."""
        return self.filter(object_kind=kind, object_id=id)

    def between(self, first: datetime, last: datetime) -> Self:
        """Return what happened from `first` up to but not including `last`."""
        return self.filter(occurred_at__gte=first, occurred_at__lt=last)


class Event(models.Model):
    """Something that happened to an object of a team; the database refuses to change or remove it."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="events")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200)
    service = models.CharField(max_length=60, blank=True)
    plot = models.CharField(max_length=20, blank=True, choices=[(p.slug, str(p)) for p in PLOTS])
    source = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    dedupe_key = models.CharField(max_length=200, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [
            models.Index(fields=["team", "-occurred_at", "-id"]),
            models.Index(fields=["object_kind", "object_id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "dedupe_key"], condition=~models.Q(dedupe_key=""), name="event_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_kind} {self.object_name}"
