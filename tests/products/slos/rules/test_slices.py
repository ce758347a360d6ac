"""Time slices and composites agree with judging each slice by hand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules.slices import Slicing, grid, judged
from hortus.products.slos.rules.stretch import Stretch
from hortus.values.refused import Refused
from tests.products.slos.rules.events import Events, Spans, events_near, is_in, pure, spans_near, stretch_of

START, UNTIL = 900, 1100
TARGETS = st.sampled_from(["0.5", "0.9", "0.95", "1", "2/3"])


def _by_hand(minutes: list[int], events: Events, measured: Spans, out: Spans, target: str) -> bool | None:
    """Judge one slice: True good, False bad, None when it does not count."""
    kept = [minute for minute in minutes if not is_in(minute, out)]
    if not kept:
        return None
    inside = [good for minute, good in events if minute in kept]
    if inside:
        return Fraction(sum(inside), len(inside)) >= Fraction(target)
    return True if all(is_in(minute, measured) for minute in kept) else None


@pure
@given(
    events_near(1000, 100),
    spans_near(1000, 100),
    spans_near(1000, 60),
    st.integers(1, 60),
    TARGETS,
)
def test_slices_are_judged_as_by_hand(events: Events, measured: Spans, out: Spans, size: int, target: str) -> None:
    stretch = stretch_of(events, measured, START, UNTIL).cut(out)
    excluded = np.array([is_in(minute, out) for minute in range(START, UNTIL)])
    found = judged(stretch, Slicing.of(size, target), excluded)
    firsts = [m for m in range(START, UNTIL) if m % size == 0 and m + size <= UNTIL]
    told = [_by_hand(list(range(first, first + size)), events, measured, out, target) for first in firsts]
    assert [bool(x) for x in found.counted] == [each is not None for each in told]
    assert [bool(x) for x in found.good] == [each is True for each in told]
    if firsts:
        assert found.start == firsts[0]
    flat = found.as_stretch()
    assert (int(flat.total.sum()), int(flat.good.sum())) == (sum(t is not None for t in told), told.count(True))
    for first, each in zip(firsts, told, strict=True):
        assert flat.tally([(first, first + size - 1)]).events == 0
        assert flat.tally([(first, first + size)]).events == (each is not None)


@pure
@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 60))
def test_the_grid_holds_every_whole_slice(since: int, more: int, size: int) -> None:
    first, last = grid((since, since + more), size)
    assert first % size == last % size == 0
    assert (last - first) // size == len(
        [m for m in range(since, since + more) if m % size == 0 and m + size <= since + more]
    )


def test_a_slice_on_the_mark_is_good() -> None:
    stretch = Stretch(0, np.array([9, 8]), np.array([10, 10]), np.ones(2, np.bool_))
    assert judged(stretch, Slicing.of(1, "0.9")).good.tolist() == [True, False]


@pytest.mark.parametrize(
    ("size", "target", "field"), [(0, "0.9", "slice_minutes"), (61, "0.9", "slice_minutes"), (5, "1.5", "slice_target")]
)
def test_what_is_no_slicing_is_refused(size: int, target: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        Slicing.of(size, target)
    assert refused.value.field == field
