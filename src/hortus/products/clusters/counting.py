"""What the measures count, as SQL over the jobs of a team: one query a measure, for one day or many. Judges nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from hortus.access.models import Team
from hortus.products.clusters.models import Promise
from hortus.products.clusters.rules import OWN_REASON_PATTERN, OWN_REASONS, midnight
from hortus.telemetry.history import History, Row
from hortus.telemetry.models import BatchImport, Cluster

HISTORY_DAYS = 56  # before that much history everybody is new


@dataclass(frozen=True, slots=True)
class Window:
    """One day's question: what happened from `since` up to but not including `until`, both aware.

    until: the end of the day in the team's zone, or now while the day lasts. seen_at: the instant from which it is
    looked at; what happened later is not known. The end of the window when left out.
    """

    day: date
    since: datetime
    until: datetime
    seen_at: datetime | None = None

    @classmethod
    def ending(cls, team: Team, day: date, days: int) -> "Window":
        """Return the window of `days` calendar days of the team's zone of which `day` is the last."""
        end = midnight(day + timedelta(days=1), team.zoneinfo)
        return cls(day, midnight(day - timedelta(days=days - 1), team.zoneinfo), min(end, timezone.now()))


def history(team: Team) -> History:
    """Return all jobs of all clusters of a team."""
    return History.of(Cluster.objects.filter(team=team))


# A table of the days asked for. DuckDB takes each list as one parameter.
DAYS = """
days AS (SELECT unnest($day) AS day, unnest($since) AS since, unnest($until) AS until, unnest($seen_at) AS seen_at)"""

# The newest instant that the telemetry knew by each day: what is later is not yet known there.
KNOWN = """
events AS (
    SELECT cluster, unnest([submit_at, start_at, end_at]) AS moment FROM {jobs}
),
known AS (
    SELECT days.day, max(events.moment) AS evidence_until
    FROM days ASOF JOIN (SELECT DISTINCT moment FROM events WHERE moment IS NOT NULL) AS events
        ON days.until >= events.moment
    GROUP BY days.day
)"""

# Until when each cluster was heard of, whichever of its jobs are looked at. An import may have said until when it
# speaks: then a silence before that is known, too.
HEARD = """
heard AS (
    SELECT cluster, greatest(
        max(submit_at) FILTER (submit_at <= $now), max(start_at) FILTER (start_at <= $now),
        max(end_at) FILTER (end_at <= $now)) AS newest
    FROM {jobs} GROUP BY cluster
),
told AS (SELECT unnest($t_cluster::VARCHAR[]) AS cluster, unnest($t_until::VARCHAR[])::TIMESTAMPTZ AS said_until),
horizon AS (
    SELECT cluster, greatest(newest, CASE WHEN said_until <= $now THEN said_until ELSE newest END) AS heard_until
    FROM heard LEFT JOIN told USING (cluster)
)"""

# A wait is counted from the moment a job could have run. Not fair to count: jobs that ran at a moment nobody wrote
# down, jobs that never became eligible although their source tells eligibility, jobs that a sibling elsewhere ran,
# jobs that no scheduler could have started, and those whose clock ran backwards. A threshold replaces all promises.
WAITED = """
waited AS (
    SELECT *, greatest(submit_at, eligible_at) AS ready_at,
        coalesce(start_at, CASE WHEN NOT started THEN end_at END) AS decided_at,
        (start_at IS NOT NULL OR NOT started)
            AND (started OR eligible_at IS NOT NULL OR source NOT IN ('sacct', 'sacct_json'))
            AND state <> 'REVOKED'
            AND (started OR reason IS NULL
                OR NOT (list_contains($own_reasons::VARCHAR[], reason) OR regexp_matches(reason, $own_pattern)))
            AND (start_at IS NULL OR start_at >= greatest(submit_at, eligible_at)) AS is_fair
    FROM jobs
),
promises AS (
    SELECT unnest($p_cluster::VARCHAR[]) AS cluster, unnest($p_partition::VARCHAR[]) AS partition,
        unnest($p_size::VARCHAR[]) AS size_class, unnest($p_seconds::BIGINT[]) AS seconds
),
promised AS (
    SELECT waited.*,
        coalesce($threshold::BIGINT, both_.seconds, place.seconds, size.seconds, anything.seconds) AS promise_seconds
    FROM waited
    LEFT JOIN promises both_ ON both_.cluster = waited.cluster AND both_.partition = waited.partition
        AND both_.partition <> '' AND both_.size_class = waited.size_class
    LEFT JOIN promises place ON place.cluster = waited.cluster AND place.partition = waited.partition
        AND place.partition <> '' AND place.size_class = ''
    LEFT JOIN promises size ON size.cluster = waited.cluster AND size.partition = ''
        AND size.size_class = waited.size_class
    LEFT JOIN promises anything ON anything.cluster = waited.cluster AND anything.partition = ''
        AND anything.size_class = ''
),
judged AS (
    SELECT promised.*, days.day, least(days.seen_at, horizon.heard_until) AS known_until,
        decided_at IS NOT NULL AND decided_at <= known_until AS is_decided,
        epoch(least(coalesce(decided_at, known_until), known_until) - ready_at)::BIGINT AS waited_seconds
    FROM promised JOIN horizon USING (cluster)
    JOIN days ON promised.ready_at >= days.since AND promised.ready_at < days.until
),
counted AS (
    SELECT *, waited_seconds <= promise_seconds AS is_in_time FROM judged
    WHERE is_fair AND promise_seconds IS NOT NULL
        AND (waited_seconds > promise_seconds OR (is_decided AND start_at IS NOT NULL))
)"""

# Ended jobs that ran, or that we kept from running. A pilot that is cancelled has done its work.
ENDED = """
ended AS (
    SELECT jobs.*, days.day FROM jobs JOIN days ON jobs.end_at >= days.since AND jobs.end_at < days.until
    WHERE is_ended AND (started OR is_lost) AND state NOT IN ('REVOKED', 'REQUEUED')
        AND NOT (is_pilot AND state = 'CANCELLED')
)"""

_GROUPS = """
helped AS (
    SELECT days.day, jobs.cluster, coalesce(account, group_name) AS team_name,
        count(*) AS ended, count(*) FILTER (state = 'COMPLETED') AS completed, max(end_at) AS last_at,
        count(DISTINCT user_name) AS users
    FROM jobs JOIN days ON jobs.end_at >= days.since AND jobs.end_at < days.until
    WHERE is_ended AND coalesce(account, group_name) IS NOT NULL
    GROUP BY ALL
)"""

_FIRSTS = """
firsts AS (
    SELECT user_name, min(submit_at) AS first_at, arg_min(cluster, submit_at) AS cluster,
        arg_min(raw_id, submit_at) AS raw_id, arg_min(job_id, submit_at) AS job_id,
        arg_min(attempt, submit_at) AS attempt, arg_min(coalesce(account, group_name), submit_at) AS group_name,
        arg_min(partition, submit_at) AS partition
    FROM jobs WHERE user_name IS NOT NULL GROUP BY user_name
),
active AS (
    SELECT day, user_name, count(*) AS jobs, count(*) FILTER (state = 'COMPLETED') AS completed
    FROM jobs JOIN days ON submit_at >= since AND submit_at < until WHERE user_name IS NOT NULL GROUP BY ALL
)"""


def asking(*parts: str, jobs: str = "{jobs}") -> str:
    """Return a query from common table expressions and, last, what is selected from them. jobs: which ones to look at,
    all when left out.
    """
    *tables, wanted = parts
    return " ".join(["WITH jobs AS", ", ".join([jobs, *tables]), wanted])


COUNTS: Mapping[str, str] = {
    "started_in_time": asking(
        DAYS,
        KNOWN,
        HEARD,
        WAITED,
        """
        SELECT day, evidence_until, count(*) AS n, count(*) FILTER (is_in_time) AS hits
        FROM counted JOIN known USING (day) GROUP BY day, evidence_until""",
    ),
    "jobs_lost": asking(
        DAYS,
        KNOWN,
        ENDED,
        """
        SELECT day, evidence_until, count(*) AS n, count(*) FILTER (is_lost) AS hits
        FROM ended JOIN known USING (day) GROUP BY day, evidence_until""",
    ),
    "groups_helped": asking(
        DAYS,
        KNOWN,
        _GROUPS,
        """
        SELECT day, evidence_until, count(DISTINCT team_name) AS n,
            count(DISTINCT team_name) FILTER (completed > 0) AS hits
        FROM helped JOIN known USING (day) GROUP BY day, evidence_until""",
    ),
    "new_users": asking(
        DAYS,
        KNOWN,
        _FIRSTS,
        """
        SELECT day, evidence_until, count(*) AS n, count(*) FILTER (first_at >= since) AS hits
        FROM active JOIN firsts USING (user_name) JOIN known USING (day) JOIN days USING (day)
        WHERE (SELECT min(submit_at) FROM jobs) <= until - to_days($history_days)
        GROUP BY day, evidence_until""",
    ),
}


# The very rows behind one day's count, those that need care first.
ROWS: Mapping[str, str] = {
    "started_in_time": asking(
        DAYS,
        HEARD,
        WAITED,
        """
        SELECT *, count(*) OVER () AS total FROM counted ORDER BY is_in_time, waited_seconds DESC, ready_at, raw_id""",
    ),
    "jobs_lost": asking(
        DAYS,
        ENDED,
        """
        SELECT *, count(*) OVER () AS total FROM ended ORDER BY is_lost DESC, end_at DESC, raw_id""",
    ),
    "groups_helped": asking(
        DAYS,
        _GROUPS,
        """
        SELECT team_name, sum(ended)::BIGINT AS ended, sum(completed)::BIGINT AS completed, max(last_at) AS last_at,
            max(users) AS users, count(*) OVER () AS total
        FROM helped GROUP BY team_name ORDER BY completed DESC, ended DESC, team_name""",
    ),
    "new_users": asking(
        DAYS,
        _FIRSTS,
        """
        SELECT firsts.*, first_at AS submit_at, active.jobs, active.completed, count(*) OVER () AS total
        FROM active JOIN firsts USING (user_name) JOIN days USING (day) WHERE first_at >= days.since
        ORDER BY first_at DESC, raw_id""",
    ),
}


def given(team: Team, windows: Sequence[Window]) -> dict[str, Any]:
    """Return the parameters that the queries over windows name."""
    return (
        _promises(team)
        | _told(team)
        | {
            "own_reasons": list(OWN_REASONS),
            "own_pattern": OWN_REASON_PATTERN,
            "threshold": None,
            "history_days": HISTORY_DAYS,
            "day": [w.day for w in windows],
            "since": [w.since for w in windows],
            "until": [w.until for w in windows],
            "seen_at": [w.seen_at or w.until for w in windows],
            "now": timezone.now(),
        }
    )


def _promises(team: Team) -> dict[str, Any]:
    rows = list(
        Promise.objects.filter(team=team).values_list("cluster__name", "partition", "size_class", "wait_seconds")
    )
    columns = [[row[n] for row in rows] for n in range(4)]
    return dict(zip(("p_cluster", "p_partition", "p_size", "p_seconds"), columns, strict=True))


def _accounting(clusters: Iterable[Cluster]) -> Any:
    """Return the imports of accounting that said for which time they speak: said_since, said_until, ISO 8601 in UTC."""
    imports = BatchImport.objects.filter(cluster__in=clusters).exclude(format=BatchImport.NODE_EVENTS)
    # Cast, because a key of a JSON field compares as JSON, a text as text.
    said = {f"said_{key}": Cast(KT(f"result__{key}"), TextField()) for key in ("since", "until")}
    return imports.annotate(**said).exclude(said_until=None)


def spoken_for(cluster: Cluster, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans that imports of accounting said they speak for, as far as they touch a time. Aware instants."""
    first, last = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (since, until))
    touching = _accounting([cluster]).filter(said_since__lt=last, said_until__gt=first)
    pairs = touching.values_list("said_since", "said_until")
    return [(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in pairs]


def _told(team: Team) -> dict[str, Any]:
    imports = _accounting(Cluster.objects.filter(team=team))
    told = imports.values("cluster__name").annotate(at=Max("said_until")).order_by("cluster__name")
    return {"t_cluster": [row["cluster__name"] for row in told], "t_until": [row["at"] for row in told]}


def count(team: Team, question: str, windows: Sequence[Window]) -> dict[date, Row]:
    """Return for each day with something to count: n, hits, evidence_until. question: a key of COUNTS."""
    jobs = history(team)
    if not jobs.paths or not windows:
        return {}
    return {row["day"]: row for row in jobs.ask(COUNTS[question], given(team, windows))}


@dataclass(frozen=True, slots=True)
class Counted:
    """One slice of the rows behind a count, and how many there are in all."""

    rows: Sequence[Row]
    total: int


def rows(team: Team, question: str, window: Window, offset: int, limit: int) -> Counted:
    """Return one slice of the rows behind a count. question: a key of ROWS."""
    jobs = history(team)
    if not jobs.paths:
        return Counted([], 0)
    asked = given(team, [window])
    found = jobs.ask(f"{ROWS[question]} LIMIT $limit OFFSET $offset", asked | {"limit": limit, "offset": offset})
    first = found or (jobs.ask(f"{ROWS[question]} LIMIT 1", asked) if offset else [])
    return Counted(found, first[0]["total"] if first else 0)
