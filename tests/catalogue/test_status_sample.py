"""The sample's status: plausible, the same for the same end, and in order as if it had been lived."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.catalogue import board, measures, sample
from hortus.catalogue.models import Statement
from hortus.catalogue.shapes import board_as_dict

UNTIL = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


@pytest.fixture
def world(team: Team) -> Any:
    people = [Person.objects.create_user(f"p{n}@sample.invalid", f"P {n}") for n in range(10)]
    for person in people:
        Membership.objects.create(team=team, person=person, role=Role.MEMBER.value)
    return SimpleNamespace(until=UNTIL, persons=people)


def test_eight_functions_stand_as_told(team: Team, world: Any) -> None:
    sample.plant(team, world)
    told = board_as_dict(board.read(team, UNTIL))
    assert {one["slug"]: one["condition"] for one in told["functions"]} == {
        "log-in": "working", "submit": "working", "running-jobs": "at-risk", "scratch": "degraded", "home": "working",
        "transfer": "not-confirmed", "interactive": "working", "support": "working",
    }  # fmt: skip
    assert told["headline"] == "Scratch: degraded, and trouble with 1 more"
    works = told["planned_work"]
    (work,) = [one for one in works if one["begins_at"] > UNTIL]
    assert len(works) == 4  # a morning of maintenance each month, and the day to come
    assert work["functions"] == ["submit", "running-jobs"]
    assert work["begins_at"].astimezone(team.zoneinfo).hour == 8
    for _, said in [(one["slug"], one["last"]) for one in told["functions"]]:
        assert said["said_at"] <= UNTIL


def test_words_come_in_the_order_in_which_they_were_said(team: Team, world: Any) -> None:
    sample.plant(team, world)
    for slug in Statement.objects.values_list("function__slug", flat=True).distinct():
        times = list(Statement.objects.filter(function__slug=slug).order_by("id").values_list("said_at", flat=True))
        assert times == sorted(times)


def test_the_measure_has_a_past_to_show(team: Team, world: Any) -> None:
    sample.plant(team, world)
    days = [(UNTIL - timedelta(days=n)).date() for n in range(1, 80)]
    found = measures.functions_confirmed_many(team, days)
    values = [reading.value for reading in found.values() if reading]
    assert len(values) == 79
    assert min(values) >= 0.8
    assert values[0] < max(values)
