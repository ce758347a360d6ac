"""The schedule: plans a minute of runs, and starts each at its moment in a bounded number of threads of the worker.

The queue calls one short task a minute; the runs themselves are no tasks, because rows for each would fill its table
and slow ones would take the worker's hands from everything else. What a worker that is killed had planned is left
out: a gap, which counts as not measured. The next round, at any worker, goes on.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

from django.db import close_old_connections, connections
from django.utils import timezone

from hortus.telemetry.probes import rules
from hortus.telemetry.probes.models import Probe
from hortus.telemetry.probes.running import claim, moment, run_claimed

log = logging.getLogger("hortus.probes")
MOST_AT_ONCE = 32
IDLE_SECONDS = 90.0  # longer than a round, so that threads are kept from one to the next
DEAD_AFTER_SECONDS = 60.0  # beyond its limit, a run that wrote nothing has died

_watch = rules.Watch()


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A run to come: when, as seconds since 1970, and of which probe."""

    slot: int
    pk: uuid.UUID


class Hands:
    """Runs what it is given in daemon threads, at most `most` at a time, in the order in which it came."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self._inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._guard = threading.Lock()
        self._idle = self._count = 0

    def give(self, work: Callable[[], None]) -> None:
        """Have some work done as soon as a hand is free."""
        with self._guard:
            self._inbox.put(work)
            if self._idle >= self._inbox.qsize() or self._count >= self._most:
                return
            self._count += 1
        threading.Thread(target=self._work, name="probe", daemon=True).start()

    def _work(self) -> None:
        while (work := self._next()) is not None:
            close_old_connections()
            try:
                work()
            except Exception:
                log.exception("A probe could not be run; its moment is left out.")
        connections.close_all()

    def _next(self) -> Callable[[], None] | None:
        with self._guard:
            self._idle += 1
        try:
            found: Callable[[], None] | None = self._inbox.get(timeout=IDLE_SECONDS)
        except Empty:
            found = None
        with self._guard:
            self._idle -= 1
            if found is None:
                self._count -= 1
        return found


_hands = Hands()


def plan(since: int, until: int) -> list[Planned]:
    """Return the runs that are due in a span of moments, in their order; services of sample teams do not exist."""
    active = Probe.objects.active().filter(team__is_sample=False).only("id", "period_seconds")
    return sorted(
        Planned(slot, probe.pk)
        for probe in active
        for slot in rules.slots(probe.shift, probe.period_seconds, since, until)
    )


def silent() -> set[str]:
    """Return the runs that died, as far as this process has watched them."""
    running = Probe.objects.exclude(run=None).values_list("run", "limit_seconds")
    return _watch.silent([(str(run), limit + DEAD_AFTER_SECONDS) for run, limit in running], time.monotonic())


def begin_round(hands: Hands = _hands) -> "threading.Thread | None":
    """Plan the coming minute and start a thread that hands out its runs; None when nothing is due."""
    now = timezone.now().timestamp()
    planned, dead = plan(*rules.span_of(now)), silent()
    if not planned:
        return None
    # The wall clock is read once: a jump of it within the minute moves no run.
    told = threading.Thread(
        target=_hand_out, args=(planned, time.monotonic() - now, dead, hands), name="probe-round", daemon=True
    )
    told.start()
    return told


def _hand_out(planned: Sequence[Planned], offset: float, dead: set[str], hands: Hands) -> None:
    for run in planned:
        due = run.slot + offset
        time.sleep(max(0.0, due - time.monotonic()))
        hands.give(partial(_run, run, due, dead))


def _run(planned: Planned, due: float, dead: set[str]) -> None:
    if time.monotonic() - due > rules.LATE_SECONDS:
        log.warning("A probe's moment passed before a hand was free; more than %d run at once.", MOST_AT_ONCE)
        return
    probe = claim(planned.pk, planned.slot, dead)
    if probe is not None:
        run_claimed(probe, moment(planned.slot))
