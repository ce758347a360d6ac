"""Reads and writes rows of hours and shelves as arrays. The only place that names their columns in SQL.

One statement reads everything that belongs together, so that a reader sees one moment without a transaction.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.telemetry.counts.cells import LANES, pack_lanes, unpack_lanes
from hortus.telemetry.counts.models import SHELF_BITS, Series

Ints = NDArray[np.int64]

_SHELF = "first_hour, last_hour, coarse_until, daily_until, totals"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of hours in ascending order of their keys.

    before: good, total and measured, shape (3, rows, lanes). mask: shape (rows, lanes).
    """

    key: Ints
    before: Ints
    mask: Ints
    counts: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.key)

    @property
    def hour(self) -> Ints:
        """Return the hours of the rows."""
        return self.key >> SHELF_BITS

    @property
    def is_coarse(self) -> NDArray[np.bool_]:
        """Say which rows have no minutes."""
        return self.mask[:, 0] < 0

    def packed(self, at: Ints) -> list[bytes]:
        """Return the counts of some rows."""
        return [self.counts[place] for place in at.tolist()]


@dataclass(frozen=True, slots=True)
class Shelves:
    """Shelves in ascending order of their ids; first and last are -1 where nothing was counted.

    head: good, total and measured after the last hour, shape (3, shelves, lanes).
    """

    id: Ints
    first: Ints
    last: Ints
    coarse_until: Ints
    daily_until: Ints
    head: Ints


def keys_of(hour: Ints, shelf: Ints) -> Ints:
    """Return the keys of rows."""
    return (hour << SHELF_BITS) | shelf


def _reader() -> CursorWrapper:
    """Return a cursor for reading.

    Django's cursor has PostgreSQL send bytes as hexadecimal text, which is most of the time that reading takes.
    """
    if connection.vendor != "postgresql":
        return connection.cursor()
    from psycopg import Cursor
    from psycopg.pq import Format

    connection.close_if_health_check_failed()
    connection.ensure_connection()
    cursor: Any = Cursor(connection.connection)
    cursor.format = Format.BINARY
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)


def _fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with _reader() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _among(column: str, values: Ints) -> tuple[str, Any]:
    """Return a condition with one parameter, however many values there are."""
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(values.tolist())  # noqa: S608
    return f"{column} = ANY(%s)", values.tolist()


def _column(found: list[tuple[Any, ...]], index: int) -> Ints:
    return np.array([row[index] for row in found], np.int64)


def _as_rows(found: list[tuple[Any, ...]]) -> Rows:
    lanes = unpack_lanes([bytes(row[1]) for row in found], 4)
    return Rows(_column(found, 0), lanes[:3], lanes[3], [bytes(row[2]) for row in found])


def _as_shelves(found: list[tuple[Any, ...]]) -> Shelves:
    """Return shelves from rows of id, first_hour, last_hour, coarse_until, daily_until, totals."""
    known = [(row[0], -1, -1, *row[3:]) if row[1] is None else row for row in found]
    heads = unpack_lanes([bytes(row[5]) for row in known], 3)
    key, first, last, coarse, daily = (_column(known, index) for index in range(5))
    return Shelves(key, first, last, coarse, daily, heads)


def foreign(team: Team, ids: Ints) -> list[int]:
    """Return those of these series that are not the team's; ids without repetition."""
    condition, parameter = _among("id", ids)
    owner = Series._meta.get_field("team").get_db_prep_value(team.pk, connection)
    of_team = f"FROM counts_series WHERE team_id = %s AND {condition}"
    if _fetched(f"SELECT count(*) {of_team}", [owner, parameter])[0][0] == len(ids):
        return []
    own = {row[0] for row in _fetched(f"SELECT id {of_team}", [owner, parameter])}
    return [one for one in ids.tolist() if one not in own]


def locked(ids: Ints) -> Shelves:
    """Make the shelves that are not there yet, lock all of them and return them; ids are ascending.

    SQLite has no locks of rows; there a transaction of ours has the only right to write from its beginning.
    """
    condition, parameter = _among("id", ids)
    suffix = " FOR UPDATE" if connection.features.has_select_for_update else ""
    sql = f"SELECT id, {_SHELF} FROM counts_shelf WHERE {condition} ORDER BY id{suffix}"  # noqa: S608
    found = _fetched(sql, [parameter])
    if len(found) < len(ids):
        insert = "INSERT INTO counts_shelf (id, coarse_until, daily_until, totals) VALUES (%s, 0, 0, %s)"
        _many(f"{insert} ON CONFLICT (id) DO NOTHING", ((one, b"") for one in ids.tolist()))
        found = _fetched(sql, [parameter])
    return _as_shelves(found)


def rows(keys: Ints) -> Rows:
    """Return those of these rows that exist. Call it while their shelves are locked."""
    condition, parameter = _among("id", keys)
    found = _fetched(f"SELECT id, totals, counts FROM counts_hourcounts WHERE {condition}", [parameter])  # noqa: S608
    return _as_rows(sorted(found, key=lambda row: row[0]))


def rows_and_shelves(keys: Ints, shelves: Ints) -> tuple[Rows, Shelves]:
    """Return those of these rows and shelves that exist, as they are at one moment."""
    is_row, row_keys = _among("id", keys)
    is_shelf, shelf_ids = _among("id", shelves)
    found = _fetched(
        f"SELECT id, totals, counts, 0, 0, 0, 0 FROM counts_hourcounts WHERE {is_row} UNION ALL "  # noqa: S608
        "SELECT -1 - id, totals, NULL, coalesce(first_hour, -1), coalesce(last_hour, -1), coarse_until, daily_until "
        f"FROM counts_shelf WHERE {is_shelf}",
        [row_keys, shelf_ids],
    )
    found.sort(key=lambda row: row[0])
    split = next((at for at, row in enumerate(found) if row[0] >= 0), len(found))
    known = [(-1 - row[0], *row[3:], row[1]) for row in reversed(found[:split])]
    return _as_rows(found[split:]), _as_shelves(known)


def write(rows: Rows) -> None:
    """Insert rows, or replace those that exist."""
    lanes = np.concatenate([rows.before, rows.mask[None]])
    _many(
        "INSERT INTO counts_hourcounts (id, totals, counts) VALUES (%s, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET totals = excluded.totals, counts = excluded.counts",
        zip(rows.key.tolist(), pack_lanes(lanes, at_least=1), rows.counts, strict=True),
    )


def write_totals(rows: Rows) -> None:
    """Replace the running totals of rows, not their counts."""
    packed = pack_lanes(np.concatenate([rows.before, rows.mask[None]]), at_least=1)
    _many("UPDATE counts_hourcounts SET totals = %s WHERE id = %s", zip(packed, rows.key.tolist(), strict=True))


def write_shelves(shelves: Shelves) -> None:
    """Keep what is known of shelves."""
    columns = (shelves.first, shelves.last, shelves.coarse_until, shelves.daily_until)
    assignments = ", ".join(f"{name} = %s" for name in _SHELF.split(", "))
    rows = zip(*(column.tolist() for column in columns), pack_lanes(shelves.head), shelves.id.tolist(), strict=True)
    _many(f"UPDATE counts_shelf SET {assignments} WHERE id = %s", rows)  # noqa: S608


def remove(keys: Ints) -> None:
    """Remove rows."""
    _many("DELETE FROM counts_hourcounts WHERE id = %s", ((key,) for key in keys.tolist()))


def _many(sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Run one statement for each of the rows; SQLite and psycopg both take them in one go."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))


def shelf_and_lane(series: Ints) -> tuple[Ints, Ints]:
    """Return where the counts of each series lie."""
    return series // LANES, series % LANES
