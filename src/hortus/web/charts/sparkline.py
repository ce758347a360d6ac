"""The small line on a plot: a quarter of a year at a glance, over the band where the target is met."""

from collections.abc import Sequence

from hortus.web.charts.marks import element, picture, polyline
from hortus.web.charts.scales import known, runs

WIDTH, HEIGHT, PAD = 280.0, 46.0, 6.0


def sparkline(
    points: Sequence[float | None],
    *,
    label: str,
    target: float | None = None,
    at_most: bool = False,
) -> str:
    """Draw evenly spaced values, oldest first, None where nothing was measured.

    The axis always holds zero and the target, so that a small wobble stays small.
    label: the text that says the same. target: in the unit of the points. at_most: True when less is better.
    """
    values = [known(value) for value in points]
    goal = known(target)
    found = [value for value in values if value is not None]
    box = {"css": "spark", "view_box": f"0 0 {WIDTH:g} {HEIGHT:g}"}
    if not found:
        soil = element("line", css="soil", x1=0, y1=HEIGHT - 1, x2=WIDTH, y2=HEIGHT - 1)
        return picture(label, soil, **box)
    ends = [*found, 0.0, *([goal] if goal is not None else [])]
    low, high = min(ends), max(ends)

    def x(place: int) -> float:
        return PAD + place * (WIDTH - 2 * PAD) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return HEIGHT - PAD - (value - low) / ((high - low) or 1) * (HEIGHT - 2 * PAD)

    placed = [(x(place), None if value is None else y(value)) for place, value in enumerate(values)]
    pieces = runs(placed)
    marks = [] if goal is None else _target(y(goal), at_most)
    marks += [polyline(piece, "line") for piece in pieces if len(piece) > 1]
    marks += [_dot(*piece[0], 2) for piece in pieces[:-1] if len(piece) == 1]
    marks.append(_dot(*pieces[-1][-1], 3.5))
    return picture(label, *marks, **box)


def _target(rule: float, at_most: bool) -> list[str]:
    """Tint the side of the rule on which the target is met."""
    top, height = (rule, HEIGHT - rule) if at_most else (0.0, rule)
    return [
        element("rect", css="band", x=0, width=WIDTH, y=top, height=height),
        element("line", css="target", x1=0, x2=WIDTH, y1=rule, y2=rule),
    ]


def _dot(x: float, y: float, radius: float) -> str:
    return element("circle", css="dot", cx=x, cy=y, r=radius)
