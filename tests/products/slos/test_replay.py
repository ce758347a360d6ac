"""Back-test, what-if, preview and burn-down: the same as evaluating minute by minute, and nothing is kept."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from shelf import DAY, HOUR, MINUTE, NOW, count, draft, exclude, now, objective, sli, steady

from hortus.access.models import Team
from hortus.products.slos.models import Evaluation, Objective
from hortus.products.slos.replay import WhatIf, backtest, burn_down, preview
from hortus.products.slos.standing import Standing
from hortus.values.refused import Refused


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def whole(one: Objective) -> Objective:
    found: Objective = Objective.objects.whole().get(pk=one.pk)
    return found


def figures(found: Standing) -> tuple[object, ...]:
    return found.events, found.bad, found.worked.left_ratio, found.state, found.excluded_minutes, found.rates


@pytest.mark.parametrize(
    "given",
    [{}, {"window_days": None, "calendar_unit": "week"},
     {"window_days": 7, "slice_minutes": 10, "slice_target_ratio": Decimal("0.9")}],
    ids=["rolling", "calendar", "slices"],
)  # fmt: skip
@pytest.mark.parametrize("parts", [1, 2])
def test_a_replay_ends_as_it_stands(team: Team, given: dict[str, object], parts: int) -> None:
    slis = [sli(team, f"s{number}") for number in range(parts)]
    for place, one in enumerate(slis):
        steady(one, days=20, bad=1)
        count(one, [(3 * HOUR + place, 50, 50), (2 * DAY, 9, 9)])
    exclude(team, 3 * HOUR + 1, 2, slis=slis[:1])
    one = whole(objective(*slis, **given))
    found = backtest(one, NOW - timedelta(days=7), NOW)
    assert figures(found.standing) == figures(now(one))
    points = burn_down(one, now(one))
    assert points
    assert points[-1].minute == MINUTE
    assert points[-1].left_ratio == pytest.approx(float(found.standing.worked.left_ratio or 0))
    assert list(found.points) == points
    seen = preview(team, draft(*slis, **given), NOW)
    assert figures(seen.standing) == figures(found.standing)


def test_episodes_are_those_of_evaluating_each_minute(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 30, 30) for back in range(90, 130)])
    promise = whole(objective(one))
    begin = NOW - timedelta(minutes=140)
    found = backtest(promise, begin, NOW)
    by_hand = [
        {pair.rule.pair.long_minutes for pair in now(promise, begin + timedelta(minutes=n)).holding} for n in range(141)
    ]
    for track in found.tracks:
        held = [track.rule.pair.long_minutes in each for each in by_hand]
        assert track.minutes_held == sum(held)
        openings = [n for n in range(141) if held[n] and (n == 0 or not held[n - 1])]
        assert [episode.opened_at for episode in track.episodes] == [MINUTE - 140 + n for n in openings]
    assert found.pages >= 1


def test_what_if_the_target_were_lower(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 30, 30) for back in range(90, 130)])
    promise = whole(objective(one))
    strict = backtest(promise, NOW - timedelta(days=28), NOW)
    mild = backtest(promise, NOW - timedelta(days=28), NOW, WhatIf(target_ratio=Decimal("0.5")))
    assert strict.standing.worked.left_ratio < 0 < mild.standing.worked.left_ratio
    assert (mild.pages, mild.tickets) < (strict.pages, strict.tickets)
    assert whole(one and promise).target_ratio == Decimal("0.99")


def test_what_cannot_be_tried_is_refused(team: Team) -> None:
    promise = whole(objective(sli(team)))
    with pytest.raises(Refused, match="judged SLI"):
        backtest(promise, NOW - timedelta(days=1), NOW, WhatIf(parameters={}))
    with pytest.raises(Refused, match="100 days"):
        backtest(promise, NOW - timedelta(days=200), NOW)
    with pytest.raises(Refused, match="0\\.995"):
        backtest(promise, NOW - timedelta(days=1), NOW, WhatIf(target_ratio=Decimal("99.5")))


def test_a_preview_keeps_nothing(team: Team) -> None:
    one = sli(team)
    steady(one)
    found = preview(team, draft(one), NOW)
    assert found.standing.state == "healthy"
    assert not Objective.objects.exists()
    assert not Evaluation.objects.exists()
