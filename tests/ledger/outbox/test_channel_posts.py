"""Chat rooms and signed webhooks as a server on loopback gets them, and what each answer comes to."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.outbox import destinations
from hortus.ledger.outbox.channels import send, webhook
from hortus.ledger.outbox.channels.chat import LONGEST_TEXT, harmless
from hortus.ledger.outbox.channels.letters import Letter, Said, Verdict
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.recipients import Channel
from tests.ledger.outbox.letter_box import LATER, SAID, declare, letter
from tests.outbox_servers import Asked, WebServer, web_server  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "webhooks.md"


@pytest.fixture
def server(web_server: WebServer, settings: Any) -> WebServer:  # noqa: F811
    declare(settings, fetch_networks="127.0.0.1/32", public_url="https://hortus.example.org")
    return web_server


def made(team: Team, lead: Person, server: WebServer, sort: str) -> tuple[Destination, str]:
    return destinations.add(team, name="There", sort=sort, url=server.url("/hook"), by=lead, door="test")


def to(destination: Destination, *messages: Said, **more: Any) -> Letter:
    facts = {"recipient_kind": "destination", "recipient_id": str(destination.pk)}
    return letter(*messages, channel=Channel(destination.sort), **facts, **more)


def said_in(server: WebServer) -> str:
    return str(json.loads(server.requests()[-1].body)["text"])


def test_a_chat_room_gets_plain_text_with_a_link(server: WebServer, team: Team, lead: Person) -> None:
    room, secret = made(team, lead, server, "chat")
    assert secret == ""
    outcome = send(to(room))
    assert (outcome.verdict, outcome.answer) == (Verdict.ACCEPTED, "200 OK")
    (asked,) = server.requests()
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/hook", "application/json")
    assert json.loads(asked.body) == {
        "text": "Scratch is slow\nYou can log in.\nYou cannot submit.\nhttps://hortus.example.org/t/rcd/incidents/7/"
    }


def test_several_messages_come_as_one_text_that_has_them_all(server: WebServer, team: Team, lead: Person) -> None:
    room, _ = made(team, lead, server, "chat")
    send(to(room, SAID, LATER, may_repeat=True))
    text = said_in(server)
    assert text.startswith("This may be a repeat")
    assert text.index("You cannot submit.") < text.index("It is over.")
    assert "23 November 2026, 14:30 CET" in text


def test_a_title_is_said_once(server: WebServer, team: Team, lead: Person) -> None:
    room, _ = made(team, lead, server, "chat")
    told = replace(SAID, body=f"{SAID.subject}\n\nYou cannot submit.")
    send(to(room, told))
    assert said_in(server).splitlines()[:2] == [SAID.subject, "You cannot submit."]
    send(to(room, replace(told, subject=f"Over: {SAID.subject}"), LATER))
    assert said_in(server).count(SAID.subject) == 1 + LATER.subject.count(SAID.subject) + LATER.body.count(SAID.subject)


def test_nobody_is_rung_and_no_address_hides_behind_words(server: WebServer, team: Team, lead: Person) -> None:
    room, _ = made(team, lead, server, "chat")
    body = "<!here> <@U123> @channel @all, ask ada@example.org & [see](https://evil.example)"
    send(to(room, replace(SAID, subject="@here: <https://evil.example|our page>", body=body)))
    text = said_in(server)
    assert not re.search(r"<[!@#h]", text)
    assert not re.search(r"(?<!\w)@\w", text)
    assert "](" not in text
    assert "ada@example.org &amp; " in text


@given(st.text())
def test_whatever_is_quoted_holds_no_command(text: str) -> None:
    found = harmless(text)
    assert "<" not in found
    assert "](" not in found
    assert found.replace("\u200b", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text.replace(
        "\u200b", ""
    )


def test_a_long_text_is_cut_and_says_where_all_of_it_is(server: WebServer, team: Team, lead: Person) -> None:
    room, _ = made(team, lead, server, "chat")
    send(to(room, replace(SAID, body="A line of a very long text.\n" * 1000)))
    assert len(said_in(server)) < LONGEST_TEXT + 100
    assert said_in(server).endswith("(cut; the page has all of it)\nhttps://hortus.example.org/t/rcd/incidents/7/")


@pytest.mark.parametrize(
    ("sort", "status", "verdict"),
    [
        ("chat", 200, Verdict.ACCEPTED), ("chat", 204, Verdict.ACCEPTED), ("chat", 404, Verdict.REFUSED),
        ("chat", 403, Verdict.REFUSED), ("chat", 429, Verdict.AGAIN), ("chat", 500, Verdict.AGAIN),
        ("chat", 302, Verdict.AGAIN), ("webhook", 202, Verdict.ACCEPTED), ("webhook", 404, Verdict.AGAIN),
        ("webhook", 401, Verdict.AGAIN), ("webhook", 410, Verdict.REFUSED), ("webhook", 503, Verdict.AGAIN),
    ],
)  # fmt: skip
def test_each_answer_has_its_meaning(
    server: WebServer, team: Team, lead: Person, sort: str, status: int, verdict: Verdict
) -> None:  # fmt: skip
    server.answer = lambda _path, _body: status
    outcome = send(to(made(team, lead, server, sort)[0]))
    assert outcome.verdict is verdict
    assert str(status) in outcome.answer
    assert outcome.is_channel_down is (status in {429, 500, 503})


@pytest.mark.parametrize("sort", ["chat", "webhook"])
def test_who_breaks_off_is_asked_again_and_may_have_it(server: WebServer, team: Team, lead: Person, sort: str) -> None:
    server.answer = lambda _path, _body: 0
    outcome = send(to(made(team, lead, server, sort)[0]))
    assert (outcome.verdict, outcome.is_unsure, outcome.is_channel_down) == (Verdict.AGAIN, True, True)


def test_who_does_not_listen_is_asked_again(server: WebServer, team: Team, lead: Person) -> None:
    program, _ = made(team, lead, server, "webhook")
    server.stop()
    outcome = send(to(program))
    assert (outcome.verdict, outcome.is_unsure, outcome.is_channel_down) == (Verdict.AGAIN, False, True)


def test_an_address_that_was_closed_since_is_not_asked(
    server: WebServer, team: Team, lead: Person, settings: Any
) -> None:  # fmt: skip
    room, _ = made(team, lead, server, "chat")
    declare(settings, fetch_networks="")
    outcome = send(to(room))
    assert outcome.verdict is Verdict.REFUSED
    assert "HORTUS_FETCH_NETWORKS" in outcome.answer
    assert server.requests() == []


def test_a_destination_that_is_gone_gets_nothing(server: WebServer, team: Team, lead: Person) -> None:
    room, _ = made(team, lead, server, "chat")
    sent = to(room)
    room.delete()
    assert send(sent).verdict is Verdict.UNSENT


def test_under_another_secret_key_nothing_is_sent_until_the_former_is_named(
    server: WebServer, team: Team, lead: Person, settings: Any
) -> None:
    room, _ = made(team, lead, server, "chat")
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another one"
    outcome = send(to(room))
    assert outcome.verdict is Verdict.REFUSED
    assert "secret.key" in outcome.answer
    settings.SECRET_KEY_FALLBACKS = [former]
    assert send(to(room)).verdict is Verdict.ACCEPTED


def verified(asked: Asked, secret: str) -> Any:
    """Return the payload as the field's own library for receivers reads it; it refuses a wrong signature."""
    return Webhook(secret).verify(asked.body, asked.headers)


def test_a_program_can_prove_who_sent_it(server: WebServer, team: Team, lead: Person) -> None:
    program, secret = made(team, lead, server, "webhook")
    assert send(to(program, SAID, LATER, may_repeat=True)).verdict is Verdict.ACCEPTED
    (asked,) = server.requests()
    payload = verified(asked, secret)
    assert payload["type"] == "hortus.incident"
    assert payload["data"]["subject"] == "Scratch is slow"
    assert [one["text"] for one in payload["data"]["earlier"]] == [SAID.body]
    assert payload["data"]["may_repeat"] is True
    assert asked.headers["webhook-id"] == payload["data"]["id"] == LATER.id
    with pytest.raises(WebhookVerificationError):
        verified(replace(asked, body=asked.body.replace(b"slow", b"fast")), secret)
    with pytest.raises(WebhookVerificationError):
        verified(asked, "whsec_" + "A" * 44)


def test_while_a_secret_is_replaced_both_sign_and_a_day_later_only_the_new_one(
    server: WebServer, team: Team, lead: Person
) -> None:  # fmt: skip
    program, former = made(team, lead, server, "webhook")
    present = destinations.renew(program, by=lead, door="test")
    assert present != former
    send(to(program))
    for secret in (former, present):
        assert verified(server.requests()[-1], secret)
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        now = clock.now()
        secrets = program.signing_secrets(now)
        assert secrets == [present]
        webhook.send(to(program), program.secrets.url, secrets, "", now, "there")
        assert verified(server.requests()[-1], present)
        with pytest.raises(WebhookVerificationError):
            verified(server.requests()[-1], former)


def test_the_example_of_the_page_is_what_hortus_sends_and_its_signature_is_right() -> None:
    page = PAGE.read_text(encoding="utf-8")
    blocks: Sequence[str] = re.findall(r"```(?:json|text)\n(.*?)```", page, re.DOTALL)
    headers = dict(line.split(": ", 1) for line in blocks[0].strip().splitlines())
    body, secret = blocks[1].rstrip("\n"), re.findall(r"`(whsec_[^`]+)`", page)[0]
    assert json.loads(body) == webhook.payload(letter(channel=Channel.WEBHOOK), "https://hortus.example.org")
    with time_machine.travel(int(headers["webhook-timestamp"]), tick=False):
        assert Webhook(secret).verify(body, headers)
