"""What the pages of a cluster ask of its jobs: waits by week and group, losses, lists, one job. Judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from hortus.products.clusters.counting import DAYS, ENDED, HEARD, WAITED, Window, asking, given
from hortus.products.clusters.rules import midnight, week_of
from hortus.telemetry.history import History, Row
from hortus.telemetry.models import Cluster

FEW = 30
MOST_WEEKS = 26


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the records of a cluster reach: submit time of the first, newest instant of any, how many."""

    first: datetime
    last: datetime
    jobs: int


def extent(jobs: History) -> Extent | None:
    """Return how far the records reach, None without any."""
    if not jobs.paths:
        return None
    row = jobs.ask(
        """WITH jobs AS {jobs} SELECT min(submit_at) AS first, count(*) AS jobs,
            least(greatest(max(submit_at), max(start_at), max(end_at)), $now) AS last FROM jobs""",
        {"now": timezone.now()},
    )[0]
    return Extent(row["first"], max(row["last"], row["first"]), row["jobs"]) if row["jobs"] else None


def weeks(cluster: Cluster, known: Extent, most: int = MOST_WEEKS) -> list[Window]:
    """Return the last weeks that the records touch as windows in the team's zone, oldest first, seen from now."""
    zone, now = cluster.team.zoneinfo, timezone.now()
    last = week_of(known.last.astimezone(zone).date())
    first = max(week_of(known.first.astimezone(zone).date()), last - timedelta(weeks=most - 1))
    mondays = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return [Window(m, midnight(m, zone), midnight(m + timedelta(days=7), zone), now) for m in mondays]


@dataclass(frozen=True, slots=True)
class Waits:
    """The waits of one group of jobs that started, in seconds, and how many were judged against a promise.

    week, partition, size_class: None where the group holds all of them. values: every wait where fewer than 30
    are there.
    promise_seconds: the promise where it is one and the same for the whole group.
    """

    week: date | None
    partition: str | None
    size_class: str | None
    n: int
    median: int
    p90: int
    p95: int
    values: Sequence[int]
    judged: int
    in_time: int
    promise_seconds: int | None


_WAITS = """
    SELECT {keys}, count(waited) AS n, quantile_disc(waited, [0.5, 0.9, 0.95]) AS levels,
        CASE WHEN count(waited) < $few THEN coalesce(list(waited) FILTER (waited IS NOT NULL), []) ELSE [] END AS few,
        count(*) FILTER (is_judged) AS judged,
        count(*) FILTER (is_judged AND waited_seconds <= promise_seconds) AS in_time,
        CASE WHEN min(promise_seconds) = max(promise_seconds) AND count(promise_seconds) = count(*)
            THEN min(promise_seconds) END AS promise_seconds
    FROM (
        SELECT * REPLACE (coalesce(partition, '') AS partition),
            CASE WHEN is_decided AND start_at IS NOT NULL THEN waited_seconds END AS waited,
            promise_seconds IS NOT NULL AND (waited_seconds > promise_seconds OR waited IS NOT NULL) AS is_judged
        FROM judged
        WHERE is_fair AND ($partition::VARCHAR IS NULL OR partition = $partition)
            AND ($size::VARCHAR IS NULL OR size_class = $size)
    )
    WHERE waited IS NOT NULL OR is_judged
    GROUP BY GROUPING SETS ({sets})
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader chose to look at; None means all."""

    partition: str | None = None
    size_class: str | None = None


def _waits(cluster: Cluster, windows: Sequence[Window], chosen: Chosen, sets: str) -> list[Waits]:
    keys = ("day", "week", "DATE"), ("partition", "partition", "VARCHAR"), ("size_class", "size_class", "VARCHAR")
    told = ", ".join(f"{column if column in sets else f'NULL::{kind}'} AS {name}" for column, name, kind in keys)
    sql = asking(DAYS, HEARD, WAITED, _WAITS.replace("{keys}", told).replace("{sets}", sets))
    asked = given(cluster.team, windows) | {"few": FEW, "partition": chosen.partition, "size": chosen.size_class}
    rows = History.of([cluster]).ask(sql, asked) if windows else []
    return [_wait(row) for row in rows]


def _wait(row: Row) -> Waits:
    median, p90, p95 = row["levels"] or (0, 0, 0)
    return Waits(
        row["week"], row["partition"], row["size_class"], row["n"], median, p90, p95, row["few"],
        row["judged"], row["in_time"], row["promise_seconds"],
    )  # fmt: skip


_BY_WEEK, _BY_GROUP = "(day), (day, partition), (day, size_class)", "(partition, size_class), ()"


@dataclass(frozen=True, slots=True)
class Seen:
    """What users saw. everything: all jobs of the chosen weeks, None when nothing started in them. groups: the same by
    partition and size class, the largest first. weekly: each shown week, of all jobs together, by partition, and by
    size class, oldest first.
    """

    everything: Waits | None
    groups: Sequence[Waits]
    weekly: Sequence[Waits]


def seen(cluster: Cluster, weeks: Sequence[Window], chosen_weeks: Sequence[Window], chosen: Chosen) -> Seen:
    """Return what users saw in the weeks that are shown and, together, in those that were chosen of them."""
    if len(weeks) == len(chosen_weeks):
        found = _waits(cluster, weeks, chosen, f"{_BY_WEEK}, {_BY_GROUP}")
    else:
        found = _waits(cluster, weeks, chosen, _BY_WEEK) + _waits(cluster, chosen_weeks, chosen, _BY_GROUP)
    together = [waits for waits in found if waits.week is None]
    return Seen(
        next((w for w in together if w.size_class is None and (w.n or w.judged)), None),
        sorted((w for w in together if w.size_class is not None), key=lambda w: (-w.n, w.partition or "")),
        sorted((w for w in found if w.week is not None), key=lambda w: w.week or date.min),
    )


def waits_in_detail(cluster: Cluster, windows: Sequence[Window], chosen: Chosen) -> list[Waits]:
    """Return the waits by week, partition and size class, in this order."""
    found = _waits(cluster, windows, chosen, "(day, partition, size_class)")
    return sorted(found, key=lambda w: (w.week or date.min, w.partition or "", w.size_class or ""))


@dataclass(frozen=True, slots=True)
class Ended:
    """How many jobs ended in one state, and whether that state means that we lost them."""

    state: str
    n: int
    is_lost: bool


def ended(cluster: Cluster, windows: Sequence[Window], chosen: Chosen) -> list[Ended]:
    """Return how the jobs of some windows ended, the most common way first."""
    sql = asking(
        DAYS, ENDED,
        """SELECT state, is_lost, count(*) AS n FROM ended
            WHERE ($partition::VARCHAR IS NULL OR partition = $partition)
                AND ($size::VARCHAR IS NULL OR size_class = $size)
            GROUP BY ALL ORDER BY n DESC, state""",
    )  # fmt: skip
    asked = given(cluster.team, windows) | {"partition": chosen.partition, "size": chosen.size_class}
    rows = History.of([cluster]).ask(sql, asked) if windows else []
    return [Ended(row["state"], row["n"], row["is_lost"]) for row in rows]


def partitions(cluster: Cluster) -> list[str]:
    """Return the partitions that jobs were ever submitted to, by name."""
    rows = History.of([cluster]).ask(
        "WITH jobs AS {jobs} SELECT DISTINCT partition FROM jobs WHERE partition IS NOT NULL ORDER BY partition"
    )
    return [row["partition"] for row in rows]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are wanted; None and False mean that it does not matter. since, until: of the instant of eligibility.

    user, group: exact names, only for who may know who ran a job.
    """

    partition: str | None = None
    size_class: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: str | None = None
    job: str | None = None
    user: str | None = None
    group: str | None = None
    late: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of jobs, newest first, and how many there are."""

    rows: Sequence[Row] = field(default_factory=list)
    total: int = 0


_WANTED = """
    FROM judged
    WHERE ($partition::VARCHAR IS NULL OR partition = $partition)
        AND ($size_class::VARCHAR IS NULL OR size_class = $size_class)
        AND ($state::VARCHAR IS NULL OR state = $state)
        AND ($job::VARCHAR IS NULL OR job_id = $job OR raw_id = $job OR array_job_id = $job)
        AND ($user::VARCHAR IS NULL OR user_name = $user)
        AND ($group::VARCHAR IS NULL OR account = $group OR group_name = $group)
        AND (NOT $late OR (is_fair AND waited_seconds > promise_seconds))
        AND (NOT $lost OR is_lost)
        AND ($since_at::TIMESTAMPTZ IS NULL OR CASE WHEN $lost THEN end_at ELSE ready_at END >= $since_at)
        AND ($until_at::TIMESTAMPTZ IS NULL OR CASE WHEN $lost THEN end_at ELSE ready_at END < $until_at)
"""

# A job that may only start later has not begun to wait, so it has no waiting time yet.
_JOBS = f"""
    SELECT * REPLACE (CASE WHEN waited_seconds >= 0 THEN waited_seconds END AS waited_seconds),
        is_fair AND promise_seconds IS NOT NULL AND waited_seconds > promise_seconds AS is_late
    {_WANTED} ORDER BY submit_at DESC, raw_id, attempt LIMIT $limit OFFSET $offset
"""


def _ever() -> Window:
    now = timezone.now()
    return Window(now.date(), datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC), now)


def jobs(cluster: Cluster, wanted: Filter, limit: int, offset: int) -> JobPage:
    """Return one page of the jobs that were asked for; a row has the columns of a job and of its wait.

    limit: 1 or more. offset: 0 or more. Lost jobs are chosen by when they ended, others by when they could start.
    """
    asked: dict[str, Any] = given(cluster.team, [_ever()]) | {
        "partition": wanted.partition, "size_class": wanted.size_class, "state": wanted.state, "job": wanted.job,
        "user": wanted.user, "group": wanted.group, "late": wanted.late, "lost": wanted.lost,
        "since_at": wanted.since, "until_at": wanted.until, "limit": limit, "offset": offset,
    }  # fmt: skip
    # Counted apart: a window over all of them would hold every column of a million jobs at once.
    history, tables = History.of([cluster]), (DAYS, HEARD, WAITED)
    total = history.ask(asking(*tables, f"SELECT count(*) AS total {_WANTED}"), asked)[0]["total"]
    return JobPage(history.ask(asking(*tables, _JOBS), asked) if total else [], total)


_JOB = """
    SELECT *, is_fair AND promise_seconds IS NOT NULL AND waited_seconds > promise_seconds AS is_late FROM judged
    WHERE raw_id = $raw_id AND epoch(submit_at)::BIGINT = $submitted AND coalesce(attempt, 0) = $attempt LIMIT 1
"""


def job(cluster: Cluster, raw_id: str, submitted: int, attempt: int) -> Row | None:
    """Return one attempt of a job, None when there is none. submitted: seconds since 1970 of its submission."""
    asked = given(cluster.team, [_ever()]) | {"raw_id": raw_id, "submitted": submitted, "attempt": attempt}
    found = History.of([cluster]).ask(asking(DAYS, HEARD, WAITED, _JOB), asked)
    return found[0] if found else None


def attempts(cluster: Cluster, raw_id: str) -> list[Row]:
    """Return every attempt under a scheduler's own id, oldest first: requeued jobs, and ids that were used again."""
    return History.of([cluster]).ask(
        "WITH jobs AS {jobs} SELECT * FROM jobs WHERE raw_id = $raw_id ORDER BY submit_at, attempt LIMIT 50",
        {"raw_id": raw_id},
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What a promise for one group of jobs would be if it were what was kept before.

    partition, size_class: "" for all. seconds: the quantile of the waits. waits: all of them in seconds, ascending.
    """

    partition: str
    size_class: str
    n: int
    seconds: int
    waits: Sequence[int]


def kept(cluster: Cluster, windows: Sequence[Window], quantile: float, at_least: int) -> list[Kept]:
    """Return what was kept in some windows for each partition and size class with enough jobs, and for all together."""
    sql = asking(
        DAYS, HEARD, WAITED,
        """SELECT coalesce(partition, '') AS partition, coalesce(size_class, '') AS size_class, count(*) AS n,
            quantile_disc(waited_seconds, $quantile) AS seconds, list(waited_seconds) AS waits
        FROM (SELECT * REPLACE (coalesce(partition, '') AS partition) FROM judged)
        WHERE is_fair AND is_decided AND start_at IS NOT NULL
        GROUP BY GROUPING SETS ((partition, size_class), ())
        HAVING count(*) >= $at_least
        ORDER BY partition, size_class""",
    )  # fmt: skip
    asked = given(cluster.team, windows) | {"quantile": quantile, "at_least": at_least}
    rows = History.of([cluster]).ask(sql, asked) if windows else []
    return [Kept(row["partition"], row["size_class"], row["n"], row["seconds"], row["waits"]) for row in rows]
