"""Adds counts to the rows of many series at once and corrects the running totals after them.

Call it in a transaction that holds the locks of the shelves. Rows are written in the order of their keys, which builds
the table's tree without splitting it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts import table
from hortus.telemetry.counts.cells import (
    COARSE,
    LANES,
    MINUTES,
    Packed,
    bits,
    bits_below,
    pack,
    pack_lanes,
    unpack_lanes,
)  # fmt: skip
from hortus.telemetry.counts.counting import Ints
from hortus.telemetry.counts.table import Rows, Shelves, keys_of
from hortus.telemetry.counts.tiers import row_hours
from hortus.telemetry.counts.touched import HOUR_BITS, Touched, starts_of

ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Cleared:
    """A span of minutes of one lane whose counts and measured minutes are removed before something is added."""

    lane: int
    since: int
    until: int


def apply(known: Shelves, rows: Touched, cleared: Cleared | None = None) -> None:
    """Write what comes to the touched rows, fill gaps between, correct what comes after, keep the new heads.

    known: the shelves involved. cleared: every row that it meets must be among the touched.
    """
    if not len(rows.hour):
        return
    carried = np.zeros_like(known.head)
    added = np.concatenate([
        _write_some(known, rows.part(at, at + ROWS_AT_ONCE), cleared, carried)
        for at in range(0, len(rows.hour), ROWS_AT_ONCE)
    ], axis=1)  # fmt: skip
    first, last = _reach(known, rows)
    _fill_and_shift(known, rows, _Deltas.of(rows, added), first, last)
    first = np.where(known.first < 0, first, np.minimum(known.first, first))
    head = known.head + carried
    table.write_shelves(replace(known, first=first, last=np.maximum(known.last, last), head=head))


@dataclass(frozen=True, slots=True)
class _Old:
    """Touched rows as they were; zeros where there was none."""

    exists: NDArray[np.bool_]
    before: Ints
    mask: Ints
    counts: list[bytes]

    def take(self, at: Ints) -> "_Old":
        return _Old(self.exists[at], self.before[:, at], self.mask[at], [self.counts[row] for row in at.tolist()])


@dataclass(frozen=True, slots=True)
class _Merged:
    """Touched rows with what came to them. added: good, total and measured, shape (3, rows, lanes)."""

    mask: Ints
    counts: list[bytes]
    added: Ints


def _write_some(known: Shelves, rows: Touched, cleared: Cleared | None, carried: Ints) -> Ints:
    """Write a run of touched rows, add what came to them to `carried`, return it, shape (3, rows, lanes)."""
    keys = keys_of(rows.hour, known.id[rows.place])
    old = _read(keys)
    merged = _merge(rows, old, cleared)
    is_after = (rows.hour > known.last[rows.place])[:, None]
    base = np.where(old.exists[:, None], old.before, np.where(is_after, known.head[:, rows.place], 0))
    table.write(Rows(keys, base + _earlier(rows.place, merged.added, carried), merged.mask, merged.counts))
    return merged.added


def _read(keys: Ints) -> _Old:
    found = table.rows(keys)
    at = np.searchsorted(keys, found.key)
    exists = np.zeros(len(keys), np.bool_)
    before, mask = np.zeros((3, len(keys), LANES), np.int64), np.zeros((len(keys), LANES), np.int64)
    exists[at], before[:, at], mask[at] = True, found.before, found.mask
    counts = [b""] * len(keys)
    for place, packed in zip(at.tolist(), found.counts, strict=True):
        counts[place] = packed
    return _Old(exists, before, mask, counts)


def _earlier(place: Ints, added: Ints, carried: Ints) -> Ints:
    """Return what came to earlier rows of the same shelf, and count these rows among them. Rows are in time order."""
    order = np.argsort(place, kind="stable")
    starts = starts_of(place[order])
    ordered = added[:, order]
    before = np.cumsum(ordered, axis=1) - ordered
    run = np.repeat(before[:, starts], np.diff(starts, append=len(order)), axis=1)
    found = np.empty_like(added)
    found[:, order] = before - run + carried[:, place[order]]
    carried[:, place[order][starts]] += np.add.reduceat(ordered, starts, axis=1)
    return found


def _merge(rows: Touched, old: _Old, cleared: Cleared | None) -> _Merged:
    mask, added = old.mask.copy(), np.zeros((3, *old.mask.shape), np.int64)
    counts = list(old.counts)
    for merge, is_ours in ((_merge_minutes, ~rows.is_coarse), (_merge_coarse, rows.is_coarse)):
        at = np.flatnonzero(is_ours)
        if len(at):
            found = merge(rows.take(at), old.take(at), cleared)
            mask[at], added[:, at] = found.mask, found.added
            for row, packed in zip(at.tolist(), found.counts, strict=True):
                counts[row] = packed
    return _Merged(mask, counts, added)


def _merge_minutes(rows: Touched, old: _Old, cleared: Cleared | None) -> _Merged:
    (total, bad), mask = Packed(old.counts).minutes(), old.mask.copy()
    was = _sums(total, bad, mask)
    if cleared is not None:
        low, high = (np.clip(edge - rows.hour * MINUTES, 0, MINUTES) for edge in (cleared.since, cleared.until))
        minute = np.arange(MINUTES)
        row, gone = np.nonzero((minute >= low[:, None]) & (minute < high[:, None]))
        total[row, cleared.lane, gone] = bad[row, cleared.lane, gone] = 0
        mask[:, cleared.lane] &= ~(bits_below(high) & ~bits_below(low))
    at = rows.cell_row, rows.cell_lane, rows.cell_minute % MINUTES
    total[at] += rows.cell_total
    bad[at] += rows.cell_total - rows.cell_good
    mask[rows.seen_row, rows.seen_lane] |= rows.seen_mask
    return _Merged(mask, pack(total, bad), _sums(total, bad, mask) - was)


def _sums(total: Ints, bad: Ints, mask: Ints) -> Ints:
    totals = total.sum(axis=2)
    return np.stack([totals - bad.sum(axis=2), totals, bits(mask)])


def _merge_coarse(rows: Touched, old: _Old, cleared: Cleared | None) -> _Merged:
    was = unpack_lanes(old.counts, 3)
    now = was.copy()
    if cleared is not None:
        start = rows.hour * MINUTES
        now[:, (start >= cleared.since) & (start < cleared.until), cleared.lane] = 0
    np.add.at(now[0], (rows.cell_row, rows.cell_lane), rows.cell_good)
    np.add.at(now[1], (rows.cell_row, rows.cell_lane), rows.cell_total)
    measured = np.zeros_like(now[2])
    np.add.at(measured, (rows.seen_row, rows.seen_lane), bits(rows.seen_mask))
    # Which minutes were measured is not known any more: claim no more than one of the two can prove.
    now[2] = np.maximum(now[2], measured)
    return _Merged(np.full_like(old.mask, COARSE), pack_lanes(now), now - was)


@dataclass(frozen=True, slots=True)
class _Deltas:
    """How much the running totals grew after each touched row; ordered by shelf, then hour."""

    key: Ints
    grown: Ints

    @classmethod
    def of(cls, rows: Touched, added: Ints) -> "_Deltas":
        key = (rows.place << HOUR_BITS) | rows.hour
        order = np.argsort(key, kind="stable")
        place, added = rows.place[order], added[:, order]
        nothing = np.zeros((3, int(place.max()) + 1, LANES), np.int64)
        return cls(key[order], _earlier(place, added, nothing) + added)

    def at(self, place: Ints, hour: Ints) -> Ints:
        """Return by how much the totals before these hours grew, shape (3, hours, lanes)."""
        index = np.searchsorted(self.key, (place << HOUR_BITS) | hour) - 1
        is_same = (index >= 0) & (self.key[np.maximum(index, 0)] >> HOUR_BITS == place)
        return np.where(is_same[:, None], self.grown[:, np.maximum(index, 0)], 0)


def _reach(known: Shelves, rows: Touched) -> tuple[Ints, Ints]:
    """Return the first and the last touched hour of each shelf."""
    first = np.full(len(known.id), np.iinfo(np.int64).max)
    last = np.full(len(known.id), -1)
    np.minimum.at(first, rows.place, rows.hour)
    np.maximum.at(last, rows.place, rows.hour)
    return first, last


def _fill_and_shift(known: Shelves, rows: Touched, after: _Deltas, first: Ints, last: Ints) -> None:
    """Write empty rows where a shelf has a gap, and correct the totals of its rows that were not touched."""
    begin = np.where(known.last < 0, first, np.minimum(first, known.last + 1))
    end = np.maximum(known.last, last)
    has_others = end - begin + 1 > np.bincount(rows.place, minlength=len(known.id))
    for place in np.flatnonzero(has_others).tolist():
        hour = row_hours(int(begin[place]), int(end[place]) + 1, int(known.daily_until[place]))
        hour = hour[~np.isin((place << HOUR_BITS) | hour, after.key)]
        for some in np.array_split(hour, max(1, len(hour) // ROWS_AT_ONCE)):
            grown = after.at(np.full(len(some), place), some)
            exists = (known.first[place] >= 0) & (some >= known.first[place]) & (some <= known.last[place])
            _fill(known, place, some[~exists], grown[:, ~exists])
            _shift(known.id[[place]], some[exists], grown[:, exists])


def _fill(known: Shelves, place: int, hour: Ints, grown: Ints) -> None:
    base = np.where((hour > known.last[place])[:, None], known.head[:, [place]], 0)
    mask = np.where((hour < known.coarse_until[place])[:, None], COARSE, np.zeros((1, LANES), np.int64))
    table.write(Rows(keys_of(hour, known.id[[place]]), base + grown, mask, [b""] * len(hour)))


def _shift(shelf: Ints, hour: Ints, grown: Ints) -> None:
    moved = grown.any(axis=(0, 2))
    keys = keys_of(hour[moved], shelf)
    if len(keys):
        found = table.rows(keys)
        table.write_totals(replace(found, before=found.before + grown[:, moved][:, np.searchsorted(keys, found.key)]))
