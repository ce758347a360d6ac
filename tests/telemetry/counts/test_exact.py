"""Sums and minutes equal a slow count over raw events, whatever comes in whatever order, on SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.access.models import Team
from hortus.telemetry.counts.actions import add, judge_anew
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.models import Series
from hortus.telemetry.counts.reading import minutes, sums

START = 29_000_000 // 1440 * 1440  # a midnight
SPAN = 3 * 1440
ROOMY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip


@dataclass
class Slow:
    """The obvious way: every event in a list, every measured minute in a set."""

    events: list[tuple[int, int, int, int]] = field(default_factory=list)
    watched: set[tuple[int, int]] = field(default_factory=set)

    def add(self, events: list[tuple[int, int, int, int]], spans: list[tuple[int, int, int]]) -> None:
        self.events += events
        self.watched |= {(s, minute) for s, minute, _, _ in events}
        self.watched |= {(s, minute) for s, since, until in spans for minute in range(since, until)}

    def replace(self, series: int, since: int, until: int) -> None:
        self.events = [e for e in self.events if not (e[0] == series and since <= e[1] < until)]
        self.watched = {(s, m) for s, m in self.watched if not (s == series and since <= m < until)}

    def sums(self, series: int, since: int, until: int) -> tuple[int, int, int]:
        mine = [e for e in self.events if e[0] == series and since <= e[1] < until]
        seen = sum(s == series and since <= m < until for s, m in self.watched)
        return sum(e[2] for e in mine), sum(e[3] for e in mine), seen


@pytest.fixture
def series(team: Team) -> list[int]:
    return [Series.objects.create(team=team, name=f"s{n}", source="push").pk for n in range(3)]


@pytest.fixture
def undone(team: Team) -> Iterator[None]:
    return None


MINUTE = st.integers(START, START + SPAN) | st.integers(START + 1400, START + 1500)
COUNT = st.integers(0, 3) | st.sampled_from([255, 256, 65_535, 65_536, 2**32, 2**40])


@st.composite
def an_event(draw: st.DrawFn) -> tuple[int, int, int, int]:
    total = draw(COUNT)
    return draw(st.integers(0, 2)), draw(MINUTE), draw(st.integers(0, total)), total


@st.composite
def a_span(draw: st.DrawFn) -> tuple[int, int]:
    since = draw(MINUTE)
    return since, since + draw(st.integers(0, 200))


BATCH = st.tuples(
    st.lists(an_event(), max_size=12), st.lists(st.tuples(st.integers(0, 2), a_span()), max_size=3),
    st.sampled_from(["", "", "a", "b"]), st.booleans(),
)  # fmt: skip
SPANS = st.lists(st.tuples(MINUTE, MINUTE).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=6)


def assert_same(slow: Slow, series: list[int], spans: list[tuple[int, int]]) -> None:
    found = sums(series, spans)
    for row, one in enumerate(series):
        for column, span in enumerate(spans):
            told = (found.good[row, column], found.total[row, column], found.measured[row, column])
            assert told == slow.sums(one, *span), (one, span)
        laid = minutes(one, *spans[0])
        assert (laid.good.sum(), laid.total.sum(), laid.measured.sum()) == slow.sums(one, *spans[0])
        for _, minute, _, _ in [e for e in slow.events if e[0] == one and spans[0][0] <= e[1] < spans[0][1]]:
            at = minute - laid.start
            assert (laid.good[at], laid.total[at], laid.measured[at]) == slow.sums(one, minute, minute + 1)


@ROOMY
@given(batches=st.lists(BATCH, max_size=6), spans=SPANS)
def test_any_batches_in_any_order(team: Team, series: list[int], batches: list, spans: list[tuple[int, int]]) -> None:  # type: ignore[type-arg]
    slow, keys = Slow(), set()
    with transaction.atomic():
        for events, watched, key, twice in batches:
            mine = [(series[s], *rest) for s, *rest in events]
            seen = [(series[s], *span) for s, span in watched]
            for _ in range(1 + twice):
                told = add(team, Counts.of(mine), source="push", key=key, measured=seen)
                assert told.is_repeat == (bool(key) and key in keys)
                if not told.is_repeat:
                    slow.add(mine, seen)
                keys.add(key)
        assert_same(slow, series, spans)
        transaction.set_rollback(True)


@ROOMY
@given(
    before=st.lists(an_event(), max_size=12), span=a_span(), after=st.lists(an_event(), max_size=6), spans=SPANS
)  # fmt: skip
def test_judging_a_span_anew(
    team: Team, series: list[int], before: list, span: tuple[int, int], after: list, spans: list[tuple[int, int]]  # type: ignore[type-arg]
) -> None:  # fmt: skip
    slow, (since, until) = Slow(), span
    with transaction.atomic():
        given_before = [(series[s], *rest) for s, *rest in before]
        add(team, Counts.of(given_before), source="push", measured=[(series[0], START, START + SPAN)])
        slow.add(given_before, [(series[0], START, START + SPAN)])
        given_after = [(series[0], *rest) for _, *rest in after if since <= rest[0] < until]
        half = [(since, (since + until) // 2)]
        judge_anew(Series.objects.get(pk=series[0]), since, until, Counts.of(given_after), measured=half)
        slow.replace(series[0], since, until)
        slow.add(given_after, [(series[0], *half[0])])
        assert_same(slow, series, spans)
        transaction.set_rollback(True)


def test_many_series_are_read_by_scans(team: Team) -> None:
    ids = [Series.objects.create(team=team, name=f"s{n}", source="push").pk for n in range(100)]
    chance = np.random.default_rng(5)
    count = 4000
    total = chance.integers(0, 400, count)
    counts = Counts(
        chance.choice(ids, count), START + chance.integers(0, SPAN, count), chance.integers(0, total + 1), total
    )  # fmt: skip
    add(team, counts, source="push")
    spans = [(START + int(a), START + int(a + b)) for a, b in chance.integers(0, SPAN, (8, 2))]
    asked = [*reversed(ids[:80]), 10**6]
    found = sums(asked, spans)
    for row, one in enumerate(asked):
        for column, (since, until) in enumerate(spans):
            mine = (counts.series == one) & (counts.minute >= since) & (counts.minute < until)
            assert found.good[row, column] == counts.good[mine].sum()
            assert found.total[row, column] == counts.total[mine].sum()
            assert found.measured[row, column] == len(np.unique(counts.minute[mine]))
