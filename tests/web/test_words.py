"""Numbers and times as words."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.web import words

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
SIZES = {"d": 86_400, "h": 3600, "min": 60, "s": 1}


def plain(text: str) -> str:
    return text.replace(words.NO_BREAK, " ")


@given(st.none() | st.floats())
def test_any_number_becomes_words(value: float | None) -> None:
    for write in (words.number, words.percent, words.duration):
        assert not re.search(r"nan|inf\b|e[+-]\d", write(value))


@given(st.floats(0, 1e9))
def test_a_duration_has_two_neighbouring_units_and_errs_by_less_than_half_the_smaller(seconds: float) -> None:
    told = plain(words.duration(seconds))
    if told == "under 1 s":
        assert 0 < seconds < 0.5
        return
    parts = re.findall(r"([\d,]+) (\w+)", told)
    units = [unit for _, unit in parts]
    assert len(units) <= 2
    order = list(SIZES)
    assert units == sorted(units, key=order.index)
    largest = order.index(units[0])
    smallest = SIZES[order[min(largest + 1, 3)]]
    total = sum(int(amount.replace(",", "")) * SIZES[unit] for amount, unit in parts)
    assert abs(total - seconds) <= smallest / 2 + 0.5


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(59.6, "1 min"), (3599.9, "1 h"), (86_399, "1 d"), (7800, "2 h 10 min"), (-120, "−2 min"), (0, "0 s")],
)
def test_a_duration_carries_over_at_the_edge_of_a_unit(seconds: float, told: str) -> None:
    assert plain(words.duration(seconds)) == told


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_everything_and_nothing_are_never_claimed_wrongly(part: int, whole: int) -> None:
    part = min(part, whole)
    told = plain(words.share(part, whole))
    if whole < 20:
        assert told == f"{part} of {whole}"
    else:
        assert (told == "100 %") == (part == whole)
        assert (told == "0 %") == (part == 0)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=30), "yesterday"),
        (timedelta(days=12), "12 days ago"),
        (timedelta(days=30), "4 weeks ago"),
        (timedelta(days=100), "3 months ago"),
        (timedelta(days=1000), "2 years ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(days=-3), "in 3 days"),
    ],
)
def test_ages(before: timedelta, told: str) -> None:
    assert plain(words.age(NOW - before, NOW)) == told


@given(st.timedeltas(timedelta(days=-9000), timedelta(days=9000)))
def test_the_past_is_never_told_as_the_future(before: timedelta) -> None:
    told = words.age(NOW - before, NOW)
    assert told.endswith("ago") <= (before > timedelta())
    assert told.startswith("in ") <= (before < timedelta())


@given(st.dates(), st.dates())
def test_a_span_names_both_of_its_ends(one: date, other: date) -> None:
    first, last = sorted((one, other))
    told = words.span(first, last)
    assert told.startswith(str(first.day))
    assert told.endswith(str(last.year))
    assert (
        told.count(str(first.year)) == 1
        or first.year != last.year
        or str(first.year) in {str(first.day), str(last.day)}
    )
