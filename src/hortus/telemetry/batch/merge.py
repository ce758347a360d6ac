# ruff: noqa: S608 - the SQL is put together from our own words and quoted paths, never from what a source holds
"""Staged rows against the store: which are new, known, or further on than what we had; the segments that
follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from hortus.telemetry.batch.canonical import LINES_KEPT, Tally
from hortus.telemetry.batch.record import COLUMNS, KEY
from hortus.telemetry.batch.staging import StagedChunk
from hortus.telemetry.batch.store import PHASE_SQL, Segment, adopt, files_sql, quoted, write_segment
from hortus.telemetry.batch.unreadable import Unreadable

SMALL_ROWS = 50_000
MANY_SMALL = 8
_KEY = ", ".join(KEY)
_NAMES = ", ".join(COLUMNS)


@dataclass
class Outcome:
    """Counts of good rows by what became of them, and the segments to add and replace."""

    new: int = 0
    known: int = 0
    updated: int = 0
    repeated: int = 0
    other_cluster: int = 0
    other_lines: list[int] = field(default_factory=list)
    add: list[Segment] = field(default_factory=list)
    replace: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """A staged file: rows of one month of one chunk. Its place in the list of parts is its number."""

    path: Path
    digest: str
    month: str
    rows: int
    first_at: datetime
    last_at: datetime


def other_clusters(total: Tally, cluster: str, label: str) -> set[str]:
    """List the clusters named in the source whose rows are not wanted.

    One name, whatever it is, is taken for ours. Raises `Unreadable` where there are several and ours is not among them.
    """
    given = sorted(name for name in total.clusters if name)
    if len(given) < 2:
        return set()
    others = {name for name in given if name.lower() != cluster}
    if len(others) == len(given):
        raise Unreadable(
            f"{label} holds jobs of several clusters ({', '.join(given[:10])}): import it once "
            f"for each, under its own name."
        )
    return others


def parts_of(chunks: Sequence[StagedChunk], others: set[str]) -> list[Part]:
    """List the staged files of the clusters wanted."""
    return [
        Part(
            path, c.digest, p["month"], p["rows"], datetime.fromisoformat(p["first"]), datetime.fromisoformat(p["last"])
        )
        for c in chunks
        if c.paths is not None
        for path, p in zip(c.paths, c.tally.parts, strict=True)
        if p["cluster"] not in others
    ]


def count_others(total: Tally, others: set[str], found: Outcome) -> None:
    """Count the rows of unwanted clusters, with the first line numbers."""
    found.other_cluster = sum(total.clusters[name] for name in others)
    found.other_lines = sorted(line for name in others for line in total.other_lines.get(name, []))[:LINES_KEPT]


@dataclass
class Merge:
    """Merges the staged parts of one import into a cluster's store. `live` are its segments, `taken` their
    sources by month."""

    con: duckdb.DuckDBPyConnection
    store: Path
    cluster: str
    live: Sequence[Segment]
    parts: Sequence[Part]
    taken: dict[str, set[str]]

    def run(self, found: Outcome) -> None:
        """Compare and write, adding to `found`; nothing counts until the caller commits."""
        if not self.parts:
            return
        self._gather()
        found.repeated = self._find_repeats()
        self._find_met()
        met, found.updated = self._counts("SELECT count(*), count(*) FILTER (is_later) FROM met")
        found.known += found.repeated + met - found.updated
        found.new += sum(part.rows for part in self.parts) - found.repeated - met
        for month in sorted({part.month for part in self.parts}):
            self._settle_month(month, found)

    def _counts(self, sql: str) -> tuple[int, ...]:
        return tuple(self.con.execute(sql).fetchall()[0])

    def _gather(self) -> None:
        rows = [
            f"SELECT {_NAMES}, {PHASE_SQL} AS phase, {at} AS part, file_row_number AS place "
            f"FROM read_parquet({quoted(part.path)}, file_row_number = true)"
            for at, part in enumerate(self.parts)
        ]
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW fresh AS {' UNION ALL '.join(rows)}")

    def _find_repeats(self) -> int:
        """Find the rows that give way to another row of the same job in this source: the furthest on stays,
        then the first."""
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE twice AS SELECT {_KEY} FROM fresh GROUP BY {_KEY} HAVING count(*) > 1"
        )
        self.con.execute(
            f"""CREATE OR REPLACE TEMP TABLE losers AS SELECT part, place FROM (
              SELECT part, place, row_number() OVER (PARTITION BY {_KEY} ORDER BY phase DESC, part, place) AS rank
              FROM fresh SEMI JOIN twice USING ({_KEY})) WHERE rank > 1"""
        )
        return self._counts("SELECT count(*) FROM losers")[0]

    def _find_met(self) -> None:
        """Find the rows whose job is in the store: `old` is the segment that holds it, `is_later` whether
        ours is further on."""
        months = {part.month for part in self.parts}
        held = [
            f"SELECT {_KEY}, {PHASE_SQL} AS old_phase, {quoted(s.path)} AS old FROM {files_sql([self.store / s.path])}"
            for s in self.live
            if s.month in months
        ]
        nothing = f"SELECT {_KEY}, 0 AS old_phase, '' AS old FROM {files_sql([])}"
        self.con.execute(
            f"""CREATE OR REPLACE TEMP TABLE met AS SELECT {_KEY}, part, place, old, phase > old_phase AS is_later
            FROM fresh JOIN ({" UNION ALL ".join(held) or nothing}) USING ({_KEY})
            ANTI JOIN losers USING (part, place)"""
        )

    def _settle_month(self, month: str, found: Outcome) -> None:
        """Take whole new parts over as they are; write the rest of the month's new rows, and what they
        displace, anew."""
        mine = [at for at, part in enumerate(self.parts) if part.month == month]
        touched = {row[0] for row in self.con.execute("SELECT part FROM losers UNION SELECT part FROM met").fetchall()}
        stale = {row[0] for row in self.con.execute("SELECT DISTINCT old FROM met WHERE is_later").fetchall()}
        mixed, whole = [at for at in mine if at in touched], [at for at in mine if at not in touched]
        replaced = [s for s in self.live if s.month == month and s.path in stale]
        small = [s for s in self.live if s.month == month and s.rows < SMALL_ROWS and s not in replaced]
        small_parts = [at for at in whole if self.parts[at].rows < SMALL_ROWS]
        if len(small) + len(small_parts) >= MANY_SMALL:
            replaced, mixed, whole = (
                replaced + small,
                mixed + small_parts,
                [at for at in whole if at not in small_parts],
            )
        found.add += [self._adopted(self.parts[at]) for at in whole]
        if mixed or replaced:
            self._rewrite(month, mixed, replaced, found)

    def _adopted(self, part: Part) -> Segment:
        return adopt(
            part.path, store=self.store, cluster=self.cluster, month=part.month, rows=part.rows,
            first_at=part.first_at, last_at=part.last_at,
        )  # fmt: skip

    def _rewrite(self, month: str, mixed: Sequence[int], replaced: Sequence[Segment], found: Outcome) -> None:
        chosen = ", ".join(map(str, mixed)) or "-1"
        coming = (
            f"SELECT {_NAMES} FROM fresh ANTI JOIN losers USING (part, place) "
            f"ANTI JOIN (SELECT part, place FROM met WHERE NOT is_later) USING (part, place) WHERE part IN ({chosen})"
        )
        kept = files_sql([self.store / s.path for s in replaced])
        rows = (
            f"{coming} UNION ALL SELECT {_NAMES} FROM {kept} ANTI JOIN (SELECT {_KEY} FROM met WHERE "
            f"is_later) USING ({_KEY})"
        )
        if not self._counts(f"SELECT count(*) FROM ({rows})")[0]:
            return
        sources = {self.parts[at].digest for at in mixed} | (self.taken.get(month, set()) if replaced else set())
        segment = write_segment(self.con, rows, store=self.store, cluster=self.cluster, month=month, sources=sources)
        if segment.path in {s.path for s in self.live}:
            return  # byte for byte what was there
        found.add.append(segment)
        found.replace += [s.path for s in replaced]
