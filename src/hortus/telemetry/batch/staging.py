# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""One chunk of a source becomes one staged Parquet file and its tally, named by what was read and how: so
work survives a kill.

The name is a digest of the chunk's bytes and of everything that decides how they are read. A staged file
found under that name is as good as new; a tally found among those already imported says that the rows are in the store.
"""

import hashlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from hortus.telemetry.batch import store
from hortus.telemetry.batch.canonical import Tally, settle
from hortus.telemetry.batch.formats.detect import Format
from hortus.telemetry.batch.record import COLUMNS
from hortus.telemetry.batch.source import Chunk, clean

PARSER_VERSION = 1  # raise it when the same bytes would give other rows
_MEMORY_BYTES = 320 << 20


@dataclass(frozen=True)
class StagedChunk:
    """A chunk that has been read. `paths` has a file for each of the tally's parts, or is None: all rows are
    in the store."""

    digest: str
    first_line: int
    tally: Tally
    paths: tuple[Path, ...] | None


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is either there whole or not at all."""
    temporary = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.rename(path)


@dataclass
class Workshop:
    """Reads chunks in several threads, each with its own DuckDB. `taken`: digests in live segments, by month."""

    folder: Path
    layout: Format
    cluster: str
    zone: str
    taken: dict[str, set[str]]

    def __post_init__(self) -> None:
        self._own = threading.local()
        self.staging.mkdir(exist_ok=True, mode=0o700)
        self.seen.mkdir(exist_ok=True, mode=0o700)
        for left in [*self.staging.glob("*.tmp"), *self.staging.glob("*.txt")]:
            left.unlink()

    @property
    def staging(self) -> Path:
        return self.folder / store.STAGING

    @property
    def seen(self) -> Path:
        return self.folder / store.SEEN

    def _connection(self) -> duckdb.DuckDBPyConnection:
        con: duckdb.DuckDBPyConnection | None = getattr(self._own, "con", None)
        if con is None:
            con = store.connect(memory_bytes=_MEMORY_BYTES, threads=1, temp_folder=self.staging)
            self._own.con = con
        return con

    def digest(self, data: bytes) -> str:
        """Name a chunk by its bytes and how they are read."""
        how = json.dumps([PARSER_VERSION, self.layout.identity(), self.zone, self.cluster])
        return hashlib.sha256(how.encode() + b"\0" + data).hexdigest()[:32]

    def stage(self, chunk: Chunk) -> StagedChunk:
        """Read a chunk, or find that this was done before."""
        digest = self.digest(chunk.data)
        known = _tally(self.seen / f"{digest}.json")
        if known and self._is_in_store(digest, known):
            return StagedChunk(digest, chunk.first_line, known, None)
        beside = self.staging / f"{digest}.json"
        tally = _tally(beside)
        if tally is None or not all(path.exists() for path in self._paths(digest, tally)):
            tally = self._read(chunk, digest)
            write_whole(beside, json.dumps(asdict(tally)))
        return StagedChunk(digest, chunk.first_line, tally, self._paths(digest, tally))

    def _paths(self, digest: str, tally: Tally) -> tuple[Path, ...]:
        return tuple(self.staging / f"{digest}-{at}.parquet" for at in range(len(tally.parts)))

    def _is_in_store(self, digest: str, tally: Tally) -> bool:
        is_one_cluster = len([name for name in tally.clusters if name]) < 2
        return is_one_cluster and all(digest in self.taken.get(month, ()) for month in tally.months)

    def _read(self, chunk: Chunk, digest: str) -> Tally:
        con, tally = self._connection(), Tally()
        data, tally.notes = clean(chunk.data)
        text = self.staging / f"{digest}.txt"
        text.write_bytes(data)
        del data
        try:
            self.layout.fill(con, text, chunk, tally)
        finally:
            text.unlink(missing_ok=True)
        settle(
            con,
            cluster=self.cluster,
            source_format=self.layout.name,
            zone=self.zone,
            id_pattern=self.layout.id_pattern,
            tally=tally,
        )
        for part, path in zip(tally.parts, self._paths(digest, tally), strict=True):
            self._write(con, digest, tally, part, path)
        con.execute("DROP TABLE settled")
        return tally

    def _write(
        self, con: duckdb.DuckDBPyConnection, digest: str, tally: Tally, part: dict[str, Any], path: Path
    ) -> None:
        chosen = "refused IS NULL"
        if len(tally.parts) > 1:
            first, after = store.month_bounds(part["month"])
            chosen += f" AND submit_at >= TIMESTAMPTZ '{first}' AND submit_at < TIMESTAMPTZ '{after}'"
            chosen += f" AND named_cluster = {store.quoted(part['cluster'])}"
        temporary = path.with_suffix(".tmp")
        store.copy_rows(con, f"SELECT {', '.join(COLUMNS)} FROM settled WHERE {chosen}", temporary, [digest])
        store.flush(temporary)
        temporary.rename(path)

    def clear(self) -> None:
        """Forget all staged work."""
        for path in self.staging.glob("*"):
            path.unlink(missing_ok=True)

    def remember(self, chunks: list[StagedChunk]) -> None:
        """After a commit: keep the tallies, so that a chunk met again is known at once; drop the staged rows."""
        for chunk in chunks:
            beside = self.staging / f"{chunk.digest}.json"
            if beside.exists():
                beside.rename(self.seen / beside.name)
        self.clear()


def _tally(path: Path) -> Tally | None:
    try:
        return Tally(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
