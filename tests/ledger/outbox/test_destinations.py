"""Chat rooms and programs of a team: pages and API by role, secrets that are shown once and lie sealed, trials."""

import json
import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from standardwebhooks import Webhook

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.ledger.outbox import choices, destinations, topics
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.models import Delivery, Message, Urgency
from hortus.ledger.outbox.topics import Topic
from hortus.ledger.queue_worker import drain
from hortus.ledger.refs import Ref
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.ledger.outbox.letter_box import AT, declare
from tests.outbox_servers import WebServer, web_server  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
NEWS, OTHER = Topic("test-room-news", "News for rooms."), Topic("test-room-other", "Other news.")
PRIVATE = Topic("test-room-never", "For people only.", to_teams=False)


@pytest.fixture(autouse=True)
def registered() -> Any:
    before = dict(topics._TOPICS)
    for one in (NEWS, OTHER, PRIVATE):
        topics.register(one)
    yield
    topics._TOPICS.clear()
    topics._TOPICS.update(before)


@pytest.fixture
def server(web_server: WebServer, settings: Any) -> WebServer:  # noqa: F811
    declare(settings, fetch_networks="127.0.0.1/32", public_url="https://hortus.example.org")
    return web_server


def path(name: str, team: Team, *args: str) -> str:
    return reverse(f"outbox:{name}", args=[team.slug, *args])


def say(team: Team, topic: Topic) -> Message:
    with transaction.atomic():
        return tell(team, topic.slug, Ref("team", team.slug, team.name), subject="Slow", body="It is slow.")


def add(team: Team, lead: Person, server: WebServer, **more: Any) -> Destination:
    given: dict[str, Any] = {"name": "Operations", "sort": "chat", "url": server.url("/room")}
    return destinations.add(team, **(given | more), by=lead, door="test")[0]


def test_a_program_is_added_tried_and_removed_on_the_page(
    team: Team, lead: Person, as_lead: Client, server: WebServer
) -> None:  # fmt: skip
    form = {"name": "Our bot", "sort": "webhook", "url": server.url("/hook?key=s3cret"), "is_on": "on"}
    shown = as_lead.post(path("destination-add", team), form).content.decode()
    secret = re.findall(r"whsec_[A-Za-z0-9+/=]+", shown)[0]
    again = as_lead.get(path("destination", team, "our-bot")).content.decode()
    for page in (again, as_lead.get(path("destinations", team)).content.decode()):
        assert "s3cret" not in page
        assert "whsec_" not in page
    assert as_lead.post(path("destination-trial", team, "our-bot")).status_code == 302
    drain()
    (asked,) = server.requests()
    assert asked.path == "/hook?key=s3cret"
    assert Webhook(secret).verify(asked.body, asked.headers)["type"] == "hortus.trial"
    page = as_lead.get(path("destination", team, "our-bot")).content.decode()
    assert "200 OK" in page
    assert as_lead.post(path("destination-remove", team, "our-bot")).status_code == 302
    assert not Destination.objects.exists()
    verbs = list(Event.objects.filter(object_kind="destination").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["added", "tried", "removed"]
    assert not any("s3cret" in json.dumps(event.payload) for event in Event.objects.all())


def test_addresses_and_secrets_lie_sealed(team: Team, lead: Person, server: WebServer) -> None:
    room, secret = destinations.add(
        team, name="Bot", sort="webhook", url=server.url("/hook?key=s3cret"), by=lead, door="test"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM outbox_destination")
        stored = str(cursor.fetchall())
    assert "s3cret" not in stored
    assert secret not in stored
    assert room.secrets.url == server.url("/hook?key=s3cret")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9/x", "HORTUS_FETCH_NETWORKS"), ("http://10.1.2.3/x", "HORTUS_FETCH_NETWORKS"),
        ("http://169.254.169.254/latest", "public server"), ("ftp://example.org/x", "is not fetched"),
        ("not an address", "space"),
    ],
)  # fmt: skip
def test_a_closed_or_wrong_address_is_answered_beside_its_field(
    team: Team, as_lead: Client, url: str, said: str
) -> None:  # fmt: skip
    form = {"name": "Room", "sort": "chat", "url": url, "is_on": "on"}
    page = as_lead.post(path("destination-add", team), form).content.decode()
    assert said in page
    assert 'id="id_url_error"' in page
    assert not Destination.objects.exists()


def test_rooms_get_what_they_take_while_they_are_on(team: Team, lead: Person, server: WebServer) -> None:
    everything, some = add(team, lead, server), add(team, lead, server, name="Some", topics=[NEWS.slug])
    off = add(team, lead, server, name="Off", is_on=False)

    def taking(topic: Topic) -> set[str]:
        rows = choices.plan(team, topic, Urgency.NORMAL, [], to_team=True, now=AT)
        return {one.recipient.id for one in rows}

    assert taking(NEWS) == {str(everything.pk), str(some.pk)}
    assert taking(OTHER) == {str(everything.pk)}
    assert taking(PRIVATE) == set()
    assert str(off.pk) not in taking(NEWS)


def test_nothing_goes_to_the_rooms_of_another_team(
    team: Team, other_team: Team, stranger: Person, server: WebServer
) -> None:  # fmt: skip
    add(other_team, stranger, server)
    say(team, NEWS)
    drain()
    assert server.requests() == []


@pytest.mark.parametrize("change", ["off", "removed"])
def test_turned_off_or_removed_between_queue_and_sending_is_not_sent_and_recorded(
    team: Team, lead: Person, server: WebServer, change: str
) -> None:  # fmt: skip
    room = add(team, lead, server)
    say(team, NEWS)
    if change == "off":
        destinations.change(room, name=room.name, is_on=False, by=lead, door="test")
    else:
        destinations.remove(room, by=lead, door="test")
    drain()
    assert server.requests() == []
    dropped = Delivery.objects.get()
    expected = "the destination was turned off" if change == "off" else "the destination was removed"
    assert (dropped.state, dropped.reason) == (Delivery.State.DROPPED, expected)


def test_a_change_keeps_the_address_unless_another_is_given(team: Team, lead: Person, server: WebServer) -> None:
    room = add(team, lead, server)
    assert destinations.change(room, name="Ops", topics=[NEWS.slug], by=lead, door="test") == ["name", "topics"]
    assert room.secrets.url == server.url("/room")
    assert destinations.change(room, name="Ops", url=server.url("/b"), topics=[NEWS.slug], by=lead, door="test") == [
        "address"
    ]
    assert Destination.objects.get().secrets.url == server.url("/b")


def test_a_change_on_the_page_turns_it_off(team: Team, lead: Person, as_lead: Client, server: WebServer) -> None:
    room = add(team, lead, server)
    form = {"name": "Ops room", "topics": [NEWS.slug]}
    assert as_lead.post(path("destination-change", team, room.slug), form).status_code == 302
    room.refresh_from_db()
    assert (room.name, room.topics, room.is_on) == ("Ops room", [NEWS.slug], False)
    assert "Ops room is turned off" in as_lead.get(path("destination", team, room.slug)).content.decode()


def test_a_member_reads_the_list_and_changes_nothing(
    team: Team, lead: Person, as_member: Client, as_stranger: Client, server: WebServer
) -> None:  # fmt: skip
    room = add(team, lead, server)
    assert "Operations" in as_member.get(path("destinations", team)).content.decode()
    for name, args in (
        ("destination-add", ()),
        ("destination-change", (room.slug,)),
        ("destination-secret", (room.slug,)),
    ):
        assert as_member.post(path(name, team, *args)).status_code == 404
        assert as_stranger.post(path(name, team, *args)).status_code == 404
    assert as_stranger.get(path("destination", team, room.slug)).status_code == 404


def test_the_api_does_the_same(team: Team, lead: Person, member: Person, server: WebServer) -> None:
    base, client = f"/api/v1/teams/{team.slug}/destinations", signed_in(lead)
    body = {"name": "Bot", "sort": "webhook", "url": server.url("/hook"), "topics": [NEWS.slug]}
    made = client.post(base, body, content_type="application/json")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert made.json()["destination"]["host"] == "127.0.0.1"
    (listed,) = client.get(base).json()
    assert not {"url", "secret", "sealed"} & set(listed)
    renewed = client.post(f"{base}/bot/secret").json()
    assert renewed["secret"] not in {"", secret}
    assert renewed["destination"]["former_signs_until"]
    tried = client.post(f"{base}/bot/trial")
    assert tried.status_code == 202
    assert Message.objects.get(pk=tried.json()["message"]).topic == choices.TRIAL
    wrong = client.post(base, body | {"name": "B2", "topics": [PRIVATE.slug]}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "topics")
    twice = client.post(base, body, content_type="application/json")
    assert (twice.status_code, twice.json()["field"]) == (422, "name")
    room = client.post(base, body | {"name": "Room", "sort": "chat"}, content_type="application/json")
    assert room.json()["secret"] == ""
    assert client.post(f"{base}/room/secret").json()["code"] == "not-signed"
    assert signed_in(member).post(f"{base}/bot/trial").status_code == 404
    assert client.delete(f"{base}/bot").status_code == 204


def test_the_list_asks_the_database_as_often_for_thirty_as_for_one(
    team: Team, lead: Person, as_lead: Client, server: WebServer, django_assert_max_num_queries: Any
) -> None:  # fmt: skip
    add(team, lead, server)
    as_lead.get(path("destinations", team))
    counts = []
    for more in (0, 29):
        for number in range(more):
            add(team, lead, server, name=f"Room {number}")
        with django_assert_max_num_queries(20) as asked:
            as_lead.get(path("destinations", team))
        counts.append(len(asked))
    assert counts[0] == counts[1]
