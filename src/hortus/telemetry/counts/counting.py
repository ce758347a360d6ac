"""Counts of good and total events as sources hand them over: checked, then summed by series and minute. No tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hortus.values.refused import Refused

Ints = NDArray[np.int64]

FIRST_MINUTE, LAST_MINUTE = 0, 68_374_080  # from 1970 up to 2100
MOST_EVENTS = 1 << 53  # in one cell; more cannot be counted in JSON or by a double either
_MINUTE_BITS = 27
_ROOM = 4  # how many places a table may have for each event


@dataclass(frozen=True)
class Counts:
    """Good and total events by series and minute: four arrays of one length, in any order; repeated cells add up.

    series: ids. minute: whole minutes since 1970-01-01 UTC. 0 <= good <= total; a cell with a total of 0 says that
    somebody watched and nothing happened. Raises Refused with what was given otherwise.

    >>> Counts.of([(1, 29_000_000, 3, 4)]).total
    array([4])
    """

    series: Ints
    minute: Ints
    good: Ints
    total: Ints

    def __post_init__(self) -> None:
        for name in ("series", "minute", "good", "total"):
            object.__setattr__(self, name, _integers(name, getattr(self, name)))
        lengths = {name: len(getattr(self, name)) for name in ("series", "minute", "good", "total")}
        if len(set(lengths.values())) > 1:
            raise Refused("uneven-counts", f"The arrays of counts must have one length, got {lengths}.")
        self._refuse_where(self.good > self.total, "good-above-total", "good must not be above total")
        self._refuse_where((self.good < 0) | (self.total > MOST_EVENTS), "bad-count", f"counts lie in 0..{MOST_EVENTS}")
        outside = (self.minute < FIRST_MINUTE) | (self.minute >= LAST_MINUTE)
        self._refuse_where(outside, "bad-minute", "a minute counts from 1970 and lies before 2100")

    def _refuse_where(self, wrong: NDArray[np.bool_], code: str, allowed: str) -> None:
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            given = ", ".join(f"{name} {getattr(self, name)[at]}" for name in ("series", "minute", "good", "total"))
            raise Refused(code, f"{allowed[0].upper()}{allowed[1:]}, got {given}.", code)

    def __len__(self) -> int:
        return len(self.series)

    @classmethod
    def of(cls, cells: "list[tuple[int, int, int, int]]") -> Self:
        """Return counts from (series, minute, good, total)."""
        columns = np.array(cells, np.int64).reshape(-1, 4).T
        return cls(*columns)

    @classmethod
    def together(cls, parts: "Sequence[Counts]") -> Self:
        """Return counts that hold those of all parts; there must be one part at least."""
        names = ("series", "minute", "good", "total")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def by_cell(self) -> Self:
        """Return the same counts with one entry for each series and minute, ordered by them."""
        keys = (self.series << _MINUTE_BITS) | self.minute
        if len(keys) < 2 or (keys[1:] > keys[:-1]).all():
            return self
        dense = self._dense()
        return self._sorted(keys) if dense is None else dense

    def _dense(self) -> Self | None:
        """Sum into a table of every series and minute between the first and the last; None when most would be empty.

        Batches are mostly of this kind, and need no sorting.
        """
        first, since = int(self.series.min()), int(self.minute.min())
        width = int(self.minute.max()) - since + 1
        size = (int(self.series.max()) - first + 1) * width
        if size > _ROOM * len(self):
            return None
        at = (self.series - first) * width + (self.minute - since)
        is_there = np.zeros(size, np.bool_)
        is_there[at] = True
        cells = np.flatnonzero(is_there)
        good, total = np.zeros((2, size), np.int64)
        np.add.at(good, at, self.good)
        np.add.at(total, at, self.total)
        return type(self)(cells // width + first, cells % width + since, good[cells], total[cells])

    def _sorted(self, keys: Ints) -> Self:
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        good, total = (np.add.reduceat(part[order], starts) for part in (self.good, self.total))
        return type(self)(keys[starts] >> _MINUTE_BITS, keys[starts] & ((1 << _MINUTE_BITS) - 1), good, total)


def _integers(name: str, given: object) -> Ints:
    """Return an array of 64-bit integers; refuse fractions and what is no number, never round."""
    array = np.asarray(given)
    if array.size == 0:
        return np.zeros(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise Refused("bad-count", f"{name} must be one row of integers, got {array.dtype} of shape {array.shape}.")
    if array.dtype.kind == "f":
        wrong = ~np.isfinite(array) | (array != np.floor(array)) | (np.abs(array) > MOST_EVENTS)
        if wrong.any():
            raise Refused("bad-count", f"{name} must be integers, got {array[wrong][0]}.", name)
    return array.astype(np.int64)
