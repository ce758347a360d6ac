# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""A chunk of text lines as a DuckDB table, one row a line with its number: what the line formats begin with."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from hortus.telemetry.batch.record import RAW
from hortus.telemetry.batch.source import LINE_BYTES, NO_SEPARATOR


def quoted(text: str) -> str:
    """Give a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def lines_sql(path: Path) -> str:
    """Give SQL of (no, line) for a file of cleaned lines; `no` counts from 1."""
    separator = NO_SEPARATOR.decode()
    return (
        f"(SELECT row_number() OVER () AS no, line FROM read_csv({quoted(str(path))}, delim={quoted(separator)}, "
        "columns={'line': 'VARCHAR'}, header=false, quote='', escape='', auto_detect=false, comment='', "
        f"null_padding=true, max_line_size={2 * LINE_BYTES}))"
    )


def append_rows(con: duckdb.DuckDBPyConnection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Add rows (`no`, `is_step` and any of `record.RAW`, as text) to the temporary table `raw`."""
    held = list(rows)
    if not held:
        return
    # A first element of text keeps a column of only None from losing its type.
    columns = {name: np.array(["", *(row.get(name) for row in held)], dtype=object) for name in RAW}
    columns["no"] = np.array([-1, *(row["no"] for row in held)], dtype=np.int64)
    columns["is_step"] = np.array([False, *(bool(row.get("is_step")) for row in held)], dtype=bool)
    con.register("given", columns)
    names = ", ".join(f'"{name}"' for name in RAW)
    con.execute(f"INSERT INTO raw SELECT no, {names}, is_step FROM given WHERE no > 0")
    con.unregister("given")


def empty_raw(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `raw`, without rows."""
    columns = ", ".join(f'"{name}" VARCHAR' for name in RAW)
    con.execute(f"CREATE OR REPLACE TEMP TABLE raw (no BIGINT, {columns}, is_step BOOLEAN)")
