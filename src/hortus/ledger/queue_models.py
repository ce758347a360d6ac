"""Tables of the queue: tasks, the workers that are alive, and the last due moment of each periodic task."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone


class TaskState(models.TextChoices):
    """Where a task stands. Waiting and running are the open ones; a dead one waits for a person."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    EXPIRED = "expired"


OPEN = (TaskState.WAITING, TaskState.RUNNING)
# Each share of the queue has threads of its own in a worker, so that a mail server that answers nothing keeps no
# other work waiting.
SHARES = ("default", "outbox")


class QueuedTaskQuerySet(models.QuerySet["QueuedTask"]):
    """Questions about tasks."""

    def open(self) -> Self:
        """Return the tasks that have not ended."""
        return self.filter(state__in=OPEN)

    def dead(self) -> Self:
        """Return the dead letters: tasks that failed as often as they may."""
        return self.filter(state=TaskState.DEAD)

    def ready(self, now: datetime, share: str) -> Self:
        """Return the tasks of a share that may start now, the most urgent first.

        Tasks of one lane start in the order in which they were made, each after the one before has ended.
        """
        before = QueuedTask.objects.filter(lane=OuterRef("lane"), state__in=OPEN, id__lt=OuterRef("id"))
        free = Q(lane="") | ~Exists(before)
        due = self.filter(free, queue=share, state=TaskState.WAITING, run_after__lte=now)
        return due.order_by("-priority", "run_after", "id")

    def late(self, now: datetime, by: timedelta) -> Self:
        """Return the tasks that should have started longer ago than `by`."""
        return self.filter(state=TaskState.WAITING, run_after__lt=now - by)


class QueuedTask(models.Model):
    """A call of a task function that was asked for, with what became of it."""

    id = models.BigAutoField(primary_key=True)
    path = models.CharField(max_length=200, help_text="Dotted path of the function.")
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    queue = models.CharField(max_length=40, default="default")
    priority = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=TaskState.choices, default=TaskState.WAITING)
    unique_key = models.CharField(max_length=200, null=True, unique=True)
    lane = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    run_after = models.DateTimeField(default=timezone.now)
    useful_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    limit_seconds = models.PositiveIntegerField(default=3600)
    lease = models.UUIDField(null=True, help_text="Drawn anew by each claim; only its holder may end the task.")
    beats = models.PositiveIntegerField(default=0, help_text="Grows while the holder of the lease is alive.")
    worker_ids = models.JSONField(default=list)
    started_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    errors = models.JSONField(default=list, help_text="One {class, traceback, at} for each failed attempt.")

    objects = QueuedTaskQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["queue", "-priority", "run_after", "id"], condition=Q(state="waiting"), name="queue_share"
            ),
            models.Index(fields=["state", "ended_at"], name="queue_state"),
            # Of all rows: SQLite does not see that a query with parameters implies the condition of a smaller one, and
            # would look through every task that was made before.
            models.Index(fields=["lane", "state", "id"], name="queue_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.path} #{self.id}, {self.state}"

    @property
    def last_kind(self) -> str:
        """Return the class of the newest error, which tells nothing private, "" when nothing failed."""
        return str(self.errors[-1]["class"]).rpartition(".")[2] if self.errors else ""

    @property
    def last_error(self) -> str:
        """Return the last line of the newest traceback, "" when nothing failed."""
        lines = str(self.errors[-1]["traceback"]).strip().splitlines() if self.errors else []
        return lines[-1] if lines else ""


class QueueWorker(models.Model):
    """A worker process that said that it is alive. Moments are the database's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    clock_off_seconds = models.FloatField(default=0, help_text="Its clock less the database's; above 0: it is ahead.")

    def __str__(self) -> str:
        return f"worker {self.pid} on {self.host}"


class QueuePeriod(models.Model):
    """The newest due moment of a periodic task that was put into the queue."""

    name = models.CharField(max_length=120, primary_key=True)
    last_due = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}, last due {self.last_due:%Y-%m-%d %H:%M}"
