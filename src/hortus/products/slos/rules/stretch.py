"""A stretch of minutes with what was counted in each: the arrays that slices, alerts and charts are reckoned from."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hortus.products.slos.rules.budgets import Tally
from hortus.products.slos.rules.spans import Span, clipped

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Counts for each minute from `start` on; all arrays have one shape (minutes,).

    good, total: int64, 0 <= good <= total. measured: bool; a minute with events counts as measured. excluded: bool,
    which minutes were taken out, None for none. Raises ValueError when the arrays do not fit.
    """

    start: int
    good: Counts
    total: Counts
    measured: Flags
    excluded: Flags | None = None

    def __post_init__(self) -> None:
        if not (self.good.shape == self.total.shape == self.measured.shape and self.good.ndim == 1):
            raise ValueError(
                f"good, total and measured must have one shape (minutes,), got {self.good.shape}, "
                f"{self.total.shape} and {self.measured.shape}"
            )
        if self.excluded is not None and self.excluded.shape != self.total.shape:
            raise ValueError(f"excluded must have the shape {self.total.shape}, got {self.excluded.shape}")
        if ((self.good < 0) | (self.good > self.total)).any():
            raise ValueError("good must lie between 0 and total in every minute")

    @property
    def until(self) -> int:
        """Return the minute after the last."""
        return self.start + len(self.total)

    @property
    def bad(self) -> Counts:
        """Return the bad events of each minute."""
        return self.total - self.good

    def cut(self, spans: Iterable[Span]) -> "Stretch":
        """Return the stretch with some spans taken out: nothing counted there, nothing measured."""
        out = self._inside(spans)
        return Stretch(self.start, self.good * ~out, self.total * ~out, self.measured & ~out, self._taken | out)

    def marked(self, spans: Iterable[Span]) -> "Stretch":
        """Return the stretch with some spans marked as excluded, for one that was judged without them already."""
        return Stretch(self.start, self.good, self.total, self.measured, self._taken | self._inside(spans))

    @property
    def _taken(self) -> Flags:
        return np.zeros(len(self.total), np.bool_) if self.excluded is None else self.excluded

    def _inside(self, spans: Iterable[Span]) -> Flags:
        inside = np.zeros(len(self.total), np.bool_)
        for since, until in clipped(spans, (self.start, self.until)):
            inside[since - self.start : until - self.start] = True
        return inside

    def tally(self, spans: Iterable[Span]) -> Tally:
        """Return what was counted in spans; minutes outside of the stretch count nothing."""
        found = Tally(0, 0)
        for since, until in clipped(spans, (self.start, self.until)):
            part = slice(since - self.start, until - self.start)
            total = int(self.total[part].sum())
            measured = int((self.measured[part] | (self.total[part] > 0)).sum())
            found += Tally(total - int(self.good[part].sum()), total, measured)
        return found
