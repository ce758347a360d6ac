"""Reads exact sums of any windows, and the minutes of one series. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts import table
from hortus.telemetry.counts.cells import (
    COARSE,
    MINUTES,
    bits,
    bits_below,
    sums_before,
    unpack,
    unpack_coarse,
)
from hortus.telemetry.counts.table import Heads, Rows, keys_of
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
    ids = np.unique(np.asarray(series_ids, np.int64))
    edges = np.unique(np.array(spans, np.int64).reshape(-1, 2))
    before = _totals_before(ids, edges)
    place = np.searchsorted(ids, np.asarray(series_ids, np.int64))
    begin, end = np.searchsorted(edges, np.array(spans, np.int64).reshape(-1, 2)).T
    found = before[:, place][:, :, end] - before[:, place][:, :, begin]
    return Sums(*found)


def _totals_before(ids: Ints, edges: Ints) -> Ints:
    """Return good, total and measured before each edge, shape (3, series, edges)."""
    found = np.zeros((3, len(ids), len(edges)), np.int64)
    if not found.size:
        return found
    daily = np.zeros(len(ids), np.int64)
    while True:
        keys = np.unique(keys_of(row_hour(edges[None, :] // MINUTES, daily[:, None]), ids[:, None]))
        rows, heads = table.rows_and_heads(keys, ids)
        now = np.zeros(len(ids), np.int64)
        now[np.searchsorted(ids, heads.id)] = heads.daily_until
        if not _misses_days(edges, daily, now):
            break
        daily = now
    for column, edge in enumerate(edges.tolist()):
        _fill_edge(found[:, :, column], ids, int(edge), rows, heads)
    return found


def _misses_days(edges: Ints, asked: Ints, known: Ints) -> bool:
    """Say whether rows of whole days are needed that were not asked for."""
    hour = edges[None, :] // MINUTES
    return bool((row_hour(hour, asked[:, None]) != row_hour(hour, known[:, None])).any())


def _fill_edge(into: Ints, ids: Ints, edge: int, rows: Rows, heads: Heads) -> None:
    at = np.searchsorted(ids, heads.id)
    hour = row_hour(np.full(len(heads.id), edge // MINUTES), heads.daily_until)
    is_after = (edge // MINUTES > heads.last) & (heads.last >= 0)
    into[:, at[is_after]] = heads.head[:, is_after]
    keys = keys_of(hour, heads.id)
    place = np.minimum(np.searchsorted(rows.key, keys), max(len(rows) - 1, 0))
    has = np.flatnonzero(~is_after & (rows.key[place] == keys)) if len(rows) else np.zeros(0, np.int64)
    into[:, at[has]] = _before_minute(rows, place[has], edge)


def _before_minute(rows: Rows, at: Ints, edge: int) -> Ints:
    """Return the totals before a minute from the rows that hold it."""
    found, mask = rows.before[:, at], rows.mask[at]
    offset = edge % MINUTES
    is_fine = mask != COARSE
    if offset and is_fine.any():
        total, bad = sums_before(rows.packed(at[is_fine]), offset)
        found[:, is_fine] += np.stack([total - bad, total, bits(mask[is_fine] & bits_below(offset))])
    coarse = np.flatnonzero(~is_fine)
    start = rows.hour[at[coarse]] * MINUTES
    inside = coarse[start < edge]
    if len(inside):
        found[:, inside] += unpack_coarse(rows.packed(at[inside]))
    return found


def minutes(series_id: int, since: int, until: int) -> Minutes:
    """Return one series minute by minute from `since` up to but not including `until`."""
    if since > until:
        raise Refused("bad-span", f"A span must not end before it begins, got minutes {since} to {until}.")
    ids = np.array([series_id], np.int64)
    daily = 0
    while True:
        hours = row_hours(since // MINUTES, -(-until // MINUTES), daily)
        rows, heads = table.rows_and_heads(keys_of(hours, np.broadcast_to(ids, hours.shape)), ids)
        if not len(heads.id) or int(heads.daily_until[0]) == daily:
            break
        daily = int(heads.daily_until[0])
    first = min(since, int(hours[0]) * MINUTES) if len(hours) else since
    good, total, measured = _laid_out(rows, first, max(until, first))
    cut = slice(since - first, until - first)
    coarse = int(heads.coarse_until[0]) * MINUTES if len(heads.id) else 0
    return Minutes(since, good[cut], total[cut], measured[cut], coarse)


def _laid_out(rows: Rows, first: int, until: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return good, total and measured of rows of one series in every minute from `first` on."""
    size = -(-(until - first) // MINUTES) * MINUTES + DAY_HOURS * MINUTES
    good, total = np.zeros((2, size), np.int64)
    measured = np.zeros(size, np.bool_)
    start = rows.hour * MINUTES - first
    fine = np.flatnonzero(rows.mask != COARSE)
    if len(fine):
        dense = unpack(rows.packed(fine))
        at = (start[fine][:, None] + np.arange(MINUTES)).ravel()
        total[at], good[at] = dense.total.ravel(), (dense.total - dense.bad).ravel()
        measured[at] = ((rows.mask[fine][:, None] >> np.arange(MINUTES)) & 1).astype(np.bool_).ravel()
    coarse = np.flatnonzero(rows.mask == COARSE)
    if len(coarse):
        cells = unpack_coarse(rows.packed(coarse))
        good[start[coarse]], total[start[coarse]] = cells[0], cells[1]
        for begin, length in zip(start[coarse].tolist(), cells[2].tolist(), strict=True):
            measured[begin : begin + length] = True
    return good, total, measured
