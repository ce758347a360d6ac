"""Pages, API and command of messages; what a person decides about those that did not leave; the banner."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.ledger.outbox import actions, reads, topics
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.queue_models import QueuedTask, QueueWorker, TaskState
from hortus.ledger.queue_worker import drain
from hortus.values.refused import Refused
from tests.ledger.outbox.telling import NAMED, mailing, say  # noqa: F401 -- a fixture
from tests.outbox_servers import PostOffice, WebServer, post_office, web_server  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def dead(team: Team, mailing: PostOffice) -> Message:  # noqa: F811
    mailing.rcpt = lambda address: "550 5.1.1 nobody here" if address.startswith("bob") else ""
    made = say(team, "Scratch <is> slow", "ada", "bob")
    drain()
    mailing.rcpt = lambda _address: ""
    return made


def _page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_given_up_is_shown_in_red(as_member: Client, dead: Message) -> None:
    page = _page(as_member, "/t/rcd/messages/")
    assert "1 delivery given up" in page.replace("\xa0", " ")
    assert 'data-state="overgrown"' in page
    assert "Scratch &lt;is&gt; slow" in page
    one = _page(as_member, f"/t/rcd/messages/{dead.pk}/")
    assert "nobody here" in one
    assert "@example.org" not in one, "no address is shown"
    assert "Try again" not in one, "members look, leads and admins decide"
    assert "No message" not in _page(as_member, "/t/rcd/messages/?state=dead")
    assert "None of these" in _page(as_member, "/t/rcd/messages/?state=held")
    assert _page(as_member, "/t/rcd/messages/?state=nonsense")


def test_each_row_says_what_it_was_and_to_whom(as_member: Client, team: Team, mailing: PostOffice) -> None:  # noqa: F811
    told = say(team, "Over: Scratch is slow", "ada")
    Message.objects.filter(pk=told.pk).update(body="Scratch is slow\n\nIt is fast <again>.")
    say(team, "Nobody hears this")
    page = " ".join(_page(as_member, "/t/rcd/messages/").split())
    assert f"<small>{topics.name(NAMED.slug)}: It is fast &lt;again&gt;.</small>" in page
    assert page.count("to nobody") == 1


def test_a_lead_lets_it_start_over(as_lead: Client, dead: Message, mailing: PostOffice) -> None:  # noqa: F811
    one = Delivery.objects.dead().get()
    assert "Try again" in _page(as_lead, f"/t/rcd/messages/{dead.pk}/")
    answer = as_lead.post("/t/rcd/messages/retry/", {"delivery": one.pk, "message": dead.pk})
    assert answer["Location"] == f"/t/rcd/messages/{dead.pk}/"
    assert Event.objects.get(verb="retried").payload == {"recipients": 1}
    drain()
    one.refresh_from_db()
    assert (one.state, one.attempts) == ("accepted", 2)
    again = as_lead.post("/t/rcd/messages/retry/", {"delivery": one.pk}, follow=True)
    assert "only one that is dead can be chosen" in again.content.decode()
    assert as_lead.post("/t/rcd/messages/retry/", {"delivery": "x"}, follow=True).status_code == 200


def test_nobody_else_decides(as_member: Client, as_stranger: Client, dead: Message) -> None:
    one = Delivery.objects.dead().get()
    for client in (as_member, as_stranger):
        assert client.post("/t/rcd/messages/retry/", {"delivery": one.pk}).status_code in {403, 404}
        assert client.post("/t/rcd/messages/drop/", {"delivery": one.pk}).status_code in {403, 404}
    assert as_stranger.get("/t/rcd/messages/").status_code == 404
    assert as_stranger.get(f"/t/rcd/messages/{dead.pk}/").status_code == 404
    assert as_stranger.get(f"/api/v1/teams/rcd/messages/{dead.pk}").status_code == 404


def test_a_delivery_of_another_team_cannot_be_named(other_team: Team, lead: Person, dead: Message) -> None:
    one = Delivery.objects.dead().get()
    with pytest.raises(Refused, match="no delivery"):
        actions.retry(other_team, [one.pk], by=lead, door="test")


def test_what_a_backup_brought_back_is_released_or_dropped(as_lead: Client, team: Team, dead: Message) -> None:
    Delivery.objects.update(state="held")
    page = _page(as_lead, "/t/rcd/messages/")
    assert "may have been sent since it was made" in page
    first, second = Delivery.objects.order_by("pk")
    as_lead.post("/t/rcd/messages/release/", {"delivery": first.pk})
    as_lead.post("/t/rcd/messages/drop/", {"all": "1"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.reason) == ("due", "dropped", "Dropped by Lena.")
    assert set(Event.objects.filter(object_kind="message").values_list("verb", flat=True)) == {"released", "dropped"}


def test_the_api_says_and_does_the_same(as_lead: Client, dead: Message) -> None:
    listed = as_lead.get("/api/v1/teams/rcd/messages?state=dead").json()
    assert listed["total"] == 1
    assert listed["messages"][0]["counts"] == {"due": 0, "held": 0, "accepted": 1, "dead": 1, "dropped": 0}
    whole = as_lead.get(f"/api/v1/teams/rcd/messages/{dead.pk}").json()
    assert [one["state"] for one in whole["deliveries"]] == ["dead", "accepted"]
    assert whole["deliveries"][0]["recipient"] == "a test reader"
    number = whole["deliveries"][0]["id"]
    done = as_lead.post("/api/v1/teams/rcd/messages/retry", {"deliveries": [number]}, content_type="application/json")
    assert done.json() == {"count": 1}
    wrong = as_lead.post("/api/v1/teams/rcd/messages/drop", {"deliveries": [number]}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "not-open")


def test_trouble_counts_what_a_team_should_look_at(team: Team, other_team: Team, dead: Message) -> None:
    assert not reads.trouble(other_team)
    long_ago = timezone.now() - timedelta(hours=2)
    say(team, "Late", "ada")
    say(team, "Quiet", "ada")
    Delivery.objects.filter(message__subject="Late").update(due_from=long_ago)
    Delivery.objects.filter(message__subject="Quiet").update(due_from=long_ago, not_before=timezone.now())
    found = reads.trouble(team)
    assert (found.dead, found.held, found.late, found.late_since) == (1, 0, 1, long_ago)


def test_the_list_asks_no_more_for_thirty(as_member: Client, team: Team, mailing: PostOffice) -> None:  # noqa: F811
    say(team, "One", "ada", thread="")
    as_member.get("/t/rcd/messages/")
    with CaptureQueriesContext(connection) as one:
        as_member.get("/t/rcd/messages/")
    for number in range(29):
        say(team, f"Number {number}", "ada", "bob", thread="")
    with CaptureQueriesContext(connection) as thirty:
        as_member.get("/t/rcd/messages/")
    assert len(one) == len(thirty)


@pytest.mark.parametrize(("minutes", "shown"), [(1, False), (3, True), (-60, True)])
def test_a_silent_worker_is_found(team: Team, minutes: int, shown: bool) -> None:
    """A beat that lies in the future was written before the clock was set back: it proves nothing."""
    from hortus.ledger.outbox.auditing import silent_since

    now = timezone.now()
    QueueWorker.objects.create(host="alder", pid=1, beat_at=now - timedelta(minutes=minutes))
    assert (silent_since(now) is not None) == shown


def test_without_any_worker_only_waiting_work_is_missed(team: Team, mailing: PostOffice) -> None:  # noqa: F811
    from hortus.ledger.outbox.auditing import findings, silent_since

    now = timezone.now()
    assert silent_since(now) is None
    say(team, "One", "ada")
    assert silent_since(now) is None
    assert silent_since(now + timedelta(minutes=3)) is not None
    found = {one.check for one in findings(now + timedelta(minutes=20))}
    assert found >= {"worker", "messages due"}


def test_the_banner_is_for_members(as_member: Client, as_stranger: Client, team: Team, rf, member: Person) -> None:  # type: ignore[no-untyped-def]
    from hortus.access.doors import Standing
    from hortus.access.policy import Role
    from hortus.ledger.outbox.banner import worker_silent

    QueueWorker.objects.create(host="alder", pid=1, beat_at=timezone.now() - timedelta(minutes=5))
    request = rf.get("/")
    assert worker_silent(request) == {}
    request.standing = Standing(member, team, Role.MEMBER)
    assert "No worker was heard of for 5" in worker_silent(request)["banner"].sentence
    QueueWorker.objects.update(beat_at=timezone.now())
    assert not worker_silent(request)["banner"]
    request.standing = Standing(member, team, Role.GUEST)
    assert worker_silent(request) == {}


def test_the_auditor_makes_lost_tasks_again_and_calls_the_watchdog_only_when_clean(
    team: Team,
    mailing: PostOffice,  # noqa: F811
    web_server: WebServer,  # noqa: F811
    settings: Any,
) -> None:
    from hortus.ledger.outbox.auditing import audit

    told = {"heartbeat_url": web_server.url("/beat"), "fetch_networks": "127.0.0.0/8"}
    settings.HORTUS = settings.HORTUS.model_copy(update=told)
    topics.register(NAMED)
    say(team, "One", "ada")
    QueuedTask.objects.all().delete()
    Delivery.objects.update(made_at=timezone.now() - timedelta(minutes=2))
    assert audit()["tasks_made_again"] == 1
    assert QueuedTask.objects.get().state == TaskState.WAITING
    assert [one.path for one in web_server.requests()] == ["/beat"]
    assert audit()["tasks_made_again"] == 0
    Delivery.objects.update(state="dead")
    assert audit()["findings"] == 1
    assert len(web_server.requests()) == 2, "it is not called while something is wrong"
