"""The nights in which clocks change, and two who end an incident in one second: at a real server with a worker."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from tests.faults.inside import Inside
from tests.faults.shifted_clock import ShiftedClock
from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture
from tests.place import Place, free_port
from tests.place import until as wait_until

ZONE = ZoneInfo("Europe/Berlin")
BEGIN = """
from datetime import datetime, time, timedelta
from django.db import transaction
from hortus.access import actions as access
from hortus.access.models import Person, Team
from hortus.access.policy import Role
from hortus.catalogue import functions, window_repeats, window_words
from hortus.catalogue.planned_work import Plan
from hortus.ledger.outbox import actions as outbox, choices_actions
from hortus.ledger.outbox.choices_rules import Hours
from hortus.ledger.outbox.models import Urgency
from hortus.ledger.outbox.recipients import Recipient
from hortus.processes.incidents import actions, words
from hortus.processes.incidents.words import Said
team, ada = Team.objects.get(), Person.objects.get()
team.zone = "Europe/Berlin"
team.save()
people = [ada]
for name in ("bo", "cy"):
    people.append(Person.objects.create_user(f"{name}@example.org", name.capitalize(), "a long garden path"))
    access.add_member(team, people[-1], Role.MEMBER, by=ada)
scratch = functions.add(team, functions.Details("Scratch", "Use it.", 86_400), by=ada, door="test")
answer = [access.make_token(team, one, name="door", scopes=["read", "write"])[1] for one in people]
"""
WEEKLY = """
begins_at = datetime.fromisoformat(first)
plan = Plan(title, [scratch], begins_at, begins_at + timedelta(minutes=45))
made = window_repeats.repeat(team, plan, "FREQ=WEEKLY", by=ada, door="test")
answer = [window_words.skipped(one) for one in made.windows.order_by("begins_at")[:3]]
"""
PROMISE = """
incident = actions.declare(team, "Scratch does not answer", by=ada, door="test")
words.update(incident, Said(trying="We look.", next_due=datetime.fromisoformat(due)), by=ada, door="test")
"""
SLEEP = """
choices_actions.choose(team, people[1], Hours("", time(22), time(7)), {})
with transaction.atomic():
    outbox.tell(
        team, "window", incident.ref, subject="For the morning", body="Nothing presses.",
        to=[Recipient.person(people[1])], thread="night", path="/", urgency=Urgency.NORMAL, to_team=False,
    )
"""
LOOK = """
from hortus.catalogue.tasks import remind
from hortus.processes.incidents.tasks import keep_promises
answer = [one.enqueue().id for one in (remind, keep_promises)]
"""
SHOULD_BEGIN = "SELECT dedupe_key FROM outbox_message WHERE dedupe_key LIKE 'window:%:begin:%' AND subject LIKE '{}%'"
DUE = "SELECT count(*) FROM outbox_delivery WHERE state = 'due'"
REMINDERS = "SELECT dedupe_key FROM outbox_message WHERE topic = 'incident-reminder' ORDER BY made_at"


def until(true: Any, why: str) -> Any:
    """Wait longer than most tests: real processes start here while others use the machine, and no time decides."""
    return wait_until(true, 240, why)


def changes(after: datetime) -> tuple[datetime, datetime]:
    """Return the next instants (UTC) at which Berlin's clocks go forward and then back."""
    at, found = after.replace(minute=0, second=0, microsecond=0), []
    while len(found) < 2:
        before, then = (one.astimezone(ZONE).utcoffset() for one in (at, at + timedelta(hours=1)))
        assert before is not None
        assert then is not None
        at += timedelta(hours=1)
        if before != then and (found or then > before):
            found.append(at)
    return found[0], found[1]


class Nights:
    """A Hortus in Berlin with three members, in a time that the test sets."""

    def __init__(self, place: Place, office: PostOffice) -> None:
        place.env["HORTUS_EMAIL_URL"] = office.url
        self.place, self.office, port = place, office, free_port()
        self.clock = ShiftedClock(place.with_team())
        self.inside = Inside(place, self.clock)
        self.tokens = self.inside.do(BEGIN)
        process = self.clock.start("up", "--port", port, "--json")
        assert process.stdout is not None
        assert process.stdout.readline(), place.log()
        self.url = f"http://127.0.0.1:{port}/api/v1/teams/alder"

    def set(self, at: datetime) -> None:
        """Let the clock go on from an aware instant."""
        self.clock.set((at - datetime.now(UTC)).total_seconds())

    def look(self) -> None:
        """Wait until the worker has looked once more at what is due."""
        done = "SELECT count(*) FROM ledger_queuedtask WHERE state = 'done' AND id = {}"
        for key in self.inside.do(LOOK):
            until(lambda key=key: self.place.rows(done.format(key)) == [(1,)], "the worker looked")  # type: ignore[misc]

    def post(self, person: int, path: str, told: dict[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[person]}"}
        return httpx.post(f"{self.url}/{path}", json=told, headers=headers, timeout=60)


def test_two_end_it_at_once_and_clocks_change(place: Place, post_office: PostOffice) -> None:  # noqa: F811
    """One `hortus up` for all, since it takes seconds to start; the nights in their order."""
    nights = Nights(place, post_office)
    _two_end_it_and_one_writes(nights)
    forward, back = changes(datetime.now(UTC) + timedelta(days=10))
    _work_in_the_hour_that_is_left_out(nights, forward)
    _the_night_with_an_hour_twice(nights, back)


def _two_end_it_and_one_writes(nights: Nights) -> None:
    """Over HTTP in the same moment: it ends once, both who pressed are answered, and the words of all three stay."""
    number = nights.post(0, "incidents", {"sentence": "Nobody can submit"}).json()["number"]
    gate, answers = threading.Barrier(3), dict[int, httpx.Response]()

    def act(person: int) -> None:
        gate.wait(20)
        told = {"trying": f"Words of {person}.", "then": "" if person == 2 else "resolve"}
        answers[person] = nights.post(person, f"incidents/{number}/updates", told)

    threads = [threading.Thread(target=act, args=(person,)) for person in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(120)
    assert {answer.status_code for answer in answers.values()} <= {200, 201}, [one.text for one in answers.values()]
    ends = "SELECT count(*) FROM ledger_event WHERE verb = 'resolved' AND object_kind = 'incident'"
    assert nights.place.rows(ends) == [(1,)]
    texts = nights.place.rows("SELECT trying FROM incidents_update ORDER BY trying")
    assert texts == [(f"Words of {person}.",) for person in range(3)]
    until(lambda: nights.place.rows(DUE) == [(0,)], "nothing of it waits when the next night comes")


def _instants(nights: Nights, title: str) -> list[datetime]:
    """Return for when the worker said that work should begin, in order."""
    keys = (key for (key,) in nights.place.rows(SHOULD_BEGIN.format(title)))
    return sorted(datetime.fromisoformat(key.split(":begin:")[1]) for key in keys)


def _work_in_the_hour_that_is_left_out(nights: Nights, forward: datetime) -> None:
    """02:30 is shown by no clock that night: the work is due at 03:00, once, and its page says so."""
    nights.set(forward - timedelta(days=8))
    first = (forward - timedelta(days=7)).astimezone(ZONE).replace(hour=2, minute=30)
    skipped = nights.inside.do(WEEKLY, first=first.isoformat(), title="Spring")
    assert [bool(one) for one in skipped] == [False, True, False]
    assert "so it begins at 03:00" in skipped[1]
    for passed in (-2, 1, 20, 70):
        nights.set(forward + timedelta(minutes=passed))
        nights.look()
        said = [at for at in _instants(nights, "Spring") if at > forward - timedelta(days=1)]
        assert said == ([] if passed < 0 else [forward])


def _the_night_with_an_hour_twice(nights: Nights, back: datetime) -> None:
    """Work at 02:30 is due the first time that clocks show it; a promise of 30 minutes is one of 30 minutes.

    And what may wait until 07:00 waits until clocks show 07:00, eight hours and ten minutes after 23:50 before.
    """
    nights.set(back - timedelta(days=6))
    first = back.astimezone(ZONE).replace(hour=2, minute=30, fold=0)
    nights.inside.do(WEEKLY, first=first.isoformat(), title="Autumn")
    told = {}
    for passed in (-32, -29, -10, 14, 16, 21, 31, 81, 91):
        nights.set(back + timedelta(minutes=passed))
        if passed == -10:
            nights.inside.do(PROMISE, due=(back + timedelta(minutes=20)).isoformat())
            nights.inside.do(SLEEP)
        nights.look()
        assert _instants(nights, "Autumn") == ([] if passed == -32 else [back - timedelta(minutes=30)])
        told[passed] = [key.rsplit(":", 1)[1] for (key,) in nights.place.rows(REMINDERS)]
    assert [told[passed] for passed in (14, 16, 21)] == [[], ["soon"], ["soon", "due"]]
    assert {tuple(told[passed]) for passed in (31, 81, 91)} == {("soon", "due", "late")}
    clocks_show_seven = back + timedelta(hours=5)
    nights.set(clocks_show_seven - timedelta(minutes=5))
    nights.look()
    assert not _mails(nights)
    nights.set(clocks_show_seven + timedelta(minutes=1))
    until(lambda: _mails(nights), "the mail of the morning came")


def _mails(nights: Nights) -> list[Any]:
    return [mail for mail in nights.office.accepted() if "For the morning" in mail.message["Subject"]]
