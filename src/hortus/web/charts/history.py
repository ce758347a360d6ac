"""A line through time with its axes, target, known events, bands of time and gaps."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from hortus.web.charts.frame import Plane, barren
from hortus.web.charts.marks import element, percent, polyline, text
from hortus.web.charts.scales import Scale, days, extent, known, runs, straight

MOST_LINES = 5
LEVEL = 16.0  # pixels between two lines of words
LETTER = 6.5  # pixels that a letter takes
NARROW = 270.0  # pixels across the plane of a phone: what does not collide there collides nowhere


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, and (time, value or None) in any order."""

    name: str
    points: Sequence[tuple[date, float | None]]


@dataclass(frozen=True, slots=True)
class Event:
    """Something known that happened then, in about two words."""

    at: date
    name: str


@dataclass(frozen=True, slots=True)
class Band:
    """A time that differs, from start up to end (None: it still lasts), named in about two words.

    kind: "out" for what does not count, "alert" for a warning, "gap" for time of which nothing is known. Of several
    bands of one name the last is labelled.
    """

    start: date
    end: date | None
    name: str
    kind: str = "out"


BANDS = {"out": "bed target", "alert": "span outer"}
NARROWEST = 0.003  # of the width of the plane, that a short band is still seen


def plain(value: float) -> str:
    """Write a tick without needless decimals.

    >>> plain(0.30000000000000004), plain(1200.0)
    ('0.3', '1,200')
    """
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.3g}"


def history(
    lines: Sequence[Line],
    *,
    label: str,
    target: float | None = None,
    at_most: bool = False,
    events: Iterable[Event] = (),
    bands: Sequence[Band] = (),
    start: date | None = None,
    end: date | None = None,
    zero: bool = True,
    whole: bool = False,
    write: Callable[[float], str] = plain,
    height: float = 200.0,
) -> str:
    """Draw at most five lines over one span of time.

    label: the text that says the same. target, at_most: as in `sparkline`. start, end: the span, else that of
    the points. zero: whether the axis must hold zero. whole: its ticks are whole numbers, for counts. write: how a
    value is written. bands: drawn below the lines.
    Raises ValueError for more than five lines, or a band of an unknown kind.
    """
    if len(lines) > MOST_LINES:
        raise ValueError(f"a chart takes at most {MOST_LINES} lines, got {len(lines)}; use small multiples")
    goal = known(target)
    kept = [(line.name, _within(line.points, start, end)) for line in lines]
    values = [v for _, points in kept for _, v in points if v is not None]
    up, ticks = straight([*values, *([goal] if goal is not None else [])], zero, whole=whole)
    across = extent([t for _, points in kept for t, _ in points], start, end)
    inside = [(band, *_ends_of(band, across)) for band in bands]
    inside = [(band, begin, end) for band, begin, end in inside if begin < end]
    told = _levels(events, across, inside)
    plane = Plane(across, up, height, head=10 + LEVEL * (1 + max((event.level for event in told), default=-1)))
    if not values:
        return barren(label, across)
    marks = [*_target_band(plane, goal, at_most), *_bands(plane, inside)]
    marks += plane.rows([(tick, write(tick)) for tick in ticks])
    marks += _target_rule(plane, goal) + plane.times()
    marks.append(plane.stretched(*(mark for n, line in enumerate(kept) for mark in _strokes(plane, n, line[1]))))
    marks += [mark for n, line in enumerate(kept) for mark in _dots(plane, n, line[1])]
    marks += _events(plane, told) + _ends(plane, kept, write)
    return plane.drawn(label, *marks, kind="ended")


def _within(
    points: Sequence[tuple[date, float | None]], start: date | None, end: date | None
) -> list[tuple[float, float | None]]:
    """Return the points in the span as days, in the order of time."""
    first, last = days(start) if start else float("-inf"), days(end) if end else float("inf")
    placed = sorted(((days(at), known(value)) for at, value in points), key=lambda point: point[0])
    return [point for point in placed if first <= point[0] <= last]


def _target_band(plane: Plane, goal: float | None, at_most: bool) -> list[str]:
    if goal is None:
        return []
    rule = plane.y(goal)
    top, height = (rule, plane.height - rule) if at_most else (0.0, rule)
    return [element("rect", css="band", x=0, width="100%", y=top, height=height)]


def _target_rule(plane: Plane, goal: float | None) -> list[str]:
    if goal is None:
        return []
    return [element("line", css="target", x1=0, x2="100%", y1=plane.y(goal), y2=plane.y(goal))]


def _strokes(plane: Plane, n: int, points: list[tuple[float, float | None]]) -> list[str]:
    pieces = [piece for piece in runs(points) if len(piece) > 1]
    return [polyline([plane.point(t, v) for t, v in piece], f"line line-{n + 1}") for piece in pieces]


def _dots(plane: Plane, n: int, points: list[tuple[float, float | None]]) -> list[str]:
    """Mark every point while they are few, else those that stand alone and the last."""
    found = [(t, v) for t, v in points if v is not None]
    alone = [piece[0] for piece in runs(points) if len(piece) == 1]
    shown = found if len(found) < 30 else list(dict.fromkeys([*alone, found[-1]]))
    return [element("circle", css=f"dot line-{n + 1}", cx=percent(plane.x(t)), cy=plane.y(v), r=2) for t, v in shown]


def _ends(
    plane: Plane, kept: Sequence[tuple[str, list[tuple[float, float | None]]]], write: Callable[[float], str]
) -> list[str]:
    """Label each line at its last point: by its value, or by its name when there are several."""
    last = [
        (name, *next((p[0], p[1]) for p in reversed(points) if p[1] is not None))
        for name, points in kept
        if any(value is not None for _, value in points)
    ]
    wanted = [(plane.y(value or 0.0), name, time, value or 0.0) for name, time, value in last]
    marks: list[str] = []
    below = -LEVEL
    for y, name, time, value in sorted(wanted):
        below = max(y, below + LEVEL)
        words = write(value) if len(kept) == 1 else name
        marks.append(text(words, css="end", x=percent(plane.x(time)), dx=8, y=below, dy="0.32em"))
    return marks


Placed = tuple[Band, float, float]  # a band, and where it begins and ends across


def _ends_of(band: Band, across: Scale) -> tuple[float, float]:
    """Return where a band begins and ends as fractions of the width; no width for one outside of the span."""
    first, last = days(band.start), across.high if band.end is None else days(band.end)
    if band.kind not in {*BANDS, "gap"}:
        raise ValueError(f"the kind of a band is one of {', '.join([*BANDS, 'gap'])}, got {band.kind!r}")
    return across(first), across(last)


def _bands(plane: Plane, placed: Sequence[Placed]) -> list[str]:
    marks = []
    for band, begin, end in placed:
        if band.kind == "gap":
            x1, x2, y = percent(begin), percent(end), plane.height
            marks.append(element("line", css="soil", x1=x1, x2=x2, y1=y, y2=y))
            continue
        begin = min(begin, 1 - NARROWEST)
        x, wide = percent(begin), percent(max(end - begin, NARROWEST))
        marks.append(element("rect", css=BANDS[band.kind], x=x, width=wide, y=0, height=plane.height))
    return marks


@dataclass(frozen=True, slots=True)
class _Told:
    """Where the words of an event or a band stand: beside its rule, to the left in the right half, `level` lines up."""

    place: float
    name: str
    level: int
    is_band: bool = False

    @property
    def leftward(self) -> bool:
        return self.place >= 0.5

    @property
    def edges(self) -> tuple[float, float]:
        size = (len(self.name) + 2) * LETTER / NARROW
        return (self.place - size, self.place) if self.leftward else (self.place, self.place + size)

    def meets(self, other: "_Told") -> bool:
        (begin, stop), (left, right) = self.edges, other.edges
        return (begin < right and left < stop) or begin <= other.place <= stop


def _levels(events: Iterable[Event], across: Scale, bands: Sequence[Placed]) -> list[_Told]:
    """Place the words of the span from the middle outwards last, each above all that they would cross."""
    inside = [event for event in events if across.low <= days(event.at) <= across.high]
    placed = [_Told(across(days(event.at)), event.name, 0) for event in inside]
    last = {band.name: (begin + end) / 2 for band, begin, end in sorted(bands, key=lambda one: one[1])}
    placed += [_Told(place, name, 0, is_band=True) for name, place in last.items()]
    left = sorted((e for e in placed if not e.leftward), key=lambda e: -e.place)
    right = sorted((e for e in placed if e.leftward), key=lambda e: e.place)
    told: list[_Told] = []
    for event in [*left, *right]:
        told.append(replace(event, level=1 + max((e.level for e in told if event.meets(e)), default=-1)))
    return told


def _events(plane: Plane, told: list[_Told]) -> list[str]:
    rules, words = [], []
    for event in told:
        x, top = percent(event.place), -LEVEL * event.level
        foot = 0.0 if event.is_band else plane.height
        rules.append(element("line", css="event", x1=x, x2=x, y1=top - 14, y2=foot))
        anchor, shift = ("end", -4) if event.leftward else ("start", 4)
        words.append(text(event.name, css="said", x=x, dx=shift, y=top - 5, text_anchor=anchor))
    return [*rules, *words]
