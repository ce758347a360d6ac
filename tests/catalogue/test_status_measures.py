"""The measure of the status: the share of functions that somebody vouches for, and the rows behind it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import board, functions, measures, proposals
from hortus.catalogue.models import Function
from hortus.catalogue.rules import Condition
from hortus.values.evidence import Slice
from tests.catalogue.speech import a_function, a_work, said  # type: ignore[import-not-found]

DAY = timedelta(days=1)


def today(team: Team) -> Any:
    return timezone.localdate(timezone=team.zoneinfo)


@pytest.fixture
def four(team: Team, member: Person) -> list[Function]:
    """Four functions whose words last 12 hours: fresh trouble, too old, never said, said to be unknown."""
    made = [a_function(team, name) for name in ("Fresh", "Old", "Silent", "Unknown")]
    said(made[0], member, "unavailable", timedelta(minutes=1))
    said(made[1], member, "working", timedelta(hours=13))
    said(made[3], member, "not-confirmed", timedelta(minutes=1))
    return made


def test_nothing_listed_is_no_reading(team: Team) -> None:
    assert measures.functions_confirmed(team, today(team)) is None
    assert measures.functions_confirmed_many(team, []) == {}


def test_counts_what_somebody_vouches_for(team: Team, four: list[Function], member: Person) -> None:
    reading = measures.functions_confirmed(team, today(team))
    assert reading is not None
    assert (reading.hits, reading.n) == (1, 4)
    a_work(four[2], member, timedelta(0), timedelta(hours=1))
    reading = measures.functions_confirmed(team, today(team))
    assert reading is not None
    assert reading.hits == 2


def test_a_measurement_counts_today_only(team: Team, four: list[Function]) -> None:
    days = [today(team), today(team) - DAY]
    plain = measures.functions_confirmed_many(team, days)
    proposals.register("test", lambda _: [], lambda _: {"old": timezone.now() + timedelta(hours=1)})
    try:
        helped = measures.functions_confirmed_many(team, days)
    finally:
        proposals.unregister("test")
    assert [reading.hits if reading else None for reading in (plain[days[0]], helped[days[0]])] == [1, 2]
    assert plain[days[1]] == helped[days[1]]


def test_days_gone_by_are_read_as_they_were(team: Team, member: Person) -> None:
    scratch = a_function(team, every=2 * DAY)
    for days in (9, 8, 4):
        said(scratch, member, ago=days * DAY)
    days = [today(team) - n * DAY for n in range(12)]
    found = measures.functions_confirmed_many(team, days)
    hits = [found[day].hits if found[day] else None for day in days]  # type: ignore[union-attr]
    assert hits[0] == 0
    assert hits[4] == hits[9] == hits[8] == 1
    assert hits[1] == hits[5] == 0
    assert hits[11] is None
    for day in days:
        assert found[day] == measures.functions_confirmed(team, day) or day == days[0]


def test_a_retired_function_counts_until_its_day(team: Team, member: Person, lead: Person) -> None:
    gone = a_function(team)
    functions.retire(gone, today(team) - 3 * DAY, by=lead, door="web")
    found = measures.functions_confirmed_many(team, [today(team), today(team) - 3 * DAY, today(team) - 4 * DAY])
    assert [reading.n if reading else None for reading in found.values()] == [None, None, 1]


def test_the_reading_is_what_the_page_shows(team: Team, four: list[Function]) -> None:
    reading = measures.functions_confirmed(team, today(team))
    lines = board.read(team, timezone.now()).lines
    assert reading is not None
    assert reading.hits == sum(line.shown.condition is not Condition.NOT_CONFIRMED for line in lines)


def test_the_rows_show_the_unconfirmed_first(team: Team, four: list[Function]) -> None:
    found = measures.functions_confirmed_evidence(team, today(team), Slice(), persons=True)
    assert found.total == 4
    assert [row[1] for row in found.rows] == ["not confirmed"] * 3 + ["confirmed"]
    assert [row[2] for row in found.rows] == ["working", "nothing", "not confirmed", "unavailable"]
    part = measures.functions_confirmed_evidence(team, today(team), Slice(3, 5), persons=False)
    assert [row[1] for row in part.rows] == ["confirmed"]


def test_many_days_take_as_many_queries_as_one(team: Team, four: list[Function]) -> None:
    asked = []
    for count in (1, 100):
        with CaptureQueriesContext(connection) as context:
            measures.functions_confirmed_many(team, [today(team) - n * DAY for n in range(1, count + 1)])
        asked.append(len(context))
    assert asked == [4, 4]
