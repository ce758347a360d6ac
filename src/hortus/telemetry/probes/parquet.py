"""The door to the Parquet files of results: which of them count, and a DuckDB cursor over them. Asks nothing itself."""

import functools
import os
import uuid
from collections.abc import Sequence

import duckdb

from hortus.telemetry.batch import store
from hortus.telemetry.probes.models import ProbeSegment, probes_folder

MEMORY_BYTES = 256 << 20
COLUMNS = {
    "id": "BIGINT", "probe": "VARCHAR", "at": "TIMESTAMPTZ", "ok": "BOOLEAN", "value_seconds": "DOUBLE",
    "period_seconds": "INTEGER", "code": "VARCHAR", "sentence": "VARCHAR",
}  # fmt: skip


@functools.cache
def _connection(pid: int) -> duckdb.DuckDBPyConnection:
    """Return this process's connection; a forked child must not use its parent's."""
    return store.connect(memory_bytes=MEMORY_BYTES, threads=1)


def cursor() -> duckdb.DuckDBPyConnection:
    """Return a cursor of this process's DuckDB, for this thread."""
    return _connection(os.getpid()).cursor()


def paths(team_id: uuid.UUID) -> list[str]:
    """Return the files that count of a team."""
    files = ProbeSegment.objects.filter(team=team_id).order_by("month").values_list("file", flat=True)
    return [str(probes_folder() / file) for file in files]


def relation(files: Sequence[str]) -> str:
    """Return SQL of all results in files, or an empty relation of the same columns."""
    if files:
        return f"read_parquet([{', '.join(map(store.quoted, files))}])"
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in COLUMNS.items())
    return f"(SELECT {nulls} WHERE FALSE)"
