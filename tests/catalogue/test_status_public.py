"""The public status page: only where it was switched on, the same for all, safe, and ready for caches."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import functions, planned_work, proposals, statements
from hortus.catalogue.models import Function
from hortus.catalogue.proposals import Proposal
from hortus.catalogue.rules import Condition
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from tests.catalogue.speech import a_function, a_work, opened, said  # type: ignore[import-not-found]
from tests.conftest import signed_in  # type: ignore[import-not-found]

DOORS = ("/status/rcd/", "/status/rcd.json", "/status/rcd/feed.atom", "/status/rcd/planned-work.ics")
QUERIES_OF_SOURCES = 4  # what the floors above may ask to confirm a whole team's functions
HOSTILE = "<script>alert('x')</script>\"&{{ team }}{% now 'Y' %}]]>"


@pytest.fixture
def scratch(team: Team, member: Person) -> Function:
    return a_function(team)


class Reader(HTMLParser):
    """Reads a page as a text browser does: words in their order, scripts and pictures left out."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._deaf = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._deaf += tag in {"script", "style", "svg", "head"}

    def handle_endtag(self, tag: str) -> None:
        self._deaf -= tag in {"script", "style", "svg", "head"}

    def handle_data(self, data: str) -> None:
        if not self._deaf:
            self.words += data.split()


def read(page: str) -> str:
    reader = Reader()
    reader.feed(page)
    return " ".join(reader.words)


@pytest.mark.parametrize("door", DOORS)
def test_closed_unless_switched_on(team: Team, lead: Person, scratch: Function, door: str) -> None:
    for client in (Client(), signed_in(lead)):
        assert client.get(door).status_code == 404
    opened(team)
    assert Client().get(door).status_code == 200
    assert Client().post(door).status_code == 405
    assert Client().get(door.replace("rcd", "nobody")).status_code == 404


def test_who_may_switch_it(
    as_lead: Client, admin: Person, as_member: Client, reader: Person, guest: Person, as_stranger: Client
) -> None:
    page = "/t/rcd/status/+public/"
    for client in (as_member, signed_in(reader), signed_in(guest), as_stranger):
        assert client.get(page).status_code == 404
        assert client.post(page, {"is_public": "on"}).status_code == 404
    assert Client().post(page, {"is_public": "on"}).status_code == 302
    assert Client().get("/status/rcd/").status_code == 404
    for client in (as_lead, signed_in(admin)):
        assert client.get(page).status_code == 200
        assert client.post(page, {"is_public": "on"}).status_code == 302
        assert Client().get("/status/rcd/").status_code == 200
        assert client.post(page, {}).status_code == 302
        assert Client().get("/status/rcd/").status_code == 404
    events = as_lead.get("/api/v1/teams/rcd/events?kind=status-page").json()["events"]
    assert [event["verb"] for event in events] == ["closed", "opened", "closed", "opened"]


def test_reads_in_order_without_styles_and_scripts(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(a_function(team, "Log in"), member)
    said(scratch, member, "degraded", can="Read files.", cannot="Write files.", instead="Use home.")
    a_work(scratch, member, cannot="Reach it.")
    text = Client().get("/status/rcd/").content.decode()
    assert "<script" not in text
    assert "htmx" not in text
    page = read(text)
    parts = [
        "Scratch: degraded", "times are those of America/New_York", "Write to help@example.org.",
        "Get the news by e-mail", "What you can do", "Scratch degraded Use scratch.", "You cannot: Write files.",
        "You can: Read files.", "Instead: Use home.", "Next word: no time is promised.", "Log in working",
        "Touches: Scratch", "You cannot: Reach it.", "The last 90 days",
    ]  # fmt: skip
    places = [page.index(part) for part in parts]
    assert places == sorted(places)


def test_an_old_word_is_not_confirmed_but_told(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(scratch, member, "degraded", timedelta(hours=13), cannot="Write files.")
    page = read(Client().get("/status/rcd/").content.decode())
    assert "Scratch not confirmed" in page
    assert "was: degraded" in page
    assert "You cannot: Write files." in page
    statements.confirm(scratch, by=member, door="web")
    assert "Scratch degraded" in read(Client().get("/status/rcd/").content.decode())


def test_the_same_words_stand_once_among_the_last_90_days(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    for hours, safe in ((5, ""), (4, ""), (3, "yes"), (2, "yes")):
        words = Words("degraded", Sentences(cannot="write files."), data_safe=safe)
        statements.say(scratch, words, by=member, door="web", at=timezone.now() - timedelta(hours=hours))
    said(a_function(team, "Log in"), member, ago=timedelta(hours=2.5))
    page = read(Client().get("/status/rcd/").content.decode())
    history = page[page.index("The last 90 days") :]
    assert history.count("Scratch, degraded . You cannot: write files.") == 2, "as it was first said, and as it changed"
    assert history.index("Log in, working .") < history.index("Your data: safe.")
    assert history.count("Your data: safe.") == 1


def test_the_day_of_its_end_stands_only_where_it_is_another(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    begins_at = datetime(2027, 1, 9, 13, tzinfo=UTC)
    for hours in (3, 20):
        plan = planned_work.Plan("Firmware", [scratch], begins_at, begins_at + timedelta(hours=hours))
        planned_work.announce(team, plan, by=member, door="web")
    page = read(Client().get("/status/rcd/").content.decode())
    assert "9 Jan 2027, 08:00 to 11:00. Touches" in page
    assert "9 Jan 2027, 08:00 to 10 Jan 2027, 04:00 . Touches" in page


def test_planned_work_shows_while_it_lasts(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(scratch, member, ago=timedelta(hours=2))
    work = a_work(scratch, member, timedelta(hours=-1), timedelta(hours=1), cannot="Reach it.")
    page = read(Client().get("/status/rcd/").content.decode())
    assert "Scratch planned work" in page
    assert "You cannot: Reach it." in page
    planned_work.cancel(work, by=member, door="web")
    page = read(Client().get("/status/rcd/").content.decode())
    assert "Scratch working" in page
    assert "Maintenance, cancelled" in page


def test_no_name_and_nothing_of_the_inside_gets_out(
    team: Team, member: Person, lead: Person, scratch: Function
) -> None:
    opened(team)
    said(scratch, member, "at-risk")
    a_work(scratch, lead)
    gone = a_function(team, "Abacus")
    said(gone, member, "degraded", cannot="Add up.")
    functions.retire(gone, gone.added_at.date(), by=lead, door="web")
    proposal = Proposal("scratch", Condition.UNAVAILABLE, "Its budget is gone.", "/t/rcd/slos/x/", scratch.added_at)
    proposals.register("test", lambda _: [proposal])
    try:
        for door in DOORS:
            text = Client().get(door).content.decode()
            for word in ("Mira", "Lena", "mira@", str(member.pk), "Abacus", "Add up", "budget", "/t/rcd", "person"):
                assert word not in text, f"{word} in {door}"
    finally:
        proposals.unregister("test")


def test_hostile_text_is_only_text(team: Team, member: Person) -> None:
    opened(team)
    hostile = a_function(team, "<b>Scratch</b>")
    said(hostile, member, "degraded", can=HOSTILE, cannot=HOSTILE, instead=HOSTILE)
    a_work(hostile, member, cannot=HOSTILE, begins=timedelta(0))
    page = Client().get("/status/rcd/").content.decode()
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert HOSTILE in read(page)
    assert json.loads(Client().get("/status/rcd.json").content)["functions"][0]["last"]["can"] == HOSTILE
    inside = signed_in(member).get("/t/rcd/status/").content.decode()
    assert "<script>alert" not in inside
    assert "<b>" not in inside


def test_caches_may_keep_it_and_ask_again(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(scratch, member, "degraded")
    for door in DOORS:
        first = Client().get(door)
        assert first["Cache-Control"] == "public, max-age=30"
        assert "Set-Cookie" not in first.headers
        assert not first.cookies
        again = Client().get(door, HTTP_IF_NONE_MATCH=first["ETag"])
        if door.endswith((".atom", ".ics")):  # the others tell the minute
            assert again.status_code == 304
            assert not again.content
    before = Client().get("/status/rcd/feed.atom")["ETag"]
    said(scratch, member)
    assert Client().get("/status/rcd/feed.atom", HTTP_IF_NONE_MATCH=before).status_code == 200
    assert Client().get("/status/rcd.json")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("door", DOORS)
def test_queries_do_not_grow(team: Team, member: Person, door: str) -> None:
    opened(team)
    asked = []
    for count in (1, 29):
        for number in range(count):
            one = a_function(team, f"Function {number}")
            said(one, member, "degraded")
            a_work(one, member)
        with CaptureQueriesContext(connection) as context:
            assert Client().get(door).status_code == 200
        asked.append(len(context))
    assert asked[0] == asked[1]
    assert asked[0] <= 9 + QUERIES_OF_SOURCES


def test_a_measurement_that_fails_does_not_take_the_page_down(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(scratch, member)

    def broken(_: Team) -> Any:
        raise RuntimeError("in ruins")

    proposals.register("broken", broken, broken)
    try:
        assert Client().get("/status/rcd/").status_code == 200
        assert signed_in(member).get("/t/rcd/status/").status_code == 200
    finally:
        proposals.unregister("broken")


def test_a_signed_in_person_gets_the_same_page(team: Team, member: Person, scratch: Function) -> None:
    opened(team)
    said(scratch, member)
    page = signed_in(member).get("/status/rcd/").content.decode()
    assert "Sign out" not in page
    assert "Mira" not in page
