"""Adds counts to the rows of many series at once and corrects the running totals after them.

Call it in a transaction that holds the locks of the series. Rows are written in the order of their keys, which builds
the table's tree without splitting it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts import table
from hortus.telemetry.counts.cells import COARSE, MINUTES, bits, bits_below, pack, pack_coarse, unpack, unpack_coarse
from hortus.telemetry.counts.counting import Ints
from hortus.telemetry.counts.table import Heads, Rows, keys_of
from hortus.telemetry.counts.tiers import row_hours
from hortus.telemetry.counts.touched import HOUR_BITS, Touched, starts_of

ROWS_AT_ONCE = 8192

Minutes = tuple[int, int]


def apply(known: Heads, rows: Touched, cleared: Minutes | None = None) -> None:
    """Write what comes to the touched rows, fill gaps between, correct what comes after, keep the new heads.

    known: heads of the series involved. cleared: a span of minutes whose counts and measured minutes are removed
    first; every row that it meets must be among the touched.
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
    table.write_heads(
        replace(known, first=first, last=np.maximum(known.last, last), head=known.head + carried)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Merged:
    """Touched rows with what came to them. added: good, total and measured, shape (3, rows)."""

    mask: Ints
    counts: list[bytes]
    added: Ints


@dataclass(frozen=True, slots=True)
class _Old:
    """Touched rows as they were; zeros where there was none."""

    exists: NDArray[np.bool_]
    before: Ints
    mask: Ints
    counts: list[bytes]


def _write_some(known: Heads, rows: Touched, cleared: Minutes | None, carried: Ints) -> Ints:
    """Write a run of touched rows, add what came to them to `carried`, and return it, shape (3, rows)."""
    keys = keys_of(rows.hour, known.id[rows.place])
    old = _read(keys)
    merged = _merge(rows, old, cleared)
    base = np.where(rows.hour > known.last[rows.place], known.head[:, rows.place], 0)
    base = np.where(old.exists, old.before, base)
    table.write(Rows(keys, base + _earlier(rows.place, merged.added, carried), merged.mask, merged.counts))
    return merged.added


def _read(keys: Ints) -> _Old:
    found = table.rows(keys)
    at = np.searchsorted(keys, found.key)
    exists, before, mask = np.zeros(len(keys), np.bool_), np.zeros((3, len(keys)), np.int64), np.zeros_like(keys)
    exists[at], before[:, at], mask[at] = True, found.before, found.mask
    counts = [b""] * len(keys)
    for place, packed in zip(at.tolist(), found.counts, strict=True):
        counts[place] = packed
    return _Old(exists, before, mask, counts)


def _earlier(place: Ints, added: Ints, carried: Ints) -> Ints:
    """Return what came to earlier rows of the same series, and count these rows among them. Rows are in time order."""
    order = np.argsort(place, kind="stable")
    starts = starts_of(place[order])
    ordered = added[:, order]
    before = np.cumsum(ordered, axis=1) - ordered
    run = np.repeat(before[:, starts], np.diff(starts, append=len(order)), axis=1)
    found = np.empty_like(added)
    found[:, order] = before - run + carried[:, place[order]]
    carried[:, place[order][starts]] += np.add.reduceat(ordered, starts, axis=1)
    return found


def _merge(rows: Touched, old: _Old, cleared: Minutes | None) -> _Merged:
    counts = np.array(old.counts, object)
    mask, added = old.mask.copy(), np.zeros((3, len(old.mask)), np.int64)
    for merge, is_ours in ((_merge_minutes, ~rows.is_coarse), (_merge_coarse, rows.is_coarse)):
        at = np.flatnonzero(is_ours)
        if len(at):
            some = rows.take(at)
            found = merge(some, _Old(old.exists[at], old.before[:, at], old.mask[at], list(counts[at])), cleared)
            mask[at], counts[at], added[:, at] = found.mask, found.counts, found.added
    return _Merged(mask, list(counts), added)


def _merge_minutes(rows: Touched, old: _Old, cleared: Minutes | None) -> _Merged:
    dense, mask = unpack(old.counts), old.mask
    was = _sums(dense.total, dense.bad, mask)
    if cleared is not None:
        low, high = (np.clip(edge - rows.hour * MINUTES, 0, MINUTES) for edge in cleared)
        minute = np.arange(MINUTES)
        gone = (minute >= low[:, None]) & (minute < high[:, None])
        dense.total[gone] = dense.bad[gone] = 0
        mask = mask & ~(bits_below(high) & ~bits_below(low))
    row, cell = rows.pairs()
    offset = rows.cells.minute[cell] % MINUTES
    dense.total[row, offset] += rows.cells.total[cell]
    dense.bad[row, offset] += rows.cells.total[cell] - rows.cells.good[cell]
    mask = mask | rows.mask
    return _Merged(mask, pack(dense.total, dense.bad), _sums(dense.total, dense.bad, mask) - was)


def _sums(total: Ints, bad: Ints, mask: Ints) -> Ints:
    totals = total.sum(axis=1)
    return np.stack([totals - bad.sum(axis=1), totals, bits(mask)])


def _merge_coarse(rows: Touched, old: _Old, cleared: Minutes | None) -> _Merged:
    was = unpack_coarse(old.counts)
    now = was.copy()
    if cleared is not None:
        start = rows.hour * MINUTES
        now[:, (start >= cleared[0]) & (start < cleared[1])] = 0
    row, cell = rows.pairs()
    np.add.at(now[0], row, rows.cells.good[cell])
    np.add.at(now[1], row, rows.cells.total[cell])
    # Which minutes were measured is not known any more: claim no more than one of the two can prove.
    now[2] = np.maximum(now[2], rows.measured)
    return _Merged(np.full(len(rows.hour), COARSE, np.int64), pack_coarse(*now), now - was)


@dataclass(frozen=True, slots=True)
class _Deltas:
    """How much the running totals grew after each touched row; ordered by series, then hour."""

    key: Ints
    grown: Ints

    @classmethod
    def of(cls, rows: Touched, added: Ints) -> "_Deltas":
        key = (rows.place << HOUR_BITS) | rows.hour
        order = np.argsort(key, kind="stable")
        place = rows.place[order]
        grown = _earlier(place, added[:, order], np.zeros((3, int(place.max()) + 1), np.int64)) + added[:, order]
        return cls(key[order], grown)

    def at(self, place: Ints, hour: Ints) -> Ints:
        """Return by how much the totals before these hours grew, shape (3, hours)."""
        index = np.searchsorted(self.key, (place << HOUR_BITS) | hour) - 1
        is_same = (index >= 0) & (self.key[np.maximum(index, 0)] >> HOUR_BITS == place)
        return np.where(is_same, self.grown[:, np.maximum(index, 0)], 0)


def _reach(known: Heads, rows: Touched) -> tuple[Ints, Ints]:
    """Return the first and the last touched hour of each series."""
    first = np.full(len(known.id), np.iinfo(np.int64).max)
    last = np.full(len(known.id), -1)
    np.minimum.at(first, rows.place, rows.hour)
    np.maximum.at(last, rows.place, rows.hour)
    return first, last


def _fill_and_shift(known: Heads, rows: Touched, after: _Deltas, first: Ints, last: Ints) -> None:
    """Write empty rows where a series has a gap, and correct the totals of its rows that were not touched."""
    begin = np.where(known.last < 0, first, np.minimum(first, known.last + 1))
    end = np.maximum(known.last, last)
    count = np.bincount(rows.place, minlength=len(known.id))
    pieces = [
        (place, row_hours(int(begin[place]), int(end[place]) + 1, int(known.daily_until[place])))
        for place in np.flatnonzero(end - begin + 1 > count).tolist()
    ]
    if not pieces:
        return
    place = np.repeat([p for p, _ in pieces], [len(hours) for _, hours in pieces])
    hour = np.concatenate([hours for _, hours in pieces])
    untouched = ~np.isin((place << HOUR_BITS) | hour, after.key)
    place, hour = place[untouched], hour[untouched]
    order = np.lexsort((place, hour))
    place, hour = place[order], hour[order]
    grown = after.at(place, hour)
    exists = (known.first[place] >= 0) & (hour >= known.first[place]) & (hour <= known.last[place])
    _fill(known, place[~exists], hour[~exists], grown[:, ~exists])
    moved = exists & grown.any(axis=0)
    table.shift(keys_of(hour[moved], known.id[place[moved]]), grown[:, moved])


def _fill(known: Heads, place: Ints, hour: Ints, grown: Ints) -> None:
    base = np.where(hour > known.last[place], known.head[:, place], 0)
    mask = np.where(hour < known.coarse_until[place], COARSE, 0)
    table.write(Rows(keys_of(hour, known.id[place]), base + grown, mask, [b""] * len(hour)))
