"""The lease queue: background work that survives kill -9, as a backend of Django's Tasks interface.

A task is a row. `enqueue` writes it in the caller's transaction, so it exists only if the rows that it is about
do. A worker claims it in a short transaction by drawing a lease, proves every few seconds that it is alive, and
ends the task only while it still holds that lease. A lease whose holder has been silent is taken by another
worker (`queue_lease`). A failed task is tried again with growing waits; one that failed `max_attempts` times is a
dead letter that waits for a person (`hortus tasks`). So a task runs at least once, and must bear to run twice.

Messages to people use the same rows, nothing beside them: `outbox.actions.tell` writes one task for each recipient
and message, in the share "outbox", with a lane for what must stay in order, also across retries. What became of a
message stands in its own row (`outbox.models.Delivery`); the task only carries it there.

Moments are the database's (`ledger.clock`): a web server and a worker on two machines agree on what is due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskError
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued
from django_tasks.utils import normalize_json

from hortus.ledger import clock
from hortus.ledger.queue_models import OPEN, SHARES, QueuedTask, TaskState
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


class Postponed(Exception):  # noqa: N818 -- raised by a task to say when, not that something broke
    """A task asks to be run again after a wait of its own choice; this run does not count as an attempt."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait}")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a task among many. unique_key: not used by any other row. run_after: aware, None for at once."""

    args: Sequence[Any]
    unique_key: str
    lane: str = ""
    run_after: datetime | None = None
    priority: int = 0


class LeaseBackend(BaseTaskBackend):
    """Puts tasks into the table; `hortus worker` takes them out."""

    task_class = LeaseTask
    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.queues = set(SHARES)

    def enqueue(self, task: Task[Any, T], args: Any, kwargs: Any) -> TaskResult[T]:
        """Write the task's row in the caller's transaction and return its result, not yet there."""
        return self.put(task, args, kwargs)

    def put(
        self, task: Task[Any, T], args: Sequence[Any], kwargs: Mapping[str, Any], *,
        unique_key: str = "", lane: str = "", useful_until: datetime | None = None,
    ) -> TaskResult[T]:  # fmt: skip
        """Write the task's row, or return the one that has this unique key already."""
        self.validate_task(task)
        now = clock.now()
        row = QueuedTask(
            path=task.module_path, args=normalize_json(list(args)), kwargs=normalize_json(dict(kwargs)), made_at=now,
            queue=task.queue_name, priority=task.priority, run_after=task.run_after or now,
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


def enqueue_many(task: Task[Any, Any], calls: Sequence[Call]) -> None:
    """Put many calls of one task into the queue, in their order, in the caller's transaction.

    A row that has a call's unique key already and has ended starts over with all its attempts; an open one stays as
    it is. A fixed number of queries for each hundred calls.
    """
    now = clock.now()
    kept = _known(calls)
    if ended := [key for key, state in kept.items() if state not in OPEN]:
        QueuedTask.objects.filter(unique_key__in=ended).exclude(state__in=OPEN).update(
            state=TaskState.WAITING, attempts=0, lease=None, made_at=now, run_after=now, ended_at=None
        )
    QueuedTask.objects.bulk_create(
        QueuedTask(
            path=task.module_path, args=normalize_json(list(call.args)), queue=task.queue_name, priority=call.priority,
            made_at=now, run_after=call.run_after or now, unique_key=call.unique_key, lane=call.lane,
            max_attempts=getattr(task, "max_attempts", 5), limit_seconds=getattr(task, "limit_seconds", 3600),
        )
        for call in calls if call.unique_key not in kept
    )  # fmt: skip


def _known(calls: Sequence[Call]) -> dict[str, str]:
    """Return the state of each task that has one of the calls' keys already."""
    keys = [call.unique_key for call in calls]
    return {
        str(key): state
        for at in range(0, len(keys), 500)
        for key, state in QueuedTask.objects.filter(unique_key__in=keys[at : at + 500]).values_list(
            "unique_key", "state"
        )
    }


def end_waiting(keys: Sequence[str], result: Any) -> None:
    """End tasks that wait and have nothing left to do, by their unique keys, in the caller's transaction.

    One that runs meanwhile is left to find that by itself. result: JSON.
    """
    waiting = QueuedTask.objects.filter(unique_key__in=keys, state=TaskState.WAITING)
    waiting.update(state=TaskState.DONE, result=result, ended_at=clock.now())


def retry(task_id: int) -> QueuedTask:
    """Let a dead or expired task start over, with all its attempts before it; raise Refused for any other."""
    with transaction.atomic():
        row = QueuedTask.objects.select_for_update().filter(id=task_id).first()
        if row is None or row.state not in {TaskState.DEAD, TaskState.EXPIRED}:
            state = "not known" if row is None else row.state
            raise Refused("not-dead", f"Task {task_id} is {state}; only a dead or expired task can be retried.")
        row.state, row.attempts, row.run_after, row.ended_at = TaskState.WAITING, 0, clock.now(), None
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
