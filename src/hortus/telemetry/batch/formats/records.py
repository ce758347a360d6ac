"""What formats share that are read record by record in Python: a chunk of lines, each giving one raw row or none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from hortus.telemetry.batch.canonical import Tally
from hortus.telemetry.batch.formats.lines import append_rows, empty_raw
from hortus.telemetry.batch.source import Chunk, Source, line_chunks

Row = Mapping[str, Any]


class Skipped(Exception):  # noqa: N818 - not a fault
    """The line is sound but no job: `str(exc)` names its kind."""


class Refuse(Exception):  # noqa: N818 - not a fault
    """The line cannot be read: `str(exc)` is the reason counted."""


@dataclass(frozen=True)
class ByLine:
    """A format without a layout to find, whose lines are read one by one. read: gives the raw row of one line, raises
    `Skipped` or `Refuse`.
    """

    name: str
    read: Callable[[str], Row]

    id_pattern: ClassVar[str | None] = None
    unit: ClassVar[str] = "line"

    def identity(self) -> str:
        """Say all that decides how a chunk is read."""
        return self.name

    def notes(self) -> list[str]:
        """Have nothing to add."""
        return []

    def chunks(self, source: Source) -> Iterator[Chunk]:
        """Yield chunks of whole lines."""
        return line_chunks(source)

    def fill(self, con: duckdb.DuckDBPyConnection, path: Path, chunk: Chunk, tally: Tally) -> None:
        """Make the temporary table `raw` from a file of cleaned lines; blank lines and `#` comments are passed over."""
        empty_raw(con)
        rows = []
        for no, line in enumerate(path.read_bytes().decode("utf-8").split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            try:
                rows.append({**self.read(line), "no": no})
            except Skipped as exc:
                tally.skipped[str(exc)] = tally.skipped.get(str(exc), 0) + 1
            except Refuse as exc:
                tally.refuse(str(exc), no)
        append_rows(con, rows)
