# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""Standard Workload Format: 18 columns (or more) of numbers, -1 for unknown, notes in a header of `;` lines.

Source: the format's definition at the Parallel Workloads Archive. Times count in seconds from UnixStartTime,
which is UTC; the TimeZone notes of the header ignore daylight saving and are not needed.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from hortus.telemetry.batch.canonical import Tally
from hortus.telemetry.batch.formats.lines import lines_sql, quoted
from hortus.telemetry.batch.record import RAW
from hortus.telemetry.batch.source import Chunk, Source, line_chunks

FIELDS = 18
# Status 2 to 4 are parts of a job that a line with status 0 or 1 sums up.
_STATES = {"0": "FAILED", "1": "COMPLETED", "5": "CANCELLED"}
_PART = ("2", "3", "4")


@dataclass(frozen=True)
class Swf:
    """What the header says: where time begins, and names of queues and partitions by number."""

    start_seconds: int
    start_known: bool
    queues: Mapping[str, str] = field(default_factory=dict)
    partitions: Mapping[str, str] = field(default_factory=dict)

    name = "swf"
    id_pattern = r"\d+"
    unit = "line"

    def identity(self) -> str:
        """Say all that decides how a chunk is read."""
        return json.dumps([self.name, self.start_seconds, dict(self.queues), dict(self.partitions)])

    def notes(self) -> list[str]:
        """Say what the header left open."""
        if self.start_known:
            return []
        return [
            "The file does not say when it starts (no UnixStartTime), so its times count from "
            "1970-01-01; give a start date to place it."
        ]

    def chunks(self, source: Source) -> Iterator[Chunk]:
        """Yield chunks of whole lines."""
        return line_chunks(source)

    def fill(self, con: duckdb.DuckDBPyConnection, path: Path, chunk: Chunk, tally: Tally) -> None:
        """Make the temporary table `raw` from a file of cleaned lines."""
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE pieces AS SELECT no, line, string_split_regex(trim(line), '[ \t]+') AS f
            FROM {lines_sql(path)} WHERE line IS NOT NULL AND trim(line) <> ''"""
        )
        numbers = (
            "try_cast(f[2] AS DOUBLE) AS submit_s, try_cast(f[3] AS DOUBLE) AS wait_s, "
            "try_cast(f[4] AS DOUBLE) AS run_s"
        )
        cells = ", ".join(f'({self._cells().get(name, "NULL")})::VARCHAR AS "{name}"' for name in RAW)
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE raw AS SELECT no, {cells}, f[11] IN {_PART} AS is_step
            FROM (SELECT *, {numbers} FROM pieces WHERE len(f) >= {FIELDS} AND NOT starts_with(line, ';'))"""
        )
        odd = con.execute(
            f"SELECT no FROM pieces WHERE len(f) < {FIELDS} AND NOT starts_with(trim(line), ';')"
        ).fetchall()
        for (no,) in odd:
            tally.refuse("wrong number of fields", no)
        con.execute("DROP TABLE pieces")

    def _cells(self) -> dict[str, str]:
        start = (
            f"CASE WHEN submit_s >= 0 AND wait_s >= 0 AND run_s >= 0 THEN ({self.start_seconds} + "
            f"submit_s + wait_s)::BIGINT END"
        )
        submit = f"CASE WHEN submit_s >= 0 THEN ({self.start_seconds} + submit_s)::BIGINT END"
        known = "nullif(f[{}], '-1')"
        states = " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in _STATES.items())
        processors = f"coalesce({known.format(8)}, {known.format(5)})"
        return {
            "job_id": "f[1]",
            "raw_id": "f[1]",
            "user_name": known.format(12),
            "group_name": known.format(13),
            "qos": _named(self.queues, 15),
            "partition": _named(self.partitions, 16),
            "submit": f"coalesce({_padded(submit)}, {known.format(2)})",
            "start": _padded(start),
            "end": _padded(f"({start}) + run_s::BIGINT"),
            "elapsed": "CASE WHEN run_s >= 0 THEN run_s::BIGINT END",
            "state": f"CASE f[11] {states} ELSE 'UNKNOWN' END",
            "timelimit_minutes": "CASE WHEN try_cast(f[9] AS DOUBLE) > 0 THEN "
            "ceil(try_cast(f[9] AS DOUBLE) / 60)::BIGINT END",
            "req_cpus": processors,
            "alloc_cpus": f"coalesce({known.format(5)}, {known.format(8)})",
            "req_mem": "CASE WHEN try_cast(f[10] AS DOUBLE) > 0 THEN f[10] || 'Kc' END",
        }


def _padded(seconds: str) -> str:
    """Give SQL text of an epoch time in full length, so that second 0 is not taken for an absent time."""
    return f"lpad(({seconds})::VARCHAR, 11, '0')"


def _named(names: Mapping[str, str], column: int) -> str:
    arms = " ".join(f"WHEN {quoted(number)} THEN {quoted(name)}" for number, name in names.items())
    plain = f"nullif(f[{column}], '-1')"
    return f"CASE f[{column}] {arms} ELSE {plain} END" if arms else plain


_NOTE = re.compile(r";\s*([A-Za-z]+)\s*:\s*(.*?)\s*$")
_NUMBERED = re.compile(r"(\d+)\s+(\S.*?)(?:\s+\[.*)?$")


def looks_like(lines: list[str]) -> bool:
    """Tell whether lines look like the format: numbers in 18 or more columns."""
    rows = [line.split() for line in lines if line.strip() and not line.lstrip().startswith(";")]
    return bool(rows) and all(len(row) >= FIELDS and re.fullmatch(r"-?[\d.]+", row[1]) for row in rows[:5])


def from_head(lines: list[str], starts_at: datetime | None) -> Swf:
    """Read the header. `starts_at` (aware) overrides UnixStartTime."""
    begins, known, numbered = 0, False, {"queue": {}, "partition": {}}  # type: ignore[var-annotated]
    for line in lines:
        found = _NOTE.match(line)
        if not found:
            continue
        key, value = found[1].lower(), found[2]
        if key == "unixstarttime" and re.fullmatch(r"\d+", value):
            begins, known = int(value), True
        pair = _NUMBERED.match(value)
        if key in numbered and pair:
            numbered[key][pair[1]] = pair[2]
    if starts_at:
        begins, known = int(starts_at.astimezone(UTC).timestamp()), True
    return Swf(begins, known, numbered["queue"], numbered["partition"])
