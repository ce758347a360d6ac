"""What the tests of batch accounting stand on: a tiny manifest in SQLite instead of Django's tables, short ways in."""

import io
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from hortus.telemetry.batch.importer import Report, Staged, import_jobs
from hortus.telemetry.batch.store import Segment, connect, jobs_sql

COLUMNS = (
    "JobID|JobIDRaw|Cluster|User|Group|Account|Partition|QOS|State|ExitCode|Submit|Eligible|Start|End|"
    "TimelimitRaw|ReqCPUS|AllocCPUS|NNodes|ReqMem|ReqTRES|AllocTRES|NodeList|Reason|JobName"
)
NAMES = COLUMNS.split("|")


def line(**given: object) -> str:
    """Give one line of sacct output with sensible values; give other ones by column name in small letters."""
    number = given.get("jobid", 1)
    usual = {
        "jobid": number,
        "jobidraw": number,
        "cluster": "",
        "user": "ada",
        "group": "reefs",
        "account": "reefs",
        "partition": "short",
        "qos": "normal",
        "state": "COMPLETED",
        "exitcode": "0:0",
        "submit": "2026-03-02T10:00:00",
        "eligible": "2026-03-02T10:00:00",
        "start": "2026-03-02T10:05:00",
        "end": "2026-03-02T11:05:00",
        "timelimitraw": 120,
        "reqcpus": 4,
        "alloccpus": 4,
        "nnodes": 1,
        "reqmem": "8G",
        "reqtres": "cpu=4,mem=8G,node=1",
        "alloctres": "cpu=4,mem=8G,node=1",
        "nodelist": "n001",
        "reason": "None",
        "jobname": "sweep",
    }
    unknown = set(given) - set(usual)
    assert not unknown, unknown
    return "|".join(str({**usual, **given}[name.lower()]) for name in NAMES)


def listing(*lines: str) -> str:
    """Give sacct output with its header."""
    return "\n".join([COLUMNS, *lines]) + "\n"


@dataclass
class Shelf:
    """A store in a folder with its manifest in an SQLite file: the same promise as the real one, one transaction."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True, parents=True)
        with self._open() as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS segment (cluster, month, path PRIMARY KEY, rows, sha256, first_at, last_at)"
            )
            db.execute("CREATE TABLE IF NOT EXISTS report (found)")

    @property
    def store(self) -> Path:
        return self.folder / "jobs"

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "manifest.sqlite3", timeout=20)

    def segments(self, cluster: str) -> Sequence[Segment]:
        with self._open() as db:
            rows = db.execute("SELECT * FROM segment WHERE cluster = ? ORDER BY path", [cluster]).fetchall()
        return [Segment(*row[:5], *(datetime.fromisoformat(at) for at in row[5:])) for row in rows]

    def commit(self, staged: Staged) -> None:
        with self._open() as db:
            db.executemany("DELETE FROM segment WHERE path = ?", [[path] for path in staged.replace])
            for s in staged.add:
                values = [s.cluster, s.month, s.path, s.rows, s.sha256, s.first_at.isoformat(), s.last_at.isoformat()]
                db.execute("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            db.execute("INSERT INTO report VALUES (?)", [json.dumps(staged.report.as_json())])

    def bring(self, source: str | bytes | Path | BinaryIO, *, cluster: str = "reed", **options: Any) -> Report:
        """Import a text, bytes or file."""
        if isinstance(source, str):
            source = source.encode()
        given = io.BytesIO(source) if isinstance(source, bytes) else source
        return import_jobs(given, store=self.store, cluster=cluster, manifest=self, **options)

    def paths(self, cluster: str = "reed") -> list[Path]:
        return [self.store / s.path for s in self.segments(cluster)]

    def rows(self, cluster: str = "reed", order: str = "submit_at, raw_id") -> list[dict[str, Any]]:
        """Give all jobs that count, as dictionaries."""
        con = connect()
        found = con.execute(f"SELECT * FROM {jobs_sql(self.paths(cluster))} ORDER BY {order}")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def job(self, *lines: str, **options: Any) -> dict[str, Any]:
        """Import lines that hold one job and give it."""
        report = self.bring(listing(*lines), **options)
        assert report.rejected == 0, report.reasons
        (row,) = self.rows()
        return row

    def files(self) -> set[str]:
        """Give the Parquet files on disk outside of staging, relative to the store."""
        found = (path.relative_to(self.store) for path in self.store.glob("*/*/*.parquet"))
        return {path.as_posix() for path in found if path.parts[1] != ".staging"}


def holds_together(report: Report) -> bool:
    """Tell whether the counts of a report add up as promised."""
    parts = report.new + report.known + report.updated + report.rejected
    return (
        report.read == parts
        and sum(report.reasons.values()) == report.rejected
        and set(report.lines) == set(report.reasons)
    )
