"""Tables of alerts: programs that may send them, their tokens, what they sent, and the episodes read from it."""

import uuid
import zlib
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.telemetry.alerts.rules.lives import Held, Life, shown
from hortus.telemetry.alerts.rules.mapping import Rule
from hortus.telemetry.alerts.rules.reading import Sort

SORT_WORDS = {
    Sort.ALERTMANAGER: "Prometheus Alertmanager",
    Sort.GRAFANA: "Grafana",
    Sort.UPTIME_KUMA: "Uptime Kuma",
    Sort.COMMAND: "Nagios, Icinga 2 or Checkmk (hortus alert send)",
}


class AlertSourceQuerySet(TeamScoped):
    """Questions about sources of alerts."""

    kind = Kind.ALERT_SOURCE

    def active(self) -> Self:
        """Return those that were not retired."""
        return self.filter(retired_at=None)


class AlertSource(models.Model):
    """A program that may send alerts, to an address of its own.

    group_interval_seconds: how long after a first late word a second one counts. repeat_interval_seconds: how often it
    repeats what still fires, 0 for one that does not. mapping: rules from labels to the catalogue, as lists of four
    texts. service, function: slugs, where no rule and no label says otherwise. proposes: it proposes incidents.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    sort = models.CharField(max_length=20, choices=[(sort.value, word) for sort, word in SORT_WORDS.items()])
    group_interval_seconds = models.PositiveIntegerField()
    repeat_interval_seconds = models.PositiveIntegerField()
    service = models.SlugField(max_length=60, blank=True)
    function = models.SlugField(max_length=60, blank=True)
    mapping = models.JSONField(default=list)
    proposes = models.BooleanField(default=False)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True, help_text="When its last notice was stored.")
    truncated_at = models.DateTimeField(null=True, help_text="When it last left alerts out of a notice.")
    refused_count = models.PositiveIntegerField(default=0, help_text="Requests with a wrong token, or none.")
    refused_at = models.DateTimeField(null=True)

    objects = AlertSourceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="alert_source_slug_in_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def group_interval(self) -> timedelta:
        """Return how long after a first late word a second one counts."""
        return timedelta(seconds=self.group_interval_seconds)

    @property
    def repeat_interval(self) -> timedelta:
        """Return how often it repeats what still fires, no time for one that does not."""
        return timedelta(seconds=self.repeat_interval_seconds)

    @property
    def rules(self) -> list[Rule]:
        """Return its rules from labels to the catalogue."""
        return [Rule(*texts) for texts in self.mapping]


class SourceTokenQuerySet(TeamScoped):
    """Questions about tokens of sources."""

    kind = Kind.ALERT_SOURCE

    def valid(self) -> Self:
        """Return those that open their source's address."""
        return self.filter(revoked_at=None, source__retired_at=None)


class SourceToken(models.Model):
    """A token that opens the address of one source and nothing else; only its digest is kept."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(AlertSource, on_delete=models.CASCADE, related_name="tokens")
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = SourceTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}…"


class NoticeQuerySet(TeamScoped):
    """Questions about notices."""

    kind = Kind.ALERT_NOTICE

    def unread(self) -> Self:
        """Return those that could not be read and that no person has looked at."""
        return self.filter(fault__gt="", seen_at=None)


class Notice(models.Model):
    """One request of a source, as it was sent. Kept for a month; its episodes are kept for good.

    packed: the body, compressed, exactly. size_bytes: of the body as it came, also of what was cut off. sent_as: the
    sender's own id of it, None where it has none. fault: why it could not be read, "" when it could. warnings:
    sentences about what is odd.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(AlertSource, on_delete=models.PROTECT, related_name="notices")
    received_at = models.DateTimeField()
    packed = models.BinaryField()
    size_bytes = models.PositiveBigIntegerField()
    is_cut = models.BooleanField(default=False)
    sent_as = models.CharField(max_length=64, null=True)
    fault = models.CharField(max_length=300, blank=True)
    alert_count = models.PositiveIntegerField(default=0)
    truncated_count = models.PositiveIntegerField(default=0)
    remark = models.CharField(max_length=200, blank=True)
    warnings = models.JSONField(default=list)
    seen_at = models.DateTimeField(null=True, help_text="When a person looked at what could not be read.")
    seen_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["received_at"], name="alert_notice_received"),
            models.Index(fields=["team", "-id"], condition=Q(fault__gt="", seen_at=None), name="alert_notice_unread"),
        ]
        constraints = [models.UniqueConstraint(fields=["source", "sent_as"], name="alert_notice_sent_once")]

    def __str__(self) -> str:
        return f"{self.source} at {self.received_at:%Y-%m-%d %H:%M:%S}"

    @property
    def body(self) -> bytes:
        """Return the body as it was kept."""
        return zlib.decompress(self.packed)


class EpisodeQuerySet(TeamScoped):
    """Questions about episodes."""

    kind = Kind.ALERT_NOTICE

    def standing(self) -> Self:
        """Return those that nobody says are over: they fire, or their sender is silent."""
        return self.filter(life__in=[Life.FIRING, Life.SILENT])

    def untold(self) -> Self:
        """Return those of whose change who listens could not be told."""
        return self.exclude(untold_at=None)

    def over(self) -> Self:
        """Return those that ended or were closed."""
        return self.filter(life__in=[Life.RESOLVED, Life.CLOSED])


class Episode(models.Model):
    """One time of one trouble, as its sender told it: from firing until resolved, silent or closed by a person.

    identity, key: what the sender calls the trouble and this time of it. starts_at, ends_at: by the sender's clock;
    starts_text: as it was written. first_at, seen_at: received. changed_at: when its life last changed, by our clock.
    doubt: why the sender's times are not to be believed, "" when they are. earlier: the time before this one.
    untold_at: since when who listens could not be told of its change. is_findable: the search has it as it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(AlertSource, on_delete=models.PROTECT, related_name="episodes")
    identity = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    life = models.CharField(max_length=10, choices=[(life.value, life.value) for life in Life])
    title = models.CharField(max_length=200)
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    url = models.CharField(max_length=500, blank=True)
    service = models.SlugField(max_length=60, blank=True)
    function = models.SlugField(max_length=60, blank=True)
    starts_at = models.DateTimeField(null=True)
    starts_text = models.CharField(max_length=64, blank=True)
    ends_at = models.DateTimeField(null=True)
    doubt = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    late_since = models.DateTimeField(null=True, help_text="When it was first said to fire after it had ended.")
    seen_count = models.PositiveIntegerField(default=0)
    reopened_count = models.PositiveIntegerField(default=0)
    is_superseded = models.BooleanField(default=False, help_text="A newer time of the same trouble is known.")
    earlier = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="later")
    last_notice = models.ForeignKey(Notice, on_delete=models.SET_NULL, null=True, related_name="episodes")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    closed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was acknowledged or closed.")
    untold_at = models.DateTimeField(null=True)
    is_findable = models.BooleanField(default=False)

    objects = EpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["-first_at", "-pk"]
        indexes = [
            models.Index(fields=["team", "life", "-changed_at"], name="alert_episode_standing"),
            models.Index(fields=["source", "identity", "-first_at"], name="alert_episode_trouble"),
            models.Index(fields=["source", "id"], condition=Q(untold_at__isnull=False), name="alert_episode_untold"),
            models.Index(fields=["source", "id"], condition=Q(is_findable=False), name="alert_episode_unfound"),
        ]
        constraints = [models.UniqueConstraint(fields=["source", "identity", "key"], name="alert_episode_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def held(self) -> Held:
        """Return what the rules need of it."""
        return Held(Life(self.life), self.seen_at, self.late_since, self.is_superseded)

    @property
    def since(self) -> datetime:
        """Return when it began, by the sender's clock where that is believed, else when it was first heard of."""
        return self.starts_at if self.starts_at and not self.doubt else self.first_at

    def shown(self, now: datetime) -> Life:
        """Return its life at an aware time, silence seen before anybody wrote it down."""
        return shown(self.held, now, self.source.repeat_interval)
