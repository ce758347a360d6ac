"""Which rows a batch of counts and measured spans touches, and what it adds to each. Plain arithmetic, no tables."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.counts.cells import MINUTES, bits
from hortus.telemetry.counts.counting import FIRST_MINUTE, LAST_MINUTE, Counts, Ints
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
    """Rows by key order (hour, then series), and what comes to each.

    place: of its series among those involved. hour: of the row. is_coarse: it has no minutes. measured: minutes watched
    inside. mask: the same as bits, for rows with minutes. first, last: the slice of `cells` that falls into it.
    """

    place: Ints
    hour: Ints
    is_coarse: NDArray[np.bool_]
    mask: Ints
    measured: Ints
    first: Ints
    last: Ints
    cells: Counts

    def take(self, at: Ints) -> "Touched":
        """Return some of the rows."""
        return Touched(
            self.place[at], self.hour[at], self.is_coarse[at], self.mask[at], self.measured[at], self.first[at],
            self.last[at], self.cells,
        )  # fmt: skip

    def part(self, begin: int, end: int) -> "Touched":
        """Return a run of the rows."""
        return self.take(np.arange(begin, min(end, len(self.hour))))

    def pairs(self) -> tuple[Ints, Ints]:
        """Return the row and the cell of every cell that falls into these rows."""
        length = self.last - self.first
        row = np.repeat(np.arange(len(length)), length)
        within = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
        return row, self.first[row] + within


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


def touched(cells: Counts, seen: Watched, ids: Ints, coarse_until: Ints, daily_until: Ints) -> Touched:
    """Return the rows that these cells and watched minutes touch.

    cells: `by_cell`; seen: of the same cells. ids, coarse_until, daily_until: of the series involved, ascending.
    """
    place = np.searchsorted(ids, seen.series)
    hour = row_hour(seen.hour, daily_until[place])
    starts = starts_of((place << HOUR_BITS) | hour)
    row_place, row_at = place[starts], hour[starts]
    measured = np.add.reduceat(bits(seen.mask), starts) if len(starts) else starts
    is_coarse = row_at < coarse_until[row_place]
    cell_place = np.searchsorted(ids, cells.series)
    cell_row = (cell_place << HOUR_BITS) | row_hour(cells.minute // MINUTES, daily_until[cell_place])
    first = np.searchsorted(cell_row, (row_place << HOUR_BITS) | row_at, "left")
    last = np.searchsorted(cell_row, (row_place << HOUR_BITS) | row_at, "right")
    order = np.lexsort((row_place, row_at))
    return Touched(
        row_place[order], row_at[order], is_coarse[order], np.where(is_coarse, 0, seen.mask[starts])[order],
        measured[order], first[order], last[order], cells,
    )  # fmt: skip
