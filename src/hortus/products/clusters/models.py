"""The table of promised waiting times."""

import uuid

from django.db import models

from hortus.access.models import TeamScoped
from hortus.access.policy import Kind
from hortus.telemetry.models import Cluster


class PromiseQuerySet(TeamScoped):
    """Questions about promises."""

    kind = Kind.PROMISE


class Promise(models.Model):
    """How long a job of one size may wait in one partition. Empty partition or size class means any."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey("access.Team", on_delete=models.CASCADE, related_name="promises")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="promises")
    partition = models.CharField(max_length=80, blank=True)
    size_class = models.CharField(max_length=20, blank=True)
    wait_seconds = models.PositiveIntegerField()
    source = models.CharField(max_length=300, help_text="Where the figure comes from: a person's word or history.")
    is_from_history = models.BooleanField(default=False, help_text="Derived from the team's own history, by nobody.")
    since = models.DateTimeField(auto_now=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["partition", "size_class"]
        constraints = [models.UniqueConstraint(fields=["cluster", "partition", "size_class"], name="one_promise_each")]

    def __str__(self) -> str:
        return f"{self.partition or 'any partition'}, {self.size_class or 'any size'}: {self.wait_seconds} s"
