"""How a span of time was spread week by week: median, p90 and p95, on a logarithmic scale, alone or side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hortus.web.charts.frame import Plane, barren
from hortus.web.charts.marks import element, percent, polygon, polyline, text
from hortus.web.charts.scales import Scale, days, extent, known, logarithmic, runs

FEW = 30  # below so many every point is shown, because quantiles of few points say little
Levels = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Spread:
    """One week: when it begins, its median, 90 % and 95 % quantile in seconds, and how many were counted.

    values: all of them in seconds; needed only where fewer than 30 were counted, which are then shown as dots.
    """

    at: date
    p50: float | None
    p90: float | None
    p95: float | None
    n: int = 0
    values: Sequence[float] = ()

    @property
    def few(self) -> bool:
        """Say whether the single values are shown in place of their quantiles."""
        return 0 < len(self.values) < FEW

    def levels(self) -> Levels | None:
        """Return median, p90 and p95 where all three are known; raises ValueError when they run backwards."""
        p50, p90, p95 = known(self.p50), known(self.p90), known(self.p95)
        if p50 is None or p90 is None or p95 is None:
            return None
        if not p50 <= p90 <= p95:
            raise ValueError(f"quantiles must rise, got p50={p50:g}, p90={p90:g}, p95={p95:g}")
        return p50, p90, p95


def distribution(
    weeks: Sequence[Spread],
    *,
    label: str,
    promise: float | None = None,
    start: date | None = None,
    end: date | None = None,
    floor: float = 10.0,
    height: float = 180.0,
    named: bool = True,
) -> str:
    """Draw one spread a week: the median as a line, up to p90 dark, up to p95 light; few values as dots.

    label: the text that says the same. promise: seconds, drawn as the target that waits should stay below.
    floor: seconds, what is shorter is drawn there. named: whether the last bands carry their names.
    """
    return _drawn(weeks, _scale(weeks, promise, floor), _span(weeks, start, end), label, promise, height, named)


def small_multiples(
    panels: Sequence[tuple[str, Sequence[Spread]]],
    *,
    label: str,
    promises: Sequence[float | None] = (),
    start: date | None = None,
    end: date | None = None,
    floor: float = 10.0,
    height: float = 110.0,
) -> list[tuple[str, str]]:
    """Draw several distributions on the same two scales and return (name, drawing) for each, in the given order.

    label: what is measured, put before each name. promises: seconds for each panel, in the same order, or empty.
    """
    goals = [*promises, *([None] * (len(panels) - len(promises)))]
    together = [week for _, weeks in panels for week in weeks]
    up = _scale(together, max((g for g in map(known, goals) if g is not None), default=None), floor)
    across = _span(together, start, end)
    return [
        (name, _drawn(weeks, up, across, f"{label}: {name}", goal, height, named=False))
        for (name, weeks), goal in zip(panels, goals, strict=True)
    ]


def _scale(weeks: Sequence[Spread], promise: float | None, floor: float) -> tuple[Scale, list[tuple[float, str]]]:
    tops = [week.levels() for week in weeks if not week.few]
    dots = [value for week in weeks if week.few for value in map(known, week.values) if value is not None]
    goal = known(promise)
    return logarithmic([*(top[2] for top in tops if top), *dots, *([goal] if goal is not None else [])], floor)


def _span(weeks: Sequence[Spread], start: date | None, end: date | None) -> Scale:
    return extent([days(week.at) for week in weeks], start, end)


def _drawn(
    weeks: Sequence[Spread],
    up: tuple[Scale, list[tuple[float, str]]],
    across: Scale,
    label: str,
    promise: float | None,
    height: float,
    named: bool,
) -> str:
    plane = Plane(across, up[0], height)
    shown = sorted((w for w in weeks if across.low <= days(w.at) <= across.high), key=lambda week: days(week.at))
    placed = [(days(week.at), None if week.few else week.levels()) for week in shown]
    pieces = runs(placed)
    if not pieces and not any(week.few for week in shown):
        return barren(label, across)
    goal = known(promise)
    marks = [] if goal is None else _promise(plane, goal)
    marks += plane.rows(up[1]) + plane.times()
    marks.append(plane.stretched(*(mark for piece in pieces if len(piece) > 1 for mark in _bands(plane, piece))))
    marks += [mark for piece in pieces if len(piece) == 1 for mark in _lone(plane, *piece[0])]
    marks += [mark for week in shown if week.few for mark in _strip(plane, week)]
    if named and pieces:
        marks += _names(plane, pieces[-1][-1])
    return plane.drawn(label, *marks, kind="ended" if named else "")


def _promise(plane: Plane, goal: float) -> list[str]:
    rule = plane.y(goal)
    return [
        element("rect", css="band", x=0, width="100%", y=rule, height=plane.height - rule),
        element("line", css="target", x1=0, x2="100%", y1=rule, y2=rule),
    ]


def _bands(plane: Plane, piece: list[tuple[float, Levels]]) -> list[str]:
    lines = [[plane.point(time, levels[n]) for time, levels in piece] for n in range(3)]
    outer = polygon([*lines[1], *reversed(lines[2])], "spread outer")
    inner = polygon([*lines[0], *reversed(lines[1])], "spread inner")
    return [outer, inner, polyline(lines[0], "line")]


def _lone(plane: Plane, time: float, levels: Levels) -> list[str]:
    """Draw a week without neighbours as an upright bar with a dot at its median."""
    x = percent(plane.x(time))
    median, p90, p95 = (plane.y(level) for level in levels)
    return [
        element("line", css="upright outer", x1=x, x2=x, y1=p90, y2=p95),
        element("line", css="upright inner", x1=x, x2=x, y1=median, y2=p90),
        element("circle", css="dot", cx=x, cy=median, r=3),
    ]


def _strip(plane: Plane, week: Spread) -> list[str]:
    x = percent(plane.x(days(week.at)))
    found = (value for value in map(known, week.values) if value is not None)
    return [element("circle", css="each", cx=x, cy=plane.y(value), r=2.5) for value in found]


def _names(plane: Plane, last: tuple[float, Levels]) -> list[str]:
    """Name the three levels at their end, moved apart where they lie close."""
    time, levels = last
    marks, below = [], -100.0
    for name, level in zip(("p95", "p90", "median"), reversed(levels), strict=True):
        below = max(plane.y(level), below + 14)
        marks.append(text(name, css="end", x=percent(plane.x(time)), dx=8, y=below, dy="0.32em"))
    return marks
