"""From samples of counters to whole events by the minute: resets, new series and gaps, with a stated rule for each.

The increase between two samples is counted in the minute in which the second one was taken; a sample at the very end
of a minute belongs to that minute. Nothing is extrapolated, so counts are whole and add up to what the counter says.
Times in milliseconds since 1970, minutes since 1970, spans half-open. No Django.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.engines.rules.answers import EngineFault, Labels, Samples

MINUTE_MS = 60_000
GAP_MS = 300_000
"""Two samples further apart than this have a gap between them; the look-back of Prometheus, five minutes."""


@dataclass(frozen=True, slots=True)
class Increments:
    """What counters did in a span of minutes; arrays of shape (minutes,).

    counts: events. measured: whether any series was sampled over that minute. watched: the same as spans, from five
    minutes before on, because the sample that ends an interval may come later than the minutes inside it were asked
    for. resets, gaps, fresh: how many counters fell, how often samples were missing for too long, how many series
    began at zero under our eyes.
    """

    since: int
    counts: NDArray[np.int64]
    measured: NDArray[np.bool_]
    watched: tuple[tuple[int, int], ...]
    resets: int
    gaps: int
    fresh: int


def minute_of(at_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the minute whose events a sample speaks for: a sample at the very end of a minute closes it.

    >>> minute_of(np.array([60_000, 60_001, 120_000])).tolist()
    [0, 1, 1]
    """
    ended: NDArray[np.int64] = (at_ms + MINUTE_MS - 1) // MINUTE_MS - 1
    return ended


def target(labels: Labels) -> Labels:
    """Return what was scraped to get a series: its job and instance.

    >>> target((("code", "500"), ("instance", "a:80"), ("job", "web")))
    (('instance', 'a:80'), ('job', 'web'))
    """
    return tuple(pair for pair in labels if pair[0] in {"instance", "job"})


def newcomers(found: Sequence[Samples], since: int) -> list[Samples]:
    """Return the series without a sample up to minute `since`, whose target was sampled just before they began.

    A client library makes a labelled counter when its first event happens, so such a series began at zero, and its
    first value is events of ours. A target that was not watched before tells nothing about when its counters began.
    """
    begun = since * MINUTE_MS
    new = [one for one in found if one.at_ms.size and one.at_ms[0] > begun]
    return [one for one in new if any(_watched(other, one, 0) for other in found if other is not one)]


def _watched(other: Samples, one: Samples, place: int) -> bool:
    """Say whether another series of the same target was sampled just before this sample of `one`."""
    if target(other.labels) != target(one.labels):
        return False
    before = other.at_ms[other.at_ms < one.at_ms[place]]
    return bool(before.size and one.at_ms[place] - before[-1] <= GAP_MS)


def _restarted(one: Samples, place: int, found: Sequence[Samples]) -> bool:
    """Say whether a series that was away came back from a restart of its target, which was watched all along.

    It did when its value, or that of another counter of the target, fell meanwhile; then it began at zero. Otherwise
    nobody can say what it counted while it was away.
    """
    others = [other for other in found if other is not one and target(other.labels) == target(one.labels)]
    if not any(_watched(other, one, place) for other in others):
        return False
    away = one.at_ms[place - 1], one.at_ms[place]
    fell = any(bool(np.any(np.diff(o.values)[(o.at_ms[1:] > away[0]) & (o.at_ms[1:] <= away[1])] < 0)) for o in others)
    return fell or bool(one.values[place] < one.values[place - 1])


def increments(found: Sequence[Samples], since: int, until: int) -> Increments:
    """Return the events that counters tell of in the minutes [since, until).

    found: samples that reach back at least five minutes before `since`, so that the first minute has something to
    start from; a day where there are `newcomers`, so that what was merely away is not taken for new.
    A counter that fell was reset and began at zero (what it lost between its last sample and the reset nobody can
    know). An increase over a gap of more than five minutes belongs to no minute and is not counted.
    Raises EngineFault when a counter is negative or not whole.
    """
    counts = np.zeros(until - since)
    back = GAP_MS // MINUTE_MS
    edges = np.zeros(until - since + back + 1, dtype=np.int64)
    fresh = newcomers(found, since)
    resets = gaps = 0
    for one in found:
        _check(one)
        fell = np.diff(one.values) < 0
        rise = np.where(fell, one.values[1:], np.diff(one.values))
        near = np.diff(one.at_ms) <= GAP_MS
        minute = minute_of(one.at_ms) - since
        in_span = (minute >= 0) & (minute < until - since)
        inside = near & in_span[1:]
        np.add.at(counts, minute[1:][inside], rise[inside])
        _cover(edges, one.at_ms[:-1][near] // MINUTE_MS - since + back, minute[1:][near] + 1 + back)
        resets += int(np.sum(fell & inside))
        for place in (np.flatnonzero(~near & in_span[1:]) + 1).tolist():
            is_reset = _restarted(one, place, found)
            resets, gaps = resets + is_reset, gaps + (not is_reset)
            counts[minute[place]] += one.values[place] if is_reset else 0
        if any(one is new for new in fresh) and in_span[0]:
            counts[minute[0]] += one.values[0]
    measured = np.cumsum(edges)[:-1] > 0
    whole = np.rint(counts).astype(np.int64)
    return Increments(
        since, whole, measured[back:], tuple(spans(measured, since - back)), resets, gaps, len(fresh)
    )  # fmt: skip


def _check(one: Samples) -> None:
    name = dict(one.labels).get("__name__", "A series")
    if np.any(one.values < 0) or np.any(one.values > 2**53):
        raise EngineFault("not-counter", f"{name:.80} has values below zero or beyond 2**53, so it counts no events.")
    if np.any(one.values != np.rint(one.values)):
        raise EngineFault("not-counter", f"{name:.80} has values that are not whole, so it counts no events.")


def _cover(edges: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
    """Mark the minutes from `first` up to but not including `last`, as steps up and down at the edges."""
    size = len(edges) - 1
    np.add.at(edges, np.clip(first, 0, size), 1)
    np.add.at(edges, np.clip(last, 0, size), -1)


def spans(measured: NDArray[np.bool_], since: int) -> list[tuple[int, int]]:
    """Return the runs of true as half-open spans of minutes.

    >>> spans(np.array([True, True, False, True]), 10)
    [(10, 12), (13, 14)]
    """
    steps = np.diff(np.concatenate(([0], measured.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return [(since + int(a), since + int(b)) for a, b in zip(starts, ends, strict=True)]
