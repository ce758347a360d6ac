"""What an engine is asked: samples of counters, values by the minute, sums over windows. Writes nothing.

An engine that did not pass its self-check is not asked; the fault says why.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts.reading import Sums
from hortus.telemetry.engines.client import Client
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.telemetry.engines.rules import expressions
from hortus.telemetry.engines.rules.answers import EngineFault, Samples, several, single
from hortus.telemetry.engines.rules.counters import (
    GAP_MS,
    MINUTE_MS,
    Increments,
    increments,
    minute_of,
    newcomers,
    spans,
)
from hortus.telemetry.engines.rules.questions import Question, Span

Sort = EngineQuery.Sort
LOOK_BACK, LONG_LOOK_BACK = GAP_MS // MINUTE_MS, 1440
LONGEST_WINDOW = 400 * 1440
MOST_POINTS = 7 * 1440
"""Minutes that one subquery may have: VictoriaMetrics refuses more than 30,000 points, others less."""
MOST_EVENTS = 2**53
OUR_OWN_WORDS = {"above-total", "bad-span", "busy", "kept-here-only", "late", "not-finite", "several-series"}
"""Codes of faults whose sentences hold nothing but our words and numbers."""
IN_GENERAL = {
    "unreachable": "is out of reach", "no-token": "is not asked", "untrusted": "is not asked",
    "refused": "refused the question", "too-big": "answered with more than is read",
    "not-counter": "gave what counts no events",
}  # fmt: skip
Sum = tuple[int, int, int]
"""Good and total events, measured minutes."""


@dataclass(frozen=True, slots=True)
class Found:
    """Good and total events of minutes from `since` on; arrays of shape (minutes,).

    watched: spans of measured minutes, which may begin up to five minutes earlier: what came since tells that they
    were. notes: what was seen besides.
    """

    since: int
    good: NDArray[np.int64]
    total: NDArray[np.int64]
    watched: tuple[tuple[int, int], ...]
    notes: dict[str, int]


def client_of(engine: Engine) -> Client:
    """Return how to ask an engine."""
    return Client(engine.url, engine.token_name, team=engine.team.slug if engine.token_name else "")


def samples(client: Client, counter: str, since: int, until: int, *, gives_samples: bool) -> list[Samples]:
    """Return the samples of a counter from minute `since` to `until`, both ends included. Raises EngineFault.

    gives_samples: as they were taken; otherwise their values at whole minutes, which hide gaps of up to the engine's
    own look-back.
    """
    if gives_samples:
        return client.samples(counter, since * 60, until * 60)
    return client.query_range(counter, since * 60, until * 60)


def counted(client: Client, counter: str, since: int, until: int, *, gives_samples: bool) -> Increments:
    """Return the events that a counter tells of in the minutes [since, until). Raises EngineFault."""
    found = samples(client, counter, since - LOOK_BACK, until, gives_samples=gives_samples)
    if newcomers(found, since):
        try:
            found = samples(client, counter, since - LONG_LOOK_BACK, until, gives_samples=gives_samples)
        except EngineFault as fault:
            if fault.code != "too-big":
                raise
            found = samples(client, counter, since - 60, until, gives_samples=gives_samples)
    return increments(found, since, until)


def events(query: EngineQuery, since: int, until: int, client: Client | None = None) -> Found:
    """Return the good and total events of the minutes [since, until), both from the same pinned times.

    A minute counts as measured when the counter of all events was sampled over it. client: of the query's engine, where
    it is in a hurry. Raises EngineFault, also when a minute has more good (or bad) than total events.
    """
    client, gives = client or client_of(query.engine), query.engine.gives_samples
    found = [_events(client, question, *span, gives=gives) for span, question in query.asked_in(since, until)]
    if len(found) == 1:
        return found[0]
    notes: Counter[str] = Counter()
    for one in found:
        notes.update(one.notes)
    good, total = (np.concatenate([getattr(one, name) for one in found]) for name in ("good", "total"))
    return Found(since, good, total, tuple(span for one in found for span in one.watched), dict(notes))


def _events(client: Client, asked: Question, since: int, until: int, *, gives: bool) -> Found:
    if asked.sort == Sort.THRESHOLD:
        return _by_bound(client, asked, since, until)
    total = counted(client, asked.total, since, until, gives_samples=gives)
    part = counted(client, asked.good, since, until, gives_samples=gives)
    counts = np.where(total.measured, total.counts, 0)
    marked = np.where(total.measured, part.counts, 0)
    _check(marked, counts, since, asked.sort)
    good = marked if asked.sort == Sort.GOOD else counts - marked
    notes = {
        "resets": total.resets + part.resets, "gaps": total.gaps + part.gaps, "new_series": total.fresh + part.fresh,
        "unmeasured_minutes": int(np.sum(~total.measured)),
    }  # fmt: skip
    return Found(since, good, counts, total.watched, notes)


def _check(marked: NDArray[np.int64], total: NDArray[np.int64], since: int, sort: str) -> None:
    wrong = np.flatnonzero(marked > total)
    if wrong.size:
        at = int(wrong[0])
        raise EngineFault(
            "above-total",
            f"In minute {since + at} since 1970 the engine tells of {marked[at]} {sort} events but only {total[at]} in "
            "all; the second selector must count every event that the first one counts.", "good",
        )  # fmt: skip


def _by_bound(client: Client, asked: Question, since: int, until: int) -> Found:
    """Judge one value a minute, taken at its end: one event, good when the value keeps the bound."""
    found = client.query_range(asked.good, (since + 1) * 60, until * 60)
    if len(found) > 1:
        raise several(len(found))
    size = until - since
    good, measured = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    not_finite = 0
    for one in found:
        on_grid = one.at_ms % MINUTE_MS == 0
        minute = minute_of(one.at_ms[on_grid]) - since
        measured[minute] = True
        good[minute] = kept(one.values[on_grid], asked.comparison, float(asked.bound or 0))
        not_finite = one.not_finite
    notes = {"not_finite": not_finite, "unmeasured_minutes": int(np.sum(~measured))}
    return Found(since, good, measured.astype(np.int64), tuple(spans(measured, since)), notes)


def kept(values: NDArray[np.float64], comparison: str, bound: float) -> NDArray[np.bool_]:
    """Return which values keep a bound. comparison: lt, lte, gt or gte."""
    answer: NDArray[np.bool_] = {
        "lt": np.less, "lte": np.less_equal, "gt": np.greater, "gte": np.greater_equal,
    }[comparison](values, bound)  # fmt: skip
    return answer


def kept_there(series_ids: Sequence[int]) -> dict[int, EngineQuery]:
    """Return, by series, the queries whose counts stay in their engine: ask `window_sums` for those."""
    found = EngineQuery.objects.filter(series__in=series_ids, is_kept_here=False).select_related("engine", "series")
    return {query.series_id: query for query in found}


def window_sums(query: EngineQuery, spans: Sequence[Span]) -> Sums:
    """Return what an engine sums up over spans of minutes, in the shape of `counts.reading.sums`: (1, spans).

    Each span is one evaluation at its end, on the minute grid, the same for both counters; increases are the engine's
    own, rounded to whole events; a span in which the query was changed is asked for in pieces. Raises EngineFault when
    the engine is not trusted with sums, does not answer, gives what is no sum, or when a span is empty or longer than
    400 days.
    """
    refuse_sums(query)
    found = windows(client_of(query.engine), query, spans)
    cells = np.array([found[span] for span in spans], dtype=np.int64).reshape(len(spans), 3).T
    return Sums(good=cells[0:1], total=cells[1:2], measured=cells[2:3])


def refuse_sums(query: EngineQuery) -> None:
    """Raise EngineFault where no sums are asked for: a value against a bound, an engine not trusted with them."""
    if query.engine.state != Engine.State.TRUSTED:
        raise untrusted(query.engine)
    if query.sort == Sort.THRESHOLD:
        raise EngineFault("kept-here-only", "A value against a bound is counted here; an engine gives no sums of it.")


def windows(client: Client, query: EngineQuery, spans: Sequence[Span], *, together: bool = True) -> dict[Span, Sum]:
    """Return good and total events and measured minutes of spans, as `window_sums`, without asking for trust.

    together: what is evaluated at one time is asked for in one request, where the engine can do that.
    """
    pieces = {span: _pieces(query, span) for span in spans}
    plan = list(dict.fromkeys(one for cut in pieces.values() for piece, asked in cut for one in _plan(asked, piece)))
    values: dict[_Asked, int] = {}
    for at in dict.fromkeys(one.at for one in plan):
        for batch in _batches([one for one in plan if one.at == at], together=together):
            values |= _values(client, batch)
    return {
        span: _together([_sum(asked, piece, values) for piece, asked in cut]) for span, cut in pieces.items()
    }  # fmt: skip


def _pieces(query: EngineQuery, span: Span) -> list[tuple[Span, Question]]:
    if not 0 < span[1] - span[0] <= LONGEST_WINDOW:
        raise EngineFault("bad-span", f"A window has 1 to {LONGEST_WINDOW} minutes, got {span[1] - span[0]}.")
    return query.asked_in(*span)


def _together(sums: Sequence[Sum]) -> Sum:
    good, total, measured = (sum(column) for column in zip(*sums, strict=True))
    return good, total, measured


@dataclass(frozen=True, slots=True)
class _Asked:
    """One expression, evaluated at minute `at`. part: "total", "good" or "measured"; most: what it may be."""

    span: Span
    part: str
    expression: str
    at: int
    most: int = MOST_EVENTS


def _plan(asked: Question, span: Span) -> list[_Asked]:
    since, until = span
    total, good = (expressions.window_sum(counter, until - since) for counter in (asked.total, asked.good))
    plan = [_Asked(span, "total", total, until), _Asked(span, "good", good, until)]
    for end in range(until, since, -MOST_POINTS):
        minutes = min(MOST_POINTS, end - since)
        plan.append(_Asked(span, "measured", expressions.sampled_minutes(asked.total, minutes), end, minutes))
    return plan


def _batches(plan: Sequence[_Asked], *, together: bool) -> list[list[_Asked]]:
    """Return what is asked for in one request each: as much as one expression may hold, or one by one."""
    batches: list[list[_Asked]] = []
    room = 0
    for one in plan:
        size = expressions.written_size(one.expression)
        if not batches or not together or size > room:
            batches.append([])
            room = expressions.LONGEST_UNION
        batches[-1].append(one)
        room -= size
    return batches


def _values(client: Client, batch: Sequence[_Asked]) -> dict[_Asked, int]:
    if len(batch) == 1:
        return {batch[0]: _whole(single(client.query(batch[0].expression, batch[0].at * 60)) or 0.0)}
    try:
        found = client.query(expressions.union([one.expression for one in batch]), batch[0].at * 60)
    except EngineFault as fault:
        if fault.code != "refused":
            raise
        found = {}
    named = {dict(labels).get(expressions.NUMBER): value for labels, value in found.items()}
    if named.get(expressions.PROOF) != 1.0 or len(named) != len(found):  # it does not know how to put them side by side
        return {one: value for one in batch for value in _values(client, [one]).values()}
    return {one: _whole(named.get(str(n), 0.0)) for n, one in enumerate(batch)}


def _whole(value: float) -> int:
    if not np.isfinite(value):
        raise EngineFault("not-finite", f"A number is expected, but the engine gave {value}.")
    if value < 0:
        raise EngineFault("not-counter", f"The engine gave a sum below zero ({value:g}) for a window of a counter.")
    if value > MOST_EVENTS:
        raise EngineFault("not-counter", f"The engine gave a sum of {value:g}, more than can be counted.")
    return round(value)


def _sum(asked: Question, span: Span, values: Mapping[_Asked, int]) -> Sum:
    def told(part: str) -> int:
        return sum(min(one.most, value) for one, value in values.items() if (one.span, one.part) == (span, part))

    total, marked = told("total"), told("good")
    if marked > total:  # extrapolated a little differently, or selectors that do not belong together
        _check(np.array([marked - max(1, total // 100)]), np.array([total]), span[0], asked.sort)
        marked = total
    return marked if asked.sort == Sort.GOOD else total - marked, total, told("measured")


def for_objectives(engine: Engine, fault: EngineFault) -> EngineFault:
    """Return a fault for people who may read objectives but not where their engines are, or what these hold.

    It is told by its code: an engine's own words may hold any address or label behind it.
    """
    if fault.code in OUR_OWN_WORDS:
        return fault
    said = IN_GENERAL.get(fault.code, "did not answer the question as it should")
    return EngineFault(fault.code, f"{engine.name} {said}; the page of the engine says why.")


def untrusted(engine: Engine) -> EngineFault:
    """Return why an engine is not asked."""
    failed = next((check["sentence"] for check in engine.checks if not check["ok"]), "")
    why = failed or f"it is {engine.get_state_display()}"
    return EngineFault("untrusted", f"{engine.name} is not asked: {why}")
