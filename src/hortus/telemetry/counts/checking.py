"""Recounts running totals from the counts of minutes, hours and days, says where they differ, and mends them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.telemetry.counts import table
from hortus.telemetry.counts.cells import LANES, Packed, bits, unpack_lanes
from hortus.telemetry.counts.models import SHELF_BITS, Series, Shelf
from hortus.telemetry.counts.table import Rows, Shelves, keys_of
from hortus.telemetry.counts.tiers import row_hours

Ints = NDArray[np.int64]

ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not agree. hour: since 1970 in UTC; -1 for the totals at the end of the shelf."""

    shelf: int
    hour: int
    what: str
    is_mended: bool

    @property
    def sentence(self) -> str:
        """Return it in words."""
        first = self.shelf * LANES
        where = f"in hour {self.hour}" if self.hour >= 0 else "at the end"
        mended = "; mended" if self.is_mended else ""
        return f"Series {first} to {first + LANES - 1}, {where}: {self.what}{mended}."

    def as_json(self) -> dict[str, Any]:
        """Return it as the command line tells it."""
        return {"shelf": self.shelf, "hour": self.hour, "what": self.what, "mended": self.is_mended}


@dataclass(frozen=True, slots=True)
class Checked:
    """How many rows of a shelf were recounted, and what did not agree."""

    rows: int
    findings: list[Difference]


def shelves(team: Team | None) -> list[int]:
    """Return the shelves of a team, of all when none is named."""
    if team is None:
        return list(Shelf.objects.order_by("id").values_list("id", flat=True))
    ids = Series.objects.filter(team=team).values_list("id", flat=True)
    return sorted({one // LANES for one in ids} & set(Shelf.objects.values_list("id", flat=True)))


@transaction.atomic
def check(shelf: int, *, mend: bool) -> Checked:
    """Recount one shelf while nobody writes to it.

    mend: replace totals that differ by the recounted ones. Where a row is absent or cannot be read nothing is replaced:
    the totals are then the only ones that still know what it held; restore a backup.
    """
    known = table.locked(np.array([shelf]))
    if known.first[0] < 0:
        return Checked(0, [])
    found = _pass(shelf, known, mend=False)
    can_mend = all(one.what in (_BEFORE, _AT_END) for one in found.findings)
    return _pass(shelf, known, mend=True) if mend and found.findings and can_mend else found


_BEFORE = "the totals before it are not the sum of the rows before"
_AT_END = "the totals are not the sum of the rows"


def _pass(shelf: int, known: Shelves, *, mend: bool) -> Checked:
    hours = row_hours(int(known.first[0]), int(known.last[0]) + 1, int(known.daily_until[0]))
    running, findings, count = np.zeros((3, 1, LANES), np.int64), list[Difference](), 0
    for at in range(0, len(hours), ROWS_AT_ONCE):
        keys = keys_of(hours[at : at + ROWS_AT_ONCE], known.id)
        rows = table.rows(keys)
        findings += _absent(shelf, keys, rows)
        running = _recount(shelf, rows, running, findings, mend)
        count += len(rows)
    if not np.array_equal(running, known.head):
        findings.append(Difference(shelf, -1, _AT_END, mend))
        if mend:
            table.write_shelves(replace(known, head=running))
    return Checked(count, findings)


def _absent(shelf: int, keys: Ints, rows: Rows) -> list[Difference]:
    absent = np.setdiff1d(keys, rows.key) >> SHELF_BITS
    return [Difference(shelf, hour, "the row is absent", False) for hour in absent.tolist()]


def _recount(shelf: int, rows: Rows, running: Ints, findings: list[Difference], mend: bool) -> Ints:
    """Check a run of rows, mend them, and return the totals after them, shape (3, 1, lanes)."""
    counted = _counted(shelf, rows, findings)
    after = running + np.cumsum(counted, axis=1)
    before = after - counted
    wrong = np.flatnonzero((before != rows.before).any(axis=(0, 2)))
    findings += [Difference(shelf, hour, _BEFORE, mend) for hour in rows.hour[wrong].tolist()]
    if mend and len(wrong):
        table.write_totals(Rows(rows.key[wrong], before[:, wrong], rows.mask[wrong], rows.packed(wrong)))
    return after[:, -1:] if len(rows) else running


def _counted(shelf: int, rows: Rows, findings: list[Difference]) -> Ints:
    """Return what the cells of each row hold, shape (3, rows, lanes); an unreadable row is told and holds nothing."""
    try:
        return _of_rows(rows)
    except ValueError:
        found = np.zeros((3, len(rows), LANES), np.int64)
    for at in range(len(rows)):
        one = np.array([at])
        try:
            found[:, one] = _of_rows(Rows(rows.key[one], rows.before[:, one], rows.mask[one], rows.packed(one)))
        except ValueError as error:
            findings.append(Difference(shelf, int(rows.hour[at]), str(error), False))
    return found


def _of_rows(rows: Rows) -> Ints:
    found = np.zeros((3, len(rows), LANES), np.int64)
    fine, coarse = np.flatnonzero(~rows.is_coarse), np.flatnonzero(rows.is_coarse)
    total, bad = Packed(rows.packed(fine)).sums_before(60)
    found[:, fine] = np.stack([total - bad, total, bits(rows.mask[fine])])
    found[:, coarse] = unpack_lanes(rows.packed(coarse), 3)
    return found
