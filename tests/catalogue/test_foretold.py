"""Which time of planned work was announced before it began: what is said later can only take from it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import time_machine
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from hypothesis import given
from hypothesis import strategies as st

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.rules import Span, foretold

EIGHT = datetime(2026, 10, 14, 8, tzinfo=UTC)


def at(hour: float) -> datetime:
    return EIGHT + timedelta(hours=hour - 8)


def function(team: Team, slug: str) -> Function:
    return Function.objects.create(
        team=team, slug=slug, name=slug, sentence="Do it.", confirm_every_seconds=3600, added_at=at(0)
    )


def told(work: PlannedWork, of: Function) -> tuple[float, float] | None:
    span = PlannedWork.objects.get(pk=work.pk).foretold_for(of)
    return (
        None if span is None else tuple((one - at(0)).total_seconds() / 3600 for one in (span.begins_at, span.ends_at))
    )  # type: ignore[return-value]


@given(st.lists(st.tuples(st.integers(0, 48), st.integers(0, 48), st.integers(1, 12)), min_size=1, max_size=6))
def test_nothing_that_is_said_after_an_hour_adds_to_that_hour(said: Sequence[tuple[int, int, int]]) -> None:
    kept: Span | None = None
    for hour, begins, lasts in sorted(said):
        before, kept = kept, foretold(kept, Span(at(begins), at(begins + lasts)), at(hour))
        for past in range(hour):
            was, now = (span is not None and span.holds(at(past)) for span in (before, kept))
            assert was or not now


def test_announced_work_keeps_what_was_said_before_it_began(team: Team, lead: Person) -> None:
    scratch, home = function(team, "scratch"), function(team, "home")
    plan = Plan("Firmware", [scratch], at(8), at(12))
    with time_machine.travel(at(0), tick=False):
        work = planned_work.announce(team, plan, by=lead, door="test")
    assert (told(work, scratch), told(work, home)) == ((8, 12), None)
    with time_machine.travel(at(7), tick=False):
        planned_work.change(work, replace(plan, begins_at=at(9), ends_at=at(13)), by=lead, door="test")
    assert told(work, scratch) == (9, 13)
    with time_machine.travel(at(12), tick=False):  # it overruns, and takes another function with it
        longer = replace(plan, begins_at=at(9), ends_at=at(15), functions=[scratch, home])
        planned_work.change(work, longer, by=lead, door="test")
    assert (told(work, scratch), told(work, home)) == ((9, 13), None)
    with time_machine.travel(at(12.5), tick=False):  # no: it ends early
        planned_work.change(work, replace(longer, ends_at=at(12.75)), by=lead, door="test")
    assert told(work, scratch) == (9, 12.75)


def test_what_was_announced_late_or_cancelled_is_not_left_out(team: Team, lead: Person) -> None:
    scratch = function(team, "scratch")
    with time_machine.travel(at(8), tick=False):
        late = planned_work.announce(team, Plan("Late", [scratch], at(8), at(9)), by=lead, door="test")
        work = planned_work.announce(team, Plan("Off", [scratch], at(10), at(12)), by=lead, door="test")
    assert (told(late, scratch), told(work, scratch)) == (None, (10, 12))
    with time_machine.travel(at(11), tick=False):
        planned_work.cancel(work, by=lead, door="test")
    assert told(work, scratch) is None


def test_earlier_rows_tell_it_where_they_can(team: Team, lead: Person) -> None:
    from importlib import import_module

    scratch = function(team, "scratch")
    with time_machine.travel(at(0), tick=False):
        sure, changed = (
            planned_work.announce(team, Plan(title, [scratch], at(8), at(12)), by=lead, door="test") for title in "ab"
        )
    with time_machine.travel(at(9), tick=False):
        planned_work.change(changed, Plan("c", [scratch], at(8), at(13)), by=lead, door="test")
    PlannedWork.objects.update(foretold={})
    apps = MigrationExecutor(connection).loader.project_state().apps
    import_module("hortus.catalogue.migrations.0003_foretold").tell(apps, None)
    assert (told(sure, scratch), told(changed, scratch)) == ((8, 12), None)
