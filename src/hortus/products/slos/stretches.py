"""The minutes of an SLI, wherever they are: in our store, with the judge of a draft, in an engine.

Writes nothing, but for the fault of an engine that did not tell.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

import numpy as np

from hortus.access.models import Team
from hortus.products.slos.models import Sli
from hortus.products.slos.rules.spans import Span, clipped
from hortus.products.slos.rules.stretch import Counts, Stretch
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.judges import Judged
from hortus.telemetry.counts.reading import minutes
from hortus.telemetry.engines import asking, telling
from hortus.telemetry.engines.asking import Found
from hortus.telemetry.engines.client import Client
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.telemetry.engines.rules.answers import EngineFault

CHUNK_MINUTES, SMALLEST_CHUNK = 7 * 1440, 10
SECONDS = 20.0
"""For all minutes of all SLIs of one look: somebody waits for them."""
AT_ONCE = 2
"""Engines that may be asked while somebody waits, in one process: the other threads answer everybody else."""


def stretches(team: Team, slis: Sequence[Sli], within: Span) -> list[tuple[Stretch, int]]:
    """Return the minutes of SLIs in a span, each with the minute since when they are exact.

    An SLI that is not kept (`replay.drafted`) is filled by its judge on the spot. Where the counts stay in an engine it
    is asked for the samples now, all within twenty seconds; raises EngineFault when it does not tell, or is being
    asked already while somebody else waits.
    """
    there = asking.kept_there([sli.series_id for sli in slis])
    ends = time.monotonic() + SECONDS
    return [_stretch(team, sli, there.get(sli.series_id), within, ends) for sli in slis]


def _stretch(team: Team, sli: Sli, query: EngineQuery | None, within: Span, ends: float) -> tuple[Stretch, int]:
    if query is not None:
        return _asked(query, within, ends), within[0]
    if sli.series_id is not None:
        found = minutes(sli.series_id, *within)
        return Stretch(found.start, found.good, found.total, found.measured), found.coarse_until
    judged = judges.judge(sli.judge).judge(team, dict(sli.parameters), *within) if sli.judge else Judged()
    return _laid_out(judged, within), within[0]


def _laid_out(judged: Judged, within: Span) -> Stretch:
    since, until = within
    good, total = np.zeros((2, until - since), np.int64)
    good[judged.minute - since], total[judged.minute - since] = judged.good, judged.total
    return _measured(since, good, total, judged.measured)


def _measured(since: int, good: Counts, total: Counts, watched: Sequence[Span]) -> Stretch:
    measured = total > 0
    for begin, end in clipped(watched, (since, since + len(total))):
        measured[begin - since : end - since] = True
    return Stretch(since, good, total, measured)


class Recent:
    """What engines told, or why not, in the last minute: typing in a form asks for the same minutes with each key.

    It lives in one process, and holds `most` answers. That there was no time is not held: the next one has more of it.
    """

    def __init__(self, most: int = 8, seconds: float = 60.0) -> None:
        self._most, self._seconds = most, seconds
        self._held: OrderedDict[Hashable, tuple[float, Stretch | EngineFault]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, ask: Callable[[], Stretch]) -> Stretch:
        """Return what is held under a key, else what `ask` returns. Raises EngineFault, the held one or a new one."""
        with self._lock:
            at, held = self._held.get(key, (-math.inf, None))
        if held is None or time.monotonic() - at > self._seconds:
            try:
                held = ask()
            except EngineFault as fault:
                if fault.code in ("late", "busy"):
                    raise
                held = fault
            with self._lock:
                self._held[key] = (time.monotonic(), held)
                self._held.move_to_end(key)
                while len(self._held) > self._most:
                    self._held.popitem(last=False)
        if isinstance(held, EngineFault):
            raise held
        return held


class Turns:
    """Who may ask while somebody waits: each engine is asked once at a time, and few at once. Lives in one process.

    Nobody queues: who comes second is told so at once, or slow engines would take all threads of a web server.
    """

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most, self._lock = most, Lock()
        self._asked: set[Hashable] = set()

    @contextmanager
    def of(self, engine: Engine) -> Iterator[None]:
        """Hold the turn of an engine. Raises EngineFault "busy" where it, or as many others, are being asked."""
        with self._lock:
            if engine.pk in self._asked:
                raise EngineFault("busy", f"{engine.name} is being asked already; try again in a moment.")
            if len(self._asked) >= self._most:
                raise EngineFault("busy", "Other engines are being asked already; try again in a moment.")
            self._asked.add(engine.pk)
        try:
            yield
        finally:
            with self._lock:
                self._asked.discard(engine.pk)


_recent, _turns = Recent(), Turns()


def _asked(query: EngineQuery, within: Span, ends: float) -> Stretch:
    """Return the minutes that an engine tells of, or told a moment ago."""
    engine = query.engine
    key = query.pk, engine.url, engine.token_name, engine.state, query.question, within
    return _recent.get(key, lambda: _asked_now(query, within, ends))


def _asked_now(query: EngineQuery, within: Span, ends: float) -> Stretch:
    """Return the minutes that an engine tells of. ends: when time is up, on the monotonic clock. Raises EngineFault."""
    with _turns.of(query.engine):
        try:
            found = _in_chunks(query, within, replace(asking.client_of(query.engine), ends=ends))
        except EngineFault as fault:
            telling.met(query, fault)
            raise asking.for_objectives(query.engine, fault) from fault
        telling.met(query, None)
    good, total = (np.concatenate([getattr(one, name) for one in found]) for name in ("good", "total"))
    return _measured(within[0], good, total, [span for one in found for span in one.watched])


def _in_chunks(query: EngineQuery, within: Span, client: Client) -> list[Found]:
    if not query.engine.may_give_samples:
        raise asking.untrusted(query.engine)
    found, at, size = list[Found](), within[0], CHUNK_MINUTES
    while at < within[1]:
        try:
            found.append(asking.events(query, at, min(at + size, within[1]), client))
            at += size
        except EngineFault as fault:
            if fault.code == "late" or time.monotonic() >= client.ends:
                raise EngineFault(
                    "late", f"{query.engine.name} did not tell all minutes of {query} within {SECONDS:g} seconds; take "
                    "a shorter time, or have the counts kept here.",
                ) from fault  # fmt: skip
            if fault.code != "too-big" or size <= SMALLEST_CHUNK:
                raise
            size //= 2
    return found
