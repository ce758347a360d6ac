"""Which rows a batch of counts and measured spans touches, and what it adds to each. Plain arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts.cells import MINUTES
from hortus.telemetry.counts.counting import FIRST_MINUTE, LAST_MINUTE, Counts, Ints
from hortus.telemetry.counts.models import SHELF_BITS
from hortus.telemetry.counts.table import Shelves, keys_of, shelf_and_lane
from hortus.telemetry.counts.tiers import row_hour
from hortus.values.refused import Refused

Span = tuple[int, int, int]
HOUR_BITS = 32


@dataclass(frozen=True, slots=True)
class Watched:
    """Measured minutes by series and hour: masks, ordered by series and then hour, one entry for each."""

    series: Ints
    hour: Ints
    mask: Ints


@dataclass(frozen=True, slots=True)
class Touched:
    """Rows in the order of their keys, and what comes to each.

    place: of its shelf among those involved. hour: of the row. is_coarse: it has no minutes. cell_*: one entry for each
    cell, with the row that it falls into; seen_*: one for each hour of a series that somebody watched. Both lie in the
    order of rows.
    """

    place: Ints
    hour: Ints
    is_coarse: NDArray[np.bool_]
    cell_row: Ints
    cell_lane: Ints
    cell_minute: Ints
    cell_good: Ints
    cell_total: Ints
    seen_row: Ints
    seen_lane: Ints
    seen_mask: Ints

    def take(self, at: Ints) -> "Touched":
        """Return some of the rows; at is ascending."""
        if len(at) == len(self.hour):
            return self
        new = np.full(len(self.hour), -1)
        new[at] = np.arange(len(at))
        cells, seen = new[self.cell_row] >= 0, new[self.seen_row] >= 0
        return Touched(
            self.place[at], self.hour[at], self.is_coarse[at], new[self.cell_row[cells]], self.cell_lane[cells],
            self.cell_minute[cells], self.cell_good[cells], self.cell_total[cells], new[self.seen_row[seen]],
            self.seen_lane[seen], self.seen_mask[seen],
        )  # fmt: skip

    def part(self, begin: int, end: int) -> "Touched":
        """Return a run of the rows."""
        cells = slice(*np.searchsorted(self.cell_row, (begin, end)).tolist())
        seen = slice(*np.searchsorted(self.seen_row, (begin, end)).tolist())
        return Touched(
            self.place[begin:end], self.hour[begin:end], self.is_coarse[begin:end], self.cell_row[cells] - begin,
            self.cell_lane[cells], self.cell_minute[cells], self.cell_good[cells], self.cell_total[cells],
            self.seen_row[seen] - begin, self.seen_lane[seen], self.seen_mask[seen],
        )  # fmt: skip


def watched(cells: Counts, spans: Sequence[Span]) -> Watched:
    """Return the minutes that hold a cell or lie in a span (series, since, until). Raises Refused for a bad span."""
    series, hour, mask = _of_spans(spans)
    series = np.concatenate([cells.series, series])
    hour = np.concatenate([cells.minute // MINUTES, hour])
    mask = np.concatenate([np.int64(1) << (cells.minute % MINUTES), mask])
    keys = (series << HOUR_BITS) | hour
    order = np.argsort(keys, kind="stable")
    starts = starts_of(keys[order])
    united = np.bitwise_or.reduceat(mask[order], starts) if len(starts) else mask
    at = order[starts]
    return Watched(series[at], hour[at], united)


def starts_of(ordered: Ints) -> Ints:
    """Return where each run of equal values begins."""
    return np.flatnonzero(np.diff(ordered, prepend=-1)) if len(ordered) else np.zeros(0, np.int64)


def _of_spans(spans: Sequence[Span]) -> tuple[Ints, Ints, Ints]:
    table = np.array(spans, np.int64).reshape(-1, 3)
    series, since, until = table.T
    wrong = (since > until) | (since < FIRST_MINUTE) | (until > LAST_MINUTE)
    if wrong.any():
        given = table[np.flatnonzero(wrong)[0]].tolist()
        raise Refused("bad-span", f"A measured span is (series, since, until) in minutes from 1970, got {given}.")
    is_some = until > since
    series, since, until = series[is_some], since[is_some], until[is_some]
    hours = (until - 1) // MINUTES - since // MINUTES + 1
    at = np.repeat(np.arange(len(series)), hours)
    within = np.arange(len(at)) - np.repeat(np.cumsum(hours) - hours, hours)
    hour = since[at] // MINUTES + within
    low = np.clip(since[at] - hour * MINUTES, 0, MINUTES)
    high = np.clip(until[at] - hour * MINUTES, 0, MINUTES)
    return series[at], hour, (np.int64(1) << high) - (np.int64(1) << low)


def touched(cells: Counts, seen: Watched, known: Shelves) -> Touched:
    """Return the rows that these cells and watched minutes touch. cells: `by_cell`; seen: of the same cells."""
    seen_key, seen_lane = _keys(seen.series, seen.hour, known)
    cell_key, cell_lane = _keys(cells.series, cells.minute // MINUTES, known)
    keys = np.unique(seen_key)
    place, hour = np.searchsorted(known.id, keys & ((1 << SHELF_BITS) - 1)), keys >> SHELF_BITS
    by_cell, by_seen = np.argsort(cell_key, kind="stable"), np.argsort(seen_key, kind="stable")
    return Touched(
        place, hour, hour < known.coarse_until[place], np.searchsorted(keys, cell_key[by_cell]), cell_lane[by_cell],
        cells.minute[by_cell], cells.good[by_cell], cells.total[by_cell], np.searchsorted(keys, seen_key[by_seen]),
        seen_lane[by_seen], seen.mask[by_seen],
    )  # fmt: skip


def _keys(series: Ints, hour: Ints, known: Shelves) -> tuple[Ints, Ints]:
    """Return the keys of the rows that hold these hours, and the lanes in them."""
    shelf, lane = shelf_and_lane(series)
    return keys_of(row_hour(hour, known.daily_until[np.searchsorted(known.id, shelf)]), shelf), lane
