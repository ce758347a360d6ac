# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths; values travel as parameters
"""Questions asked of the jobs in segment files: waits, promises kept, jobs lost, who is new, lists. Reads
only, judges nothing.

Every function takes an open DuckDB connection (`store.connect()`) and the absolute paths of the segments that
count. Spans are half-open in UTC and mean the time of submission unless said otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.batch.store import files_sql, jobs_sql

Paths = Sequence[Path | str]
Group = Literal["partition", "size_class", "week"]
_GROUPS: dict[str, str] = {
    "partition": "coalesce(partition, '')",
    "size_class": "size_class",
    "week": "CAST(date_trunc('week', submit_at) AS DATE)",
}


@dataclass(frozen=True)
class Span:
    """A half-open span of aware times."""

    since: datetime
    until: datetime

    def test(self, column: str = "submit_at") -> tuple[str, list[Any]]:
        """Give SQL and its parameters that keep a column within the span."""
        return f"{column} >= ? AND {column} < ?", [self.since, self.until]


@dataclass(frozen=True)
class WaitRow:
    """How long the started jobs of a group waited. `week` is its Monday; a group not asked for is None."""

    partition: str | None
    size_class: str | None
    week: date | None
    n: int
    median_seconds: float
    p90_seconds: float
    p95_seconds: float


@dataclass(frozen=True)
class PromiseRow:
    """Of `total` jobs that started or should have, `good` started within the promise."""

    partition: str
    size_class: str
    promise_seconds: int
    good: int
    total: int


@dataclass(frozen=True)
class LostCount:
    """Of `ended` jobs, `lost` were lost to us, by canonical state."""

    lost: int
    ended: int
    by_state: dict[str, int]


@dataclass(frozen=True)
class OutcomeRow:
    """Jobs that ended in a week (its Monday), by canonical state."""

    week: date
    state: str
    n: int
    is_lost: bool


@dataclass(frozen=True)
class FirstSeen:
    """A user, group or account that submitted for the first time ever, and how many jobs since then within the span."""

    name: str
    first_at: datetime
    jobs: int


@dataclass(frozen=True)
class Extent:
    """What the history holds: first and last submission (None without jobs), and how many jobs."""

    first: datetime | None
    last: datetime | None
    jobs: int


def waits(
    con: duckdb.DuckDBPyConnection, paths: Paths, span: Span, *,
    by: Sequence[Group] = ("partition", "size_class", "week"), partitions: Sequence[str] | None = None,
) -> list[WaitRow]:  # fmt: skip
    """Give quantiles of the waits of jobs that started, for each group; quantiles interpolate between neighbours."""
    picks = ", ".join(f"{_GROUPS[name] if name in by else 'NULL'} AS g_{name}" for name in _GROUPS)
    test, values = span.test()
    if partitions is not None:
        test += " AND coalesce(partition, '') IN (SELECT unnest(?::VARCHAR[]))"
        values.append(list(partitions))
    rows = con.execute(
        f"""SELECT {picks}, count(*), quantile_cont(wait_seconds, [0.5, 0.9, 0.95]) FROM {jobs_sql(paths)}
        WHERE wait_seconds IS NOT NULL AND {test} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        values,
    ).fetchall()
    return [WaitRow(p, s, w, n, *map(float, found)) for p, s, w, n, found in rows]


def wait_values(
    con: duckdb.DuckDBPyConnection,
    paths: Paths,
    span: Span,
    *,
    partition: str | None = None,
    size_class: str | None = None,
) -> NDArray[np.int64]:
    """Give the waits in seconds of all jobs that started, in rising order, for drawing a distribution."""
    test, values = span.test()
    for column, wanted in (("coalesce(partition, '')", partition), ("size_class", size_class)):
        if wanted is not None:
            test += f" AND {column} = ?"
            values.append(wanted)
    sql = f"SELECT wait_seconds FROM {jobs_sql(paths)} WHERE wait_seconds IS NOT NULL AND {test} ORDER BY 1"
    return np.asarray(con.execute(sql, values).fetchnumpy()["wait_seconds"], dtype=np.int64)


def _promise_table(promises: Mapping[tuple[str, str], int]) -> tuple[str, list[Any]]:
    keys = list(promises)
    sql = "(SELECT unnest(?::VARCHAR[]) AS p, unnest(?::VARCHAR[]) AS s, unnest(?::BIGINT[]) AS promise)"
    return sql, [[key[0] for key in keys], [key[1] for key in keys], [promises[key] for key in keys]]


def started_within(
    con: duckdb.DuckDBPyConnection, paths: Paths, span: Span, promises: Mapping[tuple[str, str], int]
) -> list[PromiseRow]:
    """Count jobs that started within the promise of their (partition, size class), in seconds; others are left out.

    A job that became eligible, never started and still waits counts in `total` once it has waited longer than promised
    at the end of the span. Jobs cancelled before their start, held jobs and those waiting for another job
    count nowhere.
    """
    table, given = _promise_table(promises)
    test, values = span.test("coalesce(eligible_at, submit_at)")
    rows = con.execute(
        f"""WITH j AS (
          SELECT coalesce(partition, '') AS p, size_class AS s, wait_seconds AS waited,
            state = 'PENDING' AND eligible_at IS NOT NULL AND eligible_at <= ?
              AND coalesce(reason, '') NOT IN {_NOT_OURS} AS waits,
            epoch(?::TIMESTAMPTZ) - epoch(eligible_at) AS so_far
          FROM {jobs_sql(paths)} WHERE {test})
        SELECT p, s, promise, count(*) FILTER (waited <= promise),
          count(*) FILTER (waited IS NOT NULL OR (waits AND so_far > promise))
        FROM j JOIN {table} USING (p, s) GROUP BY 1, 2, 3 ORDER BY 1, 2""",
        [span.until, span.until, *values, *given],
    ).fetchall()
    return [PromiseRow(*row) for row in rows if row[4]]


# Waiting that its owner, a limit of the owner's, or the request itself causes (squeue(1), JOB REASON CODES).
_NOT_OURS = (
    "('JobHeldUser', 'JobHeldAdmin', 'Dependency', 'DependencyNeverSatisfied', 'BeginTime', 'JobArrayTaskLimit', "
    "'PartitionConfig', 'PartitionTimeLimit', 'PartitionNodeLimit', 'BadConstraints', 'AssocGrpCpuLimit', "
    "'QOSMaxJobsPerUserLimit', 'QOSMaxCpuPerUserLimit', 'AssocMaxJobsLimit', 'InvalidAccount', 'InvalidQOS')"
)


def promise_from_history(
    con: duckdb.DuckDBPyConnection, paths: Paths, span: Span, *, quantile: float = 0.9, at_least: int = 20
) -> dict[tuple[str, str], int]:
    """Derive a promise in seconds for each (partition, size class) from a span of history: that quantile of the waits.

    Groups with fewer than `at_least` started jobs get none. Whole minutes, rounded up, at least one.
    """
    test, values = span.test()
    rows = con.execute(
        f"""SELECT coalesce(partition, ''), size_class, quantile_cont(wait_seconds, {float(quantile)})
        FROM {jobs_sql(paths)} WHERE wait_seconds IS NOT NULL AND {test}
        GROUP BY 1, 2 HAVING count(*) >= ? ORDER BY 1, 2""",
        [*values, at_least],
    ).fetchall()
    return {(p, s): max(60, -(-int(found) // 60) * 60) for p, s, found in rows}


def lost(con: duckdb.DuckDBPyConnection, paths: Paths, span: Span) -> LostCount:
    """Count jobs that ended within the span, and those of them lost to us; jobs that never ran do not count as ended.

    A job lost and put into the queue again counts for each attempt.
    """
    test, values = span.test("end_at")
    rows = con.execute(
        f"""SELECT state, is_lost, count(*) FROM {jobs_sql(paths)}
        WHERE is_ended AND (started OR is_lost) AND {test} GROUP BY 1, 2 ORDER BY 1""",
        values,
    ).fetchall()
    by_state = {state: n for state, is_lost, n in rows if is_lost}
    return LostCount(sum(by_state.values()), sum(row[2] for row in rows), by_state)


def outcome_by_week(con: duckdb.DuckDBPyConnection, paths: Paths, span: Span) -> list[OutcomeRow]:
    """Count jobs that ended within the span by week and state."""
    test, values = span.test("end_at")
    rows = con.execute(
        f"""SELECT CAST(date_trunc('week', end_at) AS DATE), state, count(*), is_lost FROM {jobs_sql(paths)}
        WHERE is_ended AND (started OR is_lost) AND {test} GROUP BY 1, 2, 4 ORDER BY 1, 2""",
        values,
    ).fetchall()
    return [OutcomeRow(*row) for row in rows]


def first_seen(
    con: duckdb.DuckDBPyConnection,
    paths: Paths,
    span: Span,
    *,
    field: Literal["user_name", "group_name", "account"] = "user_name",
) -> list[FirstSeen]:
    """List who submitted for the first time ever within the span. `paths` must be all history; two columns are read."""
    test, values = span.test("min(submit_at)")
    rows = con.execute(
        f"""SELECT {field}, min(submit_at) AS first_at, count(*) FILTER (submit_at < ?) FROM {files_sql(paths)}
        WHERE {field} IS NOT NULL GROUP BY 1 HAVING {test} ORDER BY first_at, 1""",
        [span.until, *values],
    ).fetchall()
    return [FirstSeen(*row) for row in rows]


@dataclass(frozen=True)
class JobFilter:
    """What a list of jobs is narrowed to; None does not narrow."""

    partition: str | None = None
    size_class: str | None = None
    user_name: str | None = None
    state: str | None = None
    waited_over_seconds: int | None = None
    is_lost: bool | None = None

    def test(self) -> tuple[str, list[Any]]:
        """Give SQL and its parameters."""
        parts, values = ["TRUE"], list[Any]()
        columns = {"partition": "coalesce(partition, '')", "size_class": "size_class", "user_name": "user_name"}
        for name, column in {**columns, "state": "state", "is_lost": "is_lost"}.items():
            if getattr(self, name) is not None:
                parts.append(f"{column} = ?")
                values.append(getattr(self, name))
        if self.waited_over_seconds is not None:
            parts.append("wait_seconds > ?")
            values.append(self.waited_over_seconds)
        return " AND ".join(parts), values


@dataclass(frozen=True)
class JobPage:
    """Some rows of a list, as dictionaries of the columns of `record.COLUMNS` and `store.DERIVED`, and how
    many there are."""

    rows: list[dict[str, Any]]
    total: int


_ORDERS = {
    "newest": "submit_at DESC, raw_id DESC",
    "oldest": "submit_at, raw_id",
    "longest_wait": "wait_seconds DESC NULLS LAST, submit_at, raw_id",
}


def jobs(
    con: duckdb.DuckDBPyConnection, paths: Paths, span: Span, *, where: JobFilter | None = None,
    limit: int = 50, offset: int = 0, order: Literal["newest", "oldest", "longest_wait"] = "newest",
) -> JobPage:  # fmt: skip
    """List jobs submitted within the span, a page at a time."""
    test, values = span.test()
    more, given = (where or JobFilter()).test()
    source = f"{jobs_sql(paths)} WHERE {test} AND {more}"
    ((total,),) = con.execute(f"SELECT count(*) FROM {source}", [*values, *given]).fetchall()
    page = con.execute(
        f"SELECT * FROM {source} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?", [*values, *given, limit, offset]
    )
    names = [column[0] for column in page.description or ()]
    return JobPage([dict(zip(names, row, strict=True)) for row in page.fetchall()], total)


def extent(con: duckdb.DuckDBPyConnection, paths: Paths) -> Extent:
    """Say from when to when jobs were submitted, and how many there are."""
    (row,) = con.execute(f"SELECT min(submit_at), max(submit_at), count(*) FROM {files_sql(paths)}").fetchall()
    return Extent(*row)


def partitions(con: duckdb.DuckDBPyConnection, paths: Paths) -> list[str]:
    """List the partitions that occur, '' for none."""
    rows = con.execute(f"SELECT DISTINCT coalesce(partition, '') FROM {files_sql(paths)} ORDER BY 1").fetchall()
    return [row[0] for row in rows]
