"""From `tell` to the mail server in one process: order, folds, retries, refusals, drops, records."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hortus.access.models import Team
from hortus.ledger.outbox import topics
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Delivery, Message, Urgency
from hortus.ledger.queue_models import QueuedTask, TaskState
from hortus.ledger.queue_worker import drain
from tests.ledger.outbox.telling import ABOUT, GONE, NAMED, mailing, reader, say  # noqa: F401 -- a fixture
from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def only() -> Delivery:
    return Delivery.objects.get()


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def subjects(office: PostOffice) -> list[str]:
    return [str(mail.message["Subject"]).removeprefix("[Research Computing] ") for mail in office.accepted()]


def test_a_message_is_said_once_for_each_recipient(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    say(team, "Scratch is slow", "ada", "bob")
    assert states() == ["due", "due"]
    drain()
    assert states() == ["accepted", "accepted"]
    assert sorted(mail.to for mail in mailing.accepted()) == [("ada@example.org",), ("bob@example.org",)]
    assert all("The text of Scratch is slow." in mail.text for mail in mailing.accepted())
    assert {one.attempts for one in Delivery.objects.all()} == {1}
    assert not Delivery.objects.filter(may_repeat=True).exists()


def test_a_message_exists_only_if_the_callers_rows_do(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    with transaction.atomic():
        tell(team, NAMED.slug, ABOUT, subject="x", body="x", to=[reader("ada")])
        transaction.set_rollback(True)
    assert [model.objects.count() for model in (Message, Delivery, QueuedTask)] == [0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_told(team: Team) -> None:
    topics.register(NAMED)
    with pytest.raises(RuntimeError, match="inside the transaction"):
        tell(team, NAMED.slug, ABOUT, subject="x", body="x")


def test_a_topic_must_be_registered(team: Team) -> None:
    with transaction.atomic(), pytest.raises(KeyError):
        tell(team, "unheard-of", ABOUT, subject="x", body="x")


def test_one_key_is_said_once(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    first = say(team, "Due at nine", "ada", dedupe_key="promise:1:due")
    second = say(team, "Due at nine, again", "ada", dedupe_key="promise:1:due")
    assert first.pk == second.pk
    drain()
    assert subjects(mailing) == ["Due at nine"]


def test_the_sample_team_sends_nothing(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    Team.objects.filter(pk=team.pk).update(is_sample=True)
    team.refresh_from_db()
    say(team, "Scratch is slow", "ada")
    assert (only().state, only().reason) == ("dropped", "The sample team sends nothing.")
    assert drain() == 0
    assert mailing.connections == 0


def test_one_refusal_is_dead_and_visible_and_the_others_get_theirs(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    mailing.rcpt = lambda address: "550 5.1.1 nobody here" if address.startswith("bob") else ""
    say(team, "Scratch is slow", "ada", "bob", "eve")
    drain()
    assert states() == ["accepted", "dead", "accepted"]
    assert "550" in Delivery.objects.dead().get().reason
    assert [mail.to for mail in mailing.accepted()] == [("ada@example.org",), ("eve@example.org",)]


def test_a_server_that_breaks_off_is_tried_again_with_the_same_id(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    mailing.data = lambda _message: "reset"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        say(team, "Scratch is slow", "ada")
        drain()
        assert (only().state, only().failures, only().may_repeat) == ("due", 1, True)
        wait = QueuedTask.objects.get().run_after - timezone.now()
        assert timedelta(seconds=13) < wait < timedelta(seconds=17)
        mailing.data = lambda _message: ""
        clock.shift(20)
        _no_pause()
        drain()
    assert (only().state, only().attempts) == ("accepted", 2)
    first, second = mailing.received()
    assert first.id == second.id
    assert first.answer == ""


def _no_pause() -> None:
    from hortus.ledger.outbox import delivering

    delivering.PAUSES.until.clear()
    delivering.PAUSES.woken.clear()


def test_six_hours_without_a_mail_server(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    """All updates arrive, in order, folded; a reminder that is of no use any more is recorded."""
    mailing.down()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        say(team, "Update 1", "ada")
        drain()
        for number in range(2, 13):
            clock.shift(30 * MINUTE)
            _no_pause()
            say(team, f"Update {number}", "ada")
            if number == 3:
                say(team, "Reminder", "ada", useful_until=timezone.now() + 10 * MINUTE)
            drain()
        assert Delivery.objects.due().count() == 13
        assert Delivery.objects.order_by("pk")[0].attempts >= 8
        mailing.up()
        clock.shift(HOUR + 10 * MINUTE)
        _no_pause()
        drain()
    assert not Delivery.objects.due().exists()
    assert Delivery.objects.filter(state="accepted").count() == 12
    dropped = Delivery.objects.get(state="dropped")
    assert (dropped.message.subject, dropped.reason[:15]) == ("Reminder", "It was of use u")
    mails = mailing.accepted()
    assert len(mails) == 2, "what waited behind the first goes as one"
    told = "\n".join(mail.text for mail in mails)
    places = [told.index(f"The text of Update {number}.") for number in range(1, 13)]
    assert places == sorted(places)
    assert "Reminder" not in told


def test_three_that_wait_go_one_by_one_and_four_as_one(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    for number in (1, 2, 3):
        say(team, f"Update {number}", "ada")
    for number in (1, 2, 3, 4):
        say(team, f"Other {number}", "ada", thread="incident:2")
    drain()
    assert len(mailing.accepted()) == 4
    assert subjects(mailing)[:3] == ["Update 1", "Update 2", "Update 3"]
    lead = Delivery.objects.get(message__subject="Other 1")
    assert {one.folded_into_id for one in Delivery.objects.filter(lane=lead.lane).exclude(pk=lead.pk)} == {lead.pk}
    assert all(f"The text of Other {n}." in mailing.accepted()[3].text for n in (1, 2, 3, 4))
    assert set(states()) == {"accepted"}


def test_a_repeat_tells_what_the_cut_off_try_told(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    """What came meanwhile goes with the next letter: under the same id a reader's program may drop the second."""
    mailing.data = lambda _message: "reset"
    with time_machine.travel(timezone.now(), tick=False) as clock:
        say(team, "Update 1", "ada")
        drain()
        for number in (2, 3, 4, 5, 6):
            say(team, f"Update {number}", "ada")
        mailing.data = lambda _message: ""
        clock.shift(MINUTE)
        _no_pause()
        drain()
    first, second, third = mailing.received()
    assert first.id == second.id != third.id
    assert "Update 2" not in second.text
    assert all(f"The text of Update {n}." in third.text for n in (2, 3, 4, 5, 6))


def test_a_try_that_a_crash_cut_off_is_repeated_and_flagged(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    say(team, "Update 1", "ada")
    Delivery.objects.update(begun_at=timezone.now(), attempts=1)
    drain()
    assert (only().state, only().may_repeat, only().attempts) == ("accepted", True, 2)


def test_after_three_days_a_person_must_look(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    mailing.down()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        say(team, "Update 1", "ada")
        drain()
        clock.shift(timedelta(hours=71))
        _no_pause()
        drain()
        assert only().state == "due"
        clock.shift(timedelta(hours=2))
        _no_pause()
        drain()
    assert only().state == "dead"
    assert only().reason.startswith("Not accepted within 72 hours. The last answer: ")


def test_permits_are_asked_just_before_sending(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    """Somebody unsubscribed, or what it is about became private, between the queue and the sending."""
    said = {"private": ""}
    topics.register(topics.Topic("test-judged", "x", to_teams=False, permits=lambda one: said["private"]))
    with transaction.atomic():
        tell(team, "test-judged", ABOUT, subject="x", body="x", to=[reader("ada")])
    say(team, "y", "bob")
    said["private"], _ = "the service went private", GONE.add("bob")
    drain()
    reasons = dict(Delivery.objects.values_list("recipient_id", "reason"))
    assert states() == ["dropped", "dropped"]
    assert reasons["ada"] == "the service went private"
    assert reasons["bob"] == "There is no mailbox for it any more."
    assert mailing.received() == []


def test_a_server_that_was_down_a_moment_ago_is_not_asked_by_the_next(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    mailing.data = lambda _message: "reset"
    for name in ("ada", "bob", "eve"):
        say(team, "Update 1", name)
    drain()
    assert mailing.connections == 1
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert QueuedTask.objects.filter(state=TaskState.WAITING).count() == 3


def test_when_it_answers_again_nobody_waits_an_hour(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    say(team, "Update 1", "ada")
    say(team, "Update 1", "bob")
    later = timezone.now() + HOUR
    Delivery.objects.update(failures=9)
    QueuedTask.objects.filter(args=[Delivery.objects.get(recipient_id="bob").pk]).update(run_after=later)
    drain()
    assert states() == ["accepted", "accepted"]


def test_what_cannot_wait_takes_what_waits_before_it_along(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    say(team, "Update 1", "ada")
    QueuedTask.objects.update(run_after=timezone.now() + HOUR)
    say(team, "Data is at risk", "ada", urgency=Urgency.SAFETY)
    drain()
    assert subjects(mailing) == ["Update 1", "Data is at risk"]


def test_many_recipients_are_written_with_few_queries(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    with CaptureQueriesContext(connection) as few:
        say(team, "Update 1", *(f"reader{n}" for n in range(500)))
    with CaptureQueriesContext(connection) as many:
        say(team, "Update 2", *(f"reader{n}" for n in range(1000)))
    assert Delivery.objects.count() == QueuedTask.objects.count() == 1500
    assert len(many) - len(few) < 50


def test_what_a_letter_told_along_keeps_no_worker_busy(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    for number in range(9):
        say(team, f"Word {number}", "ada", thread="incident:1")
    assert drain(1) == 1
    assert states() == ["accepted"] * 9
    assert set(QueuedTask.objects.values_list("state", "result")) == {(TaskState.DONE, "accepted")}
    assert drain() == 0
    assert len(mailing.accepted()) == 1
