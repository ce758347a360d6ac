"""Tables of the catalogue: services, what researchers do with them, and what the team said about that.

The tables of the news are in `news_models`, those of planned work in `window_models`; they are imported here because
Django looks for tables in this module.
"""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import OuterRef, Subquery

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.catalogue.news_models import Bulletin, NewsThread, Subscriber
from hortus.catalogue.rules import Condition, DataSafe, RunningJobs, Said
from hortus.catalogue.rules_windows import NOTICE
from hortus.catalogue.window_models import PlannedWork, RepeatingWork

__all__ = [
    "Bulletin", "Function", "NewsThread", "PlannedWork", "RepeatingWork", "Service", "Statement", "StatusPage",
    "Subscriber",
]  # fmt: skip


class ServiceQuerySet(TeamScoped):
    """Questions about services."""

    kind = Kind.SERVICE


class Service(models.Model):
    """Something that researchers use, with one owner and perhaps a deputy."""

    class Sort(models.TextChoices):
        """What kind of service it is."""

        CLUSTER = "cluster", "Cluster"
        STORAGE = "storage", "Storage"
        INTERACTIVE = "interactive", "Notebooks and desktops"
        DATA = "data", "Data service"
        SOFTWARE = "software", "Research software"
        SUPPORT = "support", "Support and training"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="services")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    sort = models.CharField(max_length=20, choices=Sort.choices)
    sentence = models.CharField(max_length=300, help_text="What a researcher can do with it, in one sentence.")
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    deputy = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    retired_on = models.DateField(null=True, blank=True)
    notice_seconds = models.PositiveIntegerField(
        default=int(NOTICE.total_seconds()), help_text="How long before it begins planned work is announced."
    )

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="service_slug_in_team")]

    def __str__(self) -> str:
        return self.name


class FunctionQuerySet(TeamScoped):
    """Questions about functions."""

    kind = Kind.FUNCTION

    def offered(self) -> Self:
        """Return those that are not retired."""
        return self.filter(retired_on=None)

    def with_last_statement(self) -> Self:
        """Add the id of what was said last about each, as `last_id`; None where nothing was said."""
        said = Statement.objects.filter(function=OuterRef("pk")).order_by("-said_at", "-id")
        return self.annotate(last_id=Subquery(said.values("id")[:1]))


class Function(models.Model):
    """Something that a researcher does: log in, submit, reach scratch. What the status page has a line for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="functions")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    sentence = models.CharField(max_length=300, help_text="What a researcher does with it, in one sentence.")
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="functions")
    place = models.PositiveSmallIntegerField(default=0, help_text="Its place in the list.")
    confirm_every_seconds = models.PositiveIntegerField(help_text="How long a word about it lasts.")
    added_at = models.DateTimeField()
    retired_on = models.DateField(null=True, blank=True)

    objects = FunctionQuerySet.as_manager()

    class Meta:
        ordering = ["place", "name", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="function_slug_in_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def confirm_every(self) -> timedelta:
        """Return how long a word about it lasts."""
        return timedelta(seconds=self.confirm_every_seconds)


class StatementQuerySet(TeamScoped):
    """Questions about statements."""

    kind = Kind.CONDITION

    def news(self) -> Self:
        """Return those that said something, without those that only said "still so"."""
        return self.filter(is_confirmation=False)


class Statement(models.Model):
    """What a person said about a function; the database refuses to change or remove it."""

    class Source(models.TextChoices):
        """Whose idea it was. It is always a person who says it."""

        PERSON = "person", "a person"
        PROPOSAL = "proposal", "an accepted proposal"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="statements")
    condition = models.CharField(max_length=20, choices=[(c.value, c.word) for c in Condition])
    can = models.CharField(max_length=300, blank=True)
    cannot = models.CharField(max_length=300, blank=True)
    instead = models.CharField(max_length=300, blank=True)
    data_safe = models.CharField(max_length=10, blank=True, choices=[(d.value, d.word) for d in DataSafe])
    running_jobs = models.CharField(max_length=10, blank=True, choices=[(r.value, r.word) for r in RunningJobs])
    next_update_at = models.DateTimeField(null=True)
    said_at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    bulletin = models.ForeignKey("catalogue.Bulletin", on_delete=models.PROTECT, null=True, related_name="statements")
    source = models.CharField(max_length=10, choices=Source.choices)
    is_confirmation = models.BooleanField(default=False, help_text="It only repeats the words before it.")

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-said_at", "-id"]
        indexes = [
            models.Index(fields=["function", "-said_at", "-id"], name="statement_of_function"),
            models.Index(fields=["team", "-said_at"], condition=models.Q(is_confirmation=False), name="statement_news"),
        ]

    def __str__(self) -> str:
        return f"{self.function}: {Condition(self.condition).word}"

    @property
    def as_said(self) -> Said:
        """Return what the rules need of it."""
        return Said(Condition(self.condition), self.said_at, self.next_update_at)


class StatusPageQuerySet(TeamScoped):
    """Questions about status pages."""

    kind = Kind.TEAM


class StatusPage(models.Model):
    """Whether a team shows its status page to everybody, and where to turn. No row: it does not."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, primary_key=True, related_name="status_page")
    is_public = models.BooleanField(default=False)
    where_to_turn = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()

    objects = StatusPageQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.team}: {'public' if self.is_public else 'for the team'}"
