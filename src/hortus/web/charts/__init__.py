"""Charts as pure functions that return SVG text: no Django, no script, no style attributes.

Every colour and typeface comes from the classes in hortus.css. Times run left to right, missing values are gaps,
and values that are not finite (or beyond 1e15) count as missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hortus.web.charts.bars import Bar, bars
from hortus.web.charts.distribution import Spread, distribution, small_multiples
from hortus.web.charts.history import Band, Event, Line, history
from hortus.web.charts.intervals import IntervalRow, Span, intervals
from hortus.web.charts.sparkline import sparkline

__all__ = [
    "Band", "Bar", "Chart", "Event", "IntervalRow", "Line", "Panel", "Span", "Spread", "bars", "distribution",
    "history", "intervals", "small_multiples", "sparkline",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Panel:
    """One of several small charts on one scale."""

    name: str
    svg: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that `web/parts/chart.html` shows: a drawing, the words around it, and the same numbers as a table.

    title: a sentence that says what the chart shows happened. subtitle: measure, unit, span, how many were counted.
    svg: one drawing, or panels: several on one scale. columns, rows: the numbers, one label for each column.
    csv_url: where the same lies as CSV. note: what the chart cannot tell.
    """

    title: str
    subtitle: str
    svg: str = ""
    panels: Sequence[Panel] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    csv_url: str = ""
    note: str = ""
