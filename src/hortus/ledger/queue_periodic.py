"""Periodic tasks: the registry that rooms fill in their tasks.py, and the step that puts what is due into the queue."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.module_loading import autodiscover_modules
from django_tasks.base import Task

from hortus.ledger.queue import enqueue
from hortus.ledger.queue_models import QueuedTask, QueuePeriod, TaskState
from hortus.ledger.queue_rules import latest_due

KEYED = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task without arguments, and when it is due."""

    name: str
    task: Task[Any, Any]
    every: timedelta
    at: timedelta
    on_first_start: bool


REGISTRY: dict[str, Periodic] = {}


def periodic(
    name: str, task: Task[Any, Any], *, every: timedelta, at: timedelta = timedelta(0), on_first_start: bool = False
) -> None:
    """Have a task run once in every period; called beside the task, in a room's tasks.py.

    name: stable word, as in "garden.readings". at: offset into the period, in UTC; weeks begin on Monday. However
    many workers there are it is queued once a period; after a time without any worker only the newest missed
    period is made up for. A task that was never due before waits for its next period, or runs at the first start
    with on_first_start. Raises ValueError for a name that is taken or an offset outside the period.
    """
    latest_due(datetime(2026, 1, 5, tzinfo=UTC), every, at)
    if name in REGISTRY and REGISTRY[name].task.module_path != task.module_path:
        raise ValueError(f"periodic task {name!r} is there already; choose another name")
    REGISTRY[name] = Periodic(name, task, every, at, on_first_start)


def discover() -> None:
    """Import the tasks.py of every room, so that the registry is whole."""
    autodiscover_modules("tasks")


class Calendar:
    """The due moments that one worker knows to be served, so that it asks the database only about new ones."""

    def __init__(self) -> None:
        self.served: dict[str, datetime] = {}

    def tick(self, now: datetime) -> list[str]:
        """Queue whatever became due; return the names of what this call queued.

        Any number of workers may tick at the same time: the row of QueuePeriod moves once. When the clock was set
        back over the due moment, the unique key of a rare task holds, and a frequent one runs again as ever.
        """
        queued = []
        for job in REGISTRY.values():
            due = latest_due(now, job.every, job.at)
            if self.served.get(job.name) == due:
                continue
            if _serve(job, due, now):
                queued.append(job.name)
            self.served[job.name] = due
        return queued


def made_up_for(row: QueuedTask) -> int:
    """Let dead letters of a periodic task rest once a later run of it went well; return how many.

    Such a task has no arguments: an earlier one, run again, would do what the later one did. They keep their errors.
    """
    if row.path not in {job.task.module_path for job in REGISTRY.values()}:
        return 0
    dead = QueuedTask.objects.dead().filter(path=row.path, id__lt=row.id)
    return dead.update(state=TaskState.EXPIRED) if dead.exists() else 0  # looks first: a write makes others wait


@transaction.atomic
def _serve(job: Periodic, due: datetime, now: datetime) -> bool:
    period = QueuePeriod.objects.select_for_update().filter(name=job.name).first()
    if period is None:
        if not _first(job, due) or not job.on_first_start:
            return False
    elif period.last_due == due:
        return False
    elif period.last_due > now:  # the clock was wrong once: go on from now, what ran has its unique key
        QueuePeriod.objects.filter(name=job.name).update(last_due=due)
        return False
    elif not QueuePeriod.objects.filter(name=job.name, last_due=period.last_due).update(last_due=due):
        return False
    # A short period is served anew when the clock was set back, or nothing would run until it has caught up.
    enqueue(job.task, unique_key=f"{job.name}@{due.isoformat()}" if job.every >= KEYED else "")
    return True


def _first(job: Periodic, due: datetime) -> bool:
    try:
        with transaction.atomic():
            QueuePeriod.objects.create(name=job.name, last_due=due)
    except IntegrityError:
        return False
    return True
