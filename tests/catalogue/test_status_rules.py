"""What is shown of a function: the last word while it is fresh, and never a word that nobody said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.catalogue.rules import FOR_EVER, Condition, Said, Span, headline, open_spans, shown

T0 = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
hours = st.integers(-100, 100).map(lambda n: T0 + n * HOUR / 4)
conditions = st.sampled_from(Condition)
words = st.none() | st.builds(Said, conditions, hours)
spans = st.tuples(hours, st.integers(1, 40)).map(lambda pair: Span(pair[0], pair[0] + pair[1] * HOUR / 4))


@pytest.mark.parametrize(
    ("said", "works", "measured", "now", "expected"),
    [
        (None, [], None, T0, "not-confirmed"),
        (Said(Condition.DEGRADED, T0), [], None, T0 + 2 * HOUR, "degraded"),  # as old as it may be
        (Said(Condition.DEGRADED, T0), [], None, T0 + 2 * HOUR + timedelta(seconds=1), "not-confirmed"),
        (Said(Condition.WORKING, T0), [], T0 + 7 * HOUR, T0 + 8 * HOUR, "working"),
        (Said(Condition.WORKING, T0), [], T0 + 5 * HOUR, T0 + 8 * HOUR, "not-confirmed"),
        (Said(Condition.WORKING, T0), [], T0 - HOUR, T0 + 2 * HOUR, "working"),  # an old measurement ages no word
        (Said(Condition.DEGRADED, T0), [], T0 + 7 * HOUR, T0 + 8 * HOUR, "not-confirmed"),
        (None, [], T0, T0, "not-confirmed"),
        (Said(Condition.WORKING, T0), [Span(T0 + HOUR, T0 + 3 * HOUR)], T0 + 2 * HOUR, T0 + 2 * HOUR, "planned-work"),
        (Said(Condition.WORKING, T0), [Span(T0 + HOUR / 4, T0 + HOUR)], T0 + HOUR, T0 + HOUR, "working"),
        (Said(Condition.WORKING, T0), [Span(T0 + HOUR, T0 + 2 * HOUR)], None, T0 + HOUR, "planned-work"),
        (None, [Span(T0, T0 + HOUR)], None, T0, "planned-work"),
        (Said(Condition.WORKING, T0), [Span(T0 + HOUR / 2, T0 + HOUR)], None, T0 + HOUR, "not-confirmed"),
        (Said(Condition.UNAVAILABLE, T0), [Span(T0 - HOUR, T0 + HOUR)], None, T0, "unavailable"),
        (Said(Condition.UNAVAILABLE, T0), [Span(T0 - HOUR, T0 + HOUR)], None, T0 + HOUR, "unavailable"),
        (Said(Condition.NOT_CONFIRMED, T0), [], T0, T0, "not-confirmed"),
    ],
)
def test_what_is_shown(
    said: Said | None, works: list[Span], measured: datetime | None, now: datetime, expected: str
) -> None:
    assert shown(said, 2 * HOUR, works, now, measured).condition == expected


@pytest.mark.parametrize(
    ("said", "named", "now", "expected"),
    [
        (Said(Condition.DEGRADED, T0), [Span(T0, FOR_EVER)], T0 + 2 * HOUR, "degraded"),
        (Said(Condition.DEGRADED, T0), [Span(T0, FOR_EVER)], T0 + 3 * HOUR, "not-confirmed"),
        (Said(Condition.WORKING, T0), [Span(T0 + 9 * HOUR, FOR_EVER)], T0 + 8 * HOUR, "working"),
        (Said(Condition.WORKING, T0), [Span(T0 + 9 * HOUR, FOR_EVER)], T0 + 10 * HOUR, "not-confirmed"),
        # What grew too old meanwhile stays so when the trouble is over: nobody said how it stands then.
        (Said(Condition.WORKING, T0), [Span(T0 + 9 * HOUR, T0 + 10 * HOUR)], T0 + 11 * HOUR, "not-confirmed"),
        (Said(Condition.WORKING, T0), [Span(T0 - HOUR, T0 + HOUR)], T0 + 11 * HOUR, "working"),
        (Said(Condition.WORKING, T0 + HOUR), [Span(T0, T0 + HOUR)], T0 + 11 * HOUR, "working"),
        (Said(Condition.DEGRADED, T0, T0 + 14 * HOUR), [Span(T0, FOR_EVER)], T0 + 14 * HOUR, "degraded"),
        (Said(Condition.DEGRADED, T0, T0 + 14 * HOUR), [Span(T0, FOR_EVER)], T0 + 15 * HOUR, "not-confirmed"),
        (Said(Condition.DEGRADED, T0, T0 + 90 * HOUR), [Span(T0, FOR_EVER)], T0 + 31 * HOUR, "not-confirmed"),
    ],
)
def test_in_trouble_a_word_lasts_two_hours_or_until_the_next(
    said: Said, named: list[Span], now: datetime, expected: str
) -> None:
    assert shown(said, 30 * HOUR, [], now, None, named).condition == expected


@given(st.builds(Said, conditions, hours), st.lists(spans, max_size=4), hours)
def test_trouble_only_makes_a_word_shorter(said: Said, named: list[Span], now: datetime) -> None:
    plain, told = shown(said, 9 * HOUR, [], now), shown(said, 9 * HOUR, [], now, None, named)
    assert told.fresh_until is not None
    assert plain.fresh_until is not None
    assert told.fresh_until <= plain.fresh_until
    assert told.condition in {plain.condition, Condition.NOT_CONFIRMED}


@given(st.lists(st.booleans(), max_size=8), st.none() | st.just(9))
def test_a_thread_is_open_until_its_last_word(lasts: list[bool], closed: int | None) -> None:
    texts = [(T0 + place * HOUR, is_last) for place, is_last in enumerate(lasts)]
    closed_at = T0 + closed * HOUR if closed else None
    found = open_spans(texts, closed_at)
    for place, is_last in enumerate(lasts):
        assert any(span.holds(T0 + place * HOUR + HOUR / 2) for span in found) == (not is_last)
    is_open = bool(lasts) and not lasts[-1]
    assert any(span.ends_at == FOR_EVER for span in found) == (is_open and closed is None)


@given(words, st.lists(spans, max_size=4), hours, st.none() | hours)
def test_nothing_is_shown_that_nobody_said(
    said: Said | None, works: list[Span], now: datetime, measured: datetime | None
) -> None:
    told = shown(said, 2 * HOUR, works, now, measured)
    allowed = {Condition.NOT_CONFIRMED} | ({said.condition} if said else set())
    if any(work.begins_at <= now < work.ends_at for work in works):
        allowed.add(Condition.PLANNED_WORK)
    assert told.condition in allowed
    assert told.is_work <= (told.condition is Condition.PLANNED_WORK)


@given(words, st.lists(spans, max_size=4), hours, hours)
def test_a_measurement_only_keeps_working_fresh(
    said: Said | None, works: list[Span], now: datetime, measured: datetime
) -> None:
    plain, helped = shown(said, 2 * HOUR, works, now), shown(said, 2 * HOUR, works, now, measured)
    if plain.condition is not helped.condition:
        assert (plain.condition, helped.condition) == (Condition.NOT_CONFIRMED, Condition.WORKING)
        assert said is not None
        assert said.condition is Condition.WORKING
        assert measured > said.at
        assert measured + 2 * HOUR >= now


@given(st.builds(Said, conditions, hours), hours, hours)
def test_a_word_that_grew_too_old_stays_so(said: Said, one: datetime, other: datetime) -> None:
    early, late = sorted([one, other])
    if shown(said, 2 * HOUR, [], early).condition is Condition.NOT_CONFIRMED:
        assert shown(said, 2 * HOUR, [], late).condition is Condition.NOT_CONFIRMED


@given(words, st.lists(spans, max_size=4), hours, st.randoms(use_true_random=False))
def test_the_order_of_works_does_not_matter(
    said: Said | None, works: list[Span], now: datetime, chance: object
) -> None:
    mixed = list(works)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert shown(said, 2 * HOUR, works, now) == shown(said, 2 * HOUR, mixed, now)


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ([], "Nothing is said here yet"),
        (["working"], "A works"),
        (["working"] * 3, "Everything works"),
        (["working", "working", "at-risk"], "C: at risk"),
        (["unavailable", "not-confirmed"], "A: unavailable"),
        (["degraded", "unavailable", "not-confirmed", "unavailable"], "B: unavailable, and trouble with 2 more"),
        (["planned-work", "working"], "A: planned work"),
        (["not-confirmed"] * 2, "Nothing is confirmed to work"),
        (["not-confirmed"], "A is not confirmed to work"),
        (["working", "not-confirmed"], "B is not confirmed to work"),
        (["not-confirmed", "working", "not-confirmed"], "A and 1 more are not confirmed to work"),
    ],
)
def test_the_headline_names_the_worst(conditions: list[str], told: str) -> None:
    assert headline([(name, Condition(one)) for name, one in zip("ABCD", conditions, strict=False)]) == told


@given(st.lists(conditions, min_size=1, max_size=8))
def test_the_headline_is_never_a_share(found: list[Condition]) -> None:
    told = headline([(chr(65 + place), one) for place, one in enumerate(found)])
    worst = max(found, key=lambda one: one.urgency)
    assert "%" not in told
    assert " of " not in told
    assert worst.word in told or "works" in told or "confirmed" in told


def test_every_condition_has_words_and_a_place() -> None:
    assert sorted(one.urgency for one in Condition) == list(range(len(Condition)))
    assert Condition.WORKING.urgency == 0
    assert not any("-" in one.word for one in Condition)
