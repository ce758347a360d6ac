"""Readings are kept as taken, states turn slowly, targets change with a reason."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from hortus.access.models import Person, Team
from hortus.garden import actions, indicators
from hortus.garden.indicators import Indicator
from hortus.garden.models import TakenReading, TeamTarget
from hortus.ledger.models import Event
from hortus.values.refused import Refused

from .conftest import NOON, keep

Measured = Callable[..., Indicator]


def read(team: Team, indicator: Indicator, days: int = 0) -> TakenReading:
    return actions.take_readings(team, source="worker", at=NOON + timedelta(days=days), only=[indicator])[0]


def test_the_first_reading_shows_what_it_earns(team: Team, measured: Measured) -> None:
    assert read(team, measured(0.5)).shown == "overgrown"


def test_one_odd_reading_turns_nothing_and_a_second_does(team: Team, measured: Measured) -> None:
    assert read(team, measured(0.95)).shown == "thriving"
    odd = read(team, measured(0.5), days=1)
    assert (odd.earned, odd.shown) == ("overgrown", "thriving")
    assert read(team, measured(0.5), days=2).shown == "overgrown"


def test_reading_twice_on_one_day_is_one_reading(team: Team, measured: Measured) -> None:
    read(team, measured(0.95))
    read(team, measured(0.5), days=1)
    assert read(team, measured(0.5), days=1).shown == "thriving"
    assert TakenReading.objects.count() == 2


def test_a_day_that_is_over_keeps_its_reading(team: Team, measured: Measured) -> None:
    first = read(team, measured(0.95))
    read(team, measured(0.2), days=1)
    first.refresh_from_db()
    assert first.value == 0.95


def test_nothing_to_measure_and_old_evidence_are_bare(team: Team, measured: Measured) -> None:
    read(team, measured(0.95))
    assert read(team, measured(None), days=1).shown == "bare"
    assert read(team, measured(0.95, evidence_until=NOON - timedelta(days=9)), days=2).shown == "bare"


def test_a_turn_is_an_event_on_the_plot(team: Team, measured: Measured) -> None:
    read(team, measured(0.95))
    turned = Event.objects.get(verb="turned")
    assert (turned.plot, turned.object_kind, turned.object_id) == ("products-care", "indicator", "started-in-time")
    assert turned.payload["from"] == "bare"
    assert turned.payload["to"] == "thriving"
    read(team, measured(0.96), days=1)
    assert Event.objects.filter(verb="turned").count() == 1


def test_a_changed_target_is_logged_and_judges_from_now_on(team: Team, lead: Person) -> None:
    before = keep(team, "started-in-time", NOON.date(), 0.85, "care")
    which = indicators.named("started-in-time")
    actions.change_target(team, which, goal=0.8, slack=0.05, reason="Agreed with the users.", by=lead, source="web")
    change = TeamTarget.objects.get()
    assert (change.by, change.reason, change.goal) == (lead, "Agreed with the users.", 0.8)
    assert Event.objects.get(verb="target changed").payload["reason"] == "Agreed with the users."
    before.refresh_from_db()
    assert before.goal == 0.9
    assert actions.targets(team)["started-in-time"].goal == 0.8


@pytest.mark.parametrize(
    ("goal", "slack", "reason", "field"),
    [
        (1.5, 0.1, "why", "goal"),
        (float("nan"), 0.1, "why", "goal"),
        (-1, 0.1, "why", "goal"),
        (0.9, -0.1, "why", "slack"),
        (0.9, 0.1, "  ", "reason"),
        (0.9, 0.1, "w" * 301, "reason"),
    ],
)
def test_a_wrong_target_is_refused_with_its_field(
    team: Team, lead: Person, goal: float, slack: float, reason: str, field: str
) -> None:
    which = indicators.named("started-in-time")
    with pytest.raises(Refused) as refusal:
        actions.change_target(team, which, goal=goal, slack=slack, reason=reason, by=lead, source="web")
    assert refusal.value.field == field
    assert not TeamTarget.objects.exists()
