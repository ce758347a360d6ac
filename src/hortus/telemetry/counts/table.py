"""Reads and writes many hour rows at once, as arrays. The only place that knows the columns by SQL.

One statement reads everything that belongs together, so that a reader sees one moment without a transaction.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.telemetry.counts.models import MOST_SERIES, SERIES_BITS, Series

Ints = NDArray[np.int64]

MOST_RANGES = 60  # below what SQLite lets one statement put together
_COLUMNS = "id, good, total, measured, mask, counts"
_HEADS = "first_hour, last_hour, good, total, measured, coarse_until, daily_until"


@dataclass(frozen=True, slots=True)
class Rows:
    """Hour rows in ascending order of their keys. before: good, total and measured, shape (3, rows)."""

    key: Ints
    before: Ints
    mask: Ints
    counts: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.key)

    @property
    def hour(self) -> Ints:
        """Return the hours of the rows."""
        return self.key >> SERIES_BITS

    def packed(self, at: Ints) -> list[bytes]:
        """Return the counts of some rows."""
        return [self.counts[place] for place in at.tolist()]


@dataclass(frozen=True, slots=True)
class Heads:
    """What the series know of themselves, in ascending order of id; first and last are -1 where nothing was counted.

    head: good, total and measured after the last hour, shape (3, series).
    """

    id: Ints
    first: Ints
    last: Ints
    head: Ints
    coarse_until: Ints
    daily_until: Ints

    def place(self, ids: Ints) -> Ints:
        """Return where each of these ids stands, or where it would."""
        return np.searchsorted(self.id, ids)


def keys_of(hour: Ints, series: Ints) -> Ints:
    """Return the keys of rows."""
    return (hour << SERIES_BITS) | series


def _fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _columns(found: list[tuple[Any, ...]], count: int) -> list[Ints]:
    """Return the first columns as arrays."""
    if not found:
        return [np.zeros(0, np.int64)] * count
    return [np.array(column, np.int64) for column in list(zip(*found, strict=True))[:count]]


def _among(column: str, values: Ints) -> tuple[str, Any]:
    """Return a condition with one parameter, however many values there are."""
    if connection.vendor == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(values.tolist())  # noqa: S608
    return f"{column} = ANY(%s)", values.tolist()


def _chosen(ids: Ints) -> tuple[str, list[Any]]:
    """Return a condition for series: a range that is filtered later where they lie close, else each by its id."""
    if len(ids) and int(ids[-1] - ids[0]) < 4 * len(ids):
        return "id BETWEEN %s AND %s", [int(ids[0]), int(ids[-1])]
    condition, parameter = _among("id", ids)
    return condition, [parameter]


def locked(team: Team, ids: Ints) -> Heads:
    """Lock those of these series that are the team's, and return their heads; ids are ascending.

    SQLite has no locks of rows; there a transaction of ours has the only right to write from its beginning.
    """
    condition, parameter = _among("id", ids)
    owner = Series._meta.get_field("team").get_db_prep_value(team.pk, connection)
    suffix = " FOR UPDATE" if connection.features.has_select_for_update else ""
    found = _fetched(
        f"SELECT id, {_HEADS} FROM counts_series WHERE team_id = %s AND {condition} ORDER BY id{suffix}",  # noqa: S608
        [owner, parameter],
    )
    known = [(r[0], -1, -1, *r[3:]) if r[1] is None else r for r in found]
    key, first, last, good, total, measured, coarse, daily = _columns(known, 8)
    return Heads(key, first, last, np.stack([good, total, measured]), coarse, daily)


def _as_rows(found: list[tuple[Any, ...]]) -> Rows:
    key, good, total, measured, mask = _columns(found, 5)
    counts = [bytes(row[5]) for row in found] if connection.vendor != "sqlite" else [row[5] for row in found]
    return Rows(key, np.stack([good, total, measured]), mask, counts)


def _select(hours: Ints, ids: Ints, keys: Ints) -> tuple[str, list[Any]]:
    """Return what selects these rows: scans of hours when most series of an hour are wanted, else one look-up each."""
    is_close = len(ids) >= 64 and int(ids[-1] - ids[0]) < 4 * len(ids)
    if is_close and len(hours) <= MOST_RANGES:
        ranges = [(int(h) << SERIES_BITS) + int(end) for h in hours for end in (ids[0], ids[-1])]
        one = f"SELECT {_COLUMNS} FROM counts_hourcounts WHERE id BETWEEN %s AND %s"  # noqa: S608 -- our own words
        return " UNION ALL ".join([one] * len(hours)), ranges
    condition, parameter = _among("id", keys)
    return f"SELECT {_COLUMNS} FROM counts_hourcounts WHERE {condition}", [parameter]  # noqa: S608


def rows(keys: Ints) -> Rows:
    """Return those of these rows that exist; keys are ascending. Call it under the series' lock."""
    if not len(keys):
        return _as_rows([])
    sql, parameters = _select(np.unique(keys >> SERIES_BITS), np.unique(keys & (MOST_SERIES - 1)), keys)
    found = sorted(_fetched(sql, parameters))
    rows = _as_rows(found)
    place = np.minimum(np.searchsorted(keys, rows.key), len(keys) - 1)
    wanted = keys[place] == rows.key
    if wanted.all():
        return rows
    at = np.flatnonzero(wanted)
    return Rows(rows.key[at], rows.before[:, at], rows.mask[at], rows.packed(at))


def rows_and_heads(keys: Ints, ids: Ints) -> tuple[Rows, Heads]:
    """Return rows and the heads of the series as they are at one moment; both arguments are ascending.

    Rows of other series that lie between may come along.
    """
    sql, parameters = _select(np.unique(keys >> SERIES_BITS), ids, keys)
    condition, more = _chosen(ids)
    # A head comes as two rows below zero, since one statement has one shape.
    tops = (
        f"SELECT -2 * id, good, total, measured, coalesce(last_hour, -1), NULL FROM counts_series WHERE {condition}"  # noqa: S608
        f" UNION ALL SELECT -2 * id - 1, coalesce(first_hour, -1), coarse_until, daily_until, 0, NULL"
        f" FROM counts_series WHERE {condition}"
    )
    found = _fetched(f"{sql} UNION ALL {tops}", [*parameters, *more, *more])
    found.sort(key=lambda row: row[0])
    split = next((at for at, row in enumerate(found) if row[0] >= 0), len(found))
    below = found[:split]
    below.reverse()
    return _as_rows(found[split:]), _heads_below(below[0::2], below[1::2], ids)


def _heads_below(first: list[tuple[Any, ...]], second: list[tuple[Any, ...]], ids: Ints) -> Heads:
    wanted = set(ids.tolist())
    joined = [
        (-a[0] // 2, b[1], a[4], a[1], a[2], a[3], b[2], b[3])
        for a, b in zip(first, second, strict=True)
        if -a[0] // 2 in wanted
    ]
    key, start, last, good, total, measured, coarse, daily = _columns(joined, 8)
    return Heads(key, start, last, np.stack([good, total, measured]), coarse, daily)


def write(rows: Rows) -> None:
    """Insert rows, or replace those that exist."""
    sql = (
        f"INSERT INTO counts_hourcounts ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608
        "good = excluded.good, total = excluded.total, measured = excluded.measured, mask = excluded.mask, "
        "counts = excluded.counts"
    )
    columns = [part.tolist() for part in (rows.key, *rows.before, rows.mask)]
    _many(sql, zip(*columns, rows.counts, strict=True))


def shift(keys: Ints, by: Ints) -> None:
    """Add to the running totals of rows; by has shape (3, rows)."""
    sql = "UPDATE counts_hourcounts SET good = good + %s, total = total + %s, measured = measured + %s WHERE id = %s"
    _many(sql, zip(*(part.tolist() for part in (*by, keys)), strict=True))


def write_heads(heads: Heads) -> None:
    """Keep the heads of series."""
    assignments = ", ".join(f"{name} = %s" for name in _HEADS.split(", "))
    columns = (heads.first, heads.last, *heads.head, heads.coarse_until, heads.daily_until, heads.id)
    _many(
        f"UPDATE counts_series SET {assignments} WHERE id = %s",  # noqa: S608
        zip(*(part.tolist() for part in columns), strict=True),
    )


def remove(keys: Ints) -> None:
    """Remove rows."""
    _many("DELETE FROM counts_hourcounts WHERE id = %s", ((key,) for key in keys.tolist()))


def _many(sql: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """Run one statement for each of the rows; SQLite and psycopg both take them in one go."""
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(rows))
