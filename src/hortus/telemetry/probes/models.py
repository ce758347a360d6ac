"""Tables of probes: what is asked, what was found lately, and the manifest of the Parquet files of what was found."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.telemetry.counts.models import Series
from hortus.telemetry.probes import kinds, rules


def probes_folder() -> Path:
    """Return the folder below which the Parquet files of all teams lie."""
    return Path(settings.DATA_DIR) / "probes"


class ProbeQuerySet(TeamScoped):
    """Questions about probes."""

    kind = Kind.PROBE

    def active(self) -> Self:
        """Return the probes that are not paused."""
        return self.filter(is_paused=False)


class Probe(models.Model):
    """A question that the worker asks a service again and again.

    slot: the newest moment that was taken for a run, or at which its schedule began anew, in seconds since 1970. run:
    the one that is under way, if any.
    told_minute: up to which minute those who keep counts were told of results.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="probes")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    service = models.SlugField(max_length=60, blank=True)
    kind = models.CharField(max_length=20, choices=[(kind.slug, kind.name) for kind in kinds.KINDS.values()])
    parameters: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    period_seconds = models.PositiveIntegerField(default=60)
    limit_seconds = models.PositiveIntegerField(default=10)
    latency_seconds = models.FloatField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    series = models.OneToOneField(Series, on_delete=models.PROTECT, null=True, related_name="probe")
    slot = models.BigIntegerField(default=0, editable=False)
    run = models.UUIDField(null=True, editable=False)
    told_minute = models.BigIntegerField(default=0, editable=False)

    objects = ProbeQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="probe_slug_in_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def sort(self) -> kinds.ProbeKind:
        """Return the kind with all that is declared of it."""
        return kinds.KINDS[self.kind]

    @property
    def question(self) -> str:
        """Return what it asks, in words."""
        return kinds.question(self.sort, self.parameters)

    def is_late(self, last: "ProbeResult | None", now: datetime) -> bool:
        """Say whether it was not asked though it was due.

        last: what it found last, by hand too. Whatever was kept from a clock that ran ahead does not count. Nobody
        asks for a probe that is paused, nor for one of a sample, whose services do not exist.
        """
        if self.is_paused or self.team.is_sample:
            return False
        at = int(now.timestamp())
        known = [int(self.made_at.timestamp()), self.slot, int(last.at.timestamp()) if last else 0]
        sane = [one for one in known if one <= at + 2 * rules.ROUND_SECONDS]
        return rules.is_late(self.shift, self.period_seconds, self.limit_seconds, max(sane, default=at), at)

    @property
    def shift(self) -> int:
        """Return the seconds by which it is shifted into its period."""
        return rules.shift(self.pk.bytes, self.period_seconds)


class ProbeResultQuerySet(TeamScoped):
    """Questions about results; their team is that of their probe."""

    kind = Kind.PROBE

    def visible_to(self, person: Person) -> Self:
        """Return the results of probes that this person may read."""
        return self.filter(probe__in=Probe.objects.visible_to(person))

    def between(self, first: datetime, last: datetime) -> Self:
        """Return what was asked from `first` up to but not including `last`."""
        return self.filter(at__gte=first, at__lt=last)


class ProbeResult(models.Model):
    """What one run found. at: when it was due (or asked for by hand). ok: empty where nothing could be measured."""

    id = models.BigAutoField(primary_key=True)
    probe = models.ForeignKey(Probe, on_delete=models.CASCADE, related_name="results")
    at = models.DateTimeField()
    ok = models.BooleanField(null=True)
    value_seconds = models.FloatField(null=True)
    period_seconds = models.PositiveIntegerField(help_text="Of the probe at that time: how long the result speaks for.")
    code = models.CharField(max_length=40)
    sentence = models.CharField(max_length=300)

    objects = ProbeResultQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["probe", "at"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.code}"

    def is_good(self, threshold: float | None) -> bool:
        """Say whether it is right, and within the threshold in seconds where there is one."""
        return bool(self.ok) and rules.is_within(self.value_seconds, threshold)


class ProbeSegmentQuerySet(TeamScoped):
    """Questions about segments."""

    kind = Kind.PROBE


class ProbeSegment(models.Model):
    """One Parquet file with the results of all probes of a team in one month (UTC). A file without a row is nothing."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="probe_segments")
    month = models.CharField(max_length=7, help_text="As in 2026-11.")
    file = models.CharField(max_length=200, unique=True, help_text="Path below the folder of all probes.")
    rows = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    objects = ProbeSegmentQuerySet.as_manager()

    class Meta:
        ordering = ["month"]
        constraints = [models.UniqueConstraint(fields=["team", "month"], name="one_probe_segment_a_month")]

    def __str__(self) -> str:
        return f"{self.month}: {self.file}"
