# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""Parquet segments by cluster and month on disk: naming, locking, reading, sweeping. Which ones count is said
by the caller.

A segment is never changed. Its file name is its digest, and its Parquet key-value metadata lists the digests
of the source chunks whose rows it took in (`sources`), so that a chunk met again need not be read again.
"""

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from hortus.telemetry.batch import rules
from hortus.telemetry.batch.record import COLUMNS
from hortus.telemetry.batch.unreadable import Busy, Unreadable

MEMORY_BYTES = 512 << 20
STAGING, SEEN, LOCK = ".staging", ".seen", ".lock"
STAGING_SECONDS = 7 * 86_400
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class Segment:
    """One Parquet file of jobs submitted in one month (UTC). `path` is relative to the store; times are of
    submission."""

    cluster: str
    month: str
    path: str
    rows: int
    sha256: str
    first_at: datetime
    last_at: datetime


def checked_cluster(name: str) -> str:
    """Give the name back if it may be a folder; raises `Unreadable` otherwise."""
    if not _NAME.fullmatch(name):
        raise Unreadable(
            f"A cluster name is made of a-z, 0-9, - and _ and begins with a letter or digit; {name!r} is not."
        )
    return name


def connect(
    *, memory_bytes: int = MEMORY_BYTES, threads: int = 2, temp_folder: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that fetches nothing from the network, thinks in UTC, and stays within its memory."""
    con = duckdb.connect(
        config={
            "threads": threads,
            "memory_limit": f"{memory_bytes >> 20}MiB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": str(temp_folder) if temp_folder else "",
        }
    )
    con.execute("SET TimeZone = 'UTC'")
    return con


def quoted(text: str | Path) -> str:
    """Give a SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def files_sql(paths: Sequence[Path | str]) -> str:
    """Give SQL that reads segment files, or an empty relation of the same columns."""
    if paths:
        return f"read_parquet([{', '.join(quoted(path) for path in paths)}])"
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in COLUMNS.items())
    return f"(SELECT {nulls} WHERE FALSE)"


def _words(states: Iterable[str]) -> str:
    return "(" + ", ".join(quoted(state) for state in sorted(states)) + ")"


PHASE_SQL = (
    f"CASE WHEN state IN {_words(rules.WAITING_STATES)} THEN 0 WHEN state IN "
    f"{_words(rules.RUNNING_STATES)} THEN 1 ELSE 2 END"
)
CPUS_SQL = "coalesce(allocated_cpus, requested_cpus)"
WAIT_SQL = (
    "CASE WHEN start_at >= greatest(submit_at, coalesce(eligible_at, submit_at)) "
    "THEN (epoch_us(start_at) - epoch_us(greatest(submit_at, coalesce(eligible_at, submit_at)))) // 1000000 END"
)


def _size_sql() -> str:
    arms = [
        f"WHEN {CPUS_SQL} >= {c.low}" + (f" AND {CPUS_SQL} <= {c.high}" if c.high else "") + f" THEN {quoted(c.slug)}"
        for c in rules.SIZE_CLASSES
    ]
    return f"CASE {' '.join(arms)} ELSE {quoted(rules.UNKNOWN_SIZE)} END"


DERIVED = {
    "cpus": CPUS_SQL,
    "size_class": _size_sql(),
    "wait_seconds": WAIT_SQL,
    "is_lost": f"state IN {_words(rules.LOST_STATES)}",
    "is_pilot": f"coalesce(regexp_full_match(name, {quoted(rules.PILOT_PATTERN)}), FALSE)",
    "is_ended": f"({PHASE_SQL}) = 2",
}


def jobs_sql(paths: Sequence[Path | str]) -> str:
    """Give SQL, to stand in a FROM clause, of all jobs in segment files with the derived columns of `DERIVED` added.

    The derived ones follow `rules`; a property test holds the two together.
    """
    derived = ", ".join(f"{sql} AS {name}" for name, sql in DERIVED.items())
    return f"(SELECT *, {derived} FROM {files_sql(paths)})"


@contextmanager
def cluster_lock(store: Path, cluster: str, *, wait_seconds: float = 10.0) -> Iterator[Path]:
    """Hold the right to change a cluster's files; the system lets go of it when the process dies. Gives the
    cluster's folder.

    Raises `Busy` when another process keeps it for longer than `wait_seconds`.
    """
    folder = store / checked_cluster(cluster)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    until = time.monotonic() + wait_seconds
    with (folder / LOCK).open("a") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Busy(
                        f"Another import into the cluster {cluster} is running: wait until it has ended."
                    ) from None
                time.sleep(0.05)
        yield folder


def digest_of(path: Path) -> str:
    """Give a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """Make sure that a file, or a folder's list of names, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Give the first moment of a month `YYYY-MM` and of the next, in UTC.

    >>> month_bounds("2026-12")[1].isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    year, number = int(month[:4]), int(month[5:])
    return datetime(year, number, 1, tzinfo=UTC), datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def copy_rows(con: duckdb.DuckDBPyConnection, rows_sql: str, path: Path, sources: Iterable[str]) -> None:
    """Write the rows of a SELECT of `record.COLUMNS` to a Parquet file, with the digests of the chunks they
    came from."""
    con.execute(
        f"COPY ({rows_sql}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
        f"KV_METADATA {{sources: {quoted(','.join(sorted(sources)))}}})"
    )


def adopt(
    path: Path, *, store: Path, cluster: str, month: str, rows: int, first_at: datetime, last_at: datetime
) -> Segment:
    """Give a finished Parquet file its place and name among the segments; the original name stays too."""
    folder = store / cluster / month
    folder.mkdir(exist_ok=True, mode=0o700)
    sha256 = digest_of(path)
    target = folder / f"{sha256[:24]}.parquet"
    if not target.exists():
        try:
            os.link(path, target)
        except OSError:  # a file system without hard links
            shutil.copy2(path, target.with_suffix(".tmp"))
            flush(target.with_suffix(".tmp"))
            target.with_suffix(".tmp").rename(target)
    target.touch()
    flush(folder)
    return Segment(cluster, month, target.relative_to(store).as_posix(), rows, sha256, first_at, last_at)


def write_segment(
    con: duckdb.DuckDBPyConnection, rows_sql: str, *, store: Path, cluster: str, month: str, sources: Iterable[str]
) -> Segment:
    """Write the rows of a SELECT as a segment in order of submission, safely on disk. There must be one row
    at least."""
    temporary = store / cluster / STAGING / f"{month}.tmp"
    copy_rows(con, f"SELECT * FROM ({rows_sql}) ORDER BY submit_at, raw_id, attempt", temporary, sources)
    flush(temporary)
    span = f"SELECT count(*), min(submit_at), max(submit_at) FROM read_parquet({quoted(temporary)})"
    ((rows, first, last),) = con.execute(span).fetchall()
    moments = {"first_at": first.astimezone(UTC), "last_at": last.astimezone(UTC)}
    segment = adopt(temporary, store=store, cluster=cluster, month=month, rows=rows, **moments)
    temporary.unlink()
    return segment


def sources_by_month(con: duckdb.DuckDBPyConnection, store: Path, segments: Sequence[Segment]) -> dict[str, set[str]]:
    """Give, by month, the digests of source chunks whose rows live segments took in."""
    taken: dict[str, set[str]] = {}
    for segment in segments:
        rows = con.execute(
            f"SELECT value::VARCHAR FROM parquet_kv_metadata({quoted(store / segment.path)}) "
            f"WHERE key::VARCHAR = 'sources'"
        ).fetchall()
        for (value,) in rows:
            taken.setdefault(segment.month, set()).update(filter(None, value.split(",")))
    return taken


def retire(store: Path, paths: Iterable[str]) -> None:
    """Start the grace period of replaced segments: pages that listed them a moment ago may still read them."""
    for path in paths:
        (store / path).touch()


def _is_old(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime >= seconds
    except FileNotFoundError:
        return False


def sweep_cluster(store: Path, folder: Path, live: set[str], grace_seconds: float) -> list[str]:
    """Remove files of a locked cluster that do not count: orphans, replaced ones, and what an import left behind."""
    gone = []
    for path in [*folder.glob("*/*.parquet"), *folder.glob("*/*.tmp")]:
        name = path.relative_to(store).as_posix()
        if path.parent.name not in {STAGING, SEEN} and name not in live and _is_old(path, grace_seconds):
            path.unlink()
            gone.append(name)
    for path in folder.glob(f"{STAGING}/*"):
        if _is_old(path, max(grace_seconds, STAGING_SECONDS) if grace_seconds else 0):
            path.unlink()
            gone.append(path.relative_to(store).as_posix())
    return gone


def sweep(store: Path, live_paths: Iterable[str], *, grace_seconds: float = 600.0) -> list[str]:
    """Remove segment files that no row lists, older than a grace period; gives the relative paths removed.

    `live_paths` must be read from the database before the call. A cluster that is being imported is left for
    the next time.
    """
    live, gone = set(live_paths), []
    for lock in sorted(store.glob(f"*/{LOCK}")):
        try:
            with cluster_lock(store, lock.parent.name, wait_seconds=0) as folder:
                gone += sweep_cluster(store, folder, live, grace_seconds)
        except Busy:
            continue
    return gone
