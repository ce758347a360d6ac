"""The frame of a wide chart: axes, grid, ticks, on a plane that stretches while its words keep their size.

Horizontal places are fractions of the plane's width, vertical ones pixels, so one drawing fits a desk and a phone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hortus.web.charts.marks import element, fixed, percent, picture, text
from hortus.web.charts.scales import Scale, calendar

STRETCH = 1000.0  # units across the stretched layer
FOOT = 26.0
BARREN = 40.0  # pixels of a plane without data
TIGHT = 14.0  # pixels that two labels above each other need


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
        marks, above = [], math.inf
        for value, label in ticks:
            y = self.y(value)
            marks.append(element("line", css="grid", x1=0, x2="100%", y1=y, y2=y))
            if above - y >= TIGHT:
                marks.append(text(label, css="tick", x=-8, y=y, dy="0.32em", text_anchor="end"))
                above = y
        return marks

    def times(self) -> list[str]:
        """Draw the labels of the time axis; every second one may vanish where there is little room."""
        ticks = calendar(self.across.low, self.across.high)
        marks = []
        for n, (time, label) in enumerate(ticks):
            place = self.x(time)
            anchor = "end" if place > 0.97 else "start" if place < 0.03 else "middle"
            css = "tick minor" if n % 2 and len(ticks) > 3 else "tick"
            marks.append(text(label, css=css, x=percent(place), y=self.height + 20, text_anchor=anchor))
        return marks

    def drawn(self, label: str, *marks: str, kind: str = "") -> str:
        """Put all marks on the plane and the plane into a named image."""
        return picture(
            label,
            element("g", *marks, transform=f"translate(0 {fixed(self.head)})"),
            css=f"drawing plane {kind}".strip(),
            width="100%",
            height=self.head + self.height + FOOT,
        )


def barren(label: str, across: Scale, words: str = "No data in this span") -> str:
    """Return a low plane with a sentence where nothing was measured, without an axis that would invent a scale."""
    plane = Plane(across, Scale(0, 1), BARREN)
    soil = element("line", css="soil", x1=0, x2="100%", y1=BARREN, y2=BARREN)
    return plane.drawn(label, soil, text(words, css="none", x="50%", y=BARREN - 12, text_anchor="middle"))
