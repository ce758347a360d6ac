"""The worker: one process whose threads run queued tasks until it is told to stop. Writes go through queue_lease."""

import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from django.urls import set_script_prefix
from django_tasks import TaskContext
from django_tasks.utils import normalize_json

from hortus.ledger import clock, queue_lease
from hortus.ledger.queue import Postponed, function_of, result_of
from hortus.ledger.queue_models import SHARES, QueuedTask, QueueWorker, TaskState
from hortus.ledger.queue_periodic import Calendar, discover, made_up_for

log = logging.getLogger("hortus.worker")
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
CALENDAR_PAUSE = 5.0


class TookTooLong(Exception):  # noqa: N818 -- read as the reason of a failed attempt
    """A task ran longer than its limit."""


class Bell:
    """Wakes one waiting thread, also when rung by a signal handler that interrupted that very thread.

    An Event cannot do that: setting it takes a lock that the interrupted code may hold. Putting into a SimpleQueue is
    promised to be reentrant.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake who waits, or who waits next."""
        self._rings.put(None)

    def wait(self, seconds: float) -> None:
        """Wait until it was rung since the last wait, at most so many seconds."""
        with contextlib.suppress(Empty):
            self._rings.get(timeout=seconds)
            while True:
                self._rings.get_nowait()


@dataclass
class _Running:
    row: QueuedTask
    began: float


def call(row: QueuedTask) -> Any:
    """Run a task's function in this thread and return what it returned, as JSON. Raises whatever it raised."""
    task = function_of(row)
    before = (TaskContext(task_result=result_of(row)),) if task.takes_context else ()
    return normalize_json(task.call(*before, *row.args, **row.kwargs))


def run(row: QueuedTask) -> TaskState | None:
    """Run a claimed task in this thread and end it; return its state, None when the lease was lost meanwhile."""
    try:
        result = call(row)
    except Postponed as later:
        wait = later.wait
        state = _insist(lambda: queue_lease.postpone(row, wait))
    except Exception as error:
        reason = error
        log.warning("%s, attempt %d of %d failed: %r", row, row.attempts, row.max_attempts, error)
        state = _insist(lambda: queue_lease.fail(row, reason))
    else:
        state = TaskState.DONE if _insist(lambda: queue_lease.finish(row, result)) else None
        if state is TaskState.DONE:
            _insist(lambda: made_up_for(row))
    if state is None:
        log.warning("%s: another worker has taken it over meanwhile", row)
    return state


Written = TypeVar("Written")


def _insist(write: Callable[[], Written], tries: int = 5) -> Written:
    """Write although the database is away for a moment; after that the lease lapses and the task runs again."""
    for attempt in range(1, tries):
        try:
            return write()
        except (OperationalError, InterfaceError):
            close_old_connections()
            time.sleep(0.5 * 2**attempt)
    return write()


def drain(limit: int = 1000) -> int:
    """Run what is ready now in the calling thread, at most `limit` tasks; return how many were run."""
    discover()
    for done in range(limit):
        found = (queue_lease.claim(f"drain-{os.getpid()}", share) for share in SHARES)
        row = next((row for row in found if row is not None), None)
        if row is None:
            return done
        run(row)
    return limit


class Worker:
    """Runs tasks in threads until `stop` is called; then lets the running ones end within `grace_seconds`.

    threads: for each share of the queue. lease_seconds: how long it must have been silent before others take its tasks.
    """

    def __init__(self, threads: int = 2, lease_seconds: float = 60, grace_seconds: float = 30) -> None:
        self.me = QueueWorker(id=uuid.uuid4(), host=socket.gethostname(), pid=os.getpid())
        self.name = f"{self.me.host}:{self.me.pid}"
        self.threads = threads
        self.lease_seconds = lease_seconds
        self.grace_seconds = grace_seconds
        self.running: dict[uuid.UUID, _Running] = {}
        self.guard = threading.Lock()
        self.inboxes: dict[str, SimpleQueue[QueuedTask | None]] = {share: SimpleQueue() for share in SHARES}
        self.wake = Bell()
        self.is_stopping = False
        self.ended = threading.Event()
        self.must_restart = False
        self.was_clock_off = False

    def stop(self) -> None:
        """Ask the worker to take nothing new and to end; safe to call from a signal handler."""
        self.is_stopping = True
        self.wake.ring()

    def run(self) -> bool:
        """Work until stopped; return True when everything begun was ended, False when tasks were given back."""
        discover()
        heart = threading.Thread(target=self._beat, name="heart", daemon=True)
        heart.start()
        # Daemons: a task that outlasts the stop must not keep the process from ending.
        hands = [
            threading.Thread(target=self._work, args=[inbox], name=f"{share}-{n}", daemon=True)
            for share, inbox in self.inboxes.items()
            for n in range(self.threads)
        ]
        for hand in hands:
            hand.start()
        try:
            self._dispatch()
        finally:
            self.is_stopping = True
            clean = self._wait_for_running()
            self.ended.set()
            heart.join(5)
            for inbox in self.inboxes.values():
                for _ in range(self.threads):
                    inbox.put(None)
            for hand in hands if clean else ():
                hand.join(5)
            self._leave()
        return clean and not self.must_restart

    def _dispatch(self) -> None:
        calendar, calendar_at, pause = Calendar(), 0.0, SHORTEST_PAUSE
        was_begun = dict.fromkeys(SHARES, False)
        while not self.is_stopping:
            try:
                if time.monotonic() >= calendar_at:
                    self._look_at_clock(calendar)
                    calendar_at = time.monotonic() + CALENDAR_PAUSE
                was_begun = {share: self._begin_one(share, look_first=not was_begun[share]) for share in SHARES}
            except (OperationalError, InterfaceError) as error:
                log.warning("The database does not answer, trying again: %s", str(error).strip())
                close_old_connections()
                was_begun, pause = dict.fromkeys(SHARES, False), LONGEST_PAUSE
            begun = any(was_begun.values())
            pause = SHORTEST_PAUSE if begun else min(pause * 1.5, LONGEST_PAUSE)
            if not begun:
                self.wake.wait(pause)

    def _look_at_clock(self, calendar: Calendar) -> None:
        now = clock.now()
        calendar.tick(now)
        if mended := queue_lease.rebase(now):
            log.warning("The clock was set back; %d tasks wait from now on as long as they had to.", mended)

    def _begin_one(self, share: str, *, look_first: bool) -> bool:
        with self.guard:
            busy = sum(held.row.queue == share for held in self.running.values())
        row = queue_lease.claim(self.name, share, look_first=look_first) if busy < self.threads else None
        if row is None or row.lease is None:
            return False
        with self.guard:
            self.running[row.lease] = _Running(row, time.monotonic())
        self.inboxes[share].put(row)
        return True

    def _work(self, inbox: "SimpleQueue[QueuedTask | None]") -> None:
        # The prefix of paths belongs to a thread; Django sets it for the first one only.
        set_script_prefix(settings.FORCE_SCRIPT_NAME or "/")
        while (row := inbox.get()) is not None:
            close_old_connections()
            try:
                run(row)
            except Exception:
                log.exception("%s could not be ended; it will run again when its lease has lapsed", row)
            finally:
                with self.guard:
                    self.running.pop(row.lease, None) if row.lease else None
                self.wake.ring()
        connections.close_all()

    def _beat(self) -> None:
        watch = queue_lease.Watch(self.lease_seconds)
        while not self.ended.is_set():
            try:
                self._beat_once(watch)
            except (OperationalError, InterfaceError) as error:
                log.warning("No heartbeat, the database does not answer: %s", str(error).strip())
                close_old_connections()
            self.ended.wait(self.lease_seconds / 4)
        connections.close_all()

    def _beat_once(self, watch: queue_lease.Watch) -> None:
        with self.guard:
            held = dict(self.running)
        late = [r for r in held.values() if time.monotonic() - r.began > r.row.limit_seconds]
        queue_lease.renew(held.keys())
        self._compare_clocks(queue_lease.beat(self.me))
        for freed in watch.take_over(held.keys()):
            log.warning("%s: its worker went silent, it is free again", freed)
            self.wake.ring()
        for slow in late:
            self._give_up(slow.row)

    def _compare_clocks(self, off: timedelta) -> None:
        is_off = abs(off) > queue_lease.CLOCK_SLACK
        if is_off and not self.was_clock_off:
            ahead = "ahead of" if off > timedelta(0) else "behind"
            log.warning("This clock is %.0f s %s the database's.", abs(off).total_seconds(), ahead)
        self.was_clock_off = is_off

    def _give_up(self, row: QueuedTask) -> None:
        """End a task that hangs: its thread cannot be stopped, so the process goes, for another to start."""
        log.error("%s runs longer than %d s; this worker stops and leaves its place", row, row.limit_seconds)
        queue_lease.fail(row, TookTooLong(f"It ran longer than {row.limit_seconds} seconds."))
        with self.guard:
            if row.lease is not None:
                self.running.pop(row.lease, None)
        self.must_restart = True
        self.stop()

    def _wait_for_running(self) -> bool:
        until = time.monotonic() + self.grace_seconds
        while self.running and time.monotonic() < until:
            self.wake.wait(0.1)
        with self.guard:
            left = [r.row for r in self.running.values()]
        for row in left:
            log.warning("%s is not done; it is given back", row)
            queue_lease.give_back(row)
        return not left

    def _leave(self) -> None:
        try:
            QueueWorker.objects.filter(id=self.me.id).delete()
        except (OperationalError, InterfaceError):
            log.warning("The worker could not sign off: the database does not answer.")
        connections.close_all()
