"""Time slices: a slice of some minutes is good when enough of its events were; the budget counts slices.

What is not obvious, and stated: slices stand on a fixed grid (multiples of their length since the epoch), so that a
moving window never cuts one anew. A slice with an event is judged by its events. One without any is good only when
every minute of it that counts was measured; else it is unmeasured and counts neither way. Excluded minutes are taken
out before; a slice with nothing left does not count. A slice counts once it is over.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hortus.products.slos.rules.comparing import is_above
from hortus.products.slos.rules.ratios import Ratio, exact
from hortus.products.slos.rules.spans import Span
from hortus.products.slos.rules.stretch import Flags, Stretch
from hortus.values.refused import Refused

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Slicing:
    """How slices are judged. minutes: 1 to 60. target: 0 < ratio <= 1 of a slice's events that must be good."""

    minutes: int
    target: Fraction

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= LONGEST:
            raise Refused("bad-slice", f"A slice has 1 to {LONGEST} minutes, got {self.minutes}.", "slice_minutes")

    @classmethod
    def of(cls, minutes: int, target: Ratio) -> "Slicing":
        """Return a slicing with its target as a person wrote it; 1 means that every event must be good."""
        whole = str(target).strip() in {"1", "1.0"}
        return cls(minutes, Fraction(1) if whole else exact(target, "slice_target"))


@dataclass(frozen=True, slots=True)
class Slices:
    """Judged slices from minute `start` on, each of `minutes`. counted, good: bool arrays of shape (slices,).

    good is False wherever counted is.
    """

    start: int
    minutes: int
    counted: Flags
    good: Flags

    def as_stretch(self) -> Stretch:
        """Return the slices as minutes: one event in the last minute of each slice that counts, when it is known.

        All minutes of a slice that counts are measured.
        """
        size = len(self.counted) * self.minutes
        good, total = np.zeros(size, np.int64), np.zeros(size, np.int64)
        good[self.minutes - 1 :: self.minutes] = self.good
        total[self.minutes - 1 :: self.minutes] = self.counted
        return Stretch(self.start, good, total, np.repeat(self.counted, self.minutes))


def grid(span: Span, minutes: int) -> Span:
    """Return the part of a span that whole slices fill.

    >>> grid((7, 23), 5)
    (10, 20)
    """
    since, until = -(-span[0] // minutes) * minutes, span[1] // minutes * minutes
    return since, max(since, until)


def judged(stretch: Stretch, slicing: Slicing, excluded: Flags | None = None) -> Slices:
    """Return the whole slices of a stretch, judged.

    stretch: after its exclusions were cut. excluded: which minutes they took, shape (minutes,); none when absent.
    """
    since, until = grid((stretch.start, stretch.until), slicing.minutes)
    part = slice(since - stretch.start, until - stretch.start)
    shape = (-1, slicing.minutes)
    total = stretch.total[part].reshape(shape).sum(axis=1)
    bad = stretch.bad[part].reshape(shape).sum(axis=1)
    out = np.zeros(len(stretch.total), np.bool_) if excluded is None else excluded
    out_part = out[part].reshape(shape)
    watched = (stretch.measured[part].reshape(shape) | out_part).all(axis=1) & ~out_part.all(axis=1)
    counted = (total > 0) | watched
    return Slices(since, slicing.minutes, counted, counted & ~is_above(bad, total, 1 - slicing.target))
