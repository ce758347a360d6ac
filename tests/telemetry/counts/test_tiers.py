"""Old minutes become hours, old hours days: no event is lost, late ones land in what is left, checks still agree."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.access.models import Team
from hortus.telemetry.counts.actions import add, judge_anew, remove
from hortus.telemetry.counts.checking import check, shelves
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.models import Batch, HourCounts, Series
from hortus.telemetry.counts.reading import minutes, sums
from hortus.telemetry.counts.thinning import forget_keys, thin
from hortus.telemetry.counts.tiers import Kept
from hortus.values.refused import Refused

DAY = 1440
START = 29_000_000 // DAY * DAY
SPAN = 12 * DAY
TIERS = Kept(2, 5)
Event = tuple[int, int, int]


@dataclass
class Slow:
    """Every event as it happened; where it stands follows from the tiers of the day."""

    events: list[Event] = field(default_factory=list)
    coarse_until: int = 0
    daily_until: int = 0

    def thin(self) -> None:
        newest = max((minute for minute, _, _ in self.events), default=None)
        if newest is not None:
            self.coarse_until = max(self.coarse_until, (newest // DAY - TIERS.minutes_days) * DAY)
            self.daily_until = max(self.daily_until, (newest // DAY - TIERS.hours_days) * DAY)

    def stands(self, minute: int) -> int:
        hour = minute // 60 * 60
        if minute < self.daily_until:
            return minute // DAY * DAY
        return hour if minute < self.coarse_until else minute

    def sums(self, since: int, until: int) -> tuple[int, int]:
        inside = [e for e in self.events if since <= self.stands(e[0]) < until]
        return sum(e[1] for e in inside), sum(e[2] for e in inside)


@st.composite
def an_event(draw: st.DrawFn) -> Event:
    total = draw(st.integers(0, 300))
    return draw(st.integers(START, START + SPAN)), draw(st.integers(0, total)), total


STEP = st.one_of(
    st.lists(an_event(), min_size=1, max_size=8), st.just("thin"),
    st.tuples(st.just("anew"), st.integers(0, SPAN), st.integers(1, 4 * DAY), st.lists(an_event(), max_size=3)),
)  # fmt: skip
EDGES = st.lists(st.tuples(st.integers(0, SPAN + 70), st.integers(0, SPAN + 70)), min_size=1, max_size=5)


def apply(slow: Slow, series: Series, step: Any) -> None:
    if step == "thin":
        thin(TIERS)
        slow.thin()
        assert thin(TIERS) == 0
    elif isinstance(step, tuple):
        since, until = START + step[1], START + step[1] + step[2]
        inside = [e for e in step[3] if since <= e[0] < until]
        judge_anew(series, since, until, Counts.of([(series.pk, *e) for e in inside]))
        slow.events = [e for e in slow.events if not since <= slow.stands(e[0]) < until]
        slow.events += [e for e in inside if since <= slow.stands(e[0]) < until]
    else:
        add(series.team, Counts.of([(series.pk, *e) for e in step]), source="push")
        slow.events += step


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=7), edges=EDGES)
def test_any_history_of_events_and_thinning(team: Team, steps: list[Any], edges: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        series = Series.objects.create(team=team, name="s", source="push")
        # A first event tells the tiers of a new shelf; this one keeps all of what follows in minutes.
        slow = Slow([(START + SPAN, 1, 1)])
        add(team, Counts.of([(series.pk, START + SPAN, 1, 1)]), source="push")
        for step in steps:
            newest = max((e[0] for e in slow.events), default=START + SPAN)
            apply(slow, series, step)
            # The edges hang on the last row, which stays when its events are judged away.
            if newest != max((e[0] for e in slow.events), default=None):
                slow.events.append((newest, 0, 0))
        spans = [(START + min(pair), START + max(pair)) for pair in edges]
        found = sums([series.pk], spans)
        for column, span in enumerate(spans):
            assert (found.good[0, column], found.total[0, column]) == slow.sums(*span)
            laid = minutes(series.pk, *span)
            assert (laid.good.sum(), laid.total.sum()) == slow.sums(*span)
        assert check(series.pk // 64, mend=False).findings == []
        transaction.set_rollback(True)


@pytest.fixture
def series(team: Team) -> Series:
    return Series.objects.create(team=team, name="s", source="push")


def dense(series: Series, days: int) -> Counts:
    minute = np.arange(START, START + days * DAY)
    return Counts(np.full(len(minute), series.pk), minute, np.full(len(minute), 9), np.full(len(minute), 10))


def test_rows_get_fewer_and_totals_stay(team: Team, series: Series) -> None:
    add(team, dense(series, 12), source="push")
    rows, whole = HourCounts.objects.count(), sums([series.pk], [(START, START + SPAN)])
    thin(TIERS)
    assert (rows, HourCounts.objects.count()) == (12 * 24, 6 * 24 + 6)
    found = sums(
        [series.pk], [(START, START + SPAN), (START + DAY, START + DAY + 1), (START + DAY + 1, START + 2 * DAY)]
    )
    assert found.total[0].tolist() == [whole.total[0, 0], 14_400, 0]
    assert found.measured[0].tolist() == [SPAN, 1440, 0]
    laid = minutes(series.pk, START, START + SPAN)
    assert laid.coarse_until == START + 9 * DAY
    assert laid.measured.all()
    assert laid.total[7 * DAY : 7 * DAY + 61].tolist() == [600, *[0] * 59, 600]


def test_a_clock_that_had_run_ahead_takes_no_minutes_away(team: Team, series: Series) -> None:
    now = int(timezone.now().timestamp()) // 60
    add(team, Counts.of([(series.pk, now - 5 * DAY, 1, 1), (series.pk, now - 60, 1, 2)]), source="test")
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        add(team, Counts.of([(series.pk, now + 40 * DAY, 3, 3)]), source="test")
    thin(TIERS)
    assert thin(TIERS) == 0
    add(team, Counts.of([(series.pk, now, 2, 4)]), source="test")
    assert sums([series.pk], [(now, now + 1), (now - 60, now - 59)]).total[0].tolist() == [4, 2]
    assert sums([series.pk], [(now - 6 * DAY, now + 41 * DAY)]).total[0].tolist() == [10]
    assert check(series.pk // 64, mend=False).findings == []


@pytest.mark.parametrize("ahead", [4, 40, 400])  # days: hours without minutes, rows of days, a year of them
def test_a_shelf_first_made_while_the_clock_ran_ahead_keeps_minutes_again(
    team: Team, series: Series, ahead: int
) -> None:
    now = START + 12 * 60
    with time_machine.travel((now + ahead * DAY) * 60, tick=False):
        add(team, Counts.of([(series.pk, now + ahead * DAY, 3, 3)]), source="test")
    with time_machine.travel(now * 60, tick=False):
        add(team, Counts.of([(series.pk, now - 60, 1, 2)]), source="test")
        thin(TIERS)
    later = now + DAY
    with time_machine.travel(later * 60, tick=False):
        add(team, Counts.of([(series.pk, later - 5, 0, 7), (series.pk, later - 3, 2, 4)]), source="test")
        thin(TIERS)
        assert thin(TIERS) == 0
    spans = [(later - 5, later - 4), (later - 4, later - 3), (later - 3, later), (now - DAY, now + 401 * DAY)]
    assert sums([series.pk], spans).total[0].tolist() == [7, 0, 4, 16]
    assert minutes(series.pk, later - 10, later).coarse_until <= START + DAY
    assert check(series.pk // 64, mend=False).findings == []


def test_a_new_series_takes_its_history_by_days_at_once(team: Team, series: Series) -> None:
    long_ago = START - 400 * DAY
    add(team, Counts.of([(series.pk, START, 1, 1), (series.pk, long_ago + 70, 5, 6)]), source="push")
    assert HourCounts.objects.count() < 300 + 101 * 24
    assert sums([series.pk], [(long_ago, long_ago + 1)]).total[0, 0] == 6
    assert check(series.pk // 64, mend=False).findings == []


def test_events_of_long_ago_are_refused(team: Team, series: Series) -> None:
    with pytest.raises(Refused, match="years"):
        add(team, Counts.of([(series.pk, START, 1, 1), (series.pk, 60, 1, 1)]), source="push")
    assert not HourCounts.objects.exists()


def test_another_team_cannot_be_added_to(team: Team, other_team: Team, series: Series) -> None:
    with pytest.raises(Refused, match="has no series"):
        add(other_team, Counts.of([(series.pk, START, 1, 1)]), source="push", key="k")
    assert not Batch.objects.exists()


def test_removal_leaves_nothing(team: Team, series: Series) -> None:
    other = Series.objects.create(team=team, name="t", source="push")
    for one in (series, other):
        add(team, dense(one, 1), source="push")
    pk = series.pk
    remove(series)
    found = sums([pk, other.pk], [(START, START + DAY)])
    assert found.total[:, 0].tolist() == [0, 14_400]
    assert found.measured[:, 0].tolist() == [0, DAY]


def test_keys_are_forgotten_after_a_long_time(team: Team, series: Series) -> None:
    add(team, Counts.of([]), source="push", key="a")
    assert forget_keys(timezone.now()) == 0
    assert forget_keys(timezone.now() + timedelta(days=401)) == 1


def test_what_was_tampered_with_is_found_and_mended(team: Team, series: Series) -> None:
    add(team, dense(series, 6), source="push")
    thin(Kept(1, 3))
    (shelf,) = shelves(team)
    want = sums([series.pk], [(START + 5 * DAY, START + 6 * DAY)])
    row = HourCounts.objects.order_by("id")[30]
    lane = 8 * (series.pk % 64)
    totals = bytes(row.totals)[:lane] + bytes(8) + bytes(row.totals)[lane + 8 :]
    HourCounts.objects.filter(pk=row.pk).update(totals=totals)
    found = check(shelf, mend=False)
    assert [one.hour for one in found.findings] == [row.pk >> 24]
    assert check(shelf, mend=True).findings[0].is_mended
    assert check(shelf, mend=False).findings == []
    assert sums([series.pk], [(START + 5 * DAY, START + 6 * DAY)]).total[0, 0] == want.total[0, 0]


def test_an_absent_or_broken_row_is_told_and_never_mended_away(team: Team, series: Series) -> None:
    add(team, dense(series, 2), source="push")
    first, second = HourCounts.objects.order_by("id")[5:7]
    HourCounts.objects.filter(pk=second.pk).update(counts=b"\x01\x63oops")
    first.delete()
    for mend in (True, False):
        told = check(series.pk // 64, mend=mend).findings
        assert not any(one.is_mended for one in told)
        assert "the row is absent" in told[0].sentence
    assert sums([series.pk], [(START + DAY, START + 2 * DAY)]).total[0, 0] == 14_400


def test_kept_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="hours as long at least"):
        Kept(5, 2)
