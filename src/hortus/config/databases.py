"""Taking and putting back a whole database, SQLite or PostgreSQL, and asking whether it is sound."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

from hortus.config import restore_mark
from hortus.values.refused import Refused

Segment = tuple[str, str]  # path below the data folder, sha256


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy of the tables at one moment, with the Parquet segments that counted at that moment."""

    file: Path
    member: str
    segments: Sequence[Segment]


def kind() -> str:
    """Return "sqlite" or "postgresql"."""
    return connection.vendor


def database_file() -> Path:
    """Return the path of the SQLite database."""
    return Path(connection.settings_dict["NAME"]).absolute()


def snapshot(folder: Path) -> Snapshot:
    """Copy the tables into a folder while others read and write."""
    return _snapshot_sqlite(folder) if kind() == "sqlite" else _snapshot_postgresql(folder)


# Folder below the data folder that holds Parquet segments, and the table that names those that count.
MANIFESTS = {"jobs": "telemetry_jobsegment", "probes": "probes_probesegment"}


def _segments(tables: Collection[str]) -> str:
    """Return the statement that lists all segments; an older version that is backed up has not every table."""
    listed = [
        f"SELECT '{folder}/' || file, sha256 FROM {table}"  # noqa: S608 -- both are words of ours
        for folder, table in MANIFESTS.items()
        if table in tables
    ]
    return " UNION ALL ".join(listed) + " ORDER BY 1"


def _snapshot_sqlite(folder: Path) -> Snapshot:
    target = folder / "database.sqlite3"
    target.touch(mode=0o600)
    # In one go: in steps it begins anew whenever somebody writes, and never ends.
    with closing(sqlite3.connect(database_file(), timeout=20)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
        _refuse_damaged(copy)
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = copy.execute(_segments(tables)).fetchall()
    return Snapshot(target, "database.sqlite3", rows)


def _refuse_damaged(database: sqlite3.Connection) -> None:
    found = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise Refused("damaged", f"The database is damaged ({found}); restore the last good backup.")


def _snapshot_postgresql(folder: Path) -> Snapshot:
    target = folder / "database.dump"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(_segments(connection.introspection.table_names(cursor)))
        rows = cursor.fetchall()
        cursor.execute("SELECT pg_export_snapshot()")
        moment = cursor.fetchone()[0]
        with _postgresql_environment() as environment:
            _run(["pg_dump", "-Fc", "--no-owner", "--no-privileges", f"--snapshot={moment}", "-f", str(target)],
                 environment)  # fmt: skip
    return Snapshot(target, "database.dump", rows)


def _program(name: str) -> str:
    """Return the newest installed version of a PostgreSQL program."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise Refused("no-program", f"{name} is not installed; install PostgreSQL's client programs.")
    return found


@contextmanager
def _postgresql_environment() -> Iterator[dict[str, str]]:
    """Give the client programs the connection through the environment, so that no process list shows a password."""
    told = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "service": "PGSERVICE"}
    yield dict(os.environ) | {names[key]: str(value) for key, value in told.items() if key in names and value}


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [_program(command[0]), *command[1:]], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.strip().splitlines() if line]
        raise Refused("database", f"{command[0]} failed: {lines[0] if lines else 'it gave no reason'}")


def put_back_sqlite(copy: Path, database: Path) -> None:
    """Give the SQLite database the content of a copy, in one transaction of its own.

    Not by a rename: a connection that is still open somewhere would go on with the old file and its log.
    """
    connection.close()
    with closing(sqlite3.connect(copy)) as kept:
        try:
            with closing(sqlite3.connect(database, timeout=20)) as live:
                kept.backup(live, pages=-1)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:  # what lies there is no database any more
            for ending in ("-wal", "-shm", ""):
                database.with_name(database.name + ending).unlink(missing_ok=True)
            shutil.copyfile(copy, database)
            database.chmod(0o600)


def put_back_postgresql(dump: Path) -> None:
    """Exchange all tables for those of a dump, in one transaction."""
    script, drops, mark = (dump.with_suffix(ending) for ending in (".sql", ".drops.sql", ".mark.sql"))
    with _postgresql_environment() as environment:
        _run(["pg_restore", "--no-owner", "--no-privileges", "--clean", "--if-exists", "-f", str(script), str(dump)],
             environment)  # fmt: skip
        drops.write_text("".join(f"{line};\n" for line in _drops()), encoding="utf-8")
        mark.write_text(f"RESET search_path;\n{restore_mark.sql_for_postgresql()}", encoding="utf-8")
        connection.close()
        files = [part for file in (drops, script, mark) for part in ("-f", str(file))]
        _run(["psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", *files], environment)


def _drops() -> list[str]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    quoted = [connection.ops.quote_name(table) for table in tables]
    functions = ["DROP FUNCTION IF EXISTS hortus_append_only() CASCADE"]
    return [f"DROP TABLE IF EXISTS {table} CASCADE" for table in quoted] + functions


def fault() -> str:
    """Return what is wrong with the database itself, "" when it is sound."""
    with connection.cursor() as cursor:
        if kind() != "sqlite":
            cursor.execute("SELECT 1")
            return ""
        cursor.execute("PRAGMA quick_check(1)")
        found = str(cursor.fetchone()[0])
        if found != "ok":
            return f"SQLite finds it damaged: {found}"
        cursor.execute("PRAGMA foreign_key_check")
        loose = cursor.fetchone()
    return f"a row of {loose[0]} points at a row of {loose[2]} that is not there" if loose else ""
