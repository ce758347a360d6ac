"""Alert pairs have the factors of the Workbook, say when they cannot hold, and compare exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules.alerts import (
    Pair,
    Rule,
    Unreachable,
    Urgency,
    holds,
    rules,
    span_words,
    standard_pairs,
)
from hortus.products.slos.rules.budgets import Tally
from hortus.products.slos.rules.little import Little
from hortus.values.refused import Refused
from tests.products.slos.rules.events import pure

DAY = 1440


def _pair(**other: object) -> Pair:
    return Pair(**({"name": "page", "urgency": Urgency.PAGE, "budget_share": Fraction(2, 100), "long_minutes": 60,
                    "short_minutes": 5} | other))  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "factors"), [(30, ["14.4", "6", "3", "1"]), (28, ["13.44", "5.6", "2.8", "14/15"])], ids=["30d", "28d"]
)
def test_the_factors_are_those_of_the_workbook(days: int, factors: list[str]) -> None:
    found = rules(standard_pairs(days * DAY), "0.999", days * DAY)
    assert [rule.factor for rule in found] == [Fraction(factor) for factor in factors]
    assert [rule.threshold for rule in found] == [Fraction(factor) / 1000 for factor in factors]
    assert [rule.pair.long_minutes for rule in found] == [60, 360, 1440, 4320]
    assert [rule.pair.short_minutes for rule in found] == [5, 30, 120, 360]
    assert [rule.pair.urgency.value for rule in found] == ["page", "page", "ticket", "ticket"]
    assert not any(rule.is_capped for rule in found)


@pure
@given(st.integers(1, 366))
def test_standard_pairs_fit_every_window_and_keep_their_factors(days: int) -> None:
    found = rules(standard_pairs(days * DAY), "0.999", days * DAY)
    for rule, usual in zip(found, (13.44, 5.6, 2.8, 0.9333), strict=True):
        assert rule.pair.long_minutes <= days * DAY
        assert 1 <= rule.pair.short_minutes <= rule.pair.long_minutes
        near = 0.25 if days < 7 else 0.12 if days <= 31 else 0.01  # windows are whole minutes
        assert float(rule.factor) == pytest.approx(usual, rel=near)


@pure
@given(
    st.fractions(Fraction(1, 100), Fraction(9999, 10_000), max_denominator=10_000),
    st.fractions(Fraction(1, 100), 1, max_denominator=100),
    st.integers(1, 90 * DAY),
    st.integers(1, 90),
)
def test_a_pair_can_always_hold_and_its_factor_spends_its_share(
    objective: Fraction, share: Fraction, long: int, days: int
) -> None:
    period = days * DAY
    if long > period:
        with pytest.raises(Refused, match="long window"):
            rules([_pair(long_minutes=long, short_minutes=1)], objective, period)
        return
    pair = _pair(long_minutes=long, short_minutes=1, budget_share=share)
    (rule,) = rules([pair], objective, period)
    assert 0 < rule.threshold < 1
    assert rule.threshold == rule.factor * (1 - objective)
    assert rule.asked_factor * long == share * period
    assert rule.is_capped == (rule.asked_factor >= 1 / (1 - objective))
    assert ("capped" in rule.sentence) == rule.is_capped
    everything_fails = Tally(10**6, 10**6, long), Tally(10**6, 10**6, 1)
    assert holds(rule, *everything_fails, Little()) is True
    if rule.is_capped:
        with pytest.raises(Refused, match="none can exceed"):
            rules([pair], objective, period, unreachable=Unreachable.REFUSE)


def test_the_page_says_that_a_pair_was_capped() -> None:
    first, second, *_ = rules(standard_pairs(30 * DAY), "0.93", 30 * DAY)
    assert first.sentence == (
        "The pair page over 1 hour asks for a burn rate above 14.4, but at an objective of 93 % none can exceed 14.29, "
        "so it could never hold; it is capped. page while more than 80 % of the events were bad in the last hour and "
        "in the last 5 minutes (burn rate above 11.43)."
    )
    assert not second.is_capped
    (half,) = rules(standard_pairs(30 * DAY)[:1], "0.93", 30 * DAY, cap_ratio=Fraction(1, 2))
    assert half.threshold == Fraction(1, 2)


@pure
@given(
    st.sampled_from(["0.5", "0.9", "0.95", "0.99", "0.999"]), st.integers(1, 60), st.sampled_from([7, 28, 30, 90, 366])
)
def test_with_slices_every_pair_holds_in_a_total_outage_and_never_flickers(
    objective: str, size: int, days: int
) -> None:
    period = days * DAY
    plain = rules(standard_pairs(period), objective, period)
    found = rules(standard_pairs(period), objective, period, slice_minutes=size, little=Little())
    for rule, before in zip(found, plain, strict=True):
        pair = rule.pair
        assert pair.long_minutes % size == pair.short_minutes % size == 0
        assert before.pair.long_minutes <= pair.long_minutes <= period
        assert before.pair.short_minutes <= pair.short_minutes <= pair.long_minutes
        long, short = pair.long_minutes // size, pair.short_minutes // size
        assert holds(rule, Tally(long, long, 1), Tally(short, short, 1), Little()) is True
        assert rule.threshold == rule.factor * (1 - Fraction(objective))
        assert (rule == before) == (pair == before.pair)
        assert ("made longer" in rule.sentence) == (pair != before.pair)


def test_slices_too_long_for_the_window_are_refused() -> None:
    with pytest.raises(Refused, match="holds 24 slices of 1 hour; that is too few for the pair slow") as refused:
        rules(
            [_pair(name="slow")],
            "0.99",
            DAY,
            slice_minutes=60,
            little=Little(least_bad=25),
        )
    assert refused.value.field == "slice_minutes"


@pure
@given(st.sampled_from(["0.5", "0.9", "0.99", "0.999"]), st.integers(1, 366))
def test_few_events_must_surely_exceed_half_the_threshold_or_what_is_allowed(objective: str, days: int) -> None:
    for rule in rules(standard_pairs(days * DAY), objective, days * DAY):
        assert rule.threshold / 2 <= rule.sure_ratio <= rule.threshold
        assert rule.sure_ratio >= min(1 - Fraction(objective), rule.threshold)


def test_it_is_known_from_which_objective_on_the_standard_pages_can_hold() -> None:
    def capped(objective: str) -> list[bool]:
        return [rule.is_capped for rule in rules(standard_pairs(30 * DAY)[:2], objective, 30 * DAY)]

    # 1 / (1 - objective) must exceed 14.4 and 6
    assert [capped(o) for o in ("0.9306", "0.9305", "0.8334", "0.8333")] == [
        [False, False],
        [True, False],
        [True, False],
        [True, True],
    ]


TALLY = st.integers(0, 2000).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n), st.integers(0, 5)))


@pure
@given(TALLY, TALLY, st.sampled_from(["0.9", "0.99", "0.999", "0.95"]), st.integers(0, 3))
def test_a_pair_holds_where_both_ratios_are_strictly_above(long: Tally, short: Tally, objective: str, n: int) -> None:
    rule: Rule = rules(standard_pairs(28 * DAY), objective, 28 * DAY)[n]
    told = holds(rule, long, short)
    if not short.measured_minutes:
        assert told is None
        return
    by_hand = all(t.events and Fraction(t.bad, t.events) > rule.threshold for t in (long, short))
    assert told == by_hand
    assert holds(rule, long, short, Little()) in ({True, False} if by_hand else {False})


def test_exactly_the_threshold_is_not_above_it() -> None:
    page = rules(standard_pairs(30 * DAY), "0.999", 30 * DAY)[0]
    at, above = Tally(144, 10_000, 60), Tally(145, 10_000, 60)
    assert holds(page, at, above) is False
    assert holds(page, above, at) is False
    assert holds(page, above, above) is True


def test_counts_too_large_for_64_bits_still_compare_exactly() -> None:
    (rule,) = rules([_pair(long_minutes=61)], "0.999999999", 28 * DAY)
    events = 10**17
    most = int(rule.threshold * events)
    assert holds(rule, Tally(most, events, 60), Tally(most, events, 60)) is False
    assert holds(rule, Tally(most + 1, events, 60), Tally(most + 1, events, 60)) is True


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"name": " "}, "name"),
        ({"budget_share": Fraction(0)}, "budget_share"),
        ({"budget_share": Fraction(3, 2)}, "budget_share"),
        ({"short_minutes": 0}, "short_minutes"),
        ({"short_minutes": 61}, "short_minutes"),
    ],
    ids=["no-name", "no-share", "large-share", "no-short", "long-short"],
)
def test_what_is_no_pair_is_refused(other: dict[str, object], field: str) -> None:
    with pytest.raises(Refused) as refused:
        _pair(**other)
    assert refused.value.field == field


def test_more_pairs_than_anybody_reads_are_refused() -> None:
    with pytest.raises(Refused, match="at most 8 alert pairs, got 9"):
        rules([_pair()] * 9, "0.99", 28 * DAY)


def test_spans_are_said_in_their_largest_whole_unit() -> None:
    assert [span_words(n) for n in (1, 5, 60, 90, 120, 1440, 4320)] == [
        "1 minute", "5 minutes", "1 hour", "90 minutes", "2 hours", "1 day", "3 days"
    ]  # fmt: skip
