"""Compares an engine with what is known before it is believed. Read-only: it writes nothing into the engine.

What can be proved by reading alone, and is asked here:
- the evaluation time that was asked for is the one that is used, for one value and for a range on the minute grid;
- counters that the engine makes up itself from its clock, one rising by one a second and one that falls back to zero
  twice an hour, have the increase that arithmetic demands: 3,600 and 3,480 in an hour;
- for the counters of our own queries: the samples as they were taken agree with the values of query_range, and the
  engine's increase over the last whole hour lies within what those samples, and extrapolation at the two edges of
  the window, allow.
What cannot be proved so: that the samples are what the target said. An engine that lies consistently is believed.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from hortus.telemetry.engines import asking
from hortus.telemetry.engines.client import Client
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.telemetry.engines.rules import expressions
from hortus.telemetry.engines.rules.answers import EngineFault, Samples, single
from hortus.telemetry.engines.rules.counters import GAP_MS, MINUTE_MS, newcomers

HOUR = 3600
STEADY = "increase(vector(time())[1h:1m])"
SAW = "increase((vector(time()) % 1800)[1h:1m])"
Level = Literal["samples", "sums"]


@dataclass(frozen=True, slots=True)
class Check:
    """One question of the self-check. needed_for: what the engine is not believed with when it fails."""

    name: str
    needed_for: Level
    asked: str
    is_ok: bool
    sentence: str

    def as_json(self) -> dict[str, object]:
        """Return the check as it is stored and shown."""
        told = asdict(self)
        told["ok"] = told.pop("is_ok")
        return told


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a self-check found."""

    state: str
    checks: tuple[Check, ...]
    gives_samples: bool


def last_hour(now: float) -> int:
    """Return the last whole hour, in seconds since 1970, that ended at least five minutes ago."""
    return int(now - GAP_MS / 1000) // HOUR * HOUR


def examine(client: Client, queries: Sequence[EngineQuery], now: float) -> Verdict:
    """Ask an engine the questions above and say how far it is believed.

    queries: those of this engine; their counters are compared too. now: seconds since 1970. An engine that does not
    answer is not trusted either: its checks say why.
    """
    at = last_hour(now)
    checks = [*_clock(client, at), *_arithmetic(client, at)]
    gives_samples = False
    if all(check.is_ok for check in checks if check.needed_for == "samples"):
        counters = sorted({c for q in queries if q.sort != EngineQuery.Sort.THRESHOLD for c in (q.good, q.total)})
        raw, gives_samples = _raw(client, at, counters)
        checks += raw
        for counter in counters:
            checks += _counter(client, counter, at, gives_samples)
    return Verdict(_state(checks), tuple(checks), gives_samples)


def _state(checks: Sequence[Check]) -> str:
    failed = {check.needed_for for check in checks if not check.is_ok}
    if "samples" in failed:
        return Engine.State.DISTRUSTED
    return Engine.State.SAMPLES if failed else Engine.State.TRUSTED


def _tried(name: str, level: Level, asked: str, ask: Callable[[], tuple[bool, str]]) -> Check:
    try:
        is_ok, sentence = ask()
    except EngineFault as fault:
        is_ok, sentence = False, fault.sentence
    return Check(name, level, asked, is_ok, sentence)


def _clock(client: Client, at: int) -> Iterator[Check]:
    def one() -> tuple[bool, str]:
        got = single(client.query("time()", at))
        return got == at, f"Asked for second {at}, it evaluated at {'no time' if got is None else f'{got:.3f}'}."

    def grid() -> tuple[bool, str]:
        found = client.query_range("vector(time())", at - 300, at)
        wanted = list(range(at - 300, at + 1, 60))
        ours = len(found) == 1 and found[0].at_ms.tolist() == [t * 1000 for t in wanted]
        is_ok = ours and found[0].values.tolist() == wanted
        return is_ok, f"A range was {'' if is_ok else 'not '}evaluated at whole minutes."

    yield _tried("One evaluation time", "samples", "time()", one)
    yield _tried("The minute grid", "samples", "vector(time())", grid)


def _arithmetic(client: Client, at: int) -> Iterator[Check]:
    for name, asked, expected in (("A steady counter", STEADY, 3600), ("A counter with resets", SAW, 3480)):

        def one(asked: str = asked, expected: int = expected) -> tuple[bool, str]:
            got = single(client.query(asked, at))
            said = "nothing" if got is None else f"{got:,.10g}"
            is_ok = got is not None and math.isclose(got, expected, rel_tol=1e-9)
            return is_ok, f"It rose by {expected:,} in the hour; the engine says {said}."

        yield _tried(name, "sums", asked, one)


def _raw(client: Client, at: int, counters: Sequence[str]) -> tuple[list[Check], bool]:
    """Find out whether a range selector is answered with raw samples; where it is not, grid values are read."""
    if not counters:
        return [], False
    try:
        client.samples(counters[0], at - HOUR, at)
    except EngineFault as fault:
        said = f"It gives no raw samples ({fault.sentence}), so values at whole minutes are read: gaps can hide."
        return [Check("Raw samples", "samples", expressions.raw_samples(counters[0], HOUR), True, said)], False
    return [], True


def _counter(client: Client, counter: str, at: int, gives_samples: bool) -> Iterator[Check]:
    held: list[Samples] = []

    def agrees() -> tuple[bool, str]:
        held.extend(asking.samples(client, counter, (at - HOUR) // 60 - 5, at // 60 + 5, gives_samples=gives_samples))
        if not held:
            return True, "No series of this counter had samples in the last hour, so there is nothing to compare."
        grid = client.query_range(counter, at - HOUR, at)
        compared, differing = _compared(held, grid)
        if differing:
            return False, f"{differing} of {compared} values of query_range differ from the last sample before them."
        return True, f"{compared} values of query_range in the last hour agree with the samples."

    def bounded() -> tuple[bool, str]:
        if not held:
            return True, "No series of this counter had samples in the last hour, so there is nothing to compare."
        got = single(client.query(expressions.window_sum(counter, 60), at)) or 0.0
        low, high = bounds(held, at - HOUR, at)
        slack = 1e-6 * max(1.0, high)
        said = f"between {low:,.10g} and {high:,.10g}" if high > low else f"{low:,.10g}"
        is_ok = low - slack <= got <= high + slack
        return is_ok, f"The samples of that hour allow {said}; the engine says {got:,.10g}."

    yield _tried("Samples agree", "samples", counter, agrees)
    yield _tried("The sum of an hour", "sums", expressions.window_sum(counter, 60), bounded)


def _compared(held: Sequence[Samples], grid: Sequence[Samples]) -> tuple[int, int]:
    """Return how many grid values were compared with samples, and how many differ."""
    by_labels = {one.labels: one for one in held}
    compared = differing = 0
    for one in grid:
        ours = by_labels.get(one.labels)
        if ours is None or not ours.at_ms.size:
            differing += one.at_ms.size
            compared += one.at_ms.size
            continue
        place = np.searchsorted(ours.at_ms, one.at_ms, side="right") - 1
        compared += one.at_ms.size
        differing += int(np.sum((place < 0) | (ours.values[np.maximum(place, 0)] != one.values)))
    return compared, differing


def bounds(found: Sequence[Samples], since: int, until: int) -> tuple[float, float]:
    """Return the least and the most that a sum of increases from second `since` to `until` may honestly be.

    Least: between the samples after `since`. Most: with the intervals that reach over the two edges, with a first
    value where a series began, or with the inner increase stretched to the whole window, as extrapolation does.
    """
    low = high = 0.0
    begun = {one.labels for one in newcomers(found, since // 60)}
    for one in found:
        rise = np.diff(one.values)
        rise = np.where(rise < 0, one.values[1:], rise)
        first, last = one.at_ms[:-1], one.at_ms[1:]
        start, end = since * 1000, until * 1000
        strict = float(np.sum(rise[(first > start) & (last <= end)]))
        closed = float(np.sum(rise[(first >= start) & (last <= end)]))
        over = float(np.sum(rise[(last > start) & (first < end)]))
        inside = one.at_ms[(one.at_ms >= start) & (one.at_ms <= end)]
        seconds = max(MINUTE_MS, int(inside[-1] - inside[0]) if inside.size > 1 else 0) / 1000
        fresh = float(one.values[0]) if one.labels in begun and one.at_ms[0] <= end else 0.0
        low += strict
        high += max(over, closed * (until - since) / seconds) + fresh
    return low, high
