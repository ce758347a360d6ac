"""Measures of clusters: what researchers felt, as readings and as the rows behind them. Judges nothing.

Each measure is read as of the end of a day in the team's zone, or now while the day lasts; `..._many` reads a run of
days at once.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.urls import reverse

from hortus.access.models import Team
from hortus.products.clusters import counting, outages
from hortus.products.clusters.counting import Counted, Window
from hortus.telemetry.history import Row
from hortus.values.evidence import Cell, Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

MONTH, WEEK = 28, 7
PERSONS = (Head("user", "User"), Head("group", "Group or account"))


def started_in_time(team: Team, day: date) -> Reading | None:
    """Return the share of jobs that started within the promise for their partition and size.

    Ratio over the jobs that became eligible in 28 days. A job that still waits past its promise, or was cancelled after
    it, counts as late. Left out: held and dependent jobs, those that ask for what is not there, those cancelled before
    the promise ran out, those whose promise has not run out yet. Source: accounting records; the promise is the team's.
    """
    return started_in_time_many(team, [day])[day]


def jobs_lost(team: Team, day: date) -> Reading | None:
    """Return the share of ended jobs that were lost to us: node, boot or launch failures.

    Ratio over the jobs that ended in 7 days. Users' own errors, time-outs and preemption are not losses; cancelled
    pilots, and jobs that never ran for other reasons, are not counted. Source: accounting records.
    """
    return jobs_lost_many(team, [day])[day]


def new_users(team: Team, day: date) -> Reading | None:
    """Return how many users submitted their first job ever in 28 days.

    Count; n is how many users submitted at all. None until 8 weeks of history are there, because before that everybody
    is new. A person with two accounts counts twice, one with the same name on two clusters once. Source: accounting
    records.
    """
    return new_users_many(team, [day])[day]


def groups_helped(team: Team, day: date) -> Reading | None:
    """Return how many groups had a job that completed in 28 days.

    Count; n is how many groups had a job that ended. A group is the job's account, or its group where there is no
    account. Source: accounting records.
    """
    return groups_helped_many(team, [day])[day]


def nodes_out_now(team: Team, day: date) -> Reading | None:
    """Return how many nodes are down or drained at the end of the day.

    Count; n is the number of nodes of the clusters where it is known. Source: the scheduler's node events.
    """
    return nodes_out_now_many(team, [day])[day]


def started_in_time_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `started_in_time` for many days at once, in one query."""
    return _shares(team, "started_in_time", list(days), MONTH)


def jobs_lost_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `jobs_lost` for many days at once, in one query."""
    return _shares(team, "jobs_lost", list(days), WEEK)


def new_users_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `new_users` for many days at once, in one query."""
    return _counts(team, "new_users", list(days), MONTH)


def groups_helped_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `groups_helped` for many days at once, in one query."""
    return _counts(team, "groups_helped", list(days), MONTH)


def nodes_out_now_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `nodes_out_now` for many days at once."""
    return outages.counts(team, [Window.ending(team, day, 1) for day in days])


def _shares(team: Team, question: str, days: Sequence[date], span: int) -> dict[date, Reading | None]:
    found = counting.count(team, question, [Window.ending(team, day, span) for day in days])
    shares = {day: Reading.share(row["hits"], row["n"], row["evidence_until"]) for day, row in found.items()}
    return {day: shares.get(day) for day in days}


def _counts(team: Team, question: str, days: Sequence[date], span: int) -> dict[date, Reading | None]:
    found = counting.count(team, question, [Window.ending(team, day, span) for day in days])
    counts = {
        day: Reading(float(row["hits"]), row["n"], evidence_until=row["evidence_until"]) for day, row in found.items()
    }
    return {day: counts.get(day) for day in days}


def job_link(team: Team, row: Row) -> Link:
    """Return the link to a job's page, from a row with cluster, raw_id, job_id, submit_at and attempt."""
    submitted: datetime = row["submit_at"]
    place = [team.slug, row["cluster"], row["raw_id"], int(submitted.timestamp()), row["attempt"] or 0]
    return Link(row["job_id"] or row["raw_id"], reverse("clusters:job", args=place))


def _who(row: Row, persons: bool) -> tuple[Cell, ...]:
    return (row["user_name"], row["account"] or row["group_name"]) if persons else ()


def started_in_time_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the jobs that `started_in_time` counted, late ones first, the longest wait first."""
    window = Window.ending(team, day, MONTH)
    found = counting.rows(team, "started_in_time", window, part.offset, part.limit)
    counted = "Each row is a job that could start in these 28 days and either started in time or used up its promise."
    return waits_table(team, found, counted, persons=persons)


def waits_table(team: Team, found: Counted, counted: str, *, persons: bool) -> Evidence:
    """Return judged waits as a table; whose they were only when `persons` is true. counted: how they were chosen."""
    heads = [
        Head("job", "Job"), Head("cluster", "Cluster"), Head("partition", "Partition"), Head("size", "Size"),
        Head("eligible_at", "Could start", Sort.MOMENT), Head("waited_seconds", "Waited", Sort.DURATION),
        Head("promise_seconds", "Promise", Sort.DURATION), Head("verdict", "Counted as"), *(PERSONS if persons else ()),
    ]  # fmt: skip
    rows = [
        (
            job_link(team, row), row["cluster"], row["partition"], row["size_class"], row["ready_at"],
            row["waited_seconds"], row["promise_seconds"], _verdict(row), *_who(row, persons),
        )
        for row in found.rows
    ]  # fmt: skip
    return Evidence(heads, rows, found.total, counted)


def _verdict(row: Row) -> str:
    if row["is_in_time"]:
        return "in time"
    if not row["is_decided"]:
        return "late, still waiting"
    return "late" if row["start_at"] is not None else "late, ended without running"


def jobs_lost_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the jobs that `jobs_lost` counted, lost ones first, the newest first."""
    found = counting.rows(team, "jobs_lost", Window.ending(team, day, WEEK), part.offset, part.limit)
    counted = "Each row is a job that ended in these 7 days after it ran, or that we kept from running."
    return ends_table(team, found, counted, persons=persons)


def ends_table(team: Team, found: Counted, counted: str, *, persons: bool) -> Evidence:
    """Return ended jobs as a table; whose they were only when `persons` is true. counted: how they were chosen."""
    heads = [
        Head("job", "Job"), Head("cluster", "Cluster"), Head("partition", "Partition"),
        Head("ended_at", "Ended", Sort.MOMENT), Head("run_seconds", "Ran", Sort.DURATION), Head("state", "State"),
        Head("verdict", "Counted as"), *(PERSONS if persons else ()),
    ]  # fmt: skip
    rows = [
        (
            job_link(team, row), row["cluster"], row["partition"], row["end_at"], row["run_seconds"],
            row["state"], "lost to us" if row["is_lost"] else "not lost", *_who(row, persons),
        )
        for row in found.rows
    ]  # fmt: skip
    return Evidence(heads, rows, found.total, counted)


def new_users_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the first jobs that `new_users` counted, newest first; whose they were only when `persons` is true."""
    found = counting.rows(team, "new_users", Window.ending(team, day, MONTH), part.offset, part.limit)
    heads = [
        Head("job", "First job"), Head("cluster", "Cluster"), Head("partition", "Partition"),
        Head("submitted_at", "Submitted", Sort.MOMENT), Head("jobs", "Jobs since", Sort.COUNT),
        Head("completed", "Completed", Sort.COUNT), *(PERSONS if persons else ()),
    ]  # fmt: skip
    rows = [
        (
            job_link(team, row), row["cluster"], row["partition"], row["first_at"], row["jobs"],
            row["completed"], *((row["user_name"], row["group_name"]) if persons else ()),
        )
        for row in found.rows
    ]  # fmt: skip
    counted = "Each row is the first job that a user ever submitted, as far as we hold records."
    return Evidence(heads, rows, found.total, counted)


def groups_helped_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the groups that `groups_helped` counted; their names only when `persons` is true."""
    found = counting.rows(team, "groups_helped", Window.ending(team, day, MONTH), part.offset, part.limit)
    heads = [
        Head("group", "Group or account"), Head("completed", "Completed", Sort.COUNT),
        Head("ended", "Ended", Sort.COUNT), Head("last_at", "Last job ended", Sort.MOMENT),
    ]  # fmt: skip
    rows = [
        (
            row["team_name"] if persons else f"Group {part.offset + place}",
            row["completed"], row["ended"], row["last_at"],
        )
        for place, row in enumerate(found.rows, 1)
    ]  # fmt: skip
    counted = "Each row is a group with a job that ended in these 28 days; it is helped if one completed."
    return Evidence(heads, rows, found.total, counted)


def nodes_out_now_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the spans that `nodes_out_now` counted, newest first."""
    window = Window.ending(team, day, 1)
    return outages.evidence(team, Window(day, window.until - timedelta(microseconds=1), window.until), part)
