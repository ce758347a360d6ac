"""Questions asked of a store, against the same counted in plain Python."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hortus.telemetry.batch import queries, rules, store
from hortus.telemetry.batch.queries import JobFilter, Span
from hortus.telemetry.batch.sample import invent, write_sacct
from tests.telemetry.batch.shelf import Shelf, line, listing

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
ALWAYS = Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[dict[str, Any]]]:
    shelf, text = Shelf(tmp_path_factory.mktemp("sample")), StringIO()
    write_sacct(invent(jobs=6000, weeks=12, seed=3, until=UNTIL), text)
    shelf.bring(text.getvalue())
    return shelf.paths(), shelf.rows()


Sample = tuple[list[Path], list[dict[str, Any]]]


def _week(at: datetime) -> object:
    return (at - timedelta(days=at.weekday())).date()


def test_waits_by_partition_size_and_week(sample: Sample) -> None:
    paths, rows = sample
    groups: dict[object, list[int]] = {}
    for row in rows:
        if row["wait_seconds"] is not None:
            groups.setdefault((row["partition"], row["size_class"], _week(row["submit_at"])), []).append(
                row["wait_seconds"]
            )
    found = queries.waits(store.connect(), paths, ALWAYS)
    assert {(r.partition, r.size_class, r.week): r.n for r in found} == {key: len(v) for key, v in groups.items()}
    for row in found[::7]:
        wanted = np.quantile(groups[row.partition, row.size_class, row.week], [0.5, 0.9, 0.95])
        assert [row.median_seconds, row.p90_seconds, row.p95_seconds] == pytest.approx(list(wanted))


def test_waits_by_fewer_groups(sample: Sample) -> None:
    paths, rows = sample
    con = store.connect()
    (every,) = queries.waits(con, paths, ALWAYS, by=())
    assert (every.partition, every.week, every.n) == (None, None, sum(r["wait_seconds"] is not None for r in rows))
    found = queries.waits(con, paths, ALWAYS, by=("partition",), partitions=["gpu", "long"])
    assert [row.partition for row in found] == ["gpu", "long"]
    values = queries.wait_values(con, paths, ALWAYS, partition="gpu")
    assert len(values) == found[0].n
    assert np.median(values) == found[0].median_seconds


def test_promises_from_history_and_how_they_were_kept(sample: Sample) -> None:
    paths, rows = sample
    con = store.connect()
    promises = queries.promise_from_history(con, paths, ALWAYS, quantile=0.9, at_least=20)
    kept = queries.started_within(con, paths, ALWAYS, promises)
    assert {(r.partition, r.size_class) for r in kept} == set(promises)
    for row in kept:
        mine = [r for r in rows if (r["partition"], r["size_class"]) == (row.partition, row.size_class)]
        started = [r["wait_seconds"] for r in mine if r["wait_seconds"] is not None]
        assert row.good == sum(wait <= row.promise_seconds for wait in started)
        assert len(started) <= row.total <= len(mine)
        assert row.good >= 0.89 * len(started)


def test_a_job_that_still_waits_counts_once_the_promise_is_over(shelf: Shelf) -> None:
    waiting = {"state": "PENDING", "start": "Unknown", "end": "Unknown"}
    shelf.bring(
        listing(
            line(jobid=1),
            line(jobid=2, reason="Priority", **waiting),
            line(jobid=3, reason="Dependency", **waiting),
            line(jobid=4, reason="PartitionConfig", **waiting),
            line(jobid=5, eligible="Unknown", reason="JobHeldUser", **waiting),
            line(jobid=6, state="CANCELLED by 7", start="None", nodelist="None assigned"),
        )
    )
    for hours, total in ((1, 1), (3, 2)):
        span = Span(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 10 + hours, tzinfo=UTC))
        (row,) = queries.started_within(store.connect(), shelf.paths(), span, {("short", "small"): 7200})
        assert (row.good, row.total) == (1, total)


def test_jobs_lost_to_us(sample: Sample) -> None:
    paths, rows = sample
    con = store.connect()
    found = queries.lost(con, paths, ALWAYS)
    ended = [r for r in rows if r["end_at"] and r["started"] and rules.phase(r["state"]) == 2]
    assert found.ended == len(ended)
    assert found.by_state == {"NODE_FAIL": sum(r["state"] == "NODE_FAIL" for r in ended)}
    assert 0 < found.lost < 0.05 * found.ended
    weeks = queries.outcome_by_week(con, paths, ALWAYS)
    assert sum(row.n for row in weeks) == found.ended
    assert sum(row.n for row in weeks if row.is_lost) == found.lost


@pytest.mark.parametrize("field", ["user_name", "group_name", "account"])
def test_who_is_new(sample: Sample, field: str) -> None:
    paths, rows = sample
    span = Span(UNTIL - timedelta(weeks=10), UNTIL - timedelta(days=2))
    first: dict[str, datetime] = {}
    for row in rows:
        first[row[field]] = min(row["submit_at"], first.get(row[field], row["submit_at"]))
    found = queries.first_seen(store.connect(), paths, span, field=field)  # type: ignore[arg-type]
    assert {row.name: row.first_at for row in found} == {
        n: at for n, at in first.items() if span.since <= at < span.until
    }
    counts = Counter(r[field] for r in rows if r["submit_at"] < span.until)
    assert all(row.jobs == counts[row.name] for row in found)
    assert len(found) > 0


def test_lists_of_jobs_a_page_at_a_time(sample: Sample) -> None:
    paths, rows = sample
    con, span = store.connect(), Span(UNTIL - timedelta(weeks=5), UNTIL)
    where = JobFilter(partition="short", waited_over_seconds=600)
    wanted = [r for r in rows if span.since <= r["submit_at"] < span.until and r["partition"] == "short"]
    wanted = [r for r in wanted if (r["wait_seconds"] or 0) > 600]
    page = queries.jobs(con, paths, span, where=where, limit=20, order="longest_wait")
    assert page.total == len(wanted)
    assert page.rows[0]["wait_seconds"] == max(r["wait_seconds"] for r in wanted)
    seen: list[str] = []
    for offset in range(0, page.total, 50):
        seen += [
            r["raw_id"] + str(r["submit_at"]) for r in queries.jobs(con, paths, span, where=where, offset=offset).rows
        ]
    assert len(seen) == len(set(seen)) == page.total
    lost = queries.jobs(con, paths, ALWAYS, where=JobFilter(is_lost=True, state="NODE_FAIL"))
    assert lost.total == sum(r["is_lost"] for r in rows)


def test_extent_and_partitions(sample: Sample) -> None:
    paths, rows = sample
    con = store.connect()
    assert queries.extent(con, paths) == queries.Extent(rows[0]["submit_at"], rows[-1]["submit_at"], len(rows))
    assert queries.partitions(con, paths) == ["bigmem", "gpu", "long", "short"]


def test_an_empty_store_answers_everything() -> None:
    con = store.connect()
    assert queries.waits(con, [], ALWAYS) == []
    assert queries.wait_values(con, [], ALWAYS).tolist() == []
    assert queries.promise_from_history(con, [], ALWAYS) == {}
    assert queries.started_within(con, [], ALWAYS, {}) == []
    assert queries.lost(con, [], ALWAYS) == queries.LostCount(0, 0, {})
    assert queries.first_seen(con, [], ALWAYS) == []
    assert queries.jobs(con, [], ALWAYS).total == 0
    assert queries.extent(con, []) == queries.Extent(None, None, 0)
    assert store.relation(con, []).fetchall() == []


def test_names_with_quotes_in_paths_and_filters_do_no_harm(shelf: Shelf, tmp_path: Path) -> None:
    odd = Shelf(tmp_path / "it's; --")
    odd.bring(listing(line(user="o'hara")))
    page = queries.jobs(store.connect(), odd.paths(), ALWAYS, where=JobFilter(user_name="o'hara"))
    assert page.total == 1
    assert queries.jobs(store.connect(), odd.paths(), ALWAYS, where=JobFilter(user_name="' OR 1=1 --")).total == 0
