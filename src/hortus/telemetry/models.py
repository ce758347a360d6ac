"""Tables of telemetry: clusters, the manifest of Parquet segments, imports with their findings, node outages."""

import re
import uuid
from datetime import datetime
from pathlib import Path
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from hortus.access.models import Person, Team, TeamScoped, known_zone
from hortus.access.policy import Kind


def jobs_folder() -> Path:
    """Return the folder below which the Parquet segments of all teams lie."""
    return Path(settings.DATA_DIR) / "jobs"


def cluster_name(value: str) -> None:
    """Refuse a name that no scheduler would give to a cluster and that cannot name a folder."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", value):
        raise ValidationError(
            f"{value[:80]!r} cannot name a cluster; write 1 to 60 of a-z, 0-9, - and _, with a letter or digit first."
        )


class ClusterQuerySet(TeamScoped):
    """Questions about clusters."""

    kind = Kind.CLUSTER


class Cluster(models.Model):
    """A batch system that jobs are imported from. Its name is the word that the scheduler uses."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="clusters")
    name = models.SlugField(max_length=60, validators=[cluster_name])
    service = models.SlugField(max_length=60, blank=True)
    zone = models.CharField(max_length=60, default="UTC", validators=[known_zone])
    node_count = models.PositiveIntegerField(default=0, help_text="Nodes in all, 0 when unknown.")

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="cluster_name_in_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def store(self) -> Path:
        """Return the team's folder, which holds one folder of segments for each cluster."""
        return jobs_folder() / str(self.team_id)


class JobSegment(models.Model):
    """One Parquet file of jobs of one month. The table is the manifest: a file without a row does not count."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="segments")
    month = models.CharField(max_length=7, help_text="Month of submission, as in 2026-11.")
    file = models.CharField(max_length=200, unique=True, help_text="Path below the folder of all jobs.")
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    first_submit_at = models.DateTimeField(null=True)
    last_submit_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["cluster", "month"])]

    def __str__(self) -> str:
        return f"{self.month}: {self.file}"


class BatchImportQuerySet(TeamScoped):
    """Questions about imports."""

    kind = Kind.IMPORT

    def newest_first(self) -> Self:
        """Return the imports, the last one first."""
        return self.order_by("-ended_at")


class BatchImport(models.Model):
    """One finished import of accounting records or node events, with what it found."""

    NODE_EVENTS = "node_events"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="imports")
    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="imports")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    source_name = models.CharField(max_length=200)
    format = models.CharField(max_length=30)
    zone = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    result = models.JSONField(help_text="The counts and reasons, as `hortus import --json` prints them.")

    objects = BatchImportQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.source_name} into {self.cluster}"


class NodeOutageQuerySet(TeamScoped):
    """Questions about node outages; their team is that of their cluster."""

    kind = Kind.CLUSTER

    def visible_to(self, person: Person) -> Self:
        """Return the outages of clusters that this person may read."""
        return self.filter(cluster__in=Cluster.objects.visible_to(person))

    def touching(self, first: datetime, last: datetime) -> Self:
        """Return the outages that share a moment with the time from `first` up to but not including `last`."""
        return self.filter(began_at__lt=last).exclude(ended_at__lte=first)


class NodeOutage(models.Model):
    """A span in which a node was down or drained, as the scheduler tells it; open while ended_at is empty."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="outages")
    node = models.CharField(max_length=120)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=40)
    reason = models.CharField(max_length=300, blank=True)

    objects = NodeOutageQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "node"]
        constraints = [models.UniqueConstraint(fields=["cluster", "node", "began_at"], name="outage_told_once")]

    def __str__(self) -> str:
        return f"{self.node} {self.state} since {self.began_at:%Y-%m-%d %H:%M}"
