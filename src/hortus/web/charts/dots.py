"""How long single things lasted, a dot each: when they began across, how long on a logarithmic scale up. No means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hortus.web.charts.frame import Plane, barren
from hortus.web.charts.marks import element, escaped, percent, text
from hortus.web.charts.scales import days, extent, known, logarithmic

FLOOR = 60.0  # seconds; what was shorter is drawn there
NEAR_THE_EDGE = 0.75  # beyond it the name of a dot stands at its left


@dataclass(frozen=True, slots=True)
class Dot:
    """One thing: when it began, how many seconds it lasted, what it is called; is_named writes that beside the dot."""

    at: date
    seconds: float | None
    words: str
    is_named: bool = False


def dots(
    found: Sequence[Dot], *, label: str, start: date | None = None, end: date | None = None, height: float = 160.0
) -> str:
    """Draw one dot for each thing whose length is known; the named ones larger, with their name.

    label: the text that says the same. start, end: of the time axis, from the first to the last when left out.

    >>> dots([], label="How long it took")[:4]
    '<svg'
    """
    placed = [(dot, length) for dot in found if (length := known(dot.seconds)) is not None]
    across = extent([days(dot.at) for dot, _ in placed], start, end)
    if not placed:
        return barren(label, across, "Nothing has ended in this span")
    scale, ticks = logarithmic([length for _, length in placed], FLOOR)
    plane = Plane(across, scale, height)
    marks = [*plane.rows(ticks), *plane.times()]
    for dot, length in sorted(placed, key=lambda one: one[0].is_named):  # the named ones on top
        marks += _drawn(plane, dot, length)
    return plane.drawn(label, *marks)


def _drawn(plane: Plane, dot: Dot, length: float) -> list[str]:
    x, y = plane.x(days(dot.at)), plane.y(length)
    hover = element("title", escaped(dot.words))
    circle = element(
        "circle", hover, css="dot" if dot.is_named else "each", cx=percent(x), cy=y, r=6 if dot.is_named else 4
    )
    if not dot.is_named:
        return [circle]
    at_the_left = x > NEAR_THE_EDGE
    name = text(
        dot.words, css="said", x=percent(x), dx=-10 if at_the_left else 10, y=y, dy="0.32em",
        text_anchor="end" if at_the_left else "start",
    )  # fmt: skip
    return [circle, name]
