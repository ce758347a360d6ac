"""The kinds of SLI over a cluster's jobs: job starts in time, job not lost to us. Their counts by the minute, the jobs
behind them, and from when until when the records tell.

An event belongs to the minute in which its fate became known, so that it does not move afterwards: a job in time to the
minute of its start, a late one to the minute in which its promise ran out, whether or not it started later; an ended
job to the minute of its end. What counts is decided by `counting`, as for the indicators.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from hortus.access.models import Team
from hortus.products.clusters import counting, measures, queries
from hortus.products.clusters.counting import DAYS, ENDED, HEARD, WAITED, Counted, Window, asking
from hortus.products.clusters.models import Promise
from hortus.products.clusters.rules import DAY
from hortus.telemetry.batch.rules import SIZE_CLASSES
from hortus.telemetry.counts.judges import Judge, Judged, Parameter, Parameters, Span, minute_of
from hortus.telemetry.history import History
from hortus.telemetry.models import Cluster
from hortus.values.evidence import Evidence, Slice
from hortus.values.refused import Refused

LONGEST_SECONDS = 365 * DAY
SILENCE_MINUTES = 12 * 60
NAMED = 10  # how many known partitions a refusal names
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

CLUSTER = Parameter("cluster", "Cluster", "cluster", required=True)
PARTITION = Parameter("partition", "Partition", help="As its users write it. All partitions when left out.")
SIZE = Parameter(
    "size_class", "Size", "choice", help="By CPUs. All sizes when left out.",
    choices=tuple((size.slug, size.label) for size in SIZE_CLASSES),
)  # fmt: skip
THRESHOLD = Parameter(
    "threshold_seconds", "Longest wait in seconds", "number",
    help="The promise for a job's partition and size when left out. History is judged by what holds now.",
)  # fmt: skip

_FILTER = """
    ($partition::VARCHAR IS NULL OR partition = $partition) AND ($size::VARCHAR IS NULL OR size_class = $size)"""

_STARTS = f"""
fates AS (
    SELECT *, is_in_time AS is_good, CASE WHEN is_in_time THEN epoch_us(start_at)
        ELSE epoch_us(ready_at) + promise_seconds * 1000000 END // 60000000 AS minute
    FROM counted WHERE {_FILTER}
)"""  # noqa: S608 -- our own words only

_ENDS = f"""
fates AS (
    SELECT *, NOT is_lost AS is_good, epoch_us(end_at) // 60000000 AS minute FROM ended WHERE {_FILTER}
)"""  # noqa: S608 -- our own words only

_BY_MINUTE = """
    SELECT list(minute ORDER BY minute) AS minute, list(good ORDER BY minute) AS good,
        list(total ORDER BY minute) AS total
    FROM (
        SELECT minute, count(*) AS total, count(*) FILTER (is_good) AS good FROM fates
        WHERE minute >= $first AND minute < $last GROUP BY minute
    )"""

_ROWS = """
    SELECT {columns} FROM fates WHERE minute >= $first AND minute < $last
    ORDER BY is_good, minute DESC, raw_id, attempt LIMIT $limit OFFSET $offset"""

_JOB = "cluster, raw_id, job_id, attempt, submit_at, partition, user_name, account, group_name"
_COLUMNS = {
    "job_in_time": f"{_JOB}, size_class, ready_at, start_at, waited_seconds, promise_seconds, is_in_time, is_decided",
    "job_not_lost": f"{_JOB}, end_at, run_seconds, state, is_lost",
}

_TOTAL = "SELECT count(*) AS total FROM fates WHERE minute >= $first AND minute < $last"

TABLES: Mapping[str, Sequence[str]] = {
    "job_in_time": (DAYS, HEARD, WAITED, _STARTS),
    "job_not_lost": (DAYS, ENDED, _ENDS),
}

# Which jobs can have their fate in the span: those that started in it or later, or whose promise may run out in it.
# ENDED chooses by itself.
_JOBS: Mapping[str, str] = {
    "job_in_time": """(
        SELECT * FROM {jobs} WHERE submit_at < $last_at
            AND (start_at >= $first_at OR greatest(submit_at, eligible_at) >= $reach_at)
    )""",
    "job_not_lost": "{jobs}",
}

_HOUR = """
    SELECT min({moment}) AS earliest, max({moment}) AS latest FROM jobs
    WHERE {moment} >= $since_at AND {moment} < $until_at AND {moment} <= $now
    GROUP BY epoch_us({moment}) // 3600000000"""

# Spans of minutes in which no two neighbouring moments of any jobs lie further apart than $silence, which is more than
# an hour: so the first and the last moment of each hour are enough, and ten times faster than all of them.
_HEARD = f"""
    WITH jobs AS {{jobs}},
    moments AS ({" UNION ALL ".join(_HOUR.replace("{moment}", name) for name in ("submit_at", "start_at", "end_at"))}),
    hours AS (
        SELECT min(epoch_us(earliest)) // 60000000 AS first, max(epoch_us(latest)) // 60000000 AS last
        FROM moments GROUP BY epoch_us(earliest) // 3600000000
    ),
    steps AS (SELECT *, first - lag(last) OVER (ORDER BY first) > $silence AS is_far FROM hours),
    spans AS (SELECT *, count(*) FILTER (is_far) OVER (ORDER BY first) AS number FROM steps)
    SELECT min(first) AS since, max(last) + 1 AS until FROM spans GROUP BY number ORDER BY since"""  # noqa: S608


def minute_at(minute: int) -> datetime:
    """Return the instant at which a minute since 1970 begins."""
    return EVER + timedelta(minutes=minute)


def _cluster(team: Team, given: Parameters) -> Cluster | None:
    return Cluster.objects.filter(team=team, name=given["cluster"]).first()


def _asked(slug: str, team: Team, given: Parameters, since: int, until: int) -> dict[str, Any]:
    """Return what the queries name. A wait may begin at any time: its fate falls into the span, seen from now."""
    first, last, threshold = minute_at(since), minute_at(until), given.get("threshold_seconds")
    begin, end = (EVER, NEVER) if slug == "job_in_time" else (first, last)
    asked = counting.given(team, [Window(begin.date(), begin, end, timezone.now())])
    longest = threshold or max(asked["p_seconds"], default=0)
    return asked | {
        "threshold": threshold, "partition": given.get("partition"), "size": given.get("size_class"),
        "first": since, "last": until, "first_at": first, "last_at": last,
        "reach_at": first - min(timedelta(seconds=longest), first - EVER),
    }  # fmt: skip


def _asking(slug: str, wanted: str) -> str:
    return asking(*TABLES[slug], wanted, jobs=_JOBS[slug])


def _judged(slug: str, team: Team, given: Parameters, since: int, until: int) -> Judged:
    cluster = _cluster(team, given)
    if cluster is None or until <= since:
        return Judged()
    jobs = History.of([cluster])
    found = jobs.ask(_asking(slug, _BY_MINUTE), _asked(slug, team, given, since, until))[0]
    minute, good, total = (np.array(found[name] or [], dtype=np.int64) for name in ("minute", "good", "total"))
    return Judged(minute, good, total, measured(cluster, jobs, since, until))


def measured(cluster: Cluster, jobs: History, since: int, until: int) -> list[Span]:
    """Return the minutes of a span in which we know what happened on a cluster, ascending and apart.

    An import that says for which time it speaks is believed. Else the records themselves tell: where two neighbouring
    moments (a submission, a start or an end of any job) lie at most 12 hours apart, nothing is missing between them. A
    longer silence may be a quiet cluster or an import that nobody made; it is not measured. Nor is what comes after the
    newest moment.
    """
    first, last, reach = minute_at(since), minute_at(until), timedelta(minutes=SILENCE_MINUTES)
    asked = {"since_at": first - reach, "until_at": last + reach, "silence": SILENCE_MINUTES, "now": timezone.now()}
    heard = [(row["since"], row["until"]) for row in jobs.ask(_HEARD, asked)]
    told = [(minute_of(begin), minute_of(end)) for begin, end in counting.spoken_for(cluster, first, last)]
    return united([*heard, *told], since, until)


def united(spans: Iterable[Span], since: int, until: int) -> list[Span]:
    """Return the union of spans, cut to one span, ascending and apart.

    >>> united([(8, 9), (1, 3), (2, 5), (5, 6), (7, 7)], 2, 100)
    [(2, 6), (8, 9)]
    """
    whole: list[Span] = []
    for first, last in sorted((max(first, since), min(last, until)) for first, last in spans):
        if first >= last:
            continue
        if whole and first <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(last, whole[-1][1]))
        else:
            whole.append((first, last))
    return whole


def _rows(slug: str, team: Team, given: Parameters, since: int, until: int, part: Slice) -> Counted:
    cluster = _cluster(team, given)
    if cluster is None or until <= since:
        return Counted([], 0)
    jobs, asked = History.of([cluster]), _asked(slug, team, given, since, until)
    total = jobs.ask(_asking(slug, _TOTAL), asked)[0]["total"]
    wanted = asked | {"limit": part.limit, "offset": part.offset}
    rows = _asking(slug, _ROWS.replace("{columns}", _COLUMNS[slug]))
    return Counted(jobs.ask(rows, wanted) if total else [], total)


def starts_in_time(team: Team, given: Parameters, since: int, until: int) -> Judged:
    """Return by the minute how many jobs started within their promise, of those whose fate became known.

    team, given: checked parameters. since, until: minutes since 1970.
    """
    return _judged("job_in_time", team, given, since, until)


def start_rows(team: Team, given: Parameters, since: int, until: int, part: Slice, /, *, persons: bool) -> Evidence:
    """Return the jobs that `starts_in_time` counted, late ones first, then the newest."""
    found = _rows("job_in_time", team, given, since, until, part)
    counted = "Each row is a job that could start and, in this time, either started in time or used up its promise."
    return measures.waits_table(team, found, counted, persons=persons)


def ends_not_lost(team: Team, given: Parameters, since: int, until: int) -> Judged:
    """Return by the minute how many of the jobs that ended were not lost to us. Arguments as in `starts_in_time`."""
    return _judged("job_not_lost", team, given, since, until)


def end_rows(team: Team, given: Parameters, since: int, until: int, part: Slice, /, *, persons: bool) -> Evidence:
    """Return the jobs that `ends_not_lost` counted, lost ones first, then the newest."""
    found = _rows("job_not_lost", team, given, since, until, part)
    counted = "Each row is a job that ended in this time after it ran, or that we kept from running."
    return measures.ends_table(team, found, counted, persons=persons)


def check_starts(team: Team, given: Parameters) -> Parameters:
    """Return the parameters of `job_in_time`, cleaned; raises Refused with the field that is wrong."""
    cleaned = _checked(team, given, (CLUSTER, PARTITION, SIZE, THRESHOLD))
    promises = Promise.objects.filter(team=team, cluster__name=cleaned["cluster"])
    wanted = {name: cleaned[name] for name in ("partition", "size_class") if name in cleaned}
    for name, value in wanted.items():
        promises = promises.filter(**{f"{name}__in": ["", value]})
    if "threshold_seconds" not in cleaned and not promises.exists():
        raise Refused(
            "no-promise",
            f"Nothing is promised for these jobs of {cleaned['cluster']}: give the longest wait in seconds, or make a "
            "promise first.",
            "threshold_seconds",
        )
    return cleaned


def check_ends(team: Team, given: Parameters) -> Parameters:
    """Return the parameters of `job_not_lost`, cleaned; raises Refused with the field that is wrong."""
    return _checked(team, given, (CLUSTER, PARTITION))


def _checked(team: Team, given: Parameters, allowed: Sequence[Parameter]) -> Parameters:
    names = [parameter.name for parameter in allowed]
    for name in given:
        if name not in names:
            raise Refused(
                "unknown-parameter", f"{name[:60]!r} is no parameter here; known are {', '.join(names)}.", name[:60]
            )
    filled = {name: value for name, value in given.items() if value is not None and value != ""}
    cluster = _checked_cluster(team, filled.get("cluster", ""))
    cleaned: Parameters = {"cluster": cluster.name}
    if "partition" in filled:
        cleaned["partition"] = _checked_partition(cluster, filled["partition"])
    if "size_class" in filled:
        cleaned["size_class"] = _checked_size(filled["size_class"])
    if "threshold_seconds" in filled:
        cleaned["threshold_seconds"] = _checked_threshold(filled["threshold_seconds"])
    return cleaned


def _checked_cluster(team: Team, given: object) -> Cluster:
    known: dict[str, Cluster] = {cluster.name: cluster for cluster in Cluster.objects.filter(team=team)}
    if not known:
        raise Refused("no-cluster", "There is no cluster yet: import its accounting records first.", "cluster")
    if str(given) not in known:
        said = f"There is no cluster {str(given)[:60]!r}" if given else "A cluster is needed"
        raise Refused("no-cluster", f"{said}; choose one of {', '.join(sorted(known))}.", "cluster")
    return known[str(given)]


def _checked_partition(cluster: Cluster, given: object) -> str:
    promised = Promise.objects.filter(cluster=cluster).exclude(partition="").values_list("partition", flat=True)
    known = sorted({*queries.partitions(cluster), *promised})
    if str(given) not in known:
        shown = ", ".join(known[:NAMED]) + (f" and {len(known) - NAMED} more" if len(known) > NAMED else "")
        said = f"No job of {cluster.name} was ever submitted to the partition {str(given)[:60]!r}"
        raise Refused("no-partition", f"{said}; known are {shown or 'none yet'}.", "partition")
    return str(given)


def _checked_size(given: object) -> str:
    known = [slug for slug, _ in SIZE.choices]
    if str(given) not in known:
        raise Refused(
            "unknown-size", f"{str(given)[:60]!r} is no size; choose one of {', '.join(known)}.", "size_class"
        )
    return str(given)


def _checked_threshold(given: object) -> int:
    try:
        seconds = float(str(given))
    except ValueError:
        seconds = math.nan
    if isinstance(given, bool) or not (seconds.is_integer() and 1 <= seconds <= LONGEST_SECONDS):
        raise Refused(
            "bad-wait",
            f"The longest wait is a whole number of seconds, 1 to {LONGEST_SECONDS} (a year); got {str(given)[:60]!r}.",
            "threshold_seconds",
        )
    return int(seconds)


JUDGES = (
    Judge(
        slug="job_in_time",
        name="Job starts in time",
        sentence="Of the jobs that could start, how many started within the wait that was promised to them.",
        parameters=(CLUSTER, PARTITION, SIZE, THRESHOLD),
        check=check_starts, judge=starts_in_time, rows=start_rows,
        minute="the minute in which it started when it was in time, else to the minute in which its promise ran out, "
        "whether it started later, was cancelled after that, or still waits",
        leaves_out=(
            "time in which a job is held or waits for another job: its wait begins when it could start",
            "jobs that never became eligible, and jobs that no scheduler could start (they ask for what is not there, "
            "or their owner's limits hold them): nobody kept them waiting",
            "jobs that were cancelled before their promise ran out, and jobs whose promise has not run out yet: "
            "nothing is decided",
            "jobs that a sibling in another cluster ran, jobs whose start nobody wrote down, and jobs whose clock ran "
            "backwards: there is no wait to look at",
            "jobs that nothing is promised to, unless a longest wait is given",
        ),
    ),
    Judge(
        slug="job_not_lost",
        name="Job not lost to us",
        sentence="Of the jobs that ended, how many were not lost through the centre: a node, its boot or the launch "
        "failed under them.",
        parameters=(CLUSTER, PARTITION),
        check=check_ends, judge=ends_not_lost, rows=end_rows,
        minute="the minute in which it ended",
        leaves_out=(
            "cancelled pilot jobs (Dask, Parsl): they end so after doing their work",
            "jobs that never ran, unless we kept them from running",
            "attempts that were put into the queue again by a person or a policy: the next attempt tells",
            "jobs that a sibling in another cluster ran",
        ),
    ),
)  # fmt: skip
