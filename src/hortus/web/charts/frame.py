"""The frame of a wide chart: axes, grid, ticks, on a plane that stretches while its words keep their size.

Horizontal places are fractions of the plane's width, vertical ones pixels, so one drawing fits a desk and a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hortus.web.charts.marks import element, percent, picture, text
from hortus.web.charts.scales import Scale, calendar

STRETCH = 1000.0  # units across the stretched layer
FOOT = 26.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Where things lie: times across (in days), values up; head leaves room for the words above."""

    across: Scale
    up: Scale
    height: float = 200.0
    head: float = 10.0

    def x(self, time: float) -> float:
        """Return the place across as a fraction."""
        return self.across(time)

    def y(self, value: float) -> float:
        """Return the place from the top in pixels."""
        return (1 - self.up(value)) * self.height

    def point(self, time: float, value: float) -> tuple[float, float]:
        """Return a point of the stretched layer."""
        return self.x(time) * STRETCH, self.y(value)

    def stretched(self, *marks: str) -> str:
        """Lay lines and areas out so that they fill the width; their strokes do not stretch."""
        box = f"0 0 {STRETCH:g} {self.height:g}"
        if not marks:
            return ""
        return element(
            "svg", *marks, css="strokes", view_box=box, preserve_aspect_ratio="none", width="100%", height=self.height
        )

    def rows(self, ticks: Sequence[tuple[float, str]]) -> list[str]:
        """Draw the grid with its labels at the left."""
        marks = []
        for value, label in ticks:
            y = self.y(value)
            marks.append(element("line", css="grid", x1=0, x2="100%", y1=y, y2=y))
            marks.append(text(label, css="tick", x=-8, y=y, dy="0.32em", text_anchor="end"))
        return marks

    def times(self) -> list[str]:
        """Draw the labels of the time axis; every second one may vanish where there is little room."""
        ticks = calendar(self.across.low, self.across.high)
        marks = []
        for n, (time, label) in enumerate(ticks):
            place = self.x(time)
            anchor = "end" if place > 0.97 else "start" if place < 0.03 else "middle"
            css = "tick minor" if n % 2 and len(ticks) > 4 else "tick"
            marks.append(text(label, css=css, x=percent(place), y=self.height + 20, text_anchor=anchor))
        return marks

    def drawn(self, label: str, *marks: str, kind: str = "") -> str:
        """Put all marks on the plane and the plane into a named image."""
        plane = element("svg", *marks, css="plane", x=56, y=self.head, width="80%", height=self.height)
        return picture(label, plane, css=f"drawing {kind}".strip(), width="100%", height=self.head + self.height + FOOT)
