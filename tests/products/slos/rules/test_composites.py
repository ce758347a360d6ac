"""Composites add burn rates with their weights, and slices by their worst; alerts hold only where all evidence does."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules import composites
from hortus.products.slos.rules.alerts import rules, standard_pairs
from hortus.products.slos.rules.backtest import backtest
from hortus.products.slos.rules.budgets import Tally, worked_sum
from hortus.products.slos.rules.composites import CompositeSum, any_bad, common_objective, members
from hortus.products.slos.rules.episodes import step
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.slices import Slices
from hortus.products.slos.rules.stretch import Stretch
from hortus.values.refused import Refused
from tests.products.slos.rules.events import pure

DAY = 1440
TALLIES = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(lambda n: Tally(n[0], n[0] + n[1], DAY))
OBJECTIVES = st.sampled_from(["0.9", "0.99", "0.999"])


def _part(tally: Tally, objective: str, window: int = DAY):  # type: ignore[no-untyped-def]
    return worked_sum(objective, tally, window_minutes=window, elapsed_minutes=DAY)


@pure
@given(st.lists(st.tuples(st.integers(1, 9), OBJECTIVES, TALLIES), min_size=2, max_size=5))
def test_burn_rates_add_with_weights(given_: list[tuple[int, str, Tally]]) -> None:
    of = members([(weight, objective) for weight, objective, _ in given_])
    found = CompositeSum(of, tuple(_part(tally, objective) for _, objective, tally in given_))
    assert sum(member.share for member in of) == 1
    if not any(tally.events for *_, tally in given_):
        assert found.burn_rate is found.left_ratio is None
        return
    whole = sum(weight for weight, *_ in given_)
    by_hand = sum(
        Fraction(weight, whole) * Fraction(tally.bad, tally.events) / (1 - Fraction(objective))
        for weight, objective, tally in given_
        if tally.events
    )
    assert found.burn_rate == by_hand == sum(found.contributions)
    assert found.left_ratio == 1 - by_hand


def test_members_that_burn_alike_make_a_composite_that_burns_so() -> None:
    of = members([(5, 0.99), (1, 0.9)])
    found = CompositeSum(of, (_part(Tally(2, 100), "0.99"), _part(Tally(20, 100), "0.9")))
    assert found.burn_rate == 2
    assert common_objective(members([(5, 0.99), (1, 0.99)])) == Fraction(99, 100)
    # 1 / (1 - objective) = (100 + 10) / 2 when one member of each kind fails wholly
    assert 1 / (1 - common_objective(members([(1, 0.99), (1, 0.9)]))) == 55


def test_a_calendar_composite_has_the_budget_of_its_whole_period() -> None:
    of = members([(1, 0.99), (1, 0.99)])
    found = CompositeSum(of, tuple(_part(Tally(bad, 100), "0.99", 4 * DAY) for bad in (2, 0)))
    assert (found.burn_rate, found.left_ratio) == (1, Fraction(3, 4))
    # Each member's own exclusions change how much of its window has gone by.
    later = CompositeSum(of, (_part(Tally(2, 100), "0.99", 4 * DAY), _part(Tally(2, 100), "0.99", 2 * DAY)))
    assert later.left_ratio == 1 - Fraction(1, 4) - Fraction(1, 2)


FLAGS = st.sampled_from([True, False, None])


@pure
@given(st.lists(st.tuples(FLAGS, FLAGS, FLAGS), min_size=1, max_size=20))
def test_a_slice_is_bad_when_any_member_is(told: list[tuple[bool | None, ...]]) -> None:
    of = [
        Slices(0, 5, np.array([each[n] is not None for each in told]), np.array([each[n] is True for each in told]))
        for n in range(3)
    ]
    found = any_bad(of)
    for at, each in enumerate(told):
        worst = False if False in each else (None if None in each else True)
        assert (bool(found.counted[at]), bool(found.good[at])) == (worst is not None, worst is True)


def test_slices_of_other_grids_are_not_mixed() -> None:
    one = Slices(0, 5, np.ones(3, np.bool_), np.ones(3, np.bool_))
    with pytest.raises(ValueError, match="one start, length and number"):
        any_bad([one, Slices(5, 5, one.counted, one.good)])


def _stretches(seed: int, minutes: int = 3000) -> list[Stretch]:
    rng = np.random.default_rng(seed)
    found = []
    for rate, share in ((0.2, 0.1), (3, 0.02), (1, 0.3)):
        total = rng.poisson(rate, minutes)
        bad = rng.binomial(total, np.where(rng.random(minutes // 100).repeat(100) < 0.2, share * 3, share / 9))
        watched = np.repeat(rng.random(minutes // 50) > 0.1, 50)
        found.append(Stretch(0, (total - bad) * watched, total * watched, watched))
    return found


@pytest.mark.parametrize("little", [None, Little(), Little(2, 0.9, 20)], ids=["none", "usual", "light"])
def test_a_back_test_of_a_composite_is_its_evaluation_minute_by_minute(little: Little | None) -> None:
    of = members([(2, 0.95), (1, 0.98), (1, 0.9)])
    period = 7 * DAY
    pairs = [replace(pair, keep_firing_minutes=3) for pair in standard_pairs(period)[:3]]
    asked = rules(pairs, common_objective(of), period)
    stretches = _stretches(7)
    tracks = composites.backtest(of, stretches, 1500, asked, little)
    held = 0
    for rule, track in zip(asked, tracks, strict=True):
        episode, closed, minutes = None, [], 0
        for now in range(1500, 3001, 1):
            longs, shorts = (
                [s.tally([(now - size, now)]) for s in stretches]
                for size in (rule.pair.long_minutes, rule.pair.short_minutes)
            )
            told = composites.holds(of, rule, longs, shorts, little)
            minutes += bool(told)
            episode = step(episode, now, told, 3)
            if episode is not None and not episode.is_open:
                closed.append(episode)
                episode = None
        assert list(track.episodes) == [*closed, *([episode] if episode else [])]
        assert track.minutes_held == minutes
        held += minutes
    assert held > 0


def test_alike_members_without_little_traffic_alert_as_one_objective_does() -> None:
    stretch = _stretches(3)[2]
    of = members([(3, 0.99), (1, 0.99)])
    asked = rules(standard_pairs(7 * DAY)[:3], 0.99, 7 * DAY)
    one = backtest(stretch, 1500, asked)
    assert composites.backtest(of, [stretch, stretch], 1500, asked) == one
    assert any(track.minutes_held for track in one)


def test_an_equal_burn_rate_is_not_above() -> None:
    of = members([(1, 0.9), (1, 0.9)])
    (rule,) = rules(standard_pairs(28 * DAY)[2:3], 0.9, 28 * DAY)
    assert rule.factor == Fraction(14, 5)
    # (0.26 + 0.30) / 2 / 0.1 = 2.8, which floats miss by a little
    exactly = [Tally(26, 100, 60), Tally(30, 100, 60)]
    above = [Tally(26, 100, 60), Tally(31, 100, 60)]
    assert composites.holds(of, rule, exactly, above) is False
    assert composites.holds(of, rule, above, above) is True


def test_what_is_no_composite_is_refused() -> None:
    for given_, said in (
        ([(1, 0.9)], "2 to 20 members, got 1"),
        ([(1, 0.9)] * 21, "got 21"),
        ([(0, 0.9), (1, 0.9)], "A weight must be above 0"),
        ([("x", 0.9), (1, 0.9)], "got x"),
        ([(1, 2), (1, 0.9)], "objective must be above 0"),
    ):
        with pytest.raises(Refused, match=said):
            members(given_)
