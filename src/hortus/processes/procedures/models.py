"""Tables of procedures and their runs. How the steps of a run stand is no column: it follows from what was said."""

import uuid
from typing import Any, Self

from django.db import models
from django.db.models import Q

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.catalogue.models import Service
from hortus.ledger.refs import Ref
from hortus.processes.procedures.rules.content import Content
from hortus.processes.procedures.rules.course import Outcome, State, Waiting
from hortus.processes.procedures.rules.standing import Mark, Move, RunStanding, Said, standing
from hortus.processes.procedures.rules.steps import Way, from_dict


class ProcedureQuerySet(TeamScoped):
    """Questions about procedures."""

    kind = Kind.PROCEDURE

    def living(self) -> Self:
        """Return those that were not retired."""
        return self.filter(retired_at=None)


class Procedure(models.Model):
    """How something is done here. slug: its name in addresses and in files. title: that of its current version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="procedures")
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    services = models.ManyToManyField(Service, related_name="+")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was retired.")

    objects = ProcedureQuerySet.as_manager()

    class Meta:
        ordering = ["title", "slug"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="procedure_slug_in_team")]

    def __str__(self) -> str:
        return self.title

    @property
    def ref(self) -> Ref:
        """Return the ledger's reference to it."""
        return Ref("procedure", self.slug, self.title)

    @property
    def current(self) -> "Version | None":
        """Return the version that is to be followed, None while there are only proposals."""
        found: Version | None = self.versions.filter(status=Version.Status.CURRENT).first()
        return found


class OfProcedure(TeamScoped):
    """Questions about what belongs to a procedure and is read by whoever may read it."""

    kind = Kind.PROCEDURE


class Version(models.Model):
    """What a procedure said once. Its words are never changed; only its status is. number: counted in the procedure.

    base: number of the version that its author had before them, 0 for none. steps: as `rules.steps.as_dict` tells them.
    """

    class Status(models.TextChoices):
        """How it stands among the others."""

        PROPOSED = "proposed", "proposed"
        CURRENT = "current", "current"
        SUPERSEDED = "superseded", "superseded"
        DECLINED = "declined", "declined"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    base = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status)
    title = models.CharField(max_length=200)
    goal = models.TextField(blank=True)
    why = models.TextField(blank=True)
    good_result = models.TextField(blank=True)
    pause_point = models.TextField(blank=True)
    way_back = models.TextField(blank=True)
    way = models.CharField(max_length=10, choices=[(w.value, w.word) for w in Way])
    steps: Any = models.JSONField()
    digest = models.CharField(max_length=64)
    change_reason = models.CharField(max_length=300, blank=True)
    declined_because = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    current_since = models.DateTimeField(null=True)

    objects = OfProcedure.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["procedure", "number"], name="procedure_version_once"),
            models.UniqueConstraint(
                fields=["procedure"], condition=Q(status="current"), name="procedure_has_one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def content(self) -> Content:
        """Return what it says."""
        return Content(
            self.title, self.goal, self.why, self.good_result, self.pause_point, self.way_back, Way(self.way),
            tuple(from_dict(told) for told in self.steps),
        )  # fmt: skip


class RunQuerySet(TeamScoped):
    """Questions about runs."""

    kind = Kind.RUN

    def open(self) -> Self:
        """Return those that are not over."""
        return self.filter(state__in=[state.value for state in State if not state.is_over])

    def shown(self) -> Self:
        """Return them with what a list shows of each, in a fixed number of queries."""
        rows = self.select_related("team", "procedure", "version", "began_with", "runner", "waiting_person")
        return rows.prefetch_related("entries__version", "entries__by")


class Run(models.Model):
    """A procedure that is being followed. number: counted in the team, for its address.

    version: the one that is followed now. began_with: the one at its start. about_*: the ledger's reference of what it
    is done for, as of an incident. client_key: of whoever asked for it, so that the same request starts it once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    began_with = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State])
    state_since = models.DateTimeField()
    runner = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True, help_text="What it is done for.")
    about_kind = models.CharField(max_length=40, blank=True)
    about_id = models.CharField(max_length=64, blank=True)
    about_name = models.CharField(max_length=200, blank=True)
    waiting = models.CharField(max_length=10, blank=True, choices=[(w.value, w.word) for w in Waiting])
    waiting_for = models.CharField(max_length=300, blank=True)
    waiting_person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    waiting_until = models.DateTimeField(null=True)
    planned_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=6, blank=True, choices=[(o.value, o.word) for o in Outcome])
    sentence = models.CharField(max_length=300, blank=True, help_text="How it went, or why it was given up.")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    client_key = models.CharField(max_length=100, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        indexes = [models.Index(fields=["team", "state", "-number"], name="run_of_team")]
        constraints = [
            models.UniqueConstraint(fields=["team", "number"], name="run_number_in_team"),
            models.UniqueConstraint(
                fields=["team", "by", "client_key"], condition=~Q(client_key=""), name="run_asked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.procedure.title}"

    @property
    def ref(self) -> Ref:
        """Return the ledger's reference to it."""
        return Ref("run", str(self.number), self.procedure.title)

    @property
    def stands(self) -> State:
        """Return where it stands, as the rules know it."""
        return State(self.state)

    @property
    def standing(self) -> RunStanding:
        """Return how its steps stand, worked out from all that was said and from its moves."""
        return standing(self.began_with.content.steps, [entry.as_rule for entry in self.entries.all()])

    @property
    def last_number(self) -> int:
        """Return the number of its last entry, 0 for none."""
        return max((entry.number for entry in self.entries.all()), default=0)


class OfRun(TeamScoped):
    """Questions about what belongs to a run and is read by whoever may read it."""

    kind = Kind.RUN


class Entry(models.Model):
    """What somebody said of a step, or that the run moved to another version. Never changed, never removed.

    number: its place in the run. client_id: of the one who said it, so that it is written down once however often it
    is sent. key, digest, said, note, seen, journal: as `rules.standing.Mark` has them, empty for a move. version: that
    they had before them; of a move the one that it led to. said_at: by their own clock, at: by ours.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    client_id = models.UUIDField()
    key = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=16, blank=True)
    said = models.CharField(max_length=11, blank=True, choices=[(s.value, s.word) for s in Said])
    note = models.CharField(max_length=300, blank=True)
    seen = models.PositiveIntegerField(default=0)
    journal = models.CharField(max_length=36, blank=True)
    is_late = models.BooleanField(default=False)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    from_version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    said_at = models.DateTimeField()
    at = models.DateTimeField()
    door = models.CharField(max_length=10)

    objects = OfRun.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="run_entry_number"),
            models.UniqueConstraint(fields=["run", "client_id"], name="run_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run}, entry {self.number}"

    @property
    def is_move(self) -> bool:
        """Say whether the run moved to another version here."""
        return self.from_version_id is not None

    @property
    def as_rule(self) -> Mark | Move:
        """Return it as the rules know it."""
        if self.is_move:
            return Move(self.number, self.version.content.steps)
        return Mark(self.number, self.key, self.digest, Said(self.said), self.seen, self.journal, self.is_late)


def newest_run(team: Team) -> int:
    """Return the highest number of a team's runs, 0 for none."""
    found: int | None = Run.objects.filter(team=team).aggregate(last=models.Max("number"))["last"]
    return found or 0
