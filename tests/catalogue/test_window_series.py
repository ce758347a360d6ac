"""Work that comes back, changed as a whole or from one time on: what becomes of its windows, and who hears of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from hortus.access.models import Person, Team
from hortus.catalogue import actions, functions, planned_work, window_repeats, window_series
from hortus.catalogue.models import Bulletin, Function, PlannedWork, RepeatingWork, Service
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.rules_series import NEAR, paired, rule_after
from hortus.ledger.models import Event
from hortus.values.clocks import zone_named
from hortus.values.refused import Refused

from .speech import a_function, opened

BERLIN, NOW = zone_named("Europe/Berlin"), datetime(2026, 11, 20, 9, tzinfo=UTC)
WEEKLY, HOUR, DAY = "FREQ=WEEKLY", timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


@pytest.fixture
def scratch(team: Team) -> Function:
    team.zone = BERLIN.key
    team.save()
    opened(team)
    return a_function(team)


@pytest.fixture
def plan(scratch: Function) -> Plan:
    begins_at = datetime(2026, 12, 1, 8, tzinfo=BERLIN).astimezone(UTC)  # a Tuesday
    return Plan("Firmware", [scratch], begins_at, begins_at + 2 * HOUR)


@pytest.fixture
def weekly(team: Team, lead: Person, plan: Plan) -> RepeatingWork:
    return window_repeats.repeat(team, plan, WEEKLY, by=lead, door="test")


def windows(made: RepeatingWork) -> list[PlannedWork]:
    return list(made.windows.order_by("begins_at"))


def shown(works: list[PlannedWork]) -> list[str]:
    return [f"{one.begins_at.astimezone(BERLIN):%m-%d %H:%M} {one.state[0]}{one.sequence}" for one in works]


def later(plan: Plan, hours: float) -> Plan:
    shift = timedelta(hours=hours)
    return replace(plan, begins_at=plan.begins_at + shift, ends_at=plan.ends_at + shift)


def change(made: RepeatingWork, plan: Plan, rule: str = "", **more: Any) -> window_series.Outcome:
    return window_series.change(made, plan, rule, by=made.by, door="test", **more)


def test_all_that_have_not_begun_move_and_stay_the_events_that_they_were(
    weekly: RepeatingWork, plan: Plan, clock: Any
) -> None:
    ids = [one.pk for one in windows(weekly)]
    clock.move_to(plan.begins_at + HOUR)  # the first should have begun
    outcome = change(weekly, later(plan, 7 * 24 + 2))
    found = windows(weekly)
    assert shown(found)[:3] == ["12-01 08:00 a0", "12-08 10:00 a1", "12-15 10:00 a1"]
    assert [one.pk for one in found][: len(ids)] == ids
    assert (outcome.changed, outcome.kept, outcome.cancelled) == (7, 0, 0)
    text = Client().get("/status/rcd/planned-work.ics").content
    events = {str(event["uid"]): event for event in Calendar.from_ical(text).walk("VEVENT")}
    second = events[f"planned-work-{ids[1]}@hortus"]
    assert (second["sequence"], str(second["status"])) == (1, "CONFIRMED")
    assert f"{second['dtstart'].dt.astimezone(BERLIN):%m-%d %H:%M}" == "12-08 10:00"
    assert len(events) == len(found)
    assert window_repeats.make_ahead() == 0, "none of them comes twice"


def test_from_one_on_leaves_those_before_it(weekly: RepeatingWork, plan: Plan) -> None:
    third = windows(weekly)[2]
    change(weekly, replace(later(plan, 14 * 24), title="Firmware and disks"), since=third)
    assert [one.title for one in windows(weekly)] == ["Firmware"] * 2 + ["Firmware and disks"] * 6
    assert window_repeats.make_ahead(NOW + 8 * DAY) == 1
    assert windows(weekly)[-1].title == "Firmware and disks"
    assert Bulletin.objects.count() == 1, "a title alone is no news"
    assert not RepeatingWork.objects.exclude(pk=weekly.pk).exists()


def test_subscribers_hear_of_it_once_and_of_what_was_dropped(
    team: Team, lead: Person, weekly: RepeatingWork, plan: Plan, scratch: Function
) -> None:
    login = a_function(team, "Log in")
    outcome = change(weekly, replace(later(plan, 24), functions=[login]))
    assert (outcome.changed, outcome.cancelled) == (8, 0)
    first, dropped, told = Bulletin.objects.order_by("place")
    assert first.thread == told.thread
    assert dropped.title == "Firmware no longer touches Scratch"
    assert list(dropped.functions.all()) == [scratch]
    assert list(told.functions.all()) == [login]
    assert told.title == (
        "Changed: Firmware, every week: from 2 Dec 2026 on at 08:00 (Europe/Berlin), for 2 h each time"
    )
    event = Event.objects.get(verb="changed", object_kind="repeating-work")
    assert event.payload["fields"] == ["functions", "times"]
    assert Event.objects.filter(verb="moved", object_kind="planned-work").count() == 8


def test_what_was_changed_or_cancelled_alone_stays_so(weekly: RepeatingWork, plan: Plan, lead: Person) -> None:
    moved, worded, cancelled = windows(weekly)[1:4]
    alone = replace(plan, begins_at=moved.begins_at + 5 * HOUR, ends_at=moved.ends_at + 5 * HOUR)
    planned_work.change(moved, alone, by=lead, door="test")
    alone = replace(plan, title="With disks", begins_at=worded.begins_at, ends_at=worded.ends_at)
    planned_work.change(worded, alone, by=lead, door="test")
    planned_work.cancel(cancelled, by=lead, door="test")
    outcome = change(weekly, replace(later(plan, 1), title="Updates"))
    found = windows(weekly)
    assert shown(found)[:4] == ["12-01 09:00 a1", "12-08 13:00 a2", "12-15 09:00 a2", "12-22 08:00 c1"]
    assert [one.title for one in found][:5] == ["Updates", "Updates", "With disks", "Firmware", "Updates"]
    assert (outcome.changed, outcome.kept, outcome.made) == (7, 2, 0)
    assert window_repeats.make_ahead() == 0, "what was cancelled alone is not made anew"


def test_another_rule_cancels_makes_and_moves(weekly: RepeatingWork, plan: Plan) -> None:
    outcome = change(weekly, plan, "FREQ=WEEKLY;INTERVAL=2")
    assert (outcome.changed, outcome.cancelled, outcome.made) == (0, 4, 0)
    gone = PlannedWork.objects.filter(repeating=None)
    assert {(one.state, one.sequence) for one in gone} == {("cancelled", 1)}
    assert shown(windows(weekly)) == ["12-01 08:00 a0", "12-15 08:00 a0", "12-29 08:00 a0", "01-12 08:00 a0"]
    assert Bulletin.objects.order_by("-place")[0].title.endswith("; 4 announced times cancelled")
    outcome = change(weekly, plan, WEEKLY)
    assert (outcome.changed, outcome.cancelled, outcome.made) == (0, 0, 4), "times that come back are new events"
    assert gone.count() == 4
    weekly.refresh_from_db()
    assert weekly.changes == 2


def test_a_count_goes_on_and_a_rule_that_ends_later_is_told(team: Team, lead: Person, plan: Plan) -> None:
    made = window_repeats.repeat(team, plan, "FREQ=WEEKLY;COUNT=5", by=lead, door="test")
    assert len(windows(made)) == 5
    change(made, replace(later(plan, 14 * 24 + 1)), since=windows(made)[2])
    made.refresh_from_db()
    assert made.rule == "FREQ=WEEKLY;COUNT=3"
    times = ["12-01 08:00 a0", "12-08 08:00 a0", "12-15 09:00 a1", "12-22 09:00 a1", "12-29 09:00 a1"]
    assert shown(windows(made)) == times
    change(made, later(plan, 1), "FREQ=WEEKLY;UNTIL=20280101", since=windows(made)[0])
    assert "by the rule FREQ=WEEKLY;UNTIL=20280101" in Bulletin.objects.order_by("-place")[0].title


def test_it_keeps_what_the_clocks_show_over_their_change(team: Team, lead: Person, plan: Plan, clock: Any) -> None:
    begins_at = datetime(2027, 3, 14, 1, tzinfo=BERLIN).astimezone(UTC)
    clock.move_to(begins_at - 10 * DAY)
    made = window_repeats.repeat(team, replace(plan, begins_at=begins_at, ends_at=begins_at + HOUR), WEEKLY, by=lead,
                                 door="test")  # fmt: skip
    begins_at = datetime(2027, 3, 14, 2, 30, tzinfo=BERLIN).astimezone(UTC)
    change(made, replace(plan, begins_at=begins_at, ends_at=begins_at + HOUR))
    times = [f"{one.begins_at.astimezone(BERLIN):%m-%d %H:%M%z}" for one in windows(made)][:4]
    assert times == ["03-14 02:30+0100", "03-21 02:30+0100", "03-28 03:00+0200", "04-04 02:30+0200"]
    begins_at = datetime(2027, 3, 14, 4, tzinfo=BERLIN).astimezone(UTC)
    assert change(made, replace(plan, begins_at=begins_at, ends_at=begins_at + HOUR)).kept == 0


@pytest.mark.parametrize(
    ("given", "rule", "code"),
    [
        ({"begins_at": NOW - HOUR}, "", "begun"),
        ({"title": ""}, "", "empty"),
        ({"functions": []}, "", "no-function"),
        ({}, "FREQ=WEEKLY;BYDAY=WE", "not-by-rule"),
        ({}, "FREQ=HOURLY", "bad-recurrence"),
        ({"ends_at": NOW + 40 * DAY}, "", "too-long"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    weekly: RepeatingWork, plan: Plan, given: dict[str, Any], rule: str, code: str
) -> None:
    before = list(PlannedWork.objects.order_by("pk").values())
    with pytest.raises(Refused) as refused:
        change(weekly, replace(plan, **given), rule)
    assert refused.value.code == code
    assert list(PlannedWork.objects.order_by("pk").values()) == before


def test_who_comes_too_late_is_refused(team: Team, lead: Person, weekly: RepeatingWork, plan: Plan, clock: Any) -> None:
    first = windows(weekly)[0]
    change(weekly, later(plan, 1), changes=0)
    with pytest.raises(Refused, match="Somebody changed Firmware meanwhile"):
        change(weekly, later(plan, 2), changes=0)
    other = window_repeats.repeat(team, plan, WEEKLY, by=lead, door="test")
    with pytest.raises(Refused, match="no time of Firmware that is still to come"):
        change(other, plan, since=first)
    clock.move_to(NOW + 200 * DAY)
    with pytest.raises(Refused, match="No time of Firmware is to come"):
        change(weekly, later(plan, 400 * 24))
    window_repeats.stop(weekly, by=lead, door="test")
    with pytest.raises(Refused, match="was stopped"):
        change(weekly, later(plan, 400 * 24))


def test_nobody_hears_of_services_that_they_did_not_choose(
    team: Team, lead: Person, weekly: RepeatingWork, plan: Plan
) -> None:
    services = [
        actions.add(team, actions.Details(name, "storage", "Keep."), by=lead, door="web", slug=name.lower())
        for name in ("Peat", "Alder")
    ]
    mine = [
        functions.add(team, functions.Details(f"Use {one.name}", "Use it.", 3600, one), by=lead, door="web")
        for one in services
    ]
    change(weekly, replace(plan, functions=mine))
    change(weekly, replace(plan, functions=mine[1:]))
    dropped = Bulletin.objects.get(title="Firmware no longer touches Use Peat")
    assert {one.service for one in dropped.functions.all()} == {Service.objects.get(slug="peat")}
    assert {one.service for one in Bulletin.objects.order_by("-place")[0].functions.all()} == {services[1]}


walls = st.lists(
    st.integers(0, 200).map(lambda hours: datetime(2026, 12, 1) + timedelta(hours=6 * hours)),  # noqa: DTZ001
    max_size=30, unique_by=lambda at: at.date(),
).map(sorted)  # fmt: skip


@given(walls, walls)
def test_no_time_is_taken_twice_and_none_goes_far(old: list[datetime], new: list[datetime]) -> None:
    found = paired(old, new)
    assert len(set(found.values())) == len(found)
    assert all(abs(new[to] - old[at]) <= max(NEAR, DAY) for at, to in found.items())
    same = {at.date() for at in old} & {at.date() for at in new}
    assert {old[at].date() for at, to in found.items() if old[at].date() == new[to].date()} == same
    assert paired(old, old) == {place: place for place in range(len(old))}


@given(st.integers(1, 1000), st.integers(0, 2000))
def test_a_rule_goes_on_with_what_is_left_of_its_count(count: int, gone: int) -> None:
    assert rule_after(f"FREQ=DAILY;COUNT={count};INTERVAL=2", gone) == (
        f"FREQ=DAILY;COUNT={max(1, count - gone)};INTERVAL=2"
    )
