"""Incidents whose words wait: no mail server for hours, a merge in mid-sending, last night's backup put back."""

import re
import signal
import threading
import time
from email.message import EmailMessage
from typing import Any

import httpx

from tests.faults.inside import Inside
from tests.faults.shifted_clock import ShiftedClock
from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture
from tests.place import Place, free_port
from tests.place import until as wait_until

PEOPLE = """
from hortus.access import actions as access
from hortus.access.models import Person, Team
from hortus.access.policy import Role
from hortus.processes.incidents import actions, roles, words
from hortus.processes.incidents.words import Said
team, ada = Team.objects.get(), Person.objects.get()
people = {"ada": ada}
for name in ("bo", "cy"):
    people[name] = Person.objects.create_user(f"{name}@example.org", name.capitalize(), "a long garden path")
    access.add_member(team, people[name], Role.MEMBER, by=ada)
"""
DECLARE = """
incident = actions.declare(team, "Scratch does not answer", by=ada, door="test")
for name in ("bo", "cy"):
    roles.assign(incident, "observer", people[name], by=ada, door="test")
"""
SAY = """
words.update(incident, Said(trying=f"[text {number}]"), by=ada, door="test", then=then)
"""
DUE = "SELECT count(*) FROM outbox_delivery WHERE state = 'due'"
OF_TEXTS = """
SELECT d.state, count(*) FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message_id
WHERE m.body LIKE '%[text %' GROUP BY d.state
"""
REMINDERS = """
SELECT d.state, d.reason FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message_id
WHERE m.topic = 'incident-reminder'
"""


def until(true: Any, why: str) -> Any:
    """Wait longer than most tests: real processes start here while others use the machine, and no time decides."""
    return wait_until(true, 240, why)


def _texts(office: PostOffice, address: str) -> list[str]:
    """Return which texts an address got, in the order of their arrival."""
    told = (mail.text for mail in office.accepted() if mail.to == (address,))
    return re.findall(r"\[text (\w+)\]", "\n".join(told))


def test_six_hours_without_a_mail_server(place: Place, post_office: PostOffice) -> None:  # noqa: F811
    """Twelve words to two observers: each arrives once and in order, folded; the reminder of hours ago does not."""
    place.env["HORTUS_EMAIL_URL"] = post_office.url
    clock = ShiftedClock(place.with_team())
    clock.start("worker")
    inside = Inside(place, clock)
    post_office.down()
    inside.do(PEOPLE + DECLARE)
    for number in range(1, 13):
        inside.do(SAY, number=number, then="resolve" if number == 12 else "")
        clock.set(number * 1800 - 240)
        if number == 1:  # the worker looks once a minute; 4 minutes before the next word is due it says so
            until(lambda: place.rows(REMINDERS), "the worker reminds who leads")
    clock.set(6 * 3600)
    assert dict(place.rows(OF_TEXTS)) == {"due": 24}
    tried = "SELECT max(failures) FROM outbox_delivery"
    until(lambda: place.rows(tried)[0][0] >= 2, "it was tried and tried again")
    assert not post_office.received()

    post_office.up()
    for step in range(1, 100):
        clock.set(6 * 3600 + step * 600)  # no wait for a next try is longer than an hour
        time.sleep(0.2)
        if place.rows(DUE) == [(0,)]:
            break
    assert dict(place.rows(OF_TEXTS)) == {"accepted": 24}
    for address in ("bo@example.org", "cy@example.org"):
        assert _texts(post_office, address) == [str(number) for number in range(1, 13)]
    mails = [mail for mail in post_office.accepted() if "[text" in mail.text]
    assert len(mails) < 12, "what waited goes as few mails"
    ended = place.rows(REMINDERS)
    assert ended
    assert {(state, reason[:15]) for state, reason in ended} == {("dropped", "It was of use u")}
    assert not any("You promised a word" in mail.text for mail in post_office.accepted())


PUBLISH = """
import json
from datetime import timedelta
from hortus.catalogue import functions, planned_work, publication, statements
from hortus.catalogue.models import Function, Subscriber
from hortus.catalogue.statements import Words
from hortus.ledger import clock
from hortus.processes.incidents.models import Incident
publication.settle(team, is_public=True, where_to_turn="", by=ada, door="test")
scratch, home = (
    functions.add(team, functions.Details(name, "Use it.", 86_400), by=ada, door="test") for name in ("Scratch", "Home")
)
for one in (scratch, home):
    statements.say(one, Words("working"), by=ada, door="test")
plan = planned_work.Plan(
    "Firmware", [scratch], clock.now() + timedelta(days=9), clock.now() + timedelta(days=9, hours=2)
)
planned_work.announce(team, plan, by=ada, door="test")
for number in range(2):
    given = {"email": f"s{number}@example.org", "asked_at": clock.now(), "confirmed_at": clock.now()}
    Subscriber.objects.create(team=team, wants_all=True, **given)
for sentence in ("Scratch does not answer", "Home is slow"):
    incident = actions.declare(team, sentence, by=ada, door="test")
    roles.assign(incident, "observer", people["bo"], by=ada, door="test")
answer = access.make_token(team, ada, name="poster", scopes=["read", "write"])[1]
"""
FEEDS = ("feed.atom", "feed.rss", "feed.json", "planned-work.ics")
ID = re.compile(r"urn:hortus:[\w:-]+|^UID:.*?$|(?<=/news/)[0-9a-f-]{36}", re.MULTILINE)
HELD = "SELECT count(*) FROM outbox_delivery WHERE state = 'held'"


class Held:
    """Lets the mail server hear a mail whole and answer only when it may."""

    def __init__(self, office: PostOffice) -> None:
        self.heard, self.may_answer = threading.Event(), threading.Event()
        office.data = self._wait

    def _wait(self, _message: EmailMessage) -> str:
        self.heard.set()
        self.may_answer.wait(15)  # less than the worker's patience with a mail server
        return ""


class Served:
    """A public Hortus: a web server on a port of its own and a worker, which can be stopped and started again."""

    def __init__(self, place: Place, office: PostOffice) -> None:
        self.place, self.office, self.port = place, office, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        place.env |= {"HORTUS_EMAIL_URL": office.url, "HORTUS_PUBLIC_URL": self.url}
        place.with_team()
        inside = Inside(place)
        self.token = inside.do(PEOPLE + PUBLISH)
        inside.process.kill()
        self.start()

    def start(self) -> None:
        self.running, _ = self.place.up("--port", self.port)

    def stop(self) -> None:
        self.running.send_signal(signal.SIGTERM)
        self.running.wait(60)

    def post(self, path: str, told: dict[str, Any]) -> Any:
        answer = httpx.post(
            f"{self.url}/api/v1/teams/alder/{path}", json=told, timeout=30,
            headers={"Authorization": f"Bearer {self.token}"},
        )  # fmt: skip
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def say(self, incident: int, text: str, function: str) -> None:
        """Publish a word that every subscriber and every observer is to get."""
        condition = {"function": function, "condition": "degraded"}
        told = {"trying": f"[text {text}]", "cannot": "use it.", "headline": "It is slow", "is_public": True}
        self.post(f"incidents/{incident}/updates", told | {"conditions": [condition]})

    def ids(self) -> dict[str, set[str]]:
        """Return by feed every id in it, with those in its addresses."""
        return {feed: set(ID.findall(httpx.get(f"{self.url}/status/alder/{feed}").text)) for feed in FEEDS}

    def all_left(self) -> None:
        until(lambda: self.place.rows(DUE) == [(0,)], "nothing is due any more")


READERS = ("s0@example.org", "s1@example.org", "bo@example.org")


def test_a_merge_in_mid_sending_and_last_nights_backup(place: Place, post_office: PostOffice) -> None:  # noqa: F811
    """One served place for both, since it takes seconds to start."""
    served = Served(place, post_office)
    served.all_left()  # that they were declared
    _merge_while_updates_wait(served)
    _put_back_last_nights_backup(served)


def _merge_while_updates_wait(served: Served) -> None:
    """One mail is in the worker's hand and others wait, for who hears of both: each text comes once to each."""
    held = Held(served.office)
    served.say(1, "first", "scratch")
    assert held.heard.wait(60)
    served.say(2, "second", "home")
    assert served.place.rows(DUE)[0][0] >= 2 * len(READERS)
    assert served.post("incidents/1/merge", {"into": 2}) == {"merged": True}
    served.say(2, "third", "scratch")
    held.may_answer.set()
    served.all_left()
    for address in READERS:
        assert sorted(_texts(served.office, address)) == ["first", "second", "third"], address
    told = "\n".join(mail.text for mail in served.office.accepted() if mail.to[0] in READERS[:2])
    links = set(re.findall(rf"{served.url}/\S+", told))
    assert len([one for one in links if "/news/" in one]) == 2, "the news of each had its own page, and still have"
    assert {httpx.get(one, follow_redirects=True).status_code for one in links} == {200}


def _put_back_last_nights_backup(served: Served) -> None:
    """What waited last night is sent no second time, and what programs know the news by is what it was."""
    held, file = Held(served.office), served.place.scratch / "night.hortus"
    served.say(2, "night", "home")
    assert held.heard.wait(60)
    due = served.place.rows(DUE)[0][0]
    served.place.json("backup", file)
    before = served.ids()
    assert all(before.values())
    held.may_answer.set()
    served.all_left()
    lost = _new_ids(served, before, "lost")
    served.stop()
    served.place.json("restore", file, "--force")
    served.start()
    assert served.ids() == before
    anew = _new_ids(served, before, "morning")
    for address in READERS:
        assert sorted(_texts(served.office, address)[3:]) == ["lost", "morning", "night"], address
    assert served.place.rows(HELD) == [(due,)]
    assert not anew & lost, "what was said since has no id of what the backup did not know"


def _new_ids(served: Served, before: dict[str, set[str]], text: str) -> set[str]:
    """Publish a text, and say of one function that it works; return the ids that the feeds have gained."""
    served.say(2, text, "home")
    served.post("functions/scratch/statements", {"condition": "working"})
    served.all_left()
    gained = set().union(*served.ids().values()) - set().union(*before.values())
    assert len(gained) == 2, gained
    return gained
