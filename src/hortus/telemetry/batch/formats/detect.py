"""Which format a source is in, told from its first lines, never from its name."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from hortus.telemetry.batch.canonical import Tally
from hortus.telemetry.batch.formats import node_events, pbs, sacct, sge, swf
from hortus.telemetry.batch.formats.sacct_json import SacctJson
from hortus.telemetry.batch.source import HEAD_BYTES, Chunk, Source
from hortus.telemetry.batch.unreadable import Unreadable

FORMATS = ("sacct", "sacct_json", "swf", "pbs", "sge")


class Format(Protocol):
    """A format with its layout found. Instances are immutable; `fill` is called from several threads."""

    @property
    def name(self) -> str: ...
    @property
    def id_pattern(self) -> str | None: ...
    @property
    def unit(self) -> str: ...
    def identity(self) -> str: ...
    def notes(self) -> list[str]: ...
    def chunks(self, source: Source) -> Iterator[Chunk]: ...
    def fill(self, con: duckdb.DuckDBPyConnection, path: Path, chunk: Chunk, tally: Tally) -> None: ...


def _lines(source: Source) -> list[str]:
    text = source.head.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\0", " ")
    lines = text.split("\n")
    return lines if len(source.head) < HEAD_BYTES else lines[:-1] or lines


def _refuse_known(first: str, label: str) -> None:
    if node_events.looks_like(first):
        raise Unreadable(f"{label} holds node events, not jobs: import it as events.")
    if first.startswith("JobId=") and "JobState=" in first:
        raise Unreadable(
            f"{label} is a job completion log (jobcomp), which is not read: use sacct "
            f"--parsable2 or squeue -t all --json."
        )
    if re.match(r" *JobID(Raw)? {2,}\w", first):
        raise Unreadable(f"{label} is sacct's table for people, which cuts long values: run sacct with --parsable2.")


def _sniffed(lines: list[str], label: str, starts_at: datetime | None) -> Format | None:
    full = [line for line in lines if line.strip()]
    data = [line for line in full if not line.startswith("#")]
    if full and full[0].lstrip().startswith("{"):
        return SacctJson()
    if swf.looks_like(full) or (full and full[0].startswith(";")):
        return swf.from_head(lines, starts_at)
    if any(pbs.LINE.fullmatch(line) for line in full[:20]):
        return pbs.PBS
    return sge.SGE if any(sge.looks_like(line) for line in data[:20]) else None


def _sacct(lines: list[str], label: str, columns: Sequence[str] | None, delimiter: str | None) -> sacct.Sacct | None:
    for line in lines[:20]:
        layout = sacct.from_header(line, label, delimiter)
        if layout:
            return layout
    return sacct.from_lines([line for line in lines if line.strip()][:50], label, columns, delimiter)


def _named(name: str, lines: list[str], starts_at: datetime | None) -> Format | None:
    if name == "swf":
        return swf.from_head(lines, starts_at) if swf.looks_like(lines) or lines[0].startswith(";") else None
    kinds: dict[str, Format] = {"sacct_json": SacctJson(), "pbs": pbs.PBS, "sge": sge.SGE}
    return kinds[name]


def find_format(
    source: Source,
    *,
    name: str | None = None,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    starts_at: datetime | None = None,
) -> Format:
    """Find the format and layout of an opened source, or check the one named.

    Raises `Unreadable` where the source is in none of the formats, or needs columns named.
    """
    if name is not None and name not in FORMATS:
        raise Unreadable(f"There is no format {name!r}: the formats are {', '.join(FORMATS)}.")
    lines = _lines(source)
    first = next((line for line in lines if line.strip()), "")
    found: Format | None = None
    if name in {None, "sacct"}:
        _refuse_known(first, source.label)
    if name not in {None, "sacct"}:
        found = _named(str(name), lines, starts_at)
    elif name is None and not columns:
        found = _sniffed(lines, source.label, starts_at)
    if found is None and name in {None, "sacct"}:
        found = _sacct(lines, source.label, columns, delimiter)
    if found is None:
        raise Unreadable(
            f"{source.label} is in no format we read: sacct --parsable2 (with its header), sacct --json, "
            "the Standard Workload Format, PBS or Grid Engine accounting."
        )
    return found
