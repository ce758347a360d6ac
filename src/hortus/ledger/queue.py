"""The lease queue: background work that survives kill -9, as a backend of Django's Tasks interface.

A task is a row. `enqueue` writes it in the caller's transaction, so it exists only if the rows that it is about
do. A worker claims it in a short transaction by drawing a lease, proves every few seconds that it is alive, and
ends the task only while it still holds that lease. A lease whose holder has been silent is taken by another
worker (`queue_lease`). A failed task is tried again with growing waits; one that failed `max_attempts` times is a
dead letter that waits for a person (`hortus tasks`). So a task runs at least once, and must bear to run twice.

Messages to people use the same rows, nothing beside them: the action that decides to tell somebody enqueues one
task for each recipient and message, with
  unique_key   "<event>:<recipient>:<channel>": told once however often the action is repeated,
  lane         "<channel>:<recipient>": one message after the other, in order, also across retries,
  useful_until the moment after which it had better not be sent; the task then ends as expired,
  priority     above 0 for what cannot wait.
The delivering task hands the unique key on as Message-ID or idempotency header, so a second try can be known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from hortus.ledger.queue_models import QueuedTask, TaskState
from hortus.values.refused import Refused

T = TypeVar("T")

_STATUS = {
    TaskState.WAITING: TaskResultStatus.READY,
    TaskState.RUNNING: TaskResultStatus.RUNNING,
    TaskState.DONE: TaskResultStatus.SUCCESSFUL,
    TaskState.DEAD: TaskResultStatus.FAILED,
    TaskState.EXPIRED: TaskResultStatus.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTask(Task[Any, Any]):
    """A task with what the queue wants to know: how often it is tried, how long one try may take."""

    max_attempts: int = 5
    limit_seconds: int = 3600


class LeaseBackend(BaseTaskBackend):
    """Puts tasks into the table; `hortus worker` takes them out."""

    task_class = LeaseTask
    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: Task[Any, T], args: Any, kwargs: Any) -> TaskResult[T]:
        """Write the task's row in the caller's transaction and return its result, not yet there."""
        return self.put(task, args, kwargs)

    def put(
        self, task: Task[Any, T], args: Sequence[Any], kwargs: Mapping[str, Any], *,
        unique_key: str = "", lane: str = "", useful_until: datetime | None = None,
    ) -> TaskResult[T]:  # fmt: skip
        """Write the task's row, or return the one that has this unique key already."""
        self.validate_task(task)
        row = QueuedTask(
            path=task.module_path, args=normalize_json(list(args)), kwargs=normalize_json(dict(kwargs)),
            queue=task.queue_name, priority=task.priority, run_after=task.run_after or timezone.now(),
            unique_key=unique_key or None, lane=lane, useful_until=useful_until,
            max_attempts=getattr(task, "max_attempts", 5), limit_seconds=getattr(task, "limit_seconds", 3600),
        )  # fmt: skip
        row = _written_once(row) if unique_key else _written(row)
        result: TaskResult[T] = result_of(row)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return what became of a task; raise TaskResultDoesNotExist for an id that is not, or no longer, known."""
        row = QueuedTask.objects.filter(id=result_id).first() if result_id.isdecimal() else None
        if row is None:
            raise TaskResultDoesNotExist(result_id)
        return result_of(row)


def enqueue(
    task: Task[Any, T], *args: Any,
    unique_key: str = "", lane: str = "", useful_until: datetime | None = None, **kwargs: Any,
) -> TaskResult[T]:  # fmt: skip
    """Put a task into the queue with what Django's own `task.enqueue` has no words for.

    unique_key: a second call with the same key writes nothing and returns the first one's result; the key is
    free again when the ended task is swept (a week). lane: tasks of one lane run one after the other, in order.
    useful_until: aware; a task that has not begun by then ends as expired. Raises TypeError for arguments that
    are not JSON.
    """
    backend = task.get_backend()
    assert isinstance(backend, LeaseBackend)  # noqa: S101 -- TASKS names no other
    return backend.put(task, args, kwargs, unique_key=unique_key, lane=lane, useful_until=useful_until)


def retry(task_id: int) -> QueuedTask:
    """Let a dead or expired task start over, with all its attempts before it; raise Refused for any other."""
    with transaction.atomic():
        row = QueuedTask.objects.select_for_update().filter(id=task_id).first()
        if row is None or row.state not in {TaskState.DEAD, TaskState.EXPIRED}:
            state = "not known" if row is None else row.state
            raise Refused("not-dead", f"Task {task_id} is {state}; only a dead or expired task can be retried.")
        row.state, row.attempts, row.run_after, row.ended_at = TaskState.WAITING, 0, timezone.now(), None
        row.useful_until = None
        row.save()
    return row


def function_of(row: QueuedTask) -> Task[Any, Any]:
    """Return the task that a row calls; raise ImportError when this version of Hortus has none of that name."""
    found = import_string(row.path)
    if not isinstance(found, Task):
        raise ImportError(f"{row.path} is not a task")
    return found.using(priority=row.priority, run_after=row.run_after)


def result_of(row: QueuedTask) -> TaskResult[Any]:
    """Return a row as the Tasks interface shows it."""
    result: TaskResult[Any] = TaskResult(
        task=function_of(row), id=str(row.id), status=_STATUS[TaskState(row.state)], enqueued_at=row.made_at,
        started_at=row.started_at, last_attempted_at=row.tried_at, finished_at=row.ended_at, args=row.args,
        kwargs=row.kwargs, backend="default", worker_ids=list(row.worker_ids),
        errors=[TaskError(exception_class_path=e["class"], traceback=e["traceback"]) for e in row.errors],
    )  # fmt: skip
    object.__setattr__(result, "_return_value", row.result)
    return result


def _written(row: QueuedTask) -> QueuedTask:
    row.save(force_insert=True)
    return row


def _written_once(row: QueuedTask) -> QueuedTask:
    """Insert, or return the row that took the key; the database decides, so any number of processes may try."""
    known = QueuedTask.objects.filter(unique_key=row.unique_key).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _written(row)
    except IntegrityError:
        return QueuedTask.objects.get(unique_key=row.unique_key)
