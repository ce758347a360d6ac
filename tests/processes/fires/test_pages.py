"""Fires at their doors: pages and API, for a member, a lead, a reader and a stranger."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.catalogue import actions as catalogue
from hortus.catalogue.models import Service
from hortus.processes.fires import actions
from hortus.processes.fires.actions import Noted
from hortus.processes.fires.models import Fire, Kindling
from tests.conftest import signed_in  # type: ignore[import-not-found]


@pytest.fixture
def alder(team: Team, lead: Person) -> Service:
    return catalogue.add(
        team, catalogue.Details("Alder", "cluster", "Run jobs.", None, None), by=lead, door="web", slug="alder"
    )


def url(team: Team, name: str, *args: object) -> str:
    return reverse(f"fires:{name}", args=[team.slug, *args])


def test_two_taps_note_an_interrupt(team: Team, as_member: Client, alder: Service) -> None:
    page = as_member.get(url(team, "note")).content.decode()
    assert 'name="service" value="alder"' in page
    answer = as_member.post(url(team, "note"), {"service": "alder"}, follow=True)
    fire = Fire.objects.get()
    assert fire.service == "alder"
    assert "nothing more is needed" in answer.content.decode()
    said = {"service": "alder", "origin": "own-change", "sentence": "A <b>fan</b>", "tags": "Cooling, racks"}
    as_member.post(url(team, "fire", fire.pk), said)
    fire.refresh_from_db()
    assert (fire.origin, fire.tags) == ("own-change", ["cooling", "racks"])
    board = as_member.get(url(team, "board")).content.decode()
    assert "A &lt;b&gt;fan&lt;/b&gt;" in board
    assert "1 of 1 fire in 90 days came from ourselves." in board


def test_a_fire_of_a_service_that_is_not_ours_is_refused_in_words(team: Team, as_member: Client) -> None:
    answer = as_member.post(url(team, "note"), {"service": "elsewhere"})
    assert "is no service of" in answer.content.decode()
    assert not Fire.objects.exists()


def test_an_interrupt_can_be_withdrawn(team: Team, member: Person, as_member: Client) -> None:
    fire = actions.note(team, Noted(), by=member, door="web")
    as_member.post(url(team, "withdraw", fire.pk))
    assert not Fire.objects.counted().exists()
    again = as_member.post(url(team, "withdraw", fire.pk), follow=True)
    assert "withdrawn already" in again.content.decode()


def test_a_card_is_answered_on_its_page(team: Team, member: Person, as_member: Client, alder: Service) -> None:
    for _ in range(3):
        actions.note(team, Noted("alder"), by=member, door="web")
    card = Kindling.objects.get()
    assert "1 card waits for an answer" in as_member.get(url(team, "board")).content.decode()
    bad = as_member.post(url(team, "answer", card.pk), {"answer": "accepted", "sentence": "Until summer"})
    assert "Say until when you live with it." in bad.content.decode()
    assert "Until summer" in bad.content.decode()
    as_member.post(url(team, "answer", card.pk), {"answer": "boundary", "sentence": "Two days of notice"})
    page = as_member.get(url(team, "card", card.pk)).content.decode()
    assert "mend the boundary" in page
    assert "Two days of notice" in page
    assert "No kindling waits" in as_member.get(url(team, "board")).content.decode()


def test_a_reader_reads_and_writes_nothing(team: Team, member: Person, reader: Person) -> None:
    fire = actions.note(team, Noted(), by=member, door="web")
    client = signed_in(reader)
    assert client.get(url(team, "board")).status_code == 200
    assert client.post(url(team, "note"), {"service": ""}).status_code == 404
    assert client.post(url(team, "withdraw", fire.pk)).status_code == 404


def test_a_stranger_finds_nothing(team: Team, member: Person, as_stranger: Client) -> None:
    fire = actions.note(team, Noted(), by=member, door="web")
    for path in (url(team, "board"), url(team, "fire", fire.pk)):
        assert as_stranger.get(path).status_code == 404


def test_the_board_asks_as_much_for_thirty_as_for_one(
    team: Team, member: Person, as_member: Client, alder: Service, django_assert_max_num_queries
) -> None:
    actions.note(team, Noted("alder"), by=member, door="web")
    with django_assert_max_num_queries(30) as first:
        as_member.get(url(team, "board"))
    for number in range(30):
        actions.note(team, Noted("alder", tags=[f"tag-{number % 7}"]), by=member, door="web")
    with django_assert_max_num_queries(len(first) + 2):
        as_member.get(url(team, "board"))


def test_the_api_does_the_same(team: Team, as_member: Client, alder: Service) -> None:
    base = f"/api/v1/teams/{team.slug}"
    headers = {"X-CSRFToken": "x" * 32}
    as_member.cookies["hortus_csrf"] = "x" * 32
    for _ in range(3):
        made = as_member.post(
            f"{base}/fires", json.dumps({"service": "alder"}), content_type="application/json", headers=headers
        )
        assert made.status_code == 201, made.content
    assert as_member.get(f"{base}/fires").json()["total"] == 3
    (card,) = as_member.get(f"{base}/kindling?waiting=true").json()["cards"]
    assert (card["subject"], len(card["fires"])) == ("service:alder", 3)
    path = f"{base}/kindling/{card['id']}/answer"
    bad = as_member.post(
        path, json.dumps({"answer": "hope", "sentence": "x"}), content_type="application/json", headers=headers
    )
    assert (bad.status_code, bad.json()["field"]) == (422, "answer")
    good = {"answer": "people", "sentence": "Two more learn it"}
    answered = as_member.post(path, json.dumps(good), content_type="application/json", headers=headers)
    assert answered.json()["answer"] == "people"
    put = as_member.put(
        f"{base}/fires/{card['fires'][0]}",
        json.dumps({"origin": "own-gap"}),
        content_type="application/json",
        headers=headers,
    )
    assert put.json()["origin"] == "own-gap"


def test_saying_more_asks_for_no_origin(as_member: Client, team: Team, member: Person, alder: Service) -> None:
    fire = actions.note(team, Noted("alder"), by=member, door="web")
    page = url(team, "fire", fire.pk)
    assert "checked" in as_member.get(page).content.decode(), "that it is not known stands chosen"
    assert as_member.post(page, {"service": "alder", "sentence": "A fan failed"}).status_code == 302
    fire.refresh_from_db()
    assert (fire.sentence, fire.origin) == ("A fan failed", "")


def test_a_reader_is_led_to_no_form(team: Team, member: Person, reader: Person, alder: Service) -> None:
    fire = actions.note(team, Noted("alder"), by=member, door="web")
    form = url(team, "fire", fire.pk)
    assert form in signed_in(member).get(url(team, "board")).content.decode()
    page = signed_in(reader).get(url(team, "board")).content.decode()
    assert f"Interrupt by {alder.name}" in page, "a service is called by its name"
    assert form not in page
