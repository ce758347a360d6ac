"""Tables of metric engines, hubs and schedulers that are asked for counts. No token is ever kept in them.

What engines told of counts that stay in them is in `telling_models`; it is imported here because Django looks for
tables in this module.
"""

import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Self

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.engines.rules.questions import Era, Question, Span, by_time
from hortus.telemetry.engines.telling_models import Telling
from hortus.telemetry.models import Cluster

__all__ = ["Engine", "EngineQuery", "EngineQuerySet", "Hub", "OwnQuerySet", "Poll", "Telling"]


class EngineQuerySet(TeamScoped):
    """Questions about engines, hubs and polls: rows with a team of their own."""

    kind = Kind.ENGINE


class Engine(models.Model):
    """A Prometheus-compatible engine. url: what stands before /api/v1. state: what the last self-check proved."""

    class Kind(models.TextChoices):
        PROMETHEUS = "prometheus", "Prometheus"
        VICTORIAMETRICS = "victoriametrics", "VictoriaMetrics"
        THANOS = "thanos", "Thanos"
        MIMIR = "mimir", "Mimir"
        GREPTIMEDB = "greptimedb", "GreptimeDB"
        OTHER = "other", "another engine with the Prometheus HTTP API"

    class State(models.TextChoices):
        UNCHECKED = "unchecked", "not checked yet"
        TRUSTED = "trusted", "trusted"
        SAMPLES = "samples", "trusted for samples, not for sums"
        DISTRUSTED = "distrusted", "not trusted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="engines")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=300)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PROMETHEUS)
    token_name = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices, default=State.UNCHECKED)
    checked_at = models.DateTimeField(null=True)
    checks = models.JSONField(default=list, help_text="What the last self-check asked, expected and got.")
    gives_samples = models.BooleanField(default=False, help_text="Answers a range selector with the raw samples.")

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="engine_slug_in_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def may_give_samples(self) -> bool:
        """Say whether its samples are believed."""
        return self.state in {self.State.TRUSTED, self.State.SAMPLES}


class OwnQuerySet(TeamScoped):
    """Questions about the queries of engines; their team is that of their engine."""

    kind = Kind.ENGINE

    def visible_to(self, person: Person) -> Self:
        """Return the queries of engines that this person may read."""
        return self.filter(engine__in=Engine.objects.visible_to(person))

    def still(self, query: "EngineQuery") -> Self:
        """Return the row of a query, none when it was dropped or is asked otherwise since: then answers are void."""
        return self.filter(pk=query.pk, **asdict(query.question))


class EngineQuery(models.Model):
    """What an engine is asked for one series of counts.

    good: counter of good events, of bad ones for the sort BAD; the expression for the sort THRESHOLD. total: counter of
    all events. comparison, bound: when a minute is good, for thresholds. is_kept_here: the worker copies the counts;
    otherwise the engine is asked for sums each time. first_minute, next_minute: the first minute that is copied,
    and the first that is not copied yet. finding, fault_code, failed_at: the newest fault in the engine's words, for
    its own page, its code, and its time; nothing once the engine was asked again without one. earlier: eras, ascending;
    minutes before the end of one are counted as it asked for them.
    """

    HEARD = ("asked_at", "finding", "fault_code", "failed_at")

    class Sort(models.TextChoices):
        GOOD = "good", "good and total events"
        BAD = "bad", "bad and total events"
        THRESHOLD = "threshold", "a value against a bound, each minute one event"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    engine = models.ForeignKey(Engine, on_delete=models.CASCADE, related_name="queries")
    series = models.OneToOneField(Series, on_delete=models.CASCADE, related_name="engine_query")
    sort = models.CharField(max_length=12, choices=Sort.choices, default=Sort.GOOD)
    good = models.TextField()
    total = models.TextField(blank=True)
    comparison = models.CharField(max_length=3, blank=True)
    bound = models.FloatField(null=True)
    is_kept_here = models.BooleanField(default=True)
    first_minute = models.BigIntegerField(default=0)
    next_minute = models.BigIntegerField(default=0)
    earlier = models.JSONField(default=list, help_text="What was asked before it was changed, and until which minute.")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=600, blank=True, help_text="What was wrong the last time.")
    fault_code = models.CharField(max_length=40, blank=True)
    failed_at = models.DateTimeField(null=True, help_text="When what was wrong was seen.")
    notes = models.JSONField(default=dict, help_text="Resets, gaps and new series seen the last time.")

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["series__name"]

    def __str__(self) -> str:
        return self.series.name

    @property
    def question(self) -> Question:
        """Return what is asked now."""
        return Question(self.sort, self.good, self.total, self.comparison, self.bound)

    @property
    def eras(self) -> list[Era]:
        """Return what was asked before, ascending."""
        return [Era.of(stored) for stored in self.earlier]

    @property
    def changed_minute(self) -> int:
        """Return the first minute that is asked for as it is now, 0 where it was never changed."""
        return self.eras[-1].until if self.earlier else 0

    @property
    def history(self) -> list[tuple[datetime, Question]]:
        """Return what was asked before with the time until when, the latest first."""
        return [(datetime.fromtimestamp(era.until * 60, UTC), era.question) for era in reversed(self.eras)]

    def asked_in(self, since: int, until: int) -> list[tuple[Span, Question]]:
        """Return the minutes [since, until) in pieces, each with what is asked for its minutes."""
        return by_time(self.eras, self.question, (since, until))

    @property
    def fault(self) -> EngineFault | None:
        """Return the newest fault, None where nothing was wrong the last time."""
        return EngineFault(self.fault_code, self.finding) if self.finding else None

    def hear(self, at: datetime, fault: EngineFault | None) -> None:
        """Take down, without saving, that the engine was asked at an aware time, and what was wrong; see `HEARD`."""
        self.asked_at, self.failed_at = at, at if fault else None
        self.finding, self.fault_code = (fault.sentence[:600], fault.code[:40]) if fault else ("", "")

    @property
    def kept_until(self) -> datetime | None:
        """Return up to when counts were copied, None where they stay in the engine."""
        return datetime.fromtimestamp(self.next_minute * 60, UTC) if self.is_kept_here else None


class Hub(models.Model):
    """A JupyterHub whose /hub/metrics is read every minute. url: of that page.

    threshold_seconds: a notebook that opened within it is good; an edge of the hub's histogram. last: counters of the
    last reading, by label set, from which the next one counts on.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hubs")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=300)
    token_name = models.CharField(max_length=40, blank=True)
    threshold_seconds = models.FloatField()
    series = models.OneToOneField(Series, on_delete=models.CASCADE, related_name="hub")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    last = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=600, blank=True)

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="hub_slug_in_team")]

    def __str__(self) -> str:
        return self.name


class Poll(models.Model):
    """How often a scheduler is asked for the jobs of a cluster. since: the span before it was never polled.

    nodes_until: node events before this were asked for; None where they never were, as slurmrestd has none.
    """

    class Source(models.TextChoices):
        SACCT = "sacct", "sacct on this machine"
        REST = "slurmrestd", "slurmrestd by HTTP"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="polls")
    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="poll")
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.SACCT)
    url = models.CharField(max_length=300, blank=True, help_text="Of the list of jobs, for slurmrestd.")
    user_name = models.CharField(max_length=60, blank=True)
    token_name = models.CharField(max_length=40, blank=True)
    period_minutes = models.PositiveIntegerField(default=10)
    since = models.DateTimeField()
    polled_until = models.DateTimeField(null=True, help_text="Jobs active before this were asked for.")
    nodes_until = models.DateTimeField(null=True, help_text="Node events before this were asked for.")
    asked_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=600, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = EngineQuerySet.as_manager()

    class Meta:
        ordering = ["cluster__name"]

    def __str__(self) -> str:
        return f"{self.cluster} by {self.source}"

    def is_due(self, now: datetime) -> bool:
        """Say whether the scheduler is to be asked at this aware time."""
        return self.asked_at is None or now - self.asked_at >= timedelta(minutes=self.period_minutes)
