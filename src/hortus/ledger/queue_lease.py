"""The writes of the queue: claim, heartbeat, finish, fail, give back, take over. Each is one short transaction.

No clock decides who holds a task. A holder adds to `beats`; another worker takes a task over only after it has
itself watched the same lease stand still for the whole lease time on its own monotonic clock. So neither a jump of
the wall clock nor a difference between two machines runs a living task twice.
"""

import random
import time
import traceback
import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from hortus.ledger import clock
from hortus.ledger.queue_models import QueuedTask, QueueWorker, TaskState
from hortus.ledger.queue_rules import backoff

KEEP_DONE = timedelta(days=7)
KEEP_DEAD = timedelta(days=90)
# Two looks at one clock, or at two that agree, differ by less.
CLOCK_SLACK = timedelta(seconds=5)
_CHANCE = random.SystemRandom()


def claim(worker_id: str, share: str = "default", *, look_first: bool = True) -> QueuedTask | None:
    """Take the most urgent task of a share that may start now and return it with a lease of its own; None for none.

    Tasks that nobody needs any more are ended on the way. look_first: read before writing, so that an idle worker
    takes no write lock; a busy one saves the query.
    """
    while not look_first or QueuedTask.objects.ready(clock.now(), share).exists():
        row = _claim_first(worker_id, share)
        if row is None or row.state == TaskState.RUNNING:
            return row
    return None


@transaction.atomic
def _claim_first(worker_id: str, share: str) -> QueuedTask | None:
    now = clock.now()
    rows = QueuedTask.objects.ready(now, share)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    row = rows.first()
    if row is None:
        return None
    if row.useful_until is not None and row.useful_until <= now:
        row.state, row.ended_at = TaskState.EXPIRED, now
    else:
        row.state, row.lease, row.attempts = TaskState.RUNNING, uuid.uuid4(), row.attempts + 1
        row.worker_ids = [*row.worker_ids[-19:], worker_id]
        row.started_at, row.tried_at = row.started_at or now, now
    row.save(update_fields=["state", "lease", "attempts", "worker_ids", "started_at", "tried_at", "ended_at"])
    return row


def renew(leases: Collection[uuid.UUID]) -> int:
    """Show that the holder of these leases is alive; return how many it still holds."""
    return QueuedTask.objects.filter(lease__in=leases).update(beats=F("beats") + 1) if leases else 0


def finish(row: QueuedTask, result: Any) -> bool:
    """End a task well; return False when its lease has gone to another worker."""
    return _end(row, state=TaskState.DONE, result=result, ended_at=clock.now())


def fail(row: QueuedTask, error: BaseException) -> TaskState | None:
    """Note a failed attempt: wait and try again, or lay the task with the dead letters.

    Returns the state it has now, None when its lease has gone to another worker.
    """
    now = clock.now()
    kind = type(error)
    text = "".join(traceback.format_exception(error))[-8000:]
    note = {"class": f"{kind.__module__}.{kind.__qualname__}", "traceback": text, "at": now.isoformat()}
    errors = [*row.errors, note][-10:]
    if row.attempts >= row.max_attempts:
        return TaskState.DEAD if _end(row, state=TaskState.DEAD, errors=errors, ended_at=now) else None
    again = now + backoff(row.attempts, _CHANCE.random())
    return TaskState.WAITING if _end(row, state=TaskState.WAITING, errors=errors, run_after=again) else None


def give_back(row: QueuedTask) -> bool:
    """Hand a task back unfinished because the worker must stop; the attempt does not count."""
    return _end(row, state=TaskState.WAITING, attempts=max(row.attempts - 1, 0))


@transaction.atomic
def postpone(row: QueuedTask, wait: timedelta) -> TaskState | None:
    """Let a task wait as long as it asked for; the attempt does not count. What comes after it in its lane waits too.

    Returns the state it has now, None when its lease has gone to another worker.
    """
    again = clock.now() + wait
    if not _end(row, state=TaskState.WAITING, attempts=max(row.attempts - 1, 0), run_after=again):
        return None
    if row.lane:  # else every claim would look at all of them, to find that none may start
        after = QueuedTask.objects.filter(lane=row.lane, state=TaskState.WAITING, id__gt=row.id)
        after.filter(run_after__lt=again).update(run_after=again)
    return TaskState.WAITING


def rebase(now: datetime) -> int:
    """Mend what a clock that was set back left behind: tasks written down in what is the future again.

    Each waits as long as it would have waited then, counted from now. Returns how many were mended.
    """
    ahead = now + CLOCK_SLACK
    later = QueuedTask.objects.filter(state=TaskState.WAITING, run_after__gt=ahead)
    mended = 0
    for row in later.filter(Q(made_at__gt=ahead) | Q(tried_at__gt=ahead)).only("made_at", "tried_at", "run_after"):
        base = max(row.made_at, row.tried_at or row.made_at)
        wait = max(row.run_after - base, timedelta(0))
        still = QueuedTask.objects.filter(id=row.id, state=TaskState.WAITING, run_after=row.run_after)
        mended += still.update(made_at=now, tried_at=None, run_after=now + wait)
    return mended


def _end(row: QueuedTask, **changes: Any) -> bool:
    held = QueuedTask.objects.filter(id=row.id, lease=row.lease, state=TaskState.RUNNING)
    return held.update(lease=None, **changes) == 1


class SilentHolder(Exception):  # noqa: N818 -- read as the reason of a failed attempt
    """The process that ran the task ended without a word, or hung."""


class Watch:
    """What one worker has seen of running tasks: how long each lease has stood still."""

    def __init__(self, lease_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.lease_seconds = lease_seconds
        self.clock = clock
        self.since: dict[tuple[uuid.UUID | None, int], float] = {}

    def take_over(self, own: Collection[uuid.UUID] = ()) -> list[QueuedTask]:
        """Free the tasks whose leases stood still for the lease time; return them.

        own: leases of the calling worker, which it never takes from itself.
        """
        now = self.clock()
        running = [t for t in QueuedTask.objects.filter(state=TaskState.RUNNING) if t.lease not in own]
        self.since = {(t.lease, t.beats): self.since.get((t.lease, t.beats), now) for t in running}
        silent = [t for t in running if now - self.since[t.lease, t.beats] >= self.lease_seconds]
        return [t for t in silent if _free(t)]


def _free(row: QueuedTask) -> bool:
    """Take a silent lease away, unless its holder has just spoken; try the task at once or bury it."""
    now = clock.now()
    worker = row.worker_ids[-1] if row.worker_ids else "unknown"
    text = f"The worker {worker} went silent while it ran attempt {row.attempts}."
    note = {"class": f"{__name__}.{SilentHolder.__qualname__}", "traceback": text, "at": now.isoformat()}
    is_last = row.attempts >= row.max_attempts
    still = QueuedTask.objects.filter(id=row.id, lease=row.lease, beats=row.beats, state=TaskState.RUNNING)
    freed = still.update(
        lease=None, errors=[*row.errors, note][-10:], run_after=now, ended_at=now if is_last else None,
        state=TaskState.DEAD if is_last else TaskState.WAITING,
    )  # fmt: skip
    return freed == 1


def beat(worker: QueueWorker) -> timedelta:
    """Show that a worker process is alive; return by how much its clock is ahead of the database's."""
    now = clock.now()
    off = timezone.now() - now
    said = {"host": worker.host, "pid": worker.pid, "beat_at": now, "clock_off_seconds": off.total_seconds()}
    QueueWorker.objects.update_or_create(
        id=worker.id, defaults=said, create_defaults=said | {"started_at": worker.started_at}
    )
    return off


def sweep_ended() -> int:
    """Remove tasks that ended well a week ago, dead letters of 90 days, workers that left no sign for a day."""
    now = clock.now()
    gone, _ = QueuedTask.objects.filter(
        state__in=[TaskState.DONE, TaskState.EXPIRED], ended_at__lt=now - KEEP_DONE
    ).delete()
    buried, _ = QueuedTask.objects.dead().filter(ended_at__lt=now - KEEP_DEAD).delete()
    QueueWorker.objects.filter(beat_at__lt=now - timedelta(days=1)).delete()
    return gone + buried
