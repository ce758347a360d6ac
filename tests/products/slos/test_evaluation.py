"""Evaluations that are skipped, repeated or late come to the same episodes as those of each minute."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import time_machine
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shelf import DAY, MINUTE, NOW, count, exclude, objective, sli

from hortus.access.models import Team
from hortus.ledger.models import Event
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective, Sli
from hortus.products.slos.replay import backtest
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts

SPAN = 150  # minutes that the evaluations go over
PAIRS = [
    {"name": "page", "urgency": "page", "budget_share": "0.02", "long_minutes": 30, "short_minutes": 3},
    {"name": "page", "urgency": "page", "budget_share": "0.02", "long_minutes": 60, "short_minutes": 10,
     "keep_firing_minutes": 20},
    {"name": "ticket", "urgency": "ticket", "budget_share": "0.03", "long_minutes": 90, "short_minutes": 20,
     "keep_firing_minutes": 0},
]  # fmt: skip


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def bursts(one: Sli, seed: int) -> None:
    """Count events around the clock, from the first evaluation on with bursts of failures and gaps in measuring."""
    chance = np.random.default_rng(seed)
    size = SPAN + 120
    total = chance.integers(0, 12, size)
    share = np.repeat(chance.choice([0, 0.2, 1], size // 6, p=[0.6, 0.2, 0.2]), 6)
    gap = np.repeat(chance.random(size // 15) < 0.15, 15)
    share[:120], gap[:120], gap[-30:] = 0, False, False
    bad = chance.binomial(total, share)
    first = MINUTE - 120
    rows = [
        (one.series_id, first + n, int(total[n] - bad[n]), int(total[n])) for n in np.flatnonzero(total * ~gap).tolist()
    ]
    add(
        one.team,
        Counts.of(rows),
        source="test",
        measured=[(one.series_id, first + n, first + n + 1) for n in np.flatnonzero(~gap).tolist()],
    )


def episodes(one: Objective) -> set[tuple[object, ...]]:
    """Return the kept episodes, as minutes after now."""
    rows = AlertEpisode.objects.filter(objective=one)
    return {(row.long_minutes, since(row.opened_at), since(row.closed_at)) for row in rows}


def since(at: datetime | None) -> int | None:
    return None if at is None else int((at - NOW).total_seconds()) // 60


@settings(
    max_examples=8, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32), st.lists(st.integers(0, SPAN), min_size=1, max_size=6), st.sampled_from(["", "slices"]))
def test_skipped_and_repeated_evaluations_come_to_the_same_episodes(
    team: Team, seed: int, visits: list[int], kind: str
) -> None:
    Objective.objects.all().delete()
    one = sli(team, f"s{Sli.objects.count()}")
    bursts(one, seed)
    slices: dict[str, Any] = {"slice_minutes": 1, "slice_target_ratio": Decimal("0.9")} if kind else {}
    promise = Objective.objects.whole().get(pk=objective(one, pairs=PAIRS, window_days=7, least_bad=2, **slices).pk)
    exclude(team, -40, 25, slis=[one])
    for minute in [*sorted(visits), SPAN, max(visits[0], SPAN - 60), SPAN]:
        evaluate(team, NOW + timedelta(minutes=minute, seconds=31))
    found = backtest(promise, NOW, NOW + timedelta(minutes=SPAN))
    minute_by_minute = {
        (track.rule.pair.long_minutes, e.opened_at - MINUTE, None if e.closed_at is None else e.closed_at - MINUTE)
        for track in found.tracks for e in track.episodes
    }  # fmt: skip
    assert episodes(promise) == minute_by_minute


def test_counts_that_come_late_open_and_close_at_their_own_minutes(team: Team) -> None:
    one = sli(team)
    count(one, [(back, 0, 10) for back in range(1, 7 * DAY, 10)])
    promise = objective(one, pairs=PAIRS[:1], window_days=7)
    for minute in range(1, 60):
        evaluate(team, NOW + timedelta(minutes=minute))  # nothing was measured: nothing is known
    assert not AlertEpisode.objects.exists()
    count(one, [(-minute, 50 if 10 <= minute < 20 else 0, 50) for minute in range(60)])
    evaluate(team, NOW + timedelta(minutes=60))
    assert episodes(promise) == {(30, 11, 26)}
    verbs = Event.objects.filter(object_kind="alert").order_by("id").values_list("verb", "occurred_at")
    assert [(verb, since(at)) for verb, at in verbs] == [("opened", 11), ("closed", 26)]
    assert AlertEpisode.objects.get().numbers["long"]["bad"] == 50


def test_an_alert_is_kept_as_long_as_its_pair_says(team: Team) -> None:
    one = sli(team)
    count(one, [(back, 0, 10) for back in range(1, 7 * DAY, 10)])
    pairs = [PAIRS[0] | {"name": name, "keep_firing_minutes": keep} for name, keep in (("a", 0), ("b", 12))]
    objective(one, pairs=pairs, window_days=7)
    count(one, [(-minute, 50 if minute in (10, 18) else 0, 50) for minute in range(60)])
    for minute in range(60):
        evaluate(team, NOW + timedelta(minutes=minute))
    rows = AlertEpisode.objects.order_by("severity", "opened_at")
    found = [(row.severity, since(row.opened_at), since(row.closed_at)) for row in rows]
    assert found == [("a", 11, 14), ("a", 19, 22), ("b", 11, 34)]
    assert Evaluation.objects.get().looked == {"a 30/3": MINUTE + 59, "b 30/3": MINUTE + 59}


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=20)])
def test_a_clock_that_had_jumped_ahead_silences_nothing(team: Team, ahead: timedelta) -> None:
    one = sli(team, "jumpy")
    promise = objective(one, pairs=PAIRS[:1], window_days=7, least_bad=2)
    minutes = [*range(MINUTE - 60, MINUTE + 6), MINUTE + int(ahead.total_seconds()) // 60 - 1]
    rows = [(one.series_id, minute, 10, 10) for minute in minutes]
    with time_machine.travel(NOW + ahead):
        add(team, Counts.of(rows), source="test")
        evaluate(team, NOW + ahead)
    kept = Evaluation.objects.get(objective=promise)
    assert max(kept.looked.values()) > MINUTE + 120
    add(team, Counts.of([(one.series_id, MINUTE + n, 0, 200) for n in range(3)]), source="late")
    evaluate(team, NOW + timedelta(minutes=3))
    assert episodes(promise) == {(30, 1, None)}  # from the first minute that tells of it
    evaluate(team, NOW + timedelta(minutes=4))
    assert AlertEpisode.objects.count() == 1
