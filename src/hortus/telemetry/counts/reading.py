"""Reads exact sums of any windows, and the minutes of one series. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts import table
from hortus.telemetry.counts.cells import LANES, MINUTES, Packed, bits, bits_below, unpack_lanes
from hortus.telemetry.counts.table import Rows, keys_of
from hortus.telemetry.counts.tiers import DAY_HOURS, row_hour, row_hours
from hortus.values.refused import Refused

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sums:
    """Good and total events and measured minutes, each of shape (series, spans)."""

    good: Ints
    total: Ints
    measured: Ints


@dataclass(frozen=True)
class Minutes:
    """Counts of one series, minute by minute, from `start` on. measured: whether somebody watched.

    Before coarse_until counts stand in the first minute of their hour or day, and so do as many measured minutes.
    """

    start: int
    good: Ints
    total: Ints
    measured: NDArray[np.bool_]
    coarse_until: int


def sums(series_ids: Sequence[int], spans: Sequence[tuple[int, int]]) -> Sums:
    """Return what was counted in spans of minutes (since, until), half-open, for many series; exact to the minute.

    The rows follow series_ids, the columns spans; a series that nothing is known of has zeros. Where minutes are not
    kept any more (see tiers.py), an hour or day counts as if all of it stood in its first minute. One statement reads
    everything, so all figures are of one moment. Raises Refused for a span that ends before it begins.
    """
    for since, until in spans:
        if since > until:
            raise Refused("bad-span", f"A span must not end before it begins, got minutes {since} to {until}.")
    ids, asked = np.asarray(series_ids, np.int64), np.array(spans, np.int64).reshape(-1, 2)
    edges, shelves = np.unique(asked), np.unique(ids // LANES)
    before = _totals_before(shelves, edges)
    begin, end = np.searchsorted(edges, asked).T
    place, lane = np.searchsorted(shelves, ids // LANES), ids % LANES
    return Sums(*(part[end][:, place, lane].T - part[begin][:, place, lane].T for part in before))


def _totals_before(shelves: Ints, edges: Ints) -> Ints:
    """Return good, total and measured before each edge, shape (3, edges, shelves, lanes)."""
    found = np.zeros((3, len(edges), len(shelves), LANES), np.int64)
    if not found.size:
        return found
    daily = np.zeros(len(shelves), np.int64)
    while True:
        rows, known = table.rows_and_shelves(_keys(edges, shelves, daily), shelves)
        now = np.zeros(len(shelves), np.int64)
        now[np.searchsorted(shelves, known.id)] = known.daily_until
        if np.array_equal(_keys(edges, shelves, daily), _keys(edges, shelves, now)):
            break
        daily = now
    at = np.searchsorted(shelves, known.id)
    hours = _Hours(rows)
    for column, edge in enumerate(edges.tolist()):
        is_after = (edge // MINUTES > known.last) & (known.last >= 0)
        found[:, column, at[is_after]] = known.head[:, is_after]
        key = keys_of(row_hour(np.full(len(known.id), edge // MINUTES), known.daily_until), known.id)
        place = np.searchsorted(rows.key, key)
        has = ~is_after & (rows.key[np.minimum(place, len(rows) - 1)] == key) if len(rows) else np.zeros(0, np.int64)
        if len(has):
            found[:, column, at[has]] = hours.before(place[has], edge)
    return found


def _keys(edges: Ints, shelves: Ints, daily_until: Ints) -> Ints:
    return np.unique(keys_of(row_hour(edges[None, :] // MINUTES, daily_until[:, None]), shelves[:, None]))


class _Hours:
    """Rows of hours, asked for the totals before one of their minutes."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def before(self, at: Ints, edge: int) -> Ints:
        """Return good, total and measured before a minute from the rows that hold it, shape (3, rows, lanes)."""
        rows, offset = self.rows, edge % MINUTES
        found, is_fine = rows.before[:, at], ~rows.is_coarse[at]
        if offset and is_fine.any():
            total, bad = Packed(rows.packed(at[is_fine])).sums_before(offset)
            found[:, is_fine] += np.stack([total - bad, total, bits(rows.mask[at[is_fine]] & bits_below(offset))])
        inside = np.flatnonzero(~is_fine & (rows.hour[at] * MINUTES < edge))
        if len(inside):
            found[:, inside] += unpack_lanes(rows.packed(at[inside]), 3)
        return found


def minutes(series_id: int, since: int, until: int) -> Minutes:
    """Return one series minute by minute from `since` up to but not including `until`."""
    if since > until:
        raise Refused("bad-span", f"A span must not end before it begins, got minutes {since} to {until}.")
    shelf, lane = np.array([series_id // LANES]), series_id % LANES
    hours = row_hours(since // MINUTES, -(-until // MINUTES), 0)
    while True:
        rows, known = table.rows_and_shelves(keys_of(hours, shelf), shelf)
        daily = int(known.daily_until[0]) if len(known.id) else 0
        now = row_hours(since // MINUTES, -(-until // MINUTES), daily)
        if np.array_equal(hours, now):
            break
        hours = now
    first = min(since, int(hours[0]) * MINUTES) if len(hours) else since
    good, total, measured = _laid_out(rows, lane, first, max(until, first))
    cut = slice(since - first, until - first)
    coarse = int(known.coarse_until[0]) * MINUTES if len(known.id) else 0
    return Minutes(since, good[cut], total[cut], measured[cut], coarse)


def _laid_out(rows: Rows, lane: int, first: int, until: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return good, total and measured of rows of one series in every minute from `first` on."""
    size = -(-(until - first) // MINUTES) * MINUTES + DAY_HOURS * MINUTES
    good, total = np.zeros((2, size), np.int64)
    measured = np.zeros(size, np.bool_)
    start = rows.hour * MINUTES - first
    fine = np.flatnonzero(~rows.is_coarse)
    if len(fine):
        totals, bad = Packed(rows.packed(fine)).lane(lane)
        at = (start[fine][:, None] + np.arange(MINUTES)).ravel()
        total[at], good[at] = totals.ravel(), (totals - bad).ravel()
        measured[at] = ((rows.mask[fine, lane][:, None] >> np.arange(MINUTES)) & 1).astype(np.bool_).ravel()
    coarse = np.flatnonzero(rows.is_coarse)
    if len(coarse):
        cells = unpack_lanes(rows.packed(coarse), 3)[:, :, lane]
        good[start[coarse]], total[start[coarse]] = cells[0], cells[1]
        for begin, length in zip(start[coarse].tolist(), cells[2].tolist(), strict=True):
            measured[begin : begin + length] = True
    return good, total, measured
