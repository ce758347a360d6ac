"""The calendar and the Atom feed, read back by other programs' readers, with hostile words in them."""

from datetime import UTC, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from icalendar import Calendar

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.sentences import Sentences, plain
from hortus.values.refused import Refused
from hortus.web.words import ended
from tests.catalogue.speech import a_function, a_work, opened, said  # type: ignore[import-not-found]
from tests.conftest import signed_in  # type: ignore[import-not-found]

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<script>alert(1)</script>;,\\n\\\"'& ]]> BEGIN:VEVENT é 日本"


@pytest.fixture
def scratch(team: Team, member: Person) -> Function:
    return a_function(team)


def events(text: bytes) -> list[Any]:
    return list(Calendar.from_ical(text).walk("VEVENT"))


def test_planned_work_is_read_back_as_it_was_announced(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    work = a_work(scratch, member, cannot=HOSTILE)
    answer = Client().get("/status/rcd/planned-work.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    (event,) = events(answer.content)
    assert str(event["uid"]) == f"planned-work-{work.pk}@hortus"
    assert event["dtstart"].dt == work.begins_at.astimezone(UTC).replace(microsecond=0)
    assert event["dtend"].dt == work.ends_at.astimezone(UTC).replace(microsecond=0)
    assert (event["sequence"], str(event["status"])) == (0, "CONFIRMED")
    assert str(event["description"]) == f"Touches: Scratch\nYou cannot: {HOSTILE}."
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_a_change_and_a_cancellation_keep_the_uid_and_raise_the_sequence(
    team: Team, member: Person, scratch: Function
) -> None:
    opened(team)
    work = a_work(scratch, member)
    (before,) = events(Client().get("/status/rcd/planned-work.ics").content)
    later = Plan("Maintenance, later", [scratch], work.begins_at + timedelta(days=1), work.ends_at + timedelta(days=1))
    assert planned_work.change(work, later, by=member, door="web") == ["title", "begins_at", "ends_at"]
    assert planned_work.change(work, later, by=member, door="web") == []
    (after,) = events(Client().get("/status/rcd/planned-work.ics").content)
    assert (after["uid"], after["sequence"], str(after["summary"])) == (before["uid"], 1, "Maintenance, later")
    assert after["dtstart"].dt - before["dtstart"].dt == timedelta(days=1)
    planned_work.cancel(work, by=member, door="web")
    (gone,) = events(Client().get("/status/rcd/planned-work.ics").content)
    assert (gone["uid"], gone["sequence"], str(gone["status"])) == (before["uid"], 2, "CANCELLED")


def test_the_calendar_of_nothing_is_a_calendar(team: Team) -> None:
    opened(team)
    assert events(Client().get("/status/rcd/planned-work.ics").content) == []


def test_the_feed_is_read_back(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(scratch, member, "degraded", timedelta(hours=3), cannot=HOSTILE)
    said(scratch, member, ago=timedelta(hours=1))
    a_work(scratch, member)
    feed = ElementTree.fromstring(Client().get("/status/rcd/feed.atom").content)
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert titles[0].startswith("Maintenance: ")
    assert titles[1:] == ["Scratch: working", "Scratch: degraded"]
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.iter(f"{ATOM}entry")]
    assert len(set(ids)) == 3
    assert {author.findtext(f"{ATOM}name") for author in feed.iter(f"{ATOM}author")} == {"Research Computing"}


def test_the_feed_holds_no_live_markup(team: Team, member: Person, scratch: Function) -> None:
    """What a reader takes for HTML must still be text there."""
    opened(team)
    said(scratch, member, "degraded", cannot=HOSTILE)
    feed = ElementTree.fromstring(Client().get("/status/rcd/feed.atom").content)
    (summary,) = feed.iter(f"{ATOM}summary")
    assert summary.get("type") == "html"
    assert "<script" not in (summary.text or "")
    assert "&lt;script&gt;" in (summary.text or "")


def test_the_team_has_its_own_feeds_while_the_page_is_closed(
    team: Team, member: Person, guest: Person, scratch: Function, as_stranger: Client
) -> None:
    a_work(scratch, member)
    for name in ("feed.atom", "planned-work.ics"):
        for person in (member, guest):
            answer = signed_in(person).get(f"/t/rcd/status/{name}")
            assert answer.status_code == 200
            assert answer["Cache-Control"] == "no-store, private"
            assert b"Mira" not in answer.content
        assert as_stranger.get(f"/t/rcd/status/{name}").status_code == 404
        assert Client().get(f"/t/rcd/status/{name}").status_code == 302


class AnyWords(TestCase):
    """Whatever can be said can be fed: the feeds parse, or the words are refused beforehand."""

    @settings(max_examples=25, deadline=None)
    @given(st.text(min_size=1, max_size=60))
    def test_any_text_survives_both_feeds(self, text: str) -> None:
        team = Team.objects.create(slug="rcd", name="Team")
        person = Person.objects.create_user("a@example.org", "A")
        function = a_function(team)
        try:
            line = plain(text, "cannot", 300)
        except Refused:
            with pytest.raises(Refused, match="cannot be shown"):
                said(function, person, "degraded", cannot=text)
            return
        opened(team)
        said(function, person, "degraded", cannot=text, can="Read.")
        now = timezone.now()
        plan = Plan("Work", [function], now, now + timedelta(hours=1), Sentences(can=text))
        planned_work.announce(team, plan, by=person, door="web")
        (event,) = events(Client().get("/status/rcd/planned-work.ics").content)
        assert str(event["description"]) == "\n".join(
            filter(None, ["Touches: Scratch", line and f"You can: {ended(line)}"])
        )
        ElementTree.fromstring(Client().get("/status/rcd/feed.atom").content)
        assert PlannedWork.objects.count() == 1
