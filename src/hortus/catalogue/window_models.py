"""Tables of planned work: one window each, and the rules by which some come back. Imported by `models`.

Instants are what everything is reckoned by. Beside them stands what the clocks show then, and in which zone: that is
what was meant, and it wins when the rules of the zone change.
"""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.catalogue.rules import Span
from hortus.catalogue.rules_windows import NOTICE, Phase, Sort, State, Wall, is_in_time, phase, word_due
from hortus.values.clocks import zone_named
from hortus.values.refused import Refused

if TYPE_CHECKING:
    from hortus.catalogue.models import Function

SORTS = [(one.value, one.word) for one in Sort]


class RepeatingWorkQuerySet(TeamScoped):
    """Questions about work that comes back."""

    kind = Kind.CONDITION

    def running(self) -> Self:
        """Return what was not stopped."""
        return self.filter(stopped_at=None)


class RepeatingWork(models.Model):
    """Work that comes back by a rule, at the same time on the wall: what somebody wrote for each time.

    starts: the first time, as `Wall` writes it. rule: of iCalendar (RFC 5545). made_until: up to then its windows were
    made. changes: how often it was changed as a whole.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=120)
    sort = models.CharField(max_length=10, choices=SORTS, default=Sort.OUTAGE)
    functions = models.ManyToManyField("catalogue.Function", related_name="+")
    zone = models.CharField(max_length=60)
    starts = models.CharField(max_length=30)
    minutes = models.PositiveIntegerField()
    rule = models.CharField(max_length=200)
    can = models.CharField(max_length=300, blank=True)
    cannot = models.CharField(max_length=300, blank=True)
    instead = models.CharField(max_length=300, blank=True)
    is_recalled = models.BooleanField(default=False)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_until = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    changes = models.PositiveIntegerField(default=0)

    objects = RepeatingWorkQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title


class PlannedWorkQuerySet(TeamScoped):
    """Questions about planned work."""

    kind = Kind.CONDITION

    def announced(self) -> Self:
        """Return what was ever told to others than the team; drafts are left out."""
        return self.exclude(announced_at=None)

    def drafts(self) -> Self:
        """Return what nobody announced yet."""
        return self.filter(state=State.PLANNED)

    def standing(self) -> Self:
        """Return what was announced and not cancelled."""
        return self.announced().filter(cancelled_at=None)

    def open(self) -> Self:
        """Return what is announced or going on."""
        return self.filter(state__in=[State.ANNOUNCED, State.STARTED, State.CHECKING])

    def ending_after(self, at: datetime) -> Self:
        """Return what was told to last beyond this time, was over only after it, or is not over yet."""
        going_on = models.Q(state__in=[State.STARTED, State.CHECKING])
        return self.filter(models.Q(ends_at__gt=at) | models.Q(done_at__gt=at) | going_on)


class PlannedWork(models.Model):
    """Work on functions that was announced beforehand. sequence: how often it was changed, as calendars count it.

    told_at: since when the times are told that hold now, None for a draft. notice_seconds: how long before it began its
    services asked for, when it was told. next_word_at: by when more was promised while it goes on. is_recalled: whoever
    announced it wants the text sent again a day before. moved_from: when it was to begin before it was moved.
    occurrence: which of a repeating work's times it is, as the rule names it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="planned_works")
    title = models.CharField(max_length=120)
    sort = models.CharField(max_length=10, choices=SORTS, default=Sort.OUTAGE)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in State], default=State.ANNOUNCED)
    functions = models.ManyToManyField("catalogue.Function", related_name="planned_works")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=60)
    begins_wall = models.CharField(max_length=30)
    ends_wall = models.CharField(max_length=30)
    can = models.CharField(max_length=300, blank=True)
    cannot = models.CharField(max_length=300, blank=True)
    instead = models.CharField(max_length=300, blank=True)
    planned_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    notice_seconds = models.PositiveIntegerField(default=int(NOTICE.total_seconds()))
    notice_reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    checking_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    next_word_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    moved_from = models.DateTimeField(null=True)
    is_recalled = models.BooleanField(default=False)
    recalled_at = models.DateTimeField(null=True)
    repeating = models.ForeignKey(RepeatingWork, on_delete=models.PROTECT, null=True, related_name="windows")
    occurrence = models.CharField(max_length=30, blank=True)
    sequence = models.PositiveIntegerField(default=0)
    foretold = models.JSONField(
        default=dict, help_text="By id of a function: since and until when, in ISO 8601, as said before it began."
    )

    objects = PlannedWorkQuerySet.as_manager()

    class Meta:
        ordering = ["begins_at", "title", "pk"]
        indexes = [
            models.Index(fields=["team", "ends_at"], name="planned_work_of_team"),
            models.Index(fields=["state", "begins_at"], name="planned_work_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="work_ends_after_it_begins"
            ),
            models.UniqueConstraint(
                fields=["repeating", "occurrence"], condition=models.Q(repeating__isnull=False), name="work_made_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stands(self) -> State:
        """Return the state."""
        return State(self.state)

    @property
    def is_draft(self) -> bool:
        """Say whether nobody announced it yet, so that only the team may see it."""
        return self.announced_at is None

    @property
    def is_risk_only(self) -> bool:
        """Say whether what it touches stays up."""
        return self.sort == Sort.AT_RISK

    @property
    def has_known_zone(self) -> bool:
        """Say whether this machine knows the zone; one day its tables may have it no more."""
        try:
            zone_named(self.zone)
        except Refused:
            return False
        return True

    @property
    def zoneinfo(self) -> ZoneInfo:
        """Return the zone in which its times were meant, UTC where this machine does not know it."""
        return zone_named(self.zone) if self.has_known_zone else ZoneInfo("UTC")

    @property
    def told(self) -> Span:
        """Return when it was told to last."""
        return Span(self.begins_at, self.ends_at, self.is_risk_only)

    @property
    def span(self) -> Span:
        """Return when it lasts as far as it is known: begun when somebody said so, over when somebody said so.

        While it goes on beyond its end it lasts until the next word about it is due, and no longer: nobody vouches for
        more.
        """
        begins_at, ends_at = self.started_at or self.begins_at, self.ends_at
        if (due := self.word_due) is not None:
            ends_at = max(ends_at, due)
        elif self.done_at is not None:
            ends_at = max(self.done_at, begins_at + timedelta(seconds=1))
        return Span(begins_at, max(ends_at, begins_at + timedelta(seconds=1)), self.is_risk_only)

    @property
    def taken(self) -> Span:
        """Return which time of researchers it takes: from an early beginning to its end, or to where it ended early.

        What it takes beyond the end that was told is not known while it goes on; it was not told, so it counts anyway.
        """
        begins_at = min(self.begins_at, self.started_at or self.begins_at)
        ends_at = max(self.done_at or self.ends_at, begins_at + timedelta(seconds=1))
        return Span(begins_at, ends_at, self.is_risk_only)

    @property
    def word_due(self) -> datetime | None:
        """Return by when researchers must hear more of it; None while it does not go on."""
        return word_due(self.stands, self.ends_at, self.next_word_at)

    def phase_at(self, now: datetime) -> Phase:
        """Return what is seen of it at a time."""
        return phase(self.stands, self.told, now)

    @property
    def is_in_time(self) -> bool:
        """Say whether it was told of as long before it began as its services asked."""
        return self.told_at is not None and is_in_time(
            self.told_at, self.begins_at, timedelta(seconds=self.notice_seconds)
        )

    @property
    def skipped_wall(self) -> Wall | None:
        """Return what was meant where the clocks leave that out, so that it begins later on the wall; else None."""
        wall = Wall.read(self.begins_wall)
        return wall if wall.is_skipped(self.zoneinfo) else None

    def foretold_for(self, function: "Function") -> Span | None:
        """Return the time that was announced for a function before it began; None for none, and for cancelled work."""
        told = self.foretold.get(str(function.pk))
        if told is None or self.cancelled_at is not None:
            return None
        begins_at, ends_at = (datetime.fromisoformat(at) for at in told)
        return Span(begins_at, ends_at)
