# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""Raw text columns into the one job shape: times, states, sizes, and why a row is refused. In SQL, for a chunk at once.

Words of few distinct values (states, limits, resource lists) are read by `rules` once a value, so that there
is one truth about them and it is plain Python.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb
import numpy as np

from hortus.telemetry.batch import rules
from hortus.telemetry.batch.record import COLUMNS
from hortus.telemetry.batch.zones import Clock, clock

LINES_KEPT = 20
TIMES = ("submit", "eligible", "start", "end")
_BLANK = "|Unknown|None|NONE|N/A|NULL|0|-1"


@dataclass
class Tally:
    """What became of the rows of a chunk (or of all): counts, line numbers of refused rows, span, and things
    worth saying.

    `parts` are the good rows by month and named cluster (month, cluster, rows, first, last); `other_lines`
    are the first lines of each named cluster.
    """

    rows: int = 0
    steps: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    months: dict[str, int] = field(default_factory=dict)
    clusters: dict[str, int] = field(default_factory=dict)
    unknown_states: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    other_lines: dict[str, list[int]] = field(default_factory=dict)
    first: str | None = None
    last: str | None = None
    parts: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, reason: str, line: int) -> None:
        """Count a refused row; the first lines of each reason are kept."""
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        kept = self.lines.setdefault(reason, [])
        kept.append(line)
        if len(kept) > 4 * LINES_KEPT:
            self.lines[reason] = sorted(kept)[:LINES_KEPT]

    def add(self, other: "Tally", *, first_line: int = 1) -> None:
        """Take in the tally of a further chunk, whose lines are counted from 1 and begin at `first_line` of
        the source."""
        self.rows += other.rows
        self.steps += other.steps
        for name in ("skipped", "reasons", "months", "clusters", "unknown_states", "notes"):
            mine = getattr(self, name)
            for key, count in getattr(other, name).items():
                mine[key] = mine.get(key, 0) + count
        for mine, theirs in ((self.lines, other.lines), (self.other_lines, other.other_lines)):
            for key, lines in theirs.items():
                found = [*mine.get(key, []), *(line + first_line - 1 for line in lines)]
                mine[key] = sorted(found)[:LINES_KEPT]
        self.first = min(filter(None, (self.first, other.first)), default=None)
        self.last = max(filter(None, (self.last, other.last)), default=None)


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, tuple[str, list[Any]]]) -> None:
    """Make a temporary table from Python lists; None becomes NULL."""
    con.register("given", {key: np.array(values, dtype=object) for key, (_, values) in columns.items()})
    select = ", ".join(f'"{key}"::{kind} AS "{key}"' for key, (kind, _) in columns.items())
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {select} FROM given")
    con.unregister("given")


def _distinct(con: duckdb.DuckDBPyConnection, *columns: str) -> list[str]:
    union = " UNION ".join(f'SELECT DISTINCT "{c}" AS t FROM raw WHERE "{c}" IS NOT NULL' for c in columns)
    return [row[0] for row in con.execute(union).fetchall()]


def _words(
    con: duckdb.DuckDBPyConnection, name: str, texts: list[str], read: Callable[[str], Iterable[Any]], **kinds: str
) -> None:
    rows = [tuple(read(text)) for text in texts]
    columns: dict[str, tuple[str, list[Any]]] = {"t": ("VARCHAR", [str(t) for t in texts] or [None])}
    for at, (key, kind) in enumerate(kinds.items()):
        columns[key] = (kind, [row[at] for row in rows] or [None])
    # Numbers travel as text: an object array of only None would have no type.
    texted = {key: (kind, [None if v is None else str(v) for v in values]) for key, (kind, values) in columns.items()}
    _table(con, name, texted)


def _state(text: str) -> tuple[str, int]:
    state = rules.canonical_state(text)
    return state, rules.phase(state)


def _tres(text: str) -> tuple[int | None, ...]:
    found = rules.tres(text)
    return found.cpus, found.nodes, found.gpus, found.memory_bytes


def _read_words(con: duckdb.DuckDBPyConnection) -> None:
    _words(con, "m_state", _distinct(con, "state"), _state, state="VARCHAR", phase="INTEGER")
    _words(
        con, "m_exit", _distinct(con, "exit", "derived_exit"), lambda t: rules.exit_pair(t) or (None, None),
        code="INTEGER", signal="INTEGER",
    )  # fmt: skip
    _words(con, "m_limit", _distinct(con, "timelimit"), lambda t: (rules.duration_seconds(t),), seconds="BIGINT")
    _words(
        con, "m_memory", _distinct(con, "req_mem"), lambda t: rules.memory_request(t) or (None, None),
        bytes="BIGINT", per="VARCHAR",
    )  # fmt: skip
    _words(
        con, "m_tres", _distinct(con, "req_tres", "alloc_tres"), _tres,
        cpus="INTEGER", nodes="INTEGER", gpus="INTEGER", memory="BIGINT",
    )  # fmt: skip


def _time_columns() -> str:
    """Give SQL that splits each time into a local reading (no offset) and a direct one (epoch, or with offset)."""
    parts = []
    for name in TIMES:
        t = f'raw."{name}"'
        parts.append(f"CASE WHEN length({t}) = 19 THEN try_cast({t} AS TIMESTAMP) END AS {name}_local")
        parts.append(
            f"CASE WHEN length({t}) BETWEEN 2 AND 11 AND NOT starts_with({t}, '-')"
            f" THEN make_timestamp(try_cast({t} AS BIGINT) * 1000000)"
            rf" WHEN length({t}) > 19 AND regexp_matches({t}, '(Z|[+-]\d\d:?\d\d)$')"
            f" THEN try_cast({t} AS TIMESTAMPTZ)::TIMESTAMP END AS {name}_direct"
        )
    return ",\n".join(parts)


def _is_blank(name: str) -> str:
    """Give SQL that is true where a time that could not be read is merely absent; only evaluated for those."""
    return f"""(r."{name}" IS NULL OR regexp_full_match(r."{name}", '{_BLANK}'))"""


_LOCALS = ", ".join(f"{name}_local" for name in TIMES)


def _clock_for(con: duckdb.DuckDBPyConnection, zone: str) -> Clock:
    if zone == "UTC":
        return Clock("UTC", 0, ())
    span = con.execute(f"SELECT year(min(least({_LOCALS}))), year(max(greatest({_LOCALS}))) FROM timed").fetchall()
    low, high = span[0]
    if low is None or high is None:
        return clock(zone, 2000, 2000)
    return clock(zone, max(1900, low), min(2100, max(low, high)))


def _utc(name: str, hands: Clock, after: str | None) -> str:
    local, plain = f"{name}_local", f"{name}_plain"
    plain = f"coalesce({name}_direct, {hands.to_utc(local)})"
    if hands.is_fixed or after is None:
        return plain
    later = hands.second_reading(local, plain)
    # A start in the repeated hour that seems to precede its submit was read an hour early.
    return f"CASE WHEN {plain} < {after} AND {later} >= {after} THEN {later} ELSE {plain} END"


def _pick_times(con: duckdb.DuckDBPyConnection, hands: Clock) -> None:
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE timed_submit AS SELECT *, {_utc('submit', hands, None)} AS submit_t FROM timed"
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE moments AS
            SELECT *, {_utc("end", hands, "coalesce(start_t, submit_t)")} AS end_t FROM (
            SELECT *, {_utc("eligible", hands, "submit_t")} AS eligible_t, {_utc("start", hands, "submit_t")} AS start_t
            FROM timed_submit)"""
    )
    con.execute("DROP TABLE timed_submit")


def _read_times(con: duckdb.DuckDBPyConnection, zone: str, tally: Tally) -> str:
    """Read the times into UTC; give the FROM clause that has raw columns and moments side by side."""
    if zone == "UTC":
        picks = ", ".join(f"coalesce({n}_direct, {n}_local) AS {n}_t" for n in TIMES)
        return f"(SELECT *, {picks} FROM (SELECT raw.*, {_time_columns()} FROM raw))"
    con.execute(f"CREATE OR REPLACE TEMP TABLE timed AS SELECT raw.*, {_time_columns()} FROM raw")
    hands = _clock_for(con, zone)
    for note, test in (("repeated", hands.is_repeated), ("skipped", hands.is_skipped)):
        if not hands.is_fixed:
            doubts = " OR ".join(test(f"{name}_local") for name in TIMES)
            ((found,),) = con.execute(f"SELECT count(*) FROM timed WHERE {doubts}").fetchall()
            if found:
                tally.notes[f"{note}_hour"] = found
    _pick_times(con, hands)
    con.execute("DROP TABLE timed")
    return "moments"


_NO_NODES = "lower(r.node_list) IN ('none assigned', 'none', '(null)', 'nan')"


def _classified(source: str, id_pattern: str | None) -> str:
    """Give SQL of every row with its words read and the reason it is refused, NULL for a good one."""
    odd_id = f"NOT regexp_full_match(r.job_id, '{id_pattern}')" if id_pattern else "FALSE"
    others = ("eligible", "start", "end")
    stray = " OR ".join(f"CASE WHEN {n}_t IS NULL THEN NOT {_is_blank(n)} ELSE FALSE END" for n in others)
    return f"""
    SELECT r.*, s.state AS state_word, s.phase, e.code, e.signal, d.code AS derived_code, d.signal AS derived_signal,
      l.seconds AS limit_seconds, m.bytes AS memory_amount, m.per AS memory_per,
      q.cpus AS q_cpus, q.nodes AS q_nodes, q.gpus AS q_gpus, q.memory AS q_memory,
      a.cpus AS a_cpus, a.nodes AS a_nodes, a.gpus AS a_gpus,
      r.phase_never OR s.phase = 0 AS never,
      CASE WHEN coalesce(r.job_id, '') = '' THEN 'no job id'
        WHEN {odd_id} THEN 'job id not understood'
        WHEN submit_t IS NULL THEN
          CASE WHEN {_is_blank("submit")} THEN 'no submit time' ELSE 'submit time not understood' END
        WHEN submit_t < '1970-01-01' OR submit_t >= '2200-01-01' THEN 'submit time not understood'
        WHEN {stray} THEN 'eligible, start or end time not understood'
        WHEN coalesce(r.state, '') = '' THEN 'no state'
      END AS refused
    FROM (SELECT *, coalesce(start_t = end_t AND ({_NO_NODES} OR r.alloc_cpus = '0'
            OR (coalesce(r.node_list, '') = '' AND starts_with(upper(r.state), 'CANCELLED'))), FALSE) AS phase_never
          FROM {source} AS r) AS r
    LEFT JOIN m_state AS s ON r.state = s.t
    LEFT JOIN m_exit AS e ON r.exit = e.t
    LEFT JOIN m_exit AS d ON r.derived_exit = d.t
    LEFT JOIN m_limit AS l ON r.timelimit = l.t
    LEFT JOIN m_memory AS m ON r.req_mem = m.t
    LEFT JOIN m_tres AS q ON r.req_tres = q.t
    LEFT JOIN m_tres AS a ON r.alloc_tres = a.t
    """


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(name: str) -> str:
    return f"nullif(nullif(nullif(c.{name}, ''), 'None'), 'Unknown')"


def _final(cluster: str, source_format: str) -> dict[str, str]:
    """Give, column by column, the SQL over the classified rows `c`."""
    number = "nullif(greatest(try_cast(c.{} AS INTEGER), 0), 0)"
    start = "CASE WHEN NOT c.never THEN c.start_t END"
    end = "CASE WHEN c.phase = 2 THEN c.end_t END"  # squeue gives running jobs a foreseen end
    elapsed = "try_cast(c.elapsed AS BIGINT)"
    started = f"(NOT c.never AND (c.start_t IS NOT NULL OR coalesce({elapsed}, 0) > 0))"
    span = "date_diff('second', c.start_t, c.end_t)"
    cpus = f"coalesce({number.format('req_cpus')}, c.q_cpus)"
    nodes = f"coalesce({number.format('nodes')}, c.a_nodes, c.q_nodes)"
    gpus = "coalesce(c.a_gpus, c.q_gpus, CASE WHEN coalesce(c.req_tres, c.alloc_tres, '') <> '' THEN 0 END)"
    times = f"CASE c.memory_per WHEN 'cpu' THEN {cpus} WHEN 'node' THEN {nodes} ELSE 1 END"
    return {
        "cluster": _quoted(cluster),
        "raw_id": "coalesce(nullif(c.raw_id, ''), c.job_id)",
        "job_id": "c.job_id",
        "attempt": "coalesce(try_cast(c.attempt AS INTEGER), 0)",
        "array_job_id": "CASE WHEN contains(c.job_id, '_') THEN split_part(c.job_id, '_', 1) END",
        "array_task": "CASE WHEN contains(c.job_id, '_') THEN try_cast(split_part(c.job_id, '_', 2) AS INTEGER) END",
        **{n: _text(n) for n in ("user_name", "group_name", "account", "partition", "qos")},
        "name": "nullif(c.name, '')",
        "submit_at": "c.submit_t",
        "eligible_at": "c.eligible_t",
        "start_at": start,
        "end_at": end,
        "started": started,
        "run_seconds": f"CASE WHEN {started} AND coalesce({elapsed}, {span}) >= 0 THEN coalesce({elapsed}, {span}) END",
        "state": "c.state_word",
        "state_raw": "c.state",
        "exit_code": "c.code",
        "exit_signal": "c.signal",
        "derived_exit_code": "c.derived_code",
        "derived_exit_signal": "c.derived_signal",
        "requested_cpus": cpus,
        "allocated_cpus": f"CASE WHEN {started} THEN coalesce({number.format('alloc_cpus')}, c.a_cpus) END",
        "nodes": nodes,
        "memory_bytes": f"coalesce(c.q_memory, try_cast(c.memory_amount::HUGEINT * {times} AS BIGINT))",
        "gpus": gpus,
        "timelimit_seconds": "coalesce(try_cast(c.timelimit_minutes AS BIGINT) * 60, c.limit_seconds)",
        "node_list": f"CASE WHEN NOT ({_NO_NODES.replace('r.', 'c.')}) THEN nullif(c.node_list, '') END",
        "reason": _text("reason"),
        "source": _quoted(source_format),
    }


def settle(
    con: duckdb.DuckDBPyConnection, *, cluster: str, source_format: str, zone: str, id_pattern: str | None, tally: Tally
) -> None:
    """Turn the temporary table `raw` into `settled`, the good rows in their final shape; count the others in `tally`.

    `raw` has `no` (line number, from 1), `is_step`, and the columns of `record.RAW`, all text. `settled` has
    the columns of `record.COLUMNS` and besides `named_cluster` and `refused`, NULL for good rows.
    """
    _read_words(con)
    source = _read_times(con, zone, tally)
    picks = []
    for name, sql in _final(cluster, source_format).items():
        is_time = COLUMNS[name] == "TIMESTAMPTZ"
        picks.append(f'{f"make_timestamptz(epoch_us({sql}))" if is_time else f"({sql})::{COLUMNS[name]}"} AS "{name}"')
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE settled AS
        SELECT {", ".join(picks)}, c.no AS line, coalesce(c.cluster, '') AS named_cluster, c.refused
        FROM ({_classified(f"(SELECT * FROM {source} WHERE NOT is_step)", id_pattern)}) AS c"""
    )
    _count(con, tally)
    con.execute("DROP TABLE IF EXISTS moments; DROP TABLE raw")


def _count(con: duckdb.DuckDBPyConnection, tally: Tally) -> None:
    ((steps,),) = con.execute("SELECT count(*) FROM raw WHERE is_step").fetchall()
    tally.steps += steps
    _count_parts(con, tally)
    odd = (
        "SELECT state_raw, count(*) FROM settled WHERE refused IS NULL AND state = 'UNKNOWN' "
        "AND state_raw <> 'UNKNOWN' "
        "GROUP BY 1 ORDER BY 2 DESC LIMIT 20"
    )
    tally.unknown_states = dict(con.execute(odd).fetchall())
    refused = (
        f"SELECT refused, count(*), list(line ORDER BY line)[:{LINES_KEPT}] FROM settled WHERE "
        f"refused IS NOT NULL GROUP BY 1"
    )
    for reason, count, lines in con.execute(refused).fetchall():
        tally.add(Tally(reasons={reason: count}, lines={reason: lines}))


def _count_parts(con: duckdb.DuckDBPyConnection, tally: Tally) -> None:
    parts = """SELECT strftime(submit_at, '%Y-%m'), named_cluster, count(*),
          epoch_us(min(submit_at)), epoch_us(max(submit_at))
        FROM settled WHERE refused IS NULL GROUP BY 1, 2 ORDER BY 1, 2"""
    for month, named, count, low, high in con.execute(parts).fetchall():
        first, last = (datetime.fromtimestamp(us // 1_000_000, UTC).isoformat() for us in (low, high))
        tally.add(Tally(rows=count, months={month: count}, clusters={named: count}, first=first, last=last))
        tally.parts.append({"month": month, "cluster": named, "rows": count, "first": first, "last": last})
    if len(tally.clusters) > 1 or any(tally.clusters):
        lines = (
            f"SELECT named_cluster, list(line ORDER BY line)[:{LINES_KEPT}] FROM settled WHERE "
            f"refused IS NULL GROUP BY 1"
        )
        tally.other_lines = dict(con.execute(lines).fetchall())
