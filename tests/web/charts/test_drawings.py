"""Every chart, fed with anything at all: valid XML, finite, inside its box, in order, nothing unescaped."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.web import charts
from hortus.web.charts.marks import NOT_XML

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
anything = st.none() | st.floats()
tame = st.floats(min_value=-1e12, max_value=1e12)
dates = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1))
times = dates | st.builds(datetime.combine, dates, st.times(), st.just(UTC))
series = st.lists(st.tuples(times, anything), max_size=40)


def parsed(svg: str) -> ElementTree.Element:
    """Read a drawing as XML and check what holds for all of them."""
    root = ElementTree.fromstring(svg)
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert root.get("aria-label", "").strip()
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
        for name, value in element.attrib.items():
            if name in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points"}:
                assert not re.search(r"nan|inf|e[+-]?\d", value), f"{name}={value}"
        for name in ("x", "x1", "x2", "cx"):
            if (value := element.get(name, "")).endswith("%"):
                assert 0 <= float(value[:-1]) <= 100
    return root


def places(root: ElementTree.Element, css: str) -> list[list[tuple[float, float]]]:
    """Return the corners of each line of a class."""
    lines = [e for e in root.iter() if e.tag in {"polyline", "polygon"} and css in e.get("class", "").split()]
    return [[(float(x), float(y)) for x, y in (p.split(",") for p in e.get("points", "").split())] for e in lines]


def known(values: Sequence[float | None]) -> list[float]:
    return [v for v in values if v is not None and math.isfinite(v) and abs(v) <= 1e15]


@given(st.lists(anything, max_size=60), anything, st.booleans())
def test_a_sparkline_stays_in_its_box(values: list[float | None], target: float | None, at_most: bool) -> None:
    root = parsed(charts.sparkline(values, label="x", target=target, at_most=at_most))
    for line in places(root, "line"):
        assert all(0 <= x <= 280 and 0 <= y <= 46 for x, y in line)
        assert [x for x, _ in line] == sorted(x for x, _ in line)
    dots = list(root.iter("circle"))
    assert all(0 <= float(e.get("cx", "")) <= 280 and 0 <= float(e.get("cy", "")) <= 46 for e in dots)
    assert bool(dots) == bool(known(values))


@given(st.lists(tame, min_size=2, max_size=30))
def test_a_sparkline_never_turns_more_into_less(values: list[float]) -> None:
    (line,) = places(parsed(charts.sparkline(values, label="x")), "line")
    assert len(line) == len(values)
    placed = sorted(zip(values, (y for _, y in line), strict=True))
    assert all(here[1] >= there[1] for here, there in pairwise(placed))


@given(st.lists(anything, min_size=1, max_size=40))
def test_a_sparkline_shows_every_value_and_joins_none_over_a_gap(values: list[float | None]) -> None:
    root = parsed(charts.sparkline(values, label="x"))
    lines = places(root, "line")
    alone = sum(1 for e in root.iter("circle") if e.get("r") == "2")
    last_alone = bool(known(values)) and not _neighbour_of_last(values)
    assert sum(map(len, lines)) + alone + last_alone == len(known(values))


def _neighbour_of_last(values: list[float | None]) -> bool:
    drawn = [bool(known([v])) for v in values]
    last = max(n for n, shown in enumerate(drawn) if shown)
    return last > 0 and drawn[last - 1]


def test_a_sparkline_holds_zero_so_that_a_wobble_stays_a_wobble() -> None:
    (line,) = places(parsed(charts.sparkline([100, 101, 100], label="x")), "line")
    assert max(y for _, y in line) - min(y for _, y in line) < 1


@pytest.mark.parametrize(("at_most", "met"), [(False, 0), (True, 1)])
def test_the_band_lies_where_the_target_is_met(at_most: bool, met: int) -> None:
    root = parsed(charts.sparkline([1, 10], label="x", target=5, at_most=at_most))
    band = next(e for e in root.iter("rect"))
    top, height = float(band.get("y", "")), float(band.get("height", ""))
    (line,) = places(root, "line")
    inside = [top <= y <= top + height for _, y in line]
    assert inside == ([True, False] if met else [False, True])


@given(
    st.lists(series, max_size=5),
    anything,
    st.lists(st.tuples(times, st.text(max_size=20)), max_size=6),
    st.booleans(),
    st.none() | dates,
    st.none() | dates,
)
def test_a_history_stays_in_its_box(
    lines: list[list[tuple[date, float | None]]],
    target: float | None,
    events: list[tuple[date, str]],
    zero: bool,
    start: date | None,
    end: date | None,
) -> None:
    named = [charts.Line(f"line {n}", points) for n, points in enumerate(lines)]
    root = parsed(
        charts.history(
            named, label="x", target=target, zero=zero, start=start, end=end, events=[charts.Event(*e) for e in events]
        )
    )
    for line in places(root, "line"):
        assert all(0 <= x <= 1000 and 0 <= y <= 200 for x, y in line)
        assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert all(0 <= float(e.get("cy", "")) <= 200 for e in root.iter("circle"))


@given(st.lists(tame, min_size=2, max_size=20), st.booleans())
def test_a_history_never_turns_more_into_less(values: list[float], zero: bool) -> None:
    points = [(date(2025, 1, 6) + timedelta(weeks=n), value) for n, value in enumerate(values)]
    (line,) = places(parsed(charts.history([charts.Line("x", points)], label="x", zero=zero)), "line")
    placed = sorted(zip(values, (y for _, y in line), strict=True))
    assert all(here[1] >= there[1] for here, there in pairwise(placed))


@given(series.filter(lambda points: len({p[0] for p in points}) == len(points)), st.randoms())
def test_a_history_does_not_depend_on_the_order_in_which_points_arrive(points, random) -> None:  # type: ignore[no-untyped-def]
    # A date and a midnight stand at one place, where only their order could tell them apart.
    points = list({datetime(p[0].year, p[0].month, p[0].day, tzinfo=UTC): p for p in points}.values())
    shuffled = list(points)
    random.shuffle(shuffled)
    one, two = (charts.history([charts.Line("x", found)], label="x") for found in (points, shuffled))
    assert one == two


def test_a_history_takes_five_lines_and_no_sixth() -> None:
    with pytest.raises(ValueError, match="at most 5 lines, got 6"):
        charts.history([charts.Line("x", [])] * 6, label="x")


def test_names_at_the_ends_of_lines_do_not_lie_on_one_another() -> None:
    lines = [charts.Line(f"line {n}", [(date(2025, 1, 1), 1.0), (date(2025, 2, 1), 1 + n / 1000)]) for n in range(5)]
    root = parsed(charts.history(lines, label="x"))
    heights = sorted(float(e.get("y", "")) for e in root.iter("text") if e.get("class") == "end")
    assert all(below - above >= 12 for above, below in pairwise(heights))


def test_a_gap_is_left_open() -> None:
    points = [(date(2025, 1, n + 1), None if n == 4 else 1.0) for n in range(10)]
    assert len(places(parsed(charts.history([charts.Line("x", points)], label="x")), "line")) == 2


def test_without_a_value_no_axis_is_invented() -> None:
    root = parsed(charts.history([charts.Line("x", [(date(2025, 1, 1), None)])], label="x", target=3))
    assert [e.text for e in root.iter("text")] == ["No data in this span"]


quantiles = st.lists(st.floats(min_value=0, max_value=1e9), min_size=3, max_size=3).map(sorted)


@st.composite
def spreads(draw: st.DrawFn) -> list[charts.Spread]:
    made = []
    for at in draw(st.lists(dates, unique=True, max_size=20)):
        p50, p90, p95 = draw(quantiles | st.just([None, None, None]))
        made.append(charts.Spread(at, p50, p90, p95, 9, draw(st.lists(st.floats(0, 1e9), max_size=5))))
    return made


@given(spreads(), anything.filter(lambda v: v is None or not v < 0))
def test_a_distribution_stays_in_its_box_and_its_levels_in_order(
    weeks: list[charts.Spread], promise: float | None
) -> None:
    root = parsed(charts.distribution(weeks, label="x", promise=promise))
    for line in [*places(root, "line"), *places(root, "spread")]:
        assert all(0 <= x <= 1000 and 0 <= y <= 180 for x, y in line)
    for inner, outer in zip(places(root, "inner"), places(root, "outer"), strict=True):
        half = len(inner) // 2
        medians, p90s, p95s = inner[:half], inner[half:][::-1], outer[half:][::-1]
        assert p90s == outer[:half]
        assert all(m[1] >= a[1] >= b[1] for m, a, b in zip(medians, p90s, p95s, strict=True))


@given(st.lists(spreads(), min_size=1, max_size=4))
def test_small_multiples_share_their_axes(panels: list[list[charts.Spread]]) -> None:
    drawn = charts.small_multiples([(f"part {n}", weeks) for n, weeks in enumerate(panels)], label="wait")
    assert [name for name, _ in drawn] == [f"part {n}" for n in range(len(panels))]
    ticks = []
    for _, svg in drawn:
        root = parsed(svg)
        if any(e.get("class") == "grid" for e in root.iter()):
            ticks.append([(e.text, e.get("y"), e.get("x")) for e in root.iter("text")])
    assert all(found == ticks[0] for found in ticks)


def test_quantiles_that_run_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="must rise, got p50=5, p90=3, p95=9"):
        charts.distribution([charts.Spread(date(2025, 1, 1), 5, 3, 9)], label="x")


def test_few_values_are_all_shown_and_their_quantiles_are_not() -> None:
    week = charts.Spread(date(2025, 1, 6), 60, 600, 900, 3, [60, 600, 900])
    root = parsed(charts.distribution([week], label="x"))
    assert sum(1 for e in root.iter("circle") if e.get("class") == "each") == 3
    assert not places(root, "spread")


@given(st.lists(st.tuples(st.text(max_size=12), st.none() | st.floats(min_value=0)), max_size=12), anything)
def test_bars_start_at_zero_and_keep_their_shares(items: list[tuple[str, float | None]], target: float | None) -> None:
    root = parsed(charts.bars([charts.Bar(*item) for item in items], label="x", target=target))
    drawn = [e for e in root.iter("rect") if e.get("class") == "bar"]
    assert all(e.get("x") == "0" for e in drawn)
    positive = [v for v in known([v for _, v in items]) if v > 0]
    widths = [float(e.get("width", "")[:-1]) for e in drawn]
    assert len(widths) == len(positive)
    ordered = [width for _, width in sorted(zip(positive, widths, strict=True))]
    assert ordered == sorted(ordered)


def test_a_bar_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="bars start at zero"):
        charts.bars([charts.Bar("x", -1)], label="x")


@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.lists(st.tuples(times, st.none() | st.integers(0, 10_000)), max_size=4)),
        max_size=6,
    ),
    dates,
    st.integers(1, 4000),
)
def test_intervals_stay_in_their_box(rows, start: date, length: int) -> None:  # type: ignore[no-untyped-def]

    def span(at: date, days: int | None) -> charts.Span:
        return charts.Span(at, None if days is None else at + timedelta(days=days))

    made = [charts.IntervalRow(name, [span(*found) for found in spans]) for name, spans in rows]
    root = parsed(charts.intervals(made, label="x", start=start, end=start + timedelta(days=length)))
    for rect in root.iter("rect"):
        left, width = float(rect.get("x", "")[:-1]), float(rect.get("width", "")[:-1])
        assert width >= 0
        assert left + width <= 100.02


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (charts.Span(date(2025, 1, 2), date(2025, 1, 1)), "must not end before it starts"),
        (charts.Span(date(2025, 1, 2), None, "sick"), "kind must be one of lost, planned, got 'sick'"),
    ],
)
def test_a_span_that_cannot_be_is_refused(span: charts.Span, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        charts.intervals([charts.IntervalRow("n", [span])], label="x", start=date(2025, 1, 1), end=date(2025, 2, 1))


@given(st.text(), st.text())
def test_words_from_outside_are_only_words(label: str, name: str) -> None:
    line, event = charts.Line(name, [(date(2025, 1, 1), 1.0)]), charts.Event(date(2025, 1, 1), name)
    drawings = [
        charts.sparkline([1.0], label=label),
        charts.history([line, line], label=label, events=[event]),
        charts.bars([charts.Bar(name, 1, name)], label=label),
        charts.intervals(
            [charts.IntervalRow(name, [charts.Span(date(2025, 1, 1), None, words=name)])],
            label=label, start=date(2025, 1, 1), end=date(2025, 1, 2),
        ),
        charts.small_multiples([(name, [])], label=label)[0][1],
    ]  # fmt: skip
    for svg in drawings:
        root = parsed(svg)
        assert {e.tag for e in root.iter()} <= {
            "svg",
            "g",
            "line",
            "text",
            "circle",
            "rect",
            "polyline",
            "polygon",
            "title",
        }
    said = parsed(drawings[0]).get("aria-label", "")
    assert said.split() == (NOT_XML.sub("", label).split() or ["Chart"])
