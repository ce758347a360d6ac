"""When probes are due: each moment planned once, spread evenly, whatever clocks and workers do."""

import itertools
import uuid
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hortus.telemetry.probes.rules import Claim, Watch, may_take, merged, minutes_of, shift, slots, span_of, spans_of

PERIODS = st.integers(10, 86_400)
TIMES = st.integers(0, 4_000_000_000)


@given(st.binary(min_size=16, max_size=16), PERIODS, TIMES, st.integers(2, 30))
def test_rounds_plan_every_moment_once(key: bytes, period: int, now: int, rounds: int) -> None:
    shifted = shift(key, period)
    spans = [span_of(now + 60 * n) for n in range(rounds)]
    assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))
    planned = [slot for span in spans for slot in slots(shifted, period, *span)]
    begin, end = spans[0][0], spans[-1][1]
    assert planned == [moment for moment in range(begin, end) if moment % period == shifted]


@given(st.floats(0, 4e9))
def test_a_round_plans_only_what_is_ahead_even_when_it_begins_late(now: float) -> None:
    begin, end = span_of(now)
    late = now % 60
    assert end - begin == 60
    assert begin >= now or late > 10


def test_probes_of_one_period_are_spread() -> None:
    shifts = Counter(shift(uuid.UUID(int=n).bytes, 60) // 10 for n in range(600))
    assert len(shifts) == 6
    assert max(shifts.values()) < 150


@given(TIMES, TIMES, st.booleans())
def test_a_slot_is_taken_once_and_not_beside_a_living_run(taken: int, slot: int, is_running: bool) -> None:
    claim = Claim(taken, "run" if is_running else None)
    assert not (is_running and may_take(claim, slot))
    assert may_take(claim, slot, ["run"]) == may_take(Claim(taken, None), slot)
    assert not may_take(Claim(slot, None), slot)
    if taken < slot:
        assert may_take(Claim(taken, None), slot)


def test_a_clock_that_was_ahead_does_not_stop_a_probe() -> None:
    assert may_take(Claim(1_000_000, None), 500)
    assert not may_take(Claim(560, None), 500), "a neighbour's clock may be a little ahead"


def test_a_run_is_dead_only_after_it_was_watched_long_enough() -> None:
    watch = Watch()
    assert watch.silent([("a", 10)], 100) == set()
    assert watch.silent([("a", 10), ("b", 10)], 109) == set()
    assert watch.silent([("a", 10), ("b", 10)], 111) == {"a"}
    assert watch.silent([("b", 10)], 115) == set()
    assert watch.silent([("a", 10)], 200) == set(), "what ended is watched anew"


@given(TIMES, PERIODS, st.integers(1, 20))
def test_results_of_unbroken_runs_speak_for_every_minute_between(first: int, period: int, runs: int) -> None:
    whole = merged(spans_of(first + period * np.arange(runs), np.full(runs, period)))
    assert len(whole) == 1
    assert whole[0][0] == first // 60


@given(st.lists(st.tuples(TIMES, PERIODS), min_size=1))
def test_many_spans_are_those_of_each(results: list[tuple[int, int]]) -> None:
    columns = np.array(results, np.int64).T
    assert [tuple(span) for span in spans_of(*columns).tolist()] == [minutes_of(*one) for one in results]


@given(TIMES, st.integers(60, 86_400))
def test_a_missed_run_of_a_minute_or_more_leaves_a_gap(first: int, period: int) -> None:
    assert len(merged(np.array([minutes_of(first, period), minutes_of(first + 2 * period, period)]))) == 2


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)).map(lambda pair: (pair[0], sum(pair)))))
def test_merged_spans_hold_the_same_minutes(spans: list[tuple[int, int]]) -> None:
    found = merged(np.array(spans, np.int64).reshape(-1, 2))
    assert {m for s in found for m in range(*s)} == {m for s in spans for m in range(*s)}
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
