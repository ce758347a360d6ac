"""Reads whole files of events (NDJSON, JSON, CSV, Parquet) with DuckDB: millions a second where everything is right.

The fast way only says what it is sure of: one event that it cannot read at once, and the file is read again event by
event (events.py), which finds the fault and its line. Both ways agree; a test holds them to it.
"""

import contextlib
import csv
import json
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
    fast = _fast(path, kind, names, now) if kind != "json" else None
    if fast is not None:
        return fast
    found = read(_slowly(path, kind, progress), names, now)
    return found, found.counts()


def _relation(path: Path, kind: str) -> str:
    """Return SQL that gives the fields of a file; those that it does not have come as NULL."""
    quoted = "'" + str(path).replace("'", "''") + "'"
    if kind == "ndjson":
        columns = ", ".join(f"'{name}': '{'VARCHAR' if name == 'sli' else 'JSON'}'" for name in _FIELDS)
        return f"read_json({quoted}, format='newline_delimited', columns={{{columns}}})"
    if kind == "csv":
        return f"read_csv({quoted}, all_varchar=true, header=true)"
    return f"read_parquet({quoted})"


def _connect() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("SET enable_progress_bar = false")  # it would draw over ours
    return con


def _types(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}  # noqa: S608


def _fast(path: Path, kind: str, names: Names, now: datetime) -> tuple[Events, Counts] | None:
    """Return what a file holds when all of it is right, None otherwise."""
    with _connect() as con:
        try:
            relation = _relation(path, kind)
            types = _types(con, relation)
            if "sli" not in types or not {"at", "minute"} & set(types):
                return None
            con.execute("CREATE TEMP TABLE known (name VARCHAR, id BIGINT)")
            listed = [list(names.ids), list(names.ids.values())]
            con.execute("INSERT INTO known SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])", listed)
            columns = con.execute(_plain(relation, types)).fetchnumpy()
        except duckdb.Error:
            return None
    return _as_events(columns, int(now.timestamp() // 60) + AHEAD_MINUTES)


def _as_events(columns: dict[str, Any], latest: int) -> tuple[Events, Counts] | None:
    """Return the events of the columns of `_plain`, None where any of them is not surely right."""
    if any(np.ma.is_masked(column) or column.dtype.kind == "f" for column in columns.values()):
        return None
    series, minute, good, total = (np.asarray(columns[name], np.int64) for name in ("id", "minute", "good", "total"))
    if not len(minute) or minute.max() > latest or minute.min() < FIRST_MINUTE:
        return None
    if (good < 0).any() or (good > total).any():
        return None
    return Events(accepted=len(minute)), Counts(series, minute, good, total)


def _plain(relation: str, types: dict[str, str]) -> str:
    """Return SQL for series, minute, good and total of each event; a NULL says that something is not right."""
    field = {name: f'e."{name}"::VARCHAR' if name in types else "NULL" for name in _FIELDS}
    good, bad, total = (_whole(field[name]) for name in ("good", "bad", "total"))
    ok = f"CASE {field['ok']} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    is_one = f"({field['good']} IS NULL) <> ({field['bad']} IS NULL)"
    some = f"CASE WHEN {is_one} THEN coalesce({good}, {total} - {bad}) END"
    return f"""
        SELECT known.id, {_minute(types)} AS minute,
               CASE WHEN {field["ok"]} IS NOT NULL THEN {ok} ELSE {some} END AS good,
               CASE WHEN {field["ok"]} IS NOT NULL THEN 1 ELSE {total} END AS total
        FROM {relation} e LEFT JOIN known ON known.name = {field["sli"]}
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


def _slowly(path: Path, kind: str, progress: Progress | None) -> Iterator[tuple[int, Any]]:
    """Yield the events of a file one by one with their lines, or rows, from 1. Raises Refused."""
    if kind == "json":
        yield from parsed_document(path.read_bytes())
    elif kind == "parquet":
        yield from _parquet_rows(path)
    else:
        with path.open("rb") as file:
            watched = _watched(file, path.stat().st_size, progress)
            yield from parsed_lines(watched) if kind == "ndjson" else _csv_rows(watched)


def _watched(file: BinaryIO, size: int, progress: Progress | None) -> Iterator[bytes]:
    done = 0
    for number, line in enumerate(file):
        done += len(line)
        if progress is not None and number % _ROWS == 0:
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
    with _connect() as con:
        try:
            con.execute("SET TimeZone = 'UTC'")
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
