"""Tables of objectives: SLIs, objectives and their parts, exclusions, alert episodes, the latest standing."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.products.slos.rules.alerts import Urgency
from hortus.telemetry.counts.models import Series

LONGEST_SENTENCE, LONGEST_PROMISE, LONGEST_REASON = 300, 600, 300


class SliQuerySet(TeamScoped):
    """Questions about SLIs."""

    kind = Kind.OBJECTIVE

    def kept(self) -> Self:
        """Return those that are still measured."""
        return self.filter(retired_at=None)


class Sli(models.Model):
    """Something that is counted as good or bad events, one series of counts each.

    judge: who fills the series from raw events that Hortus holds; empty: whatever feeds the series, as programs, hubs
    and engines do. Without a judge its parameters are empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="slis")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    sentence = models.CharField(max_length=LONGEST_SENTENCE, help_text="What counts as good, as a researcher says it.")
    service = models.SlugField(max_length=60, blank=True)
    judge = models.SlugField(max_length=60, blank=True)
    parameters = models.JSONField(default=dict)
    series = models.OneToOneField(Series, on_delete=models.PROTECT, related_name="sli")
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    objects = SliQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="sli_slug_in_team")]

    def __str__(self) -> str:
        return self.name


class ObjectiveQuerySet(TeamScoped):
    """Questions about objectives."""

    kind = Kind.OBJECTIVE

    def kept(self) -> Self:
        """Return those that still hold."""
        return self.filter(retired_at=None)

    def whole(self) -> Self:
        """Return them with everything that a standing is worked out from, in a fixed number of queries."""
        return self.select_related("team", "owner").prefetch_related("parts__sli")


class Objective(models.Model):
    """How much of what an SLI counts is promised to be good, over which window. Several parts make a composite."""

    class Unit(models.TextChoices):
        """Calendar units that a budget can be counted over, in the team's zone."""

        WEEK = "week", "Week"
        MONTH = "month", "Month"
        QUARTER = "quarter", "Quarter"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="objectives")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    promise = models.CharField(max_length=LONGEST_PROMISE, blank=True, help_text="What researchers are promised.")
    function = models.SlugField(max_length=60, blank=True, help_text="Of the status page: what it speaks for.")
    target_ratio = models.DecimalField(max_digits=10, decimal_places=9)
    window_days = models.PositiveSmallIntegerField(null=True, help_text="Length of a rolling window.")
    calendar_unit = models.CharField(max_length=10, choices=Unit.choices, blank=True)
    slice_minutes = models.PositiveSmallIntegerField(null=True, help_text="Empty: every event counts the same.")
    slice_target_ratio = models.DecimalField(max_digits=10, decimal_places=9, null=True)
    pairs = models.JSONField(default=list, help_text="Alert pairs; empty: the standard ones for target and window.")
    least_bad = models.PositiveSmallIntegerField(default=4, help_text="Bad events below which no pair holds.")
    confidence = models.FloatField(default=0.99, help_text="Asked of few events before a pair holds.")
    leaves_out_planned_work = models.BooleanField(
        default=True, help_text="Work on what it speaks for that was announced before it began does not count."
    )
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    told = models.JSONField(default=dict, blank=True, help_text="What a file said beyond this; for its export.")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)
    retired_at = models.DateTimeField(null=True)

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["team", "slug"], name="objective_slug_in_team"),
            models.CheckConstraint(
                condition=Q(target_ratio__gt=Decimal(0)) & Q(target_ratio__lt=Decimal(1)), name="target_inside_0_and_1"
            ),
            models.CheckConstraint(
                condition=Q(window_days__isnull=False, calendar_unit="") | (Q(window_days=None) & ~Q(calendar_unit="")),
                name="rolling_or_calendar",
            ),
            models.CheckConstraint(
                condition=Q(slice_minutes=None, slice_target_ratio=None)
                | Q(slice_minutes__gt=0, slice_target_ratio__gt=Decimal(0), slice_target_ratio__lte=Decimal(1)),
                name="slices_whole_or_absent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def slis(self) -> Sequence[Sli]:
        """Return what it is counted from, one SLI or the several of a composite."""
        return [part.sli for part in self.parts.all()]

    @property
    def is_composite(self) -> bool:
        """Say whether it is counted from several SLIs."""
        return len(self.parts.all()) > 1

    @property
    def service(self) -> str:
        """Return the slug of the one service that it speaks of, "" for none or for several."""
        found = {sli.service for sli in self.slis}
        return found.pop() if len(found) == 1 else ""


class Part(models.Model):
    """One SLI of an objective, and how much it weighs beside the others."""

    objective = models.ForeignKey(Objective, on_delete=models.CASCADE, related_name="parts")
    sli = models.ForeignKey(Sli, on_delete=models.PROTECT, related_name="parts")
    weight = models.DecimalField(max_digits=8, decimal_places=3, default=Decimal(1))

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["objective", "sli"], name="sli_once_in_objective"),
            models.CheckConstraint(condition=Q(weight__gt=Decimal(0)), name="weight_above_0"),
        ]

    def __str__(self) -> str:
        return f"{self.sli} in {self.objective}"


class ExclusionQuerySet(TeamScoped):
    """Questions about exclusions."""

    kind = Kind.EXCLUSION

    def standing(self) -> Self:
        """Return those that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def whole(self) -> Self:
        """Return them with what they reach, in a fixed number of queries."""
        return self.select_related("by").prefetch_related("objectives", "slis")


class Exclusion(models.Model):
    """Time that does not count. It reaches the objectives and SLIs named, else the service, else the whole team."""

    class Sort(models.TextChoices):
        """Why it does not count."""

        PLANNED = "planned", "Planned maintenance"
        AGREED = "agreed", "Agreed correction"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="exclusions")
    sort = models.CharField(max_length=10, choices=Sort.choices)
    objectives = models.ManyToManyField(Objective, related_name="exclusions", blank=True)
    slis = models.ManyToManyField(Sli, related_name="exclusions", blank=True)
    service = models.SlugField(max_length=60, blank=True)
    began_at = models.DateTimeField()
    minutes = models.PositiveIntegerField(help_text="How long it lasts, each time.")
    rule = models.CharField(max_length=300, blank=True, help_text="iCalendar RRULE; empty: once.")
    zone = models.CharField(max_length=60, help_text="In which a rule repeats at the same time of day.")
    reason = models.CharField(max_length=LONGEST_REASON)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ExclusionQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(minutes__gt=0), name="exclusion_lasts")]

    def __str__(self) -> str:
        return f"{self.get_sort_display()} of {self.began_at:%Y-%m-%d %H:%M}: {self.reason}"

    def reaches(self, objective: Objective, sli: Sli) -> bool:
        """Say whether it takes time out of an SLI as one objective counts it."""
        objectives, slis = {o.pk for o in self.objectives.all()}, {s.pk for s in self.slis.all()}
        if objectives or slis:
            return objective.pk in objectives or sli.pk in slis
        return self.service in ("", sli.service)


class AlertEpisodeQuerySet(TeamScoped):
    """Questions about alert episodes."""

    kind = Kind.ALERT

    def open(self) -> Self:
        """Return those that still stand."""
        return self.filter(closed_at=None)


class AlertEpisode(models.Model):
    """A time in which one pair of windows of an objective burned too fast."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="alert_episodes")
    objective = models.ForeignKey(Objective, on_delete=models.CASCADE, related_name="episodes")
    severity = models.CharField(max_length=40, help_text="The team's own name for the pair.")
    urgency = models.CharField(max_length=10, choices=[(u.value, u.value) for u in Urgency])
    long_minutes = models.PositiveIntegerField()
    short_minutes = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    numbers = models.JSONField(default=dict, help_text="What both windows held when it opened.")

    objects = AlertEpisodeQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["team", "-opened_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["objective", "severity", "long_minutes", "short_minutes"],
                condition=Q(closed_at=None),
                name="one_open_episode",
            )
        ]

    def __str__(self) -> str:
        return f"{self.severity} of {self.objective} since {self.opened_at:%Y-%m-%d %H:%M}"


class EvaluationQuerySet(TeamScoped):
    """Questions about the latest standings."""

    kind = Kind.OBJECTIVE


class Evaluation(models.Model):
    """How an objective stood when it was last worked out. A cache: nothing here that the counts do not tell again."""

    objective = models.OneToOneField(Objective, primary_key=True, on_delete=models.CASCADE, related_name="evaluation")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    minute = models.BigIntegerField(help_text="Worked out up to this minute since 1970, exclusive.")
    state = models.CharField(max_length=20)
    standing = models.JSONField(help_text="The worked sum, rates and pairs, as the API shows them.")
    looked = models.JSONField(default=dict, help_text="By pair: the last minute at which it was known to hold or not.")

    objects = EvaluationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.objective}: {self.state}"
