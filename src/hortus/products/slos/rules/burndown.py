"""The burn-down of a budget: how much was left at each point of the window, beside the line of even burning."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.rules.spans import Span
from hortus.products.slos.rules.stretch import Stretch


@dataclass(frozen=True, slots=True)
class Point:
    """minute: since the epoch. left_ratio: budget left, 1 to below 0. even_ratio: what even burning leaves, 1 to 0."""

    minute: int
    left_ratio: float
    even_ratio: float


def burndown(stretch: Stretch, window: Span, worked: WorkedSum, most: int = 200) -> list[Point]:
    """Return points from the start of the window to the end of the stretch, at most `most`, the last one exact.

    stretch: after exclusions, from the window's start to now. window: the whole window. worked: its worked sum, whose
    allowed events are the whole budget; so the last point is the budget left that stands beside the chart.
    Empty when nothing is allowed yet. Raises ValueError unless the stretch begins with the window and most >= 2.
    """
    if stretch.start != window[0] or stretch.until > window[1]:
        raise ValueError(
            f"the stretch must begin at {window[0]} and end by {window[1]}, got {stretch.start} to {stretch.until}"
        )
    if most < 2:
        raise ValueError(f"most must be 2 or more, got {most}")
    if not worked.allowed:
        return []
    size = len(stretch.total)
    ends = np.unique(np.linspace(0, size, min(most, size + 1)).round().astype(np.int64))
    bad = np.concatenate([np.zeros(1, np.int64), np.cumsum(stretch.bad, dtype=np.int64)])
    length = window[1] - window[0]
    return [
        Point(stretch.start + end, float(1 - Fraction(int(bad[end])) / worked.allowed), 1 - end / length)
        for end in ends.tolist()
    ]
