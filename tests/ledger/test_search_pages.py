"""The search page and its API operation: a member, a guest, a stranger, nobody; odd addresses; pages."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue import actions
from hortus.catalogue.actions import Details
from hortus.catalogue.models import Service
from hortus.ledger.refs import Ref
from hortus.ledger.search import index, rebuild
from hortus.telemetry.actions import describe_cluster
from hortus.telemetry.models import Cluster
from tests.conftest import signed_in  # type: ignore[import-not-found]

PAGE = "/t/rcd/search/"
API = "/api/v1/teams/rcd/search"


@pytest.fixture
def service(team: Team, lead: Person) -> Service:
    return actions.add(team, Details("Alder cluster", "cluster", "Run <jobs> for chemists."), by=lead, door="web")


def test_a_service_is_found_with_its_page(service: Service, as_member: Client, as_lead: Client) -> None:
    for client in (as_member, as_lead):
        page = client.get(PAGE, {"q": "chemists alder"}).content.decode()
        assert (
            f'<a href="{reverse("catalogue:service", args=["rcd", service.slug])}"><mark>Alder</mark> cluster</a>'
            in page
        )
        assert "Run &lt;jobs&gt; for <mark>chemists</mark>." in page
    (hit,) = as_member.get(API, {"q": "chemists alder"}).json()["hits"]
    assert (hit["kind"], hit["id"], hit["name"]) == ("service", service.slug, "Alder cluster")
    assert hit["excerpt"].startswith("Run &lt;jobs&gt; for <mark>chemists</mark>.")


def test_a_changed_service_is_found_by_what_it_is_now(service: Service, as_member: Client, lead: Person) -> None:
    actions.change(service, Details("Birch", "storage", "Keep files."), by=lead, door="web")
    assert as_member.get(API, {"q": "alder"}).json()["hits"] == []
    assert len(as_member.get(API, {"q": "birch storage"}).json()["hits"]) == 1


def test_a_cluster_is_found_as_it_is_described(team: Team, lead: Person, as_member: Client) -> None:
    cluster = Cluster.objects.create(team=team, name="hornbeam")
    describe_cluster(cluster, service="alder", zone="Europe/Paris", node_count=3, by=lead, door="web")
    (hit,) = as_member.get(API, {"q": "cluster hornbeam alder"}).json()["hits"]
    assert hit["url"] == reverse("clusters:cluster", args=["rcd", "hornbeam"])
    assert rebuild(team) == 1
    assert len(as_member.get(API, {"q": "hornbeam"}).json()["hits"]) == 1


def test_guests_strangers_and_nobody_find_nothing(service: Service, guest: Person, as_stranger: Client) -> None:
    for client in (signed_in(guest), as_stranger):
        assert client.get(PAGE, {"q": "alder"}).status_code == 404
        assert client.get(API, {"q": "alder"}).status_code == 404
    assert Client().get(PAGE, {"q": "alder"}).headers["Location"].startswith("/account/")
    assert Client().get(API, {"q": "alder"}).status_code == 401


def test_the_page_says_what_to_do_when_nothing_is_found(as_member: Client) -> None:
    assert "Nothing found" in as_member.get(PAGE, {"q": "xyzzy"}).content.decode()
    assert "No word to look for" in as_member.get(PAGE, {"q": '"*"'}).content.decode()
    empty = as_member.get(PAGE).content.decode()
    assert "Nothing found" not in empty
    assert "No word" not in empty


def test_pages_are_leafed_through(team: Team, as_member: Client) -> None:
    with transaction.atomic():
        for n in range(45):
            index(team, Ref("note", str(n), ""), kind=Kind.SERVICE, title=f"Hemlock {n:02}")
    first, second, third, fourth = (
        as_member.get(PAGE, {"q": "hemlock", "page": n}).content.decode() for n in range(1, 5)
    )
    assert [page.count("<h2") for page in (first, second, third)] == [20, 20, 5]
    assert 'rel="prev"' not in first
    assert 'href="?q=hemlock&amp;page=2"' in first
    assert 'rel="next"' not in third
    assert "Nothing found" in fourth
    found = as_member.get(API, {"q": "hemlock", "limit": 30, "offset": 30}).json()
    assert (found["more"], len(found["hits"]), found["offset"]) == (False, 15, 30)
    assert as_member.get(API, {"q": "hemlock", "limit": 45}).json()["more"] is False
    assert as_member.get(API, {"q": "hemlock", "limit": 44}).json()["more"] is True


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "9" * 100, "²", ""])
def test_an_odd_page_number_is_a_page(service: Service, as_member: Client, page: str) -> None:
    assert as_member.get(PAGE, {"q": "alder", "page": page}).status_code == 200


@pytest.mark.parametrize("text", ['"', "<script>alert(1)</script>", "‮אבג", "x" * 9_000, "%", "' OR 1=1 --"])
def test_any_text_is_answered(as_member: Client, text: str) -> None:
    answer = as_member.get(PAGE, {"q": text})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content
    assert as_member.get(API, {"q": text}).status_code == 200


def test_bytes_that_are_no_text_are_answered(as_member: Client) -> None:
    assert as_member.get(f"{PAGE}?q=%ff%fe%ed%a0%80").status_code == 200
    assert as_member.get(f"{API}?q=%ff%fe%ed%a0%80").status_code == 200


def test_the_api_refuses_what_is_out_of_bounds(as_member: Client) -> None:
    for wrong in ({}, {"q": "x" * 10_001}, {"q": "a", "limit": 0}, {"q": "a", "limit": 101}, {"q": "a", "offset": -1}):
        assert as_member.get(API, wrong).status_code == 422


def test_a_nul_character_in_an_address_is_refused(as_member: Client) -> None:
    assert as_member.get(PAGE, {"q": "\x00"}).status_code == 400
