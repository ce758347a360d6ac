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
        columns = ", ".join(f"'{name}': 'JSON'" for name in _FIELDS)
        return f"read_json({quoted}, format='newline_delimited', columns={{{columns}}})"
    if kind == "csv":
        return f"read_csv({quoted}, all_varchar=true, header=true)"
    return f"read_parquet({quoted})"


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})


def _types(con: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}  # noqa: S608


def _fast(path: Path, kind: str, names: Names, now: datetime) -> tuple[Events, Counts] | None:
    """Return what a file holds when all of it is right, None otherwise."""
    with _connect() as con:
        try:
            relation = _relation(path, kind)
            types = _types(con, relation)
            if not {"sli", "at"} <= set(types) and not {"sli", "minute"} <= set(types):
                return None
            columns = con.execute(_grouped(relation, types)).fetchnumpy()
        except duckdb.Error:
            return None
    return _as_events(columns, names, now)


def _as_events(columns: dict[str, Any], names: Names, now: datetime) -> tuple[Events, Counts] | None:
    if any(np.ma.is_masked(column) or column.dtype.kind == "f" for column in columns.values()):
        return None
    slis, place = np.unique(columns["sli"].astype(str), return_inverse=True)
    latest = int(now.timestamp() // 60) + AHEAD_MINUTES
    minute = columns["minute"].astype(np.int64)
    if any(name not in names.ids for name in slis.tolist()) or not len(minute):
        return None
    if minute.max() > latest or minute.min() < FIRST_MINUTE:
        return None
    ids = np.array([names.ids[name] for name in slis.tolist()], np.int64)
    counts = Counts(ids[place], minute, columns["good"].astype(np.int64), columns["total"].astype(np.int64))
    return Events(accepted=int(columns["events"].sum())), counts


def _grouped(relation: str, types: dict[str, str]) -> str:
    """Return SQL for sli, minute, good, total and how many events; a NULL says that something is not right."""
    field = {name: f'"{name}"::VARCHAR' if name in types else "NULL" for name in _FIELDS}
    good, bad, total = (_whole(field[name]) for name in ("good", "bad", "total"))
    ok = f"CASE {field['ok']} WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"
    some = f"coalesce({good}, {total} - {bad})"
    is_one = f"({field['good']} IS NULL) <> ({field['bad']} IS NULL)"
    sli = '"sli"[2:-2]' if types["sli"] == "JSON" else '"sli"'
    return f"""
        SELECT sli, minute, CASE WHEN count(good) = count(*) THEN sum(good)::BIGINT END AS good,
               CASE WHEN count(total) = count(*) THEN sum(total)::BIGINT END AS total, count(*) AS events
        FROM (SELECT {sli} AS sli, {_minute(types)} AS minute,
                     CASE WHEN {field["ok"]} IS NOT NULL THEN {ok}
                          WHEN {is_one} AND {some} BETWEEN 0 AND {total} THEN {some} END AS good,
                     CASE WHEN {field["ok"]} IS NOT NULL THEN 1 ELSE {total} END AS total
              FROM {relation})
        GROUP BY ALL
    """  # noqa: S608 -- our own words and a quoted path


def _whole(text: str) -> str:
    """Return SQL for a whole number that is sure to be one, NULL otherwise: a cast alone would round."""
    return f"CASE WHEN regexp_full_match({text}, '[0-9]{{1,15}}') THEN {text}::BIGINT END" if text != "NULL" else "NULL"


def _minute(types: dict[str, str]) -> str:
    """Return SQL for the minute of an event; NULL where the slow way has to look."""
    given = _whole('"minute"::VARCHAR') if "minute" in types else "NULL"
    if "at" not in types:
        return given
    if types["at"].startswith("TIMESTAMP"):
        at = 'epoch_ms("at") // 60000'
    else:
        text = '"at"[2:-2]' if types["at"] == "JSON" else '("at"::VARCHAR)'
        is_plain = f"length({text}) >= 20 AND {text}[11:11] = 'T' AND {text}[-1:] = 'Z'"
        instant = f"epoch_ms(TRY_CAST({text}[:-2] AS TIMESTAMP)) // 60000"
        seconds = _whole('"at"::VARCHAR')
        at = f"CASE WHEN {is_plain} THEN {instant} ELSE {seconds} // 60 END"
    return f'CASE WHEN "at" IS NULL THEN {given} ELSE {at} END'


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
