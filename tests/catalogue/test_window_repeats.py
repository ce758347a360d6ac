"""Work that comes back keeps what the clocks show: where these leave an hour out, show one twice, or are changed."""

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work, window_repeats, window_words
from hortus.catalogue.models import Bulletin, PlannedWork
from hortus.catalogue.planned_work import Plan
from hortus.ledger.models import Event
from hortus.values.clocks import zone_named
from hortus.values.refused import Refused
from tests.place import Place, until  # type: ignore[import-not-found]

from .speech import a_function, opened

wall = datetime.fromisoformat
NEW_YORK, LORD_HOWE, WEEKLY = "America/New_York", "Australia/Lord_Howe", "FREQ=WEEKLY"


def planned(team: Team, zone: str, first: str, hours: float = 1) -> Plan:
    """Return the plan of work whose first time the clocks of a zone show so; the team is there, too."""
    team.zone = zone
    team.save()
    begins_at = wall(first).replace(tzinfo=zone_named(zone)).astimezone(UTC)
    return Plan("Nightly updates", [a_function(team)], begins_at, begins_at + timedelta(hours=hours))


def shown(work: PlannedWork) -> str:
    return f"{work.begins_at.astimezone(work.zoneinfo):%m-%d %H:%M%z}"


@pytest.mark.parametrize(
    ("zone", "first", "rule", "times"),
    [
        (NEW_YORK, "2027-03-07T02:30", WEEKLY, ["03-07 02:30-0500", "03-14 03:00-0400", "03-21 02:30-0400"]),
        (NEW_YORK, "2026-10-25T01:30", WEEKLY, ["10-25 01:30-0400", "11-01 01:30-0400", "11-08 01:30-0500"]),
        (LORD_HOWE, "2026-09-27T02:15", WEEKLY, ["09-27 02:15+1030", "10-04 02:30+1100", "10-11 02:15+1100"]),
        (LORD_HOWE, "2026-03-29T01:45", WEEKLY, ["03-29 01:45+1100", "04-05 01:45+1100", "04-12 01:45+1030"]),
        ("Europe/Berlin", "2026-12-08T08:00", "FREQ=MONTHLY;BYDAY=2TU", ["12-08 08:00+0100", "01-12 08:00+0100"]),
    ],
)  # fmt: skip
def test_each_time_comes_once_at_what_the_clocks_show(
    team: Team, lead: Person, zone: str, first: str, rule: str, times: list[str]
) -> None:
    plan = planned(team, zone, first)
    with time_machine.travel(plan.begins_at - timedelta(days=10), tick=False):
        made = window_repeats.repeat(team, plan, rule, by=lead, door="test")
    works = list(made.windows.order_by("begins_at"))
    assert [shown(work) for work in works[: len(times)]] == times
    assert {work.ends_at - work.begins_at for work in works} == {timedelta(hours=1)}
    told = [window_words.skipped(work) for work in works]
    skipped = [sentence for sentence in told if sentence]
    if "03:00" in times[1] or "02:30+1100" in times[1]:
        assert len(skipped) == 1
        assert f"so it begins at {times[1][6:11]}" in skipped[0]
    else:
        assert not skipped
    with time_machine.travel(plan.begins_at - timedelta(days=9), tick=False):
        assert window_repeats.make_ahead() in (0, 1), "a day later there is a day more, and nothing twice"


def test_windows_are_made_ahead_once_and_stop(team: Team, lead: Person) -> None:
    plan = planned(team, "Europe/Berlin", "2026-12-08T08:00")
    with time_machine.travel(plan.begins_at - timedelta(days=10), tick=False) as clock:
        made = window_repeats.repeat(team, plan, "FREQ=WEEKLY", by=lead, door="test")
        before = made.windows.count()
        assert (before, Bulletin.objects.count()) == (8, 1)
        assert all(work.is_in_time for work in made.windows.all())
        clock.shift(timedelta(days=13))  # one has begun
        assert [window_repeats.make_ahead() for _ in range(3)] == [2, 0, 0]
        moved = made.windows.order_by("begins_at")[3]
        times = (at + timedelta(hours=3) for at in (moved.begins_at, moved.ends_at))
        later = Plan(moved.title, list(moved.functions.all()), *times)
        planned_work.change(moved, later, by=lead, door="test")
        assert window_repeats.make_ahead() == 0, "what was moved is not made anew"
        assert window_repeats.stop(made, by=lead, door="test") == 9
        with pytest.raises(Refused, match="stopped already"):
            window_repeats.stop(made, by=lead, door="test")
        clock.shift(timedelta(days=30))
        assert window_repeats.make_ahead() == 0
    states = list(made.windows.order_by("begins_at").values_list("state", flat=True))
    assert states == ["announced", *["cancelled"] * 9]
    assert Bulletin.objects.count() == 3, "the whole, the move, the end"


@pytest.fixture
def other_rules(tmp_path: Path) -> Iterator[Path]:
    """Tables of zones in which Berlin shows the time of Lisbon, as if its parliament had decided so."""
    theirs = tmp_path / "zones" / "Europe"
    theirs.mkdir(parents=True)
    shutil.copy(str(files("tzdata.zoneinfo").joinpath("Europe", "Lisbon")), theirs / "Berlin")
    before = zoneinfo.TZPATH
    yield theirs.parent
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


def test_what_the_clocks_were_to_show_wins_when_a_zone_changes_its_rules(
    team: Team, lead: Person, other_rules: Path
) -> None:
    plan = planned(team, "Europe/Berlin", "2026-12-08T08:00", 4)
    opened(team)
    with time_machine.travel(plan.begins_at - timedelta(days=20), tick=False):
        work = planned_work.announce(team, plan, by=lead, door="test")
        assert window_repeats.realign() == 0
        zoneinfo.reset_tzpath([str(other_rules)])
        zoneinfo.ZoneInfo.clear_cache()
        assert [window_repeats.realign() for _ in range(2)] == [1, 0]
        text = Client().get("/status/rcd/planned-work.ics").content.decode()  # not parsed: readers keep zones for good
    moved = PlannedWork.objects.get()
    assert moved.begins_at - work.begins_at == timedelta(hours=1)
    assert moved.ends_at - moved.begins_at == timedelta(hours=4)
    assert (moved.sequence, moved.is_in_time) == (1, True)
    for line in (f"UID:planned-work-{work.pk}@hortus", "SEQUENCE:1", "DTSTART;TZID=Europe/Berlin:20261208T080000"):
        assert line in text.splitlines()
    assert moved.foretold_for(plan.functions[0]) is not None
    assert moved.foretold_for(plan.functions[0]).begins_at == moved.begins_at
    assert "moved: 8 Dec 2026, 08:00 to 12:00" in Bulletin.objects.order_by("place")[1].title
    assert Event.objects.get(verb="moved").payload["why"] == "zone"


MAKE = """
from datetime import UTC, datetime, timedelta
from hortus.access.models import Membership, Person, Team
from hortus.catalogue import functions, planned_work
team = Team.objects.get(); team.zone = "Europe/Berlin"; team.save()
person = Person.objects.get()
details = functions.Details("Scratch", "Use it.", 3600)
function = functions.add(team, details, by=person, door="test")
begin = (datetime.now(UTC) + timedelta(days=20)).replace(minute=0, second=0, microsecond=0)
plan = planned_work.Plan("Firmware", [function], begin, begin + timedelta(hours=1))
print(planned_work.announce(team, plan, by=person, door="test").begins_wall)
"""


def test_a_worker_that_starts_with_other_rules_moves_what_is_to_come(place: Place, other_rules: Path) -> None:
    place.with_team().python(MAKE)

    def begins() -> Any:
        return place.rows("SELECT sequence, begins_wall FROM catalogue_plannedwork")

    ((_, before),) = begins()
    place.start("worker", PYTHONTZPATH=str(other_rules))
    until(lambda: begins() == [(1, before)], 90)


def test_a_zone_that_nobody_knows_empties_no_feed(team: Team, lead: Person) -> None:
    plan = planned(team, "Europe/Berlin", "2026-12-08T08:00")
    opened(team)
    with time_machine.travel(plan.begins_at - timedelta(days=10), tick=False):
        planned_work.announce(team, plan, by=lead, door="test")
        planned_work.announce(team, plan, by=lead, door="test")
        PlannedWork.objects.filter(pk=PlannedWork.objects.order_by("pk")[0].pk).update(zone="Mars/Olympus")
        assert window_repeats.realign() == 0
        found = Calendar.from_ical(Client().get("/status/rcd/planned-work.ics").content).walk("VEVENT")
        assert Client().get("/status/rcd/").status_code == 200
    assert {event["dtstart"].dt.astimezone(UTC) for event in found} == {plan.begins_at}
    assert len(found) == 2
