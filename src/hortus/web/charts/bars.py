"""Lying bars that start at zero, each under its own words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hortus.web.charts.history import plain
from hortus.web.charts.marks import element, percent, picture, text
from hortus.web.charts.scales import known

ROW, WORDS, THICK = 38.0, 16.0, 10.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its words, its value (0 or more, None for no data), and what else to say beside the value."""

    name: str
    value: float | None
    note: str = ""


def bars(
    items: Sequence[Bar],
    *,
    label: str,
    target: float | None = None,
    write: Callable[[float], str] = plain,
) -> str:
    """Draw bars in the given order (put them in the order of value or time), on one scale from zero.

    label: the text that says the same. target: drawn as a dashed rule. Raises ValueError for a value below zero.
    """
    values = [known(item.value) for item in items]
    if any(value is not None and value < 0 for value in values):
        raise ValueError(
            f"bars start at zero, so no value may be below it, got {min(v for v in values if v is not None)}"
        )
    goal = known(target)
    top = max([*(value for value in values if value is not None), goal or 0.0], default=0.0) or 1.0
    marks = [m for n, item in enumerate(items) for m in _bar(n, item, values[n], top, write)]
    if goal is not None and goal >= 0:
        x = percent(goal / top)
        marks.append(element("line", css="target", x1=x, x2=x, y1=0, y2=ROW * len(items)))
    return picture(label, *marks, css="drawing bars", width="100%", height=max(1.0, ROW * len(items)))


def _bar(n: int, item: Bar, value: float | None, top: float, write: Callable[[float], str]) -> list[str]:
    y = n * ROW + WORDS
    said = "no data" if value is None else write(value)
    marks = [
        text(item.name, css="name", x=0, y=y - 4),
        text(f"{said} {item.note}".strip(), css="tick", x="100%", y=y - 4, text_anchor="end"),
        element("rect", css="bed", x=0, y=y, width="100%", height=THICK),
    ]
    if value:
        marks.append(element("rect", css="bar", x=0, y=y, width=percent(value / top), height=THICK))
    return marks
