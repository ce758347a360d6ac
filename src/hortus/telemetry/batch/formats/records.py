"""What formats share that are read record by record in Python: a chunk of lines, each giving one raw row or none."""

from collections.abc import Callable, Mapping
from typing import Any

import duckdb

from hortus.telemetry.batch.canonical import Tally
from hortus.telemetry.batch.formats.lines import append_rows, empty_raw

Row = Mapping[str, Any]


class Skipped(Exception):  # noqa: N818 - not a fault
    """The line is sound but no job: `str(exc)` names its kind."""


class Refuse(Exception):  # noqa: N818 - not a fault
    """The line cannot be read: `str(exc)` is the reason counted."""


def fill_by_line(con: duckdb.DuckDBPyConnection, data: bytes, read: Callable[[str], Row], tally: Tally) -> None:
    """Make the temporary table `raw` by reading each line; blank lines and `#` comments are passed over."""
    empty_raw(con)
    rows = []
    for no, line in enumerate(data.decode("utf-8").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            rows.append({**read(line), "no": no})
        except Skipped as exc:
            tally.skipped[str(exc)] = tally.skipped.get(str(exc), 0) + 1
        except Refuse as exc:
            tally.refuse(str(exc), no)
    append_rows(con, rows)
