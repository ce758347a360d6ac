"""The invented cluster: the same for the same seed, in the shape of real traces, a bad fortnight and a recovery."""

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO, StringIO

import numpy as np
import pytest

from hortus.telemetry.batch.formats.node_events import read_events
from hortus.telemetry.batch.sample import Trace, invent, write_events, write_sacct
from hortus.telemetry.batch.sample.queue import starts
from hortus.telemetry.batch.sample.trace import NAMES, NODE_FAIL, PENDING, RUNNING, STATE_WORDS, WEEK
from tests.telemetry.batch.shelf import Shelf

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)


def text_of(trace: Trace) -> str:
    out = StringIO()
    write_sacct(trace, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def trace() -> Trace:
    return invent(jobs=30_000, until=UNTIL)


def test_the_same_seed_gives_the_same_text() -> None:
    first, second, other = (text_of(invent(jobs=2000, weeks=6, seed=seed, until=UNTIL)) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_it_imports_without_a_single_rejected_row(shelf: Shelf, trace: Trace) -> None:
    report = shelf.bring(text_of(trace))
    assert (report.new, report.rejected, report.repeated, report.notes) == (len(trace), 0, 0, [])
    rows = shelf.rows()
    assert Counter(r["state"] for r in rows) == Counter(STATE_WORDS[trace.state].tolist())
    assert {r["partition"] for r in rows} == {"short", "long", "gpu", "bigmem"}
    assert all(r["gpus"] > 0 for r in rows if r["partition"] == "gpu")
    assert any(r["array_task"] is not None for r in rows)
    assert any(r["is_pilot"] and r["state"] == "CANCELLED" for r in rows)
    assert max(r["wait_seconds"] or 0 for r in rows) < 14 * 86_400


def test_times_are_in_order_and_nothing_lies_in_the_future(trace: Trace) -> None:
    last = int(UNTIL.timestamp())
    assert (trace.submit <= last).all()
    assert (trace.submit >= last - 26 * WEEK).all()
    begun = trace.start >= 0
    assert (trace.start[begun] >= trace.eligible[begun]).all()
    ended = begun & (trace.end >= 0)
    assert (trace.end[ended] >= trace.start[ended]).all()
    assert trace.end.max() <= last
    assert (trace.start[trace.state == PENDING] == -1).all()
    assert (trace.end[trace.state == RUNNING] == -1).all()


def test_days_are_busier_than_nights_and_weekdays_than_weekends(trace: Trace) -> None:
    hour, day = (trace.submit // 3600) % 24, (trace.submit // 86_400 + 3) % 7
    assert ((hour >= 9) & (hour < 17)).sum() > 2 * (hour < 8).sum()
    assert (day < 5).mean() > 0.8


def test_runtimes_have_heavy_tails(trace: Trace) -> None:
    run = (trace.end - trace.start)[(trace.start >= 0) & (trace.end >= 0)]
    assert run.mean() > 2 * np.median(run)
    assert np.percentile(run, 99) > 10 * np.median(run)


def test_new_users_come_every_month_and_new_groups_sometimes(trace: Trace) -> None:
    months = trace.submit.astype("datetime64[s]").astype("datetime64[M]")
    first = {user: months[trace.user == user].min() for user in np.unique(trace.user)}
    arrivals = Counter(first.values())
    assert 50 <= len(first) <= 60
    assert sum(arrivals[month] > 0 for month in np.unique(months)) >= 5
    groups = trace.people.groups[trace.user]
    assert len(set(groups)) == 15
    assert sum(months[groups == group].min() > months.min() for group in set(groups)) >= 1


def test_the_bad_fortnight_is_bad_and_ends(trace: Trace) -> None:
    week = (trace.submit - trace.submit.min()) // WEEK
    short = (NAMES[trace.partition] == "short") & (trace.start >= 0)
    p90 = [np.percentile((trace.start - trace.eligible)[short & (week == w)], 90) for w in range(26)]
    calm = np.median(p90[:16])
    assert max(p90[17:19]) > 3600 > 3 * calm
    assert np.median(p90[20:]) < 3600
    failed = Counter(week[trace.state == NODE_FAIL].tolist())
    assert sum(failed[w] for w in range(16, 20)) > 20
    usual = [failed[w] for w in range(26) if w not in range(16, 20)]
    assert 5 < sum(usual) < 60
    assert max(usual) <= 9


def test_lost_jobs_come_back_as_further_attempts(trace: Trace) -> None:
    twice = [raw for raw, count in Counter(trace.raw.tolist()).items() if count > 1]
    assert twice
    assert len(trace) > 30_000


def test_node_events_can_be_read(trace: Trace) -> None:
    out = StringIO()
    written = write_events(trace, out)
    found = read_events(BytesIO(out.getvalue().encode()))
    assert (len(found.events), found.rejected) == (written, 0)
    assert {event.state for event in found.events} == {"DOWN*", "DRAIN"}


def test_the_queue_serves_in_order_within_its_capacity() -> None:
    chance = np.random.default_rng(5)
    ready = np.sort(chance.integers(0, 5000, 400))
    cpus, run = chance.integers(1, 9, 400), chance.integers(1, 300, 400)
    found = starts(ready, cpus, run, 16)
    assert (found >= ready).all()
    assert (np.diff(found) >= 0).all()
    for moment in found:
        running = (found <= moment) & (found + run > moment)
        assert cpus[running].sum() <= 16
    assert (starts(ready, cpus, run, 16, [(0, 9000, 8)]) >= found).all()
    assert (starts(ready, cpus, run, 10_000) == ready).all()
