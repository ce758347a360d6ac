"""The door to the jobs of a team: which Parquet files count, and a DuckDB cursor over them. Asks nothing itself."""

import functools
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from hortus.telemetry.batch import store
from hortus.telemetry.models import Cluster, JobSegment, jobs_folder

READING_BYTES = 256 << 20
Row = dict[str, Any]


@functools.cache
def _connection(pid: int) -> duckdb.DuckDBPyConnection:
    """Return this process's connection; a forked child must not use its parent's.

    One thread: the processes of the web server keep the cores busy. Joins in the order in which they are written, jobs
    first: DuckDB takes a table of days or promises that comes as a parameter for larger than all jobs and builds its
    hash from the jobs; `benchmarks/jobs.py` shows what either order takes.
    """
    connection = store.connect(memory_bytes=READING_BYTES, threads=1)
    connection.execute("SET disabled_optimizers = 'join_order'")
    return connection


@dataclass(frozen=True, slots=True)
class History:
    """The jobs of some clusters as the manifest lists them at one moment: absolute paths of the segments that count."""

    paths: Sequence[str]

    @classmethod
    def of(cls, clusters: Iterable[Cluster]) -> "History":
        """Return the history of some clusters of one team; one query to the manifest."""
        files = JobSegment.objects.filter(cluster__in=clusters).order_by("file").values_list("file", flat=True)
        return cls([str(jobs_folder() / file) for file in files])

    def ask(self, sql: str, given: Mapping[str, Any] | None = None) -> list[Row]:
        """Return the rows that a query finds, as dictionaries; `{jobs}` in it stands for the relation of all jobs.

        given: named parameters, written $name in the query; those that it does not name are left out. The columns are
        those of `telemetry.batch.record` and of `telemetry.batch.store.DERIVED`; `cluster` is the cluster's name.
        """
        used = {name: value for name, value in (given or {}).items() if re.search(rf"\${name}\b", sql)}
        cursor = _connection(os.getpid()).cursor()
        cursor.execute(sql.replace("{jobs}", store.jobs_sql(self.paths)), used)
        heads = [column[0] for column in cursor.description or ()]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]
