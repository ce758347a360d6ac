"""Messages through real worker processes: killed, two at once, with a clock that jumps, with nobody for hours."""

import json
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.shifted_clock import ShiftedClock
from tests.outbox_servers import Mail, PostOffice, post_office  # noqa: F401 -- a fixture
from tests.place import Place
from tests.place import until as wait_until

# Of the rooms, so that a worker knows it: what alerts of an objective say goes to members.
SAY = """
from datetime import timedelta
from django.db import transaction
from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.refs import Ref
first, last, minutes = (int(one) for one in sys.argv[1:4])
team, ada = Team.objects.get(), Person.objects.get()
for number in range(first, last):
    with transaction.atomic():
        until = clock.now() + timedelta(minutes=minutes) if minutes else None
        tell(team, "incident", Ref("team", "1", "x"), subject=f"text {number}", body=f"[text {number}]",
             to=[Recipient.person(ada)], thread=f"test:{number % 3}", useful_until=until, to_team=False)
"""
FOUND = """
from hortus.ledger import clock
from hortus.ledger.outbox import auditing
print([one.check for one in auditing.findings(clock.now())])
"""
STATES = "SELECT state, count(*) FROM outbox_delivery GROUP BY state"


@pytest.fixture
def garden(place: Place, post_office: PostOffice) -> Place:  # noqa: F811
    place.env["HORTUS_EMAIL_URL"] = post_office.url
    return place.with_team()


def until(true: Callable[[], Any], why: str, seconds: float = 240) -> None:
    """Wait longer than most tests: real processes start here while others use the machine, and no time decides."""
    wait_until(true, seconds, why)


def _states(garden: Place) -> dict[str, int]:
    return dict(garden.rows(STATES))


def _say(garden: "Place | ShiftedClock", first: int, last: int, minutes: int = 0) -> None:
    garden.python(SAY, first, last, minutes)


def _count(mails: list[Mail], number: int) -> int:
    return sum(f"[text {number}]" in mail.text for mail in mails)


def test_a_worker_killed_before_and_after_it_sent(garden: Place, post_office: PostOffice) -> None:  # noqa: F811
    """Killed while the server holds its answer: the text may have arrived, so the repeat says so, under the same id."""
    _say(garden, 0, 1)
    post_office.data = lambda _message: "hang"
    worker = garden.start("worker")
    until(lambda: post_office.received(), "the text is with the mail server, which does not answer")
    begun = "SELECT attempts, may_repeat FROM outbox_delivery WHERE begun_at IS NOT NULL"
    assert garden.rows(begun) == [(1, False)]
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    post_office.data = lambda _message: ""
    _say(garden, 1, 2)  # committed while nobody lives: sent after the restart
    garden.start("worker")
    until(lambda: _states(garden) == {"accepted": 2}, "both left")
    flags = garden.rows("SELECT attempts, may_repeat FROM outbox_delivery ORDER BY id")
    assert [(n, bool(flag)) for n, flag in flags] == [(2, True), (1, False)]
    first, second = (mail for mail in post_office.received() if "[text 0]" in mail.text)
    assert first.id == second.id
    assert _count(post_office.accepted(), 1) == 1


@pytest.mark.slow
def test_two_workers_send_each_of_a_thousand_once(garden: Place, post_office: PostOffice) -> None:  # noqa: F811
    _say(garden, 0, 1000)
    for _ in range(2):
        garden.start("worker")
    until(lambda: _states(garden) == {"accepted": 1000}, "all left")
    texts = "\n".join(mail.text for mail in post_office.accepted())
    assert all(texts.count(f"[text {number}]") == 1 for number in range(1000))
    assert garden.rows("SELECT count(*) FROM outbox_delivery WHERE may_repeat") == [(0,)]


@pytest.mark.slow
def test_a_clock_that_steps_back_an_hour_neither_stalls_nor_storms(
    garden: Place, post_office: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    clock = ShiftedClock(garden)
    clock.start("worker")
    _say(clock, 0, 6)
    until(lambda: _states(garden) == {"accepted": 6}, "those before the step left")
    post_office.data = lambda _message: "451 4.3.0 try later"
    _say(clock, 6, 9)
    until(lambda: garden.rows("SELECT count(*) FROM outbox_delivery WHERE failures = 1") == [(3,)], "they wait")
    tasks_before = garden.rows("SELECT count(*) FROM ledger_queuedtask")[0][0]
    clock.set(-3600)
    post_office.data = lambda _message: ""
    _say(clock, 9, 12, 10)
    began = time.monotonic()
    until(lambda: _states(garden) == {"accepted": 12}, "nothing stalls for the hour that comes again")
    took = time.monotonic() - began
    mails = post_office.accepted()
    assert all(_count(mails, number) == 1 for number in range(12))
    made = garden.rows("SELECT count(*) FROM ledger_queuedtask")[0][0] - tasks_before
    assert made < 3 + 25 + took, "the periodic tasks go on at their pace, and no faster"
    assert "'worker'" not in clock.python(FOUND), "the worker is heard of in the new time"


def _doctor(garden: Place) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(garden.run("doctor", "--json").stdout)["findings"]
    return found


def test_a_worker_whose_clock_is_wrong_says_so(garden: Place) -> None:
    if garden.is_sqlite:
        pytest.skip("SQLite has no clock of its own; looked at on PostgreSQL")
    clock = ShiftedClock(garden)
    clock.set(-3600)
    clock.start("worker")
    until(lambda: garden.rows("SELECT count(*) FROM ledger_queueworker") == [(1,)], "it lives")
    assert 3590 < garden.rows("SELECT clock_off_seconds FROM ledger_queueworker")[0][0] < 3610
    until(lambda: "s ahead of the database's" in garden.log(), "the log says it")
    troubles = {one["check"] for one in _doctor(garden) if one["state"] == "trouble"}
    assert {"clocks", "database's clock"} <= troubles


@pytest.mark.slow
def test_three_hours_without_a_worker(garden: Place, post_office: PostOffice) -> None:  # noqa: F811
    """What was of use for half an hour is recorded and not sent; the rest goes; the silence was visible."""
    clock = ShiftedClock(garden)
    worker = clock.start("worker")
    until(lambda: garden.rows("SELECT count(*) FROM ledger_queueworker") == [(1,)], "it lives")
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    _say(clock, 0, 2, 30)
    _say(clock, 2, 4)
    clock.set(3 * 3600)
    told = clock.python(FOUND)
    assert "'worker'" in told
    assert "'messages due'" in told
    clock.start("worker")
    until(lambda: _states(garden) == {"accepted": 2, "dropped": 2}, "all have ended")
    assert [_count(post_office.accepted(), number) for number in range(4)] == [0, 0, 1, 1]
    reasons = {row[0][:15] for row in garden.rows("SELECT reason FROM outbox_delivery WHERE state = 'dropped'")}
    assert reasons == {"It was of use u"}
    assert "'worker'" not in clock.python(FOUND)


def test_a_dead_mail_server_keeps_no_other_work_waiting(garden: Place, post_office: PostOffice) -> None:  # noqa: F811
    """Ten letters hang at the mail server, each for as long as it may; the sweep runs all the same."""
    post_office.data = lambda _message: "hang"
    _say(garden, 0, 10)
    garden.start("worker")
    until(lambda: len(post_office.received()) >= 2, "the threads for messages are all held")
    garden.python("from hortus.ledger.tasks import sweep; sweep.enqueue()")
    query = "SELECT state FROM ledger_queuedtask WHERE path = 'hortus.ledger.tasks.sweep' AND unique_key IS NULL"
    until(lambda: garden.rows(query) == [("done",)], "the sweep did not wait")
    assert _states(garden) == {"due": 10}


def test_a_due_message_without_a_task_gets_one_again(garden: Place, post_office: PostOffice) -> None:  # noqa: F811
    _say(garden, 0, 3)
    garden.python(
        "from datetime import timedelta\nfrom hortus.ledger.outbox.models import Delivery\n"
        "from hortus.ledger.queue_models import QueuedTask\nfrom hortus.ledger import clock\n"
        "QueuedTask.objects.filter(queue='outbox').delete()\n"
        "Delivery.objects.update(made_at=clock.now() - timedelta(minutes=3))"
    )
    told = garden.python("from hortus.ledger.outbox.auditing import audit; print(audit()['tasks_made_again'])")
    assert told.strip() == "3"
    garden.run("worker", "--drain")
    assert _states(garden) == {"accepted": 3}
