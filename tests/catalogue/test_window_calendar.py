"""The calendar of planned work, read back by icalendar: zones with their rules, services, what was cancelled."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work
from hortus.catalogue.models import PlannedWork, Service
from hortus.catalogue.planned_work import Plan

from .speech import a_function, opened

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
ICS = "/status/rcd/planned-work.ics"


@pytest.fixture(autouse=True)
def _now(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def read(url: str = ICS) -> Any:
    return Calendar.from_ical(Client().get(url).content)


def announced(team: Team, by: Person, begins: datetime, *functions: Any, title: str = "Firmware") -> PlannedWork:
    plan = Plan(title, functions, begins, begins + timedelta(hours=2))
    return planned_work.announce(team, plan, by=by, door="test")


def offset_of(zone: Any, shown: datetime) -> timedelta:
    """Return the offset that a VTIMEZONE gives a time on the wall, as RFC 5545 reads it."""
    parts = [part for part in zone.subcomponents if part["dtstart"].dt <= shown]
    last = max(parts, key=lambda part: part["dtstart"].dt)
    offset: timedelta = last["tzoffsetto"].td
    return offset


def test_times_carry_their_zone_and_the_feed_its_rules(team: Team, lead: Person) -> None:
    opened(team)
    function, new_york = a_function(team), ZoneInfo("America/New_York")
    begins = [datetime(2026, 10, 14, 12, tzinfo=UTC), datetime(2026, 11, 14, 13, tzinfo=UTC),
              datetime(2027, 3, 14, 7, tzinfo=UTC), datetime(2027, 6, 1, 12, tzinfo=UTC)]  # fmt: skip
    for at in begins:
        announced(team, lead, at, function)
    found = read()
    (zone,) = found.walk("VTIMEZONE")
    assert str(zone["tzid"]) == "America/New_York"
    for event, at in zip(found.walk("VEVENT"), begins, strict=True):
        assert event["dtstart"].params["TZID"] == "America/New_York"
        shown = event["dtstart"].dt.replace(tzinfo=None)
        assert shown == at.astimezone(new_york).replace(tzinfo=None)
        assert shown - offset_of(zone, shown) == at.replace(tzinfo=None)
    onsets = {part["dtstart"].to_ical().decode(): part.name for part in zone.subcomponents}
    assert onsets["20270314T020000"] == "DAYLIGHT", "on the clock that showed the time before"
    assert onsets["20261101T020000"] == "STANDARD"
    assert len(found.walk("VTIMEZONE")) == 1


def test_the_second_of_two_hours_is_told_in_utc(team: Team, lead: Person) -> None:
    """A zone's name alone means the first of the two."""
    opened(team)
    announced(team, lead, datetime(2026, 11, 1, 6, 30, tzinfo=UTC), a_function(team))
    (event,) = read().walk("VEVENT")
    assert event["dtstart"].to_ical() == b"20261101T063000Z"


def test_a_team_in_utc_needs_no_rules(team: Team, lead: Person) -> None:
    team.zone = "UTC"
    team.save()
    opened(team)
    announced(team, lead, NOW + timedelta(days=20), a_function(team))
    assert read().walk("VTIMEZONE") == []


def test_each_service_has_its_own(team: Team, lead: Person, as_member: Client, as_stranger: Client) -> None:
    opened(team)
    given = {"team": team, "sort": "storage"}
    peat, alder = (Service.objects.create(slug=slug, name=slug, **given) for slug in ("peat", "alder"))
    scratch, home = a_function(team), a_function(team, "Home")
    scratch.service = peat
    scratch.save()
    announced(team, lead, NOW + timedelta(days=9), scratch, title="Peat")
    announced(team, lead, NOW + timedelta(days=9), home, title="Home")

    def titles(answer: Any) -> list[str]:
        return [str(event["summary"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]

    assert titles(Client().get("/status/rcd/services/peat/planned-work.ics")) == ["Peat"]
    assert Client().get("/status/rcd/services/alder/planned-work.ics").status_code == 404, "it is not on the page"
    assert titles(as_member.get(f"/t/rcd/services/{alder.slug}/planned-work.ics")) == []
    assert titles(as_member.get("/t/rcd/services/peat/planned-work.ics")) == ["Peat"]
    assert as_stranger.get("/t/rcd/services/peat/planned-work.ics").status_code == 404


def test_cancelled_work_stays_for_thirty_days_and_drafts_never_come(team: Team, lead: Person) -> None:
    opened(team)
    function = a_function(team)
    work = announced(team, lead, NOW + timedelta(days=60), function)
    planned_work.draft(team, Plan("Secret", [function], work.begins_at, work.ends_at), by=lead, door="test")
    planned_work.cancel(work, by=lead, door="test")
    for days, held in ((0, 1), (29, 1), (31, 0)):
        with time_machine.travel(NOW + timedelta(days=days), tick=False):
            found = read().walk("VEVENT")
        assert [(str(event["status"]), event["sequence"]) for event in found] == [("CANCELLED", 1)] * held
    for url in ("/status/rcd/", "/status/rcd.json", "/status/rcd/feed.atom"):
        assert b"Secret" not in Client().get(url).content


def test_it_is_written_as_the_field_writes_calendars(team: Team, lead: Person, data: Path) -> None:
    """What published calendars with zones hold of an event and of a zone, ours holds, too."""
    opened(team)
    announced(team, lead, NOW + timedelta(days=20), a_function(team))
    mine = read()
    theirs = Calendar.from_ical((data / "ical" / "ical4j_valid_rfc5545-sec3.6.5.ics").read_bytes())
    (zone,) = mine.walk("VTIMEZONE")
    for part in theirs.walk("STANDARD") + theirs.walk("DAYLIGHT"):
        assert {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"} <= set(part)
    assert all({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"} <= set(part) for part in zone.subcomponents)
    assert mine.errors == []
    assert all(event.errors == [] for event in mine.walk())
