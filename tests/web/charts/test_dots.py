"""Dots of how long things lasted: anything at all goes in, each known length is one dot inside the plane."""

import math
from datetime import UTC, date, datetime
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from hortus.web.charts.dots import Dot, dots

times = st.builds(datetime.combine, st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.times(), st.just(UTC))
lengths = st.none() | st.floats()


def circles(svg: str) -> list[ElementTree.Element]:
    return [e for e in ElementTree.fromstring(svg).iter() if e.tag == "circle"]


@given(st.lists(st.tuples(times, lengths, st.text(max_size=20), st.booleans()), max_size=30))
def test_each_known_length_is_one_dot_inside_the_plane(found: list[tuple[datetime, float | None, str, bool]]) -> None:
    drawn = circles(dots([Dot(*one) for one in found], label="x", height=160))
    known = [s for _, s, _, _ in found if s is not None and math.isfinite(s) and abs(s) <= 1e15]
    assert len(drawn) == len(known)
    for circle in drawn:
        assert 0 <= float(circle.get("cx", "").rstrip("%")) <= 100
        assert 0 <= float(circle.get("cy", "")) <= 160


@given(st.floats(60, 1e7), st.floats(60, 1e7))
def test_what_lasted_longer_never_lies_lower(one: float, other: float) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    first, second = circles(dots([Dot(at, one, "a"), Dot(at, other, "b")], label="x"))
    heights = [float(first.get("cy", "")), float(second.get("cy", ""))]
    assert (heights[0] >= heights[1]) if one <= other else (heights[0] <= heights[1])


def test_a_named_dot_says_its_words_as_text_not_as_markup() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    svg = dots([Dot(at, 3600, "<b>#12</b>", is_named=True), Dot(at, 60, "#3")], label="How long")
    root = ElementTree.fromstring(svg)
    assert [e.text for e in root.iter("text") if e.get("class") == "said"] == ["<b>#12</b>"]
    assert {e.text for e in root.iter("title")} == {"<b>#12</b>", "#3"}


def test_nothing_is_said_to_be_nothing() -> None:
    assert "Nothing has ended" in dots([Dot(datetime(2026, 3, 2, tzinfo=UTC), None, "open")], label="How long")
