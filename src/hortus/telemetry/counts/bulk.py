"""Reads whole files of events (NDJSON, JSON, CSV, Parquet) with DuckDB: millions a second where everything is right.

The fast way only says what it is sure of: one event that it cannot read at once, and the file is read again event by
event (events.py), which finds the fault and its line; of NDJSON only the blocks that hold one. Both ways agree, which a
test holds them to, but for one thing: DuckDB lets a comma pass that stands before the closing brace of an object.
"""

import contextlib
import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import numpy as np

from hortus.telemetry.counts.counting import FIRST_MINUTE, Counts
from hortus.telemetry.counts.events import AHEAD_MINUTES, Events, Names, parsed_document, parsed_lines, read
from hortus.values.refused import Refused

Progress = Callable[..., None]

_FIELDS = ("sli", "at", "minute", "ok", "good", "bad", "total")
_MAGIC = b"PAR1"
_ROWS = 10_000
_BLOCK = 2 << 20
_WORTH = 1 << 19  # from so many bytes on a body is read in bulk; below, starting DuckDB takes longer than reading it


def format_of(path: Path) -> str:
    """Tell what a file holds by its first bytes: Parquet, CSV with a header, NDJSON, or else a JSON document."""
    with path.open("rb") as file:
        begin = file.read(65_536)
    if begin.startswith(_MAGIC):
        return "parquet"
    first = begin.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].strip()
    if first[:1] not in (b"{", b"["):
        return "csv"
    try:
        return "ndjson" if isinstance(json.loads(first), dict) and b'"events"' not in first else "json"
    except ValueError:
        return "json"


def read_file(path: Path, names: Names, now: datetime, progress: Progress | None = None) -> tuple[Events, Counts]:
    """Return what was read from a file and its counts. Raises Refused when it cannot be read at all.

    progress: called with (bytes done, bytes in all) where the file has to be read event by event.
    """
    kind = format_of(path)
    if kind != "json":
        with _connect(names) as con:
            fast = _fast(con, path, kind, now)
            if fast is None and kind == "ndjson":
                with path.open("rb") as file:
                    return _by_blocks(con, file, names, now, progress or _silent, path.stat().st_size)
        if fast is not None:
            return Events(accepted=len(fast)), fast
    found = read(_slowly(path, kind, progress or _silent), names, now)
    return found, found.counts()


def read_lines(body: bytes, names: Names, now: datetime) -> tuple[Events, Counts]:
    """Return what was read from NDJSON in memory and its counts, as `read_file` does."""
    file = io.BytesIO(body)
    if len(body) < _WORTH:
        found = read(parsed_lines(file), names, now)
        return found, found.counts()
    with _connect(names) as con:
        return _by_blocks(con, file, names, now, _silent, len(body))


def _silent(_done: int, _size: int) -> None:
    """Tell nobody."""


def _by_blocks(
    con: duckdb.DuckDBPyConnection, file: BinaryIO, names: Names, now: datetime, progress: Progress, size: int
) -> tuple[Events, Counts]:  # fmt: skip
    """Read NDJSON block by block: those in which all is right at once, the others line by line."""
    found, parts, line = Events(), list[Counts](), 1
    with tempfile.TemporaryDirectory(prefix="hortus-events-") as folder:
        path = Path(folder) / "block"
        while some := file.read(_BLOCK) + file.readline():
            path.write_bytes(some)
            fast = _fast(con, path, "ndjson", now)
            if fast is None:
                read(parsed_lines(io.BytesIO(some), line), names, now, found)
            else:
                found.accepted += len(fast)
                parts.append(fast)
            line += some.count(b"\n")
            progress(file.tell(), size)
    return found, Counts.together([found.counts(), *parts])


def _relation(path: Path, kind: str) -> str:
    """Return SQL that gives the fields of a file; those that it does not have come as NULL."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    if kind == "ndjson":
        columns = ", ".join(f"'{name}': 'JSON'" for name in _FIELDS)  # as written: a number is no name, a text no truth
        return f"read_json({quoted}, format='newline_delimited', columns={{{columns}}})"
    if kind == "csv":
        return f"read_csv({quoted}, all_varchar=true, header=true)"
    return f"read_parquet({quoted})"


def _connect(names: Names) -> duckdb.DuckDBPyConnection:
    """Open DuckDB with the names that events may have: as they are, and as JSON spells them."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET enable_progress_bar = false")  # it would draw over ours
    # Of a file it knows no size and takes it for the smaller side of a join: then it would hash every event, not the
    # few names, which takes as long as all the rest.
    con.execute("SET disabled_optimizers = 'build_side_probe_side'")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("CREATE TEMP TABLE known (name VARCHAR, spelled VARCHAR, id BIGINT)")
    listed = [list(names.ids), [json.dumps(name) for name in names.ids], list(names.ids.values())]
    con.execute("INSERT INTO known SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[])", listed)
    return con


def _types(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}  # noqa: S608


def _fast(con: duckdb.DuckDBPyConnection, path: Path, kind: str, now: datetime) -> Counts | None:
    """Return what a file holds, event by event, when all of it is right, None otherwise."""
    try:
        relation = _relation(path, kind)
        types = _types(con, relation)
        if "sli" not in types or not {"at", "minute"} & set(types):
            return None
        columns = con.execute(_plain(relation, types)).fetchnumpy()
    except duckdb.Error:
        return None
    return _as_counts(columns, int(now.timestamp() // 60) + AHEAD_MINUTES)


def _as_counts(columns: dict[str, Any], latest: int) -> Counts | None:
    """Return the events of the columns of `_plain`, None where any of them is not surely right."""
    if any(np.ma.is_masked(column) or column.dtype.kind == "f" for column in columns.values()):
        return None
    series, minute, good, total = (np.asarray(columns[name], np.int64) for name in ("id", "minute", "good", "total"))
    if not len(minute) or minute.max() > latest or minute.min() < FIRST_MINUTE:
        return None
    if (good < 0).any() or (good > total).any():
        return None
    return Counts(series, minute, good, total)


def _plain(relation: str, types: dict[str, str]) -> str:
    """Return SQL for series, minute, good and total of each event; a NULL says that something is not right."""
    field = {name: f'e."{name}"::VARCHAR' if name in types else "NULL" for name in _FIELDS}
    good, bad, total = (_whole(field[name]) for name in ("good", "bad", "total"))
    ok = f"CASE {field['ok']} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    is_one = f"({field['good']} IS NULL) <> ({field['bad']} IS NULL)"
    name = "spelled" if types["sli"] == "JSON" else "name"
    some = f"CASE WHEN {is_one} THEN coalesce({good}, {total} - {bad}) END"
    return f"""
        SELECT known.id, {_minute(types)} AS minute,
               CASE WHEN {field["ok"]} IS NOT NULL THEN {ok} ELSE {some} END AS good,
               CASE WHEN {field["ok"]} IS NOT NULL THEN 1 ELSE {total} END AS total
        FROM {relation} e LEFT JOIN known ON known.{name} = {field["sli"]}
    """  # noqa: S608 -- our own words and a quoted path


def _whole(text: str) -> str:
    """Return SQL for a whole number that is sure to be one, NULL otherwise: a cast alone would round."""
    return f"CASE WHEN regexp_full_match({text}, '[0-9]{{1,15}}') THEN {text}::BIGINT END" if text != "NULL" else "NULL"


def _minute(types: dict[str, str]) -> str:
    """Return SQL for the minute of an event; NULL where the slow way has to look."""
    given = _whole('e."minute"::VARCHAR') if "minute" in types else "NULL"
    if "at" not in types:
        return given
    if types["at"].startswith("TIMESTAMP"):
        at = 'epoch_ms(e."at") // 60000'
    else:
        # Only what is spelled in full: the cast would take much else for a time, the slow way is strict.
        text, quote = 'e."at"::VARCHAR', '"' if types["at"] == "JSON" else ""
        instant = f"epoch_ms(try_strptime({text}, '{quote}%Y-%m-%dT%H:%M:%SZ{quote}')) // 60000"
        at = f"CASE WHEN length({text}) = {20 + 2 * len(quote)} THEN {instant} ELSE {_whole(text)} // 60 END"
    return f'CASE WHEN e."at" IS NULL THEN {given} ELSE {at} END'


def _slowly(path: Path, kind: str, progress: Progress) -> Iterator[tuple[int, Any]]:
    """Yield the events of a file one by one with their lines, or rows, from 1. Raises Refused."""
    if kind == "json":
        yield from parsed_document(path.read_bytes())
    elif kind == "parquet":
        yield from _parquet_rows(path)
    else:
        with path.open("rb") as file:
            yield from _csv_rows(_watched(file, path.stat().st_size, progress))


def _watched(file: BinaryIO, size: int, progress: Progress) -> Iterator[bytes]:
    done = 0
    for number, line in enumerate(file):
        done += len(line)
        if number % _ROWS == 0:
            progress(done, size)
        yield line


def _csv_rows(lines: Iterator[bytes]) -> Iterator[tuple[int, Any]]:
    rows = csv.DictReader(line.decode("utf-8-sig", "replace") for line in lines)
    try:
        if "sli" not in (rows.fieldnames or ()):
            given = ", ".join(rows.fieldnames or ())[:80]
            raise Refused("unreadable", f"A CSV file must have a header with sli, got {given!r}.", "file")
        for row in rows:
            yield rows.line_num, {name: _typed(name, text) for name, text in row.items() if text}
    except csv.Error as error:
        raise Refused("unreadable", f"Line {rows.line_num} cannot be read as CSV: {error}.", "file") from None


def _typed(name: str, text: str) -> Any:
    """Return what a cell of a CSV file means: numbers and truth where they are wanted, else its text."""
    if name == "ok":
        return {"true": True, "false": False}.get(text.lower(), text)
    if name in {"at", "minute", "good", "bad", "total"}:
        for kind in (int, float):
            with contextlib.suppress(ValueError):
                return kind(text)
    return text


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    with _connect(Names({}, frozenset())) as con:
        try:
            cursor = con.execute(f"SELECT * FROM {_relation(path, 'parquet')}")  # noqa: S608 -- a quoted path
            names, number = [column[0] for column in cursor.description or ()], 0
            while rows := cursor.fetchmany(_ROWS):
                for row in rows:
                    number += 1
                    yield number, {name: _in_utc(value) for name, value in zip(names, row, strict=True)}
        except duckdb.Error as error:
            raise Refused("unreadable", f"The file cannot be read as Parquet: {str(error)[:200]}.", "file") from None


def _in_utc(value: Any) -> Any:
    """Return a value as Parquet means it: instants without a zone are in UTC."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return int(value) if isinstance(value, Decimal) and value == int(value) else value
