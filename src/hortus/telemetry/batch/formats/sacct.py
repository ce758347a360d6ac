# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""sacct --parsable and --parsable2: with or without a header, any delimiter. The layout, and a chunk as raw columns."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hortus.telemetry.batch.canonical import Tally
from hortus.telemetry.batch.formats import repair
from hortus.telemetry.batch.formats.lines import append_rows, lines_sql, quoted
from hortus.telemetry.batch.record import RAW
from hortus.telemetry.batch.source import Chunk, Source, line_chunks
from hortus.telemetry.batch.unreadable import Unreadable

# The order in which XDMoD asks sacct for its log; such files have no header.
_XDMOD_ORDER = (
    "jobid jobidraw cluster partition qos account group gid user uid submit eligible start end "
    "elapsed exitcode state nnodes ncpus reqcpus reqmem reqtres alloctres timelimit nodelist jobname "
)
XDMOD = tuple(_XDMOD_ORDER.split())
SACCT_DEFAULT = ("jobid", "jobname", "partition", "account", "alloccpus", "state", "exitcode")
ADVISED = (
    "JobID,JobIDRaw,Cluster,User,Group,Account,Partition,QOS,State,ExitCode,DerivedExitCode,Submit,Eligible,Start,End,"
    "ElapsedRaw,TimelimitRaw,ReqCPUS,AllocCPUS,NNodes,ReqMem,ReqTRES,AllocTRES,NodeList,Reason,JobName"
)
_NEEDED = ("submit", "state")
_FROM: dict[str, tuple[str, ...]] = {
    "job_id": ("jobid", "jobidraw"),
    "raw_id": ("jobidraw",),
    "cluster": ("cluster",),
    "user_name": ("user",),
    "group_name": ("group",),
    "account": ("account",),
    "partition": ("partition",),
    "qos": ("qos",),
    "name": ("jobname",),
    "submit": ("submit",),
    "eligible": ("eligible",),
    "start": ("start",),
    "end": ("end",),
    "elapsed": ("elapsedraw",),
    "state": ("state",),
    "exit": ("exitcode",),
    "derived_exit": ("derivedexitcode",),
    "timelimit": ("timelimit",),
    "timelimit_minutes": ("timelimitraw",),
    "req_cpus": ("reqcpus",),
    "alloc_cpus": ("alloccpus", "ncpus"),
    "nodes": ("nnodes", "allocnodes"),
    "req_mem": ("reqmem",),
    "req_tres": ("reqtres",),
    "alloc_tres": ("alloctres",),
    "node_list": ("nodelist",),
    "reason": ("reason",),
}
_USED = frozenset(name for names in _FROM.values() for name in names)
_DELIMITERS = ("|", "\x1f", "\t", ";", ",", "^", "~", "\x1e")
_HEADER = re.compile(r"([A-Za-z]+)([^A-Za-z0-9]+)[A-Za-z]")


@dataclass(frozen=True)
class Sacct:
    """A layout of sacct output: lower-case column names, the delimiter, and whether each line ends in one."""

    columns: tuple[str, ...]
    delimiter: str
    trailing: bool = False

    name = "sacct"
    id_pattern = r"\d+(_(\d+|\[[^\]]*\]?))?(\+\d+)?"
    unit = "line"

    @property
    def width(self) -> int:
        return len(self.columns) + self.trailing

    def identity(self) -> str:
        """Say all that decides how a chunk is read."""
        return json.dumps([self.name, self.columns, self.delimiter, self.trailing])

    def notes(self) -> list[str]:
        """Say what this layout cannot give."""
        if "jobidraw" in self.columns:
            return []
        return [
            "There is no JobIDRaw column, so JobID names the jobs: array tasks imported with "
            "and without it count twice."
        ]

    def chunks(self, source: Source) -> Iterator[Chunk]:
        """Yield chunks that end with a whole record."""
        return line_chunks(source, holds_back=self._held_back)

    def _held_back(self, data: bytes) -> int:
        mark, odd = self.delimiter.encode(), 0
        end = len(data)
        for _ in range(32):
            begin = data.rfind(b"\n", 0, end - 1) + 1
            if begin == 0 or data.count(mark, begin, end) == self.width - 1:
                return odd
            odd, end = len(data) - begin, begin
        return 0

    def _cell(self, name: str) -> str:
        found = next((c for c in _FROM.get(name, ()) if c in self.columns), None)
        return f"f[{self.columns.index(found) + 1}]" if found else "NULL::VARCHAR"

    def fill(self, con: duckdb.DuckDBPyConnection, path: Path, chunk: Chunk, tally: Tally) -> None:
        """Make the temporary table `raw` from a file of cleaned lines."""
        cells = ", ".join(f'{self._cell(name)} AS "{name}"' for name in RAW)
        split = f"string_split(line, {quoted(self.delimiter)})"
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE raw AS SELECT no, {cells}, contains(job_id, '.') AS is_step
            FROM (SELECT no, {split} AS f FROM {lines_sql(path)}) WHERE len(f) = {self.width}"""
        )
        self._drop_headers(con, tally)
        ((whole,),) = con.execute("SELECT count(*) FROM raw").fetchall()
        if whole + tally.skipped.get("header lines", 0) < chunk.lines:
            self._mend(
                con,
                con.execute(f"SELECT no, line FROM {lines_sql(path)} WHERE len({split}) <> {self.width}").fetchall(),
                tally,
            )

    def _drop_headers(self, con: duckdb.DuckDBPyConnection, tally: Tally) -> None:
        ((found,),) = con.execute("DELETE FROM raw WHERE lower(job_id) IN ('jobid', 'jobidraw')").fetchall()
        if found:
            tally.skipped["header lines"] = found

    def _mend(self, con: duckdb.DuckDBPyConnection, odd: Sequence[tuple[int, str]], tally: Tally) -> None:
        mender = repair.Mender(self.columns, self.delimiter, self.trailing, _USED)
        filled = [(no, line) for no, line in odd if line and line.strip()]
        rows = []
        for run in repair.runs(filled):
            for outcome in mender.mend(run):
                if isinstance(outcome, repair.Repaired):
                    rows.append(self._row(outcome))
                    tally.notes["repaired"] = tally.notes.get("repaired", 0) + 1
                elif isinstance(outcome, repair.Continued):
                    tally.skipped["continuation lines"] = tally.skipped.get("continuation lines", 0) + 1
                else:
                    tally.refuse("wrong number of fields", outcome.line)
        append_rows(con, rows)

    def _row(self, record: repair.Repaired) -> dict[str, object]:
        cells = dict(zip(self.columns, record.fields, strict=True))
        row: dict[str, object] = {
            name: next((cells[c] for c in given if c in cells), None) for name, given in _FROM.items()
        }
        return {**row, "no": record.line, "is_step": "." in str(row["job_id"])}


def _checked(columns: Sequence[str], delimiter: str, trailing: bool, label: str) -> Sacct:
    missing = [name for name in _NEEDED if name not in columns]
    if not {"jobid", "jobidraw"} & set(columns):
        missing.insert(0, "jobid")
    if missing:
        words = {"jobid": "JobID", "submit": "Submit", "state": "State"}
        raise Unreadable(
            f"{label} has no column {', '.join(words[m] for m in missing)}, so its jobs cannot "
            f"be told apart or placed in time: "
            f"run sacct -a -D --parsable2 --format={ADVISED}."
        )
    return Sacct(tuple(columns), delimiter, trailing)


def from_header(line: str, label: str, delimiter: str | None = None) -> Sacct | None:
    """Read a header line; None where the line is none. Raises `Unreadable` where a needed column is absent."""
    found = _HEADER.match(line)
    mark = delimiter or (found[2] if found else None)
    if not mark:
        return None
    names = [part.strip().lower() for part in line.split(mark)]
    if not {"jobid", "jobidraw"} & set(names):
        return None
    trailing = names[-1] == ""
    columns = names[:-1] if trailing else names
    if len(set(columns)) < len(columns):
        columns = [name if columns.index(name) == at else f"{name}#{at}" for at, name in enumerate(columns)]
    return _checked(columns, mark, trailing, label)


def _by_given(fields: int, columns: Sequence[str], delimiter: str, label: str) -> Sacct:
    names = [name.strip().lower() for name in columns]
    if fields not in {len(names), len(names) + 1}:
        raise Unreadable(
            f"{label} has {fields} fields a line, but {len(names)} columns were named: name them all, in order."
        )
    return _checked(names, delimiter, fields == len(names) + 1, label)


def _width(lines: Sequence[str], mark: str) -> int:
    widths = [line.count(mark) + 1 for line in lines if line.strip()]
    return max(set(widths), key=widths.count) if widths else 0


def _known_order(lines: Sequence[str], mark: str) -> tuple[tuple[str, ...], bool] | None:
    width = _width(lines, mark)
    for columns in (XDMOD, SACCT_DEFAULT):
        trailing = width == len(columns) + 1
        if width - trailing != len(columns):
            continue
        rows = [line.split(mark)[: len(columns)] for line in lines if line.count(mark) + 1 == width]
        if any(repair.plausible(columns, row) for row in rows):
            return columns, trailing
    return None


def from_lines(lines: Sequence[str], label: str, columns: Sequence[str] | None, delimiter: str | None) -> Sacct | None:
    """Find the layout of lines without a header: as given, or one of the known orders; None where they are no
    sacct output."""
    marks = (delimiter,) if delimiter else _DELIMITERS
    if columns:
        mark = max(marks, key=lambda m: _width(lines, m))
        return _by_given(_width(lines, mark), columns, mark, label)
    for mark in marks:
        known = _known_order(lines, mark)
        if known:
            return _checked(known[0], mark, known[1], label)
    mark = max(marks, key=lambda m: _width(lines, m))
    if _width(lines, mark) >= 3 and any(repair.fits("jobid", line.split(mark)[0]) for line in lines):
        raise Unreadable(
            f"{label} has no header, and {_width(lines, mark)} fields a line are no order we "
            f"know: name the columns in order "
            "(as given to sacct --format), or run sacct without --noheader."
        )
    return None
