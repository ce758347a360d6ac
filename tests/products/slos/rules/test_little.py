"""The rule for little traffic is exact, never makes an alert earlier, and keeps a healthy service from paging."""

import doctest
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules.little import Little, binomial_tail, lower_bound
from hortus.values.refused import Refused
from tests.products.slos.rules import figures
from tests.products.slos.rules.events import few, pure

PAGE = Path(__file__).resolve().parents[4] / "docs" / "explanation" / "slo-arithmetic.md"

RATIOS = st.fractions(Fraction(1, 500), Fraction(99, 100), max_denominator=500)
COUNTS = st.integers(0, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def _tail(bad: int, events: int, ratio: Fraction) -> Fraction:
    """Return P(X >= bad) in whole numbers, term by term."""
    return sum(
        (math.comb(events, k) * ratio**k * (1 - ratio) ** (events - k) for k in range(bad, events + 1)), Fraction(0)
    )


@few
@given(st.lists(COUNTS, min_size=1, max_size=8), RATIOS)
def test_the_tail_is_the_sum_of_its_terms(counts: list[tuple[int, int]], ratio: Fraction) -> None:
    bad, events = (np.array(part, np.int64) for part in zip(*counts, strict=True))
    found = binomial_tail(bad, events, float(ratio))
    for each, (b, n) in zip(found.tolist(), counts, strict=True):
        exactly = float(_tail(b, n, ratio))
        assert each == pytest.approx(exactly, rel=1e-9, abs=1e-12)


def test_the_tail_of_a_billion_events_is_that_of_poisson() -> None:
    events, mean = 10**9, 10.0
    for bad in (1, 5, 10, 11, 25, 40):
        poisson = 1 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(bad))
        found = binomial_tail(np.array([bad]), np.array([events]), mean / events)
        assert found[0] == pytest.approx(poisson, rel=1e-5, abs=1e-13)


@few
@given(
    st.lists(COUNTS, min_size=1, max_size=12),
    RATIOS,
    st.integers(1, 6),
    st.sampled_from(["0.9", "0.95", "0.99", "0.999"]),
    st.integers(6, 60),
)
def test_evidence_is_what_the_exact_tail_says(
    counts: list[tuple[int, int]], threshold: Fraction, least: int, confidence: str, ample: int
) -> None:
    bad, events = (np.array(part, np.int64) for part in zip(*counts, strict=True))
    found = Little(least, float(confidence), ample).is_evidence(bad, events, threshold)
    for each, (b, n) in zip(found.tolist(), counts, strict=True):
        tail = _tail(b, n, threshold)
        if abs(tail - (1 - Fraction(confidence))) > Fraction(1, 10**9):
            assert each == (b >= least and (b >= ample or tail < 1 - Fraction(confidence)))


@few
@given(st.lists(COUNTS, min_size=1, max_size=5), st.sampled_from([0.05, 0.01, 0.001]))
def test_the_lower_bound_is_where_the_tail_is_the_risk(counts: list[tuple[int, int]], risk: float) -> None:
    bad, events = (np.array(part, np.int64) for part in zip(*counts, strict=True))
    for low, (b, n) in zip(lower_bound(bad, events, risk).tolist(), counts, strict=True):
        if b == 0:
            assert low == 0
        else:
            assert low < b / n
            terms = (math.comb(n, k) * low**k * (1 - low) ** (n - k) for k in range(b, n + 1))
            assert math.fsum(terms) == pytest.approx(risk, rel=1e-6)


def test_the_lower_bound_of_all_bad_has_a_closed_form() -> None:
    found = lower_bound(np.array([4, 10]), np.array([4, 10]), 0.01)
    assert found.tolist() == pytest.approx([0.01 ** (1 / 4), 0.01 ** (1 / 10)])


@pure
@given(COUNTS, RATIOS, st.integers(0, 20), st.integers(0, 20))
def test_more_bad_or_fewer_good_events_never_take_evidence_away(
    counts: tuple[int, int], threshold: Fraction, more_bad: int, fewer_good: int
) -> None:
    bad, events = counts
    good = max(0, events - bad - fewer_good)
    little = Little(ample_bad=30)
    before, after = little.is_evidence(
        np.array([bad, bad + more_bad]), np.array([events, bad + more_bad + good]), threshold
    ).tolist()
    assert after or not before


def test_a_healthy_service_with_thirty_events_a_day_does_not_page() -> None:
    # Exactly: less than one page in 250 years of 28 days, even at the very edge of the objective.
    assert figures.expected_pages(None, 0.01) > 8
    assert figures.expected_pages(Little(), 0.01) < 28 / (250 * 365)
    # By chance, with traffic that comes and goes.
    healthy = [figures.traffic(seed, 0.01) for seed in range(40)]
    assert sum(figures.pages(each, Little()) for each in healthy) == 0
    assert all(figures.pages(each, None) > 2 for each in healthy)


def test_the_exact_number_of_pages_agrees_with_simulation() -> None:
    rng = np.random.default_rng(11)
    found, little = 0, Little(least_bad=2, confidence=0.9)
    for _ in range(60):
        total = np.zeros(28 * 1440 + 360, np.int64)
        total[::48] = 1
        bad = total * (rng.random(len(total)) < 0.03)
        stretch = figures.Stretch(0, total - bad, total, np.ones(len(total), np.bool_))
        opened = {e.opened_at for t in figures.backtest(stretch, 360, figures.PAGES, little) for e in t.episodes}
        found += len(opened)
    assert found / 60 == pytest.approx(figures.expected_pages(little, 0.03), rel=0.15)


def test_an_outage_with_thirty_events_a_day_pages_within_hours() -> None:
    waits = [figures.minutes_to_page(seed) for seed in range(40)]
    assert all(0 < wait < 8 * 60 for wait in waits)
    assert sorted(waits)[20] < 3 * 60


def test_the_document_gives_these_figures() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [line for line in figures.figures() if line not in text] == []


def test_the_worked_example_of_the_document_is_true() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: Little(0), "least_bad"),
        (lambda: Little(1001), "least_bad"),
        (lambda: Little(4, 0.3), "confidence"),
        (lambda: Little(4, float("nan")), "confidence"),
        (lambda: Little(4, 1.0), "confidence"),
        (lambda: Little(10, 0.99, 9), "ample_bad"),
        (lambda: Little(4, 0.99, 10_001), "ample_bad"),
    ],
    ids=["none", "many", "coin", "nan", "certain", "ample-below-least", "ample-too-large"],
)
def test_what_is_no_rule_is_refused(made, field: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as refused:
        made()
    assert refused.value.field == field
