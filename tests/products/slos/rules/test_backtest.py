"""Episodes survive restarts and gaps; the back-test gives the same as evaluating minute by minute."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules.alerts import holds, rules, standard_pairs
from hortus.products.slos.rules.backtest import backtest, lead_in
from hortus.products.slos.rules.episodes import Episode, run, step
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.stretch import Stretch
from tests.products.slos.rules.events import few, pure

DAY = 1440
TOLD = st.lists(st.sampled_from([True, False, None]), max_size=40)


def _by_hand(told: list[bool | None], keep_firing: int) -> list[tuple[int, int, int | None]]:
    """Return (opened, last held, closed) by a state machine in plain words."""
    found: list[tuple[int, int, int | None]] = []
    opened, last, quiet = None, 0, 0
    for now, each in enumerate(told):
        if each:
            opened, last, quiet = (now if opened is None else opened), now, 0
        elif each is None:
            quiet = 0
        elif opened is not None:
            quiet += 1
            if quiet > keep_firing:
                found.append((opened, last, now))
                opened, quiet = None, 0
    return [*found, (opened, last, None)] if opened is not None else found


def _steps(told: list[bool | None], keep_firing: int) -> list[Episode]:
    found: list[Episode] = []
    episode = None
    for now, each in enumerate(told):
        episode = step(episode, now, each, keep_firing)
        if episode is not None and not episode.is_open:
            found.append(episode)
    return [*found, episode] if episode is not None and episode.is_open else found


@pure
@given(TOLD, st.integers(0, 5), st.integers(0, 40))
def test_episodes_of_many_minutes_are_those_of_each_minute_and_survive_a_restart(
    told: list[bool | None], keep_firing: int, cut: int
) -> None:
    found = _steps(told, keep_firing)
    assert [(e.opened_at, e.last_held_at, e.closed_at) for e in found] == _by_hand(told, keep_firing)
    held, known = np.array([bool(t) for t in told]), np.array([t is not None for t in told], np.bool_)
    assert run(0, held, known, keep_firing) == found
    before = run(0, held[:cut], known[:cut], keep_firing)
    open_one = before.pop() if before and before[-1].is_open else None
    assert [*before, *run(len(held[:cut]), held[cut:], known[cut:], keep_firing, open_one)] == found


def test_a_gap_neither_opens_nor_closes() -> None:
    assert step(None, 5, None) is None
    opened = Episode(3, 4)
    assert step(opened, 5, None) == opened
    waiting = step(opened, 5, False, keep_firing=2)
    assert waiting is not None
    assert waiting.quiet_since == 5
    assert step(waiting, 6, None, keep_firing=2) == opened


PERIOD = 7 * DAY


def _stretch(seed: int, minutes: int) -> Stretch:
    """Return traffic that comes and goes, with bursts of failure, empty minutes, and gaps in measuring."""
    rng = np.random.default_rng(seed)
    total = rng.poisson(np.repeat(rng.choice([0, 0.05, 2, 40], minutes // 100), 100))
    share = np.repeat(rng.choice([0, 0.01, 0.2, 1], minutes // 50, p=[0.5, 0.3, 0.1, 0.1]), 50)
    bad = rng.binomial(total, share)
    watched = np.repeat(rng.random(minutes // 25) > 0.1, 25)
    return Stretch(1000, (total - bad) * watched, total * watched, watched)


@few
@given(
    st.integers(0, 2**32),
    st.sampled_from(["0.9", "0.99", "0.97"]),
    st.sampled_from([None, Little(), Little(2, 0.9, 10)]),
    st.sampled_from([0, 7]),
    st.integers(0, 600),
)
def test_a_back_test_is_the_evaluation_minute_by_minute(
    seed: int, objective: str, little: Little | None, keep_firing: int, lead: int
) -> None:
    stretch = _stretch(seed, 600)
    pairs = [replace(pair, keep_firing_minutes=keep_firing) for pair in standard_pairs(PERIOD)[:3]]
    asked = rules(pairs, objective, PERIOD)
    since = stretch.start + lead
    tracks = backtest(stretch, since, asked, little)
    assert [track.rule for track in tracks] == list(asked)
    for rule, track in zip(asked, tracks, strict=True):
        told = [
            holds(
                rule,
                stretch.tally([(now - rule.pair.long_minutes, now)]),
                stretch.tally([(now - rule.pair.short_minutes, now)]),
                little,
            )
            for now in range(since, stretch.until + 1, 1)
        ]
        assert [
            (e.opened_at - since, e.last_held_at - since, None if e.closed_at is None else e.closed_at - since)
            for e in track.episodes
        ] == _by_hand(told, keep_firing)
        assert track.minutes_held == told.count(True)


def test_what_if_another_objective_had_stood() -> None:
    stretch = _stretch(5, 20_000)
    counts = []
    for objective in ("0.999", "0.99", "0.9", "0.5"):
        asked = rules(standard_pairs(PERIOD), objective, PERIOD)
        tracks = backtest(stretch, stretch.start + lead_in(asked), asked)
        counts.append(sum(track.minutes_held for track in tracks))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_excluded_minutes_do_not_open_and_are_known_to_be_quiet() -> None:
    minutes = 2000
    bad = np.zeros(minutes, np.int64)
    bad[1000:1100] = 100
    stretch = Stretch(0, 100 - bad, np.full(minutes, 100), np.ones(minutes, np.bool_))
    asked = rules(standard_pairs(28 * DAY)[:1], "0.999", 28 * DAY)
    (shown,) = backtest(stretch, 0, asked)
    assert [(e.opened_at, e.last_held_at) for e in shown.episodes] == [(1001, 1104)]
    (hidden,) = backtest(stretch.cut([(1000, 1100)]), 0, asked)
    assert hidden.episodes == ()
    # An outage that was excluded from its second half on closes there: no minute of the short window counts any more.
    (half,) = backtest(stretch.cut([(1050, 1200)]), 0, asked)
    assert [(e.opened_at, e.last_held_at, e.closed_at) for e in half.episodes] == [(1001, 1054, 1060)]


def test_a_back_test_begins_within_its_stretch() -> None:
    with pytest.raises(ValueError, match="between 1000 and 1800, got 900"):
        backtest(_stretch(1, 800), 900, ())
    assert backtest(_stretch(1, 800), 1000, ()) == ()
    assert lead_in(()) == 0
