"""Rows of spans in time: which node was out, when, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hortus.web.charts.frame import Plane, barren
from hortus.web.charts.marks import element, escaped, percent, text
from hortus.web.charts.scales import Scale, days

ROW, THICK = 24.0, 12.0
LONGEST = 15  # letters of a name that fit beside the plane
KINDS = ("lost", "planned")


@dataclass(frozen=True, slots=True)
class Span:
    """From start up to end (None: it still lasts); kind "lost" is filled, "planned" is outlined; words say why."""

    start: date
    end: date | None
    kind: str = "lost"
    words: str = ""


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """One row: its name, and its spans in any order."""

    name: str
    spans: Sequence[Span]


def intervals(rows: Sequence[IntervalRow], *, label: str, start: date, end: date) -> str:
    """Draw one row for each name, in the given order, between start and end; spans outside are cut.

    label: the text that says the same. Raises ValueError for an unknown kind or a span that ends before it starts.
    """
    if days(end) <= days(start):
        raise ValueError(f"the end must come after the start, got {start} to {end}")
    across = Scale(days(start), days(end))
    if not rows:
        return barren(label, across, "Nothing was out in this span")
    plane = Plane(across, Scale(0, 1), len(rows) * ROW, head=4)
    marks: list[str] = []
    for n, row in enumerate(rows):
        middle = n * ROW + ROW / 2
        marks.append(element("line", css="grid", x1=0, x2="100%", y1=middle, y2=middle))
        marks.append(text(_short(row.name), css="tick", x=-8, y=middle, dy="0.32em", text_anchor="end"))
        marks += [mark for span in row.spans for mark in _span(across, span, middle)]
    return plane.drawn(label, *marks, *plane.times(), kind="named")


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _span(across: Scale, span: Span, middle: float) -> list[str]:
    if span.kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {span.kind!r}")
    first, last = days(span.start), across.high if span.end is None else days(span.end)
    if span.end is not None and last < first:
        raise ValueError(f"a span must not end before it starts, got {span.start} to {span.end}")
    if last < across.low or first > across.high:
        return []
    left, right = across(first), across(last)
    hover = [element("title", escaped(span.words))] if span.words else []
    x, wide = percent(left), percent(right - left)
    css = f"span {span.kind}"
    return [element("rect", *hover, css=css, x=x, y=middle - THICK / 2, width=wide, height=THICK)]
