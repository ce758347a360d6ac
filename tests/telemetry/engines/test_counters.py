"""Counters to counts by the minute: what is said is held against a slow, obvious reading of the same samples."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hortus.telemetry.engines.rules.answers import EngineFault, Samples
from hortus.telemetry.engines.rules.counters import GAP_MS, MINUTE_MS, increments, spans
from hortus.telemetry.engines.selfcheck import bounds

WEB = (("__name__", "x"), ("instance", "a"), ("job", "web"))
SINCE, UNTIL = 100, 130


def samples(*rows: tuple[float, float], labels: tuple[tuple[str, str], ...] = WEB) -> Samples:
    """Return a series of (minutes after SINCE, value)."""
    at = np.array([round((SINCE + minute) * MINUTE_MS) for minute, _ in rows], dtype=np.int64)
    return Samples(labels, at, np.array([value for _, value in rows], dtype=float))


def code(n: int) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((*WEB, ("code", str(n)))))


def counted(*found: Samples) -> dict[int, int]:
    """Return the counts by minutes after SINCE."""
    told = increments(found, SINCE, UNTIL)
    return {int(minute): int(told.counts[minute]) for minute in np.flatnonzero(told.counts)}


def test_a_sample_closes_its_minute() -> None:
    assert counted(samples((0, 5), (1, 8), (1.25, 9), (2, 12))) == {0: 3, 1: 4}


def test_a_reset_begins_at_zero() -> None:
    told = increments([samples((0, 5), (1, 2), (2, 2))], SINCE, UNTIL)
    assert told.counts[:2].tolist() == [2, 0]
    assert told.resets == 1


def test_a_gap_belongs_to_no_minute() -> None:
    told = increments([samples((0, 5), (1, 6), (9, 60), (10, 61))], SINCE, UNTIL)
    assert np.flatnonzero(told.counts).tolist() == [0, 9]
    assert spans(told.measured, SINCE) == [(SINCE, SINCE + 1), (SINCE + 9, SINCE + 10)]
    assert told.gaps == 1


def test_another_series_that_goes_on_keeps_the_time_measured() -> None:
    other = samples(*((minute, 0) for minute in range(31)), labels=(("instance", "b"),))
    assert increments([samples((0, 5), (9, 60)), other], SINCE, UNTIL).measured.all()


def test_a_first_failure_counts() -> None:
    """The counter for failures is made by the first of them; the same process was watched before."""
    fine = samples(*((minute, 10) for minute in range(10)), labels=code(200))
    assert counted(fine, samples((4, 1), (5, 1), labels=code(500))) == {3: 1}


def test_a_target_that_was_not_watched_before_does_not() -> None:
    fine = samples((20, 900), (21, 900), labels=code(200))
    assert counted(fine, samples((20, 70), (21, 71), labels=code(500))) == {20: 1}
    elsewhere = (("instance", "b"),)
    both = samples(*((minute, 1) for minute in range(10)), labels=elsewhere)
    assert counted(both, samples((4, 900), (5, 901), labels=code(500))) == {4: 1}


@pytest.mark.parametrize(
    ("back", "restarted", "expected"),
    [(1, False, {19: 1}), (9, True, {19: 9}), (9, False, {}), (7, False, {})],
    ids=["its value fell", "another counter of the target fell", "nothing tells", "the same value"],
)
def test_a_series_that_comes_back(back: int, restarted: bool, expected: dict[int, int]) -> None:
    values = [(minute, 50 if restarted and minute > 15 else 100) for minute in range(25)]
    if restarted:
        expected = expected | {15: 50}
    fine = samples(*values, labels=code(200))
    away = samples((0, 7), (1, 7), (20, back), (21, back), labels=code(500))
    assert counted(fine, away) == expected


@pytest.mark.parametrize("value", [-1, 1.5, 2.0**54])
def test_what_is_no_counter(value: float) -> None:
    with pytest.raises(EngineFault, match="so it counts no events"):
        increments([samples((0, 1), (1, value))], SINCE, UNTIL)


def test_no_series_at_all() -> None:
    told = increments([], SINCE, UNTIL)
    assert not told.measured.any()
    assert not told.counts.any()


@st.composite
def counters(draw: st.DrawFn) -> Samples:
    """Return a counter with odd scrape times, resets and gaps, that was there before SINCE."""
    pauses = draw(st.lists(st.sampled_from([0.25, 0.5, 1, 1.01, 2, 4.9, 5, 5.1, 8]), max_size=40))
    steps = draw(st.lists(st.integers(0, 9), min_size=len(pauses), max_size=len(pauses)))
    resets = draw(st.lists(st.integers(0, 20), min_size=len(pauses), max_size=len(pauses)))
    rows, at, value = [(-4.0, 3)], -4.0, 3
    for pause, step, reset in zip(pauses, steps, resets, strict=True):
        at += pause
        value = step if reset == 0 else value + step
        rows.append((at, value))
    return samples(*rows)


def slow(one: Samples) -> tuple[dict[int, int], set[int]]:
    """Walk over the samples one by one."""
    counts: dict[int, int] = {}
    measured: set[int] = set()
    pairs = list(zip(one.at_ms.tolist(), one.values.tolist(), strict=True))
    for (before, low), (after, high) in pairwise(pairs):
        if after - before > GAP_MS:
            continue
        minute = next(m for m in range(after // MINUTE_MS + 1, 0, -1) if m * MINUTE_MS < after)
        counts[minute] = counts.get(minute, 0) + int(high if high < low else high - low)
        measured |= {m for m in range(SINCE, UNTIL) if m * MINUTE_MS < after and (m + 1) * MINUTE_MS > before}
    return {m: n for m, n in counts.items() if n and SINCE <= m < UNTIL}, measured


@settings(deadline=None)
@given(counters())
def test_it_agrees_with_the_slow_way(one: Samples) -> None:
    told = increments([one], SINCE, UNTIL)
    counts, measured = slow(one)
    assert {int(m) + SINCE: int(told.counts[m]) for m in np.flatnonzero(told.counts)} == counts
    assert {m for since, until in spans(told.measured, SINCE) for m in range(since, until)} == measured


@settings(deadline=None)
@given(counters(), st.lists(st.integers(SINCE, UNTIL), max_size=6))
def test_in_pieces_it_is_the_same(one: Samples, cuts: list[int]) -> None:
    """Chunk by chunk, each with five minutes of samples before it, as the worker asks."""
    whole = increments([one], SINCE, UNTIL)
    edges = sorted({SINCE, *cuts, UNTIL})
    watched: set[int] = set()
    for since, until in pairwise(edges):
        near = (one.at_ms >= since * MINUTE_MS - GAP_MS) & (one.at_ms <= until * MINUTE_MS)
        part = increments([Samples(one.labels, one.at_ms[near], one.values[near])], since, until)
        place = slice(since - SINCE, until - SINCE)
        assert part.counts.tolist() == whole.counts[place].tolist()
        watched |= {m for first, last in part.watched for m in range(first, last) if m >= SINCE}
    seen = one.at_ms <= UNTIL * MINUTE_MS
    told = increments([Samples(one.labels, one.at_ms[seen], one.values[seen])], SINCE, UNTIL)
    assert watched == {SINCE + int(m) for m in np.flatnonzero(told.measured)}


@settings(deadline=None)
@given(counters())
def test_honest_sums_lie_within_the_bounds(one: Samples) -> None:
    low, high = bounds([one], SINCE * 60, UNTIL * 60)
    rise = np.diff(one.values)
    rise = np.where(rise < 0, one.values[1:], rise)
    inside = (one.at_ms[:-1] >= SINCE * MINUTE_MS) & (one.at_ms[1:] <= UNTIL * MINUTE_MS)
    assert low <= float(np.sum(rise[inside])) <= high
