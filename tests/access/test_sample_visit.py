"""The sample garden opens without sign-in on loopback only, for reading only, until a real team exists."""

from typing import Any

import pytest
from django.test import Client

from hortus.access.models import Membership, Person, Team

SAMPLE = "/t/sample/"


@pytest.fixture
def sample(db: None) -> Team:
    team = Team.objects.create(slug="sample", name="Sample", is_sample=True)
    for role in ("lead", "reader"):
        person = Person.objects.create_user(f"{role}@sample.invalid", role.capitalize(), None)
        Membership.objects.create(team=team, person=person, role=role)
    return team


def local(**more: str) -> Client:
    return Client(HTTP_HOST="localhost:8000", **more)


def is_open(client: Client, path: str = SAMPLE) -> bool:
    return client.get(path).status_code == 200


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost"])
def test_opens_on_this_machine(sample: Team, host: str) -> None:
    page = Client(HTTP_HOST=host).get(SAMPLE)
    assert page.status_code == 200
    text = page.content.decode()
    assert "sample garden" in text
    assert 'href="/start/"' in text


def test_the_front_door_leads_to_it(sample: Team) -> None:
    assert local().get("/")["Location"] == SAMPLE


FORWARDED = [
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED",
    "HTTP_VIA",
]  # fmt: skip


@pytest.mark.parametrize("header", FORWARDED)
def test_stays_shut_to_whatever_was_forwarded(sample: Team, header: str) -> None:
    assert not is_open(local(**{header: "127.0.0.1"}))


def test_stays_shut_to_other_machines_and_names(sample: Team, settings: Any) -> None:
    assert not is_open(local(REMOTE_ADDR="192.0.2.7"))
    settings.ALLOWED_HOSTS = ["*"]
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "192.0.2.7:8000"):
        assert not is_open(Client(HTTP_HOST=host)), host


@pytest.mark.parametrize(
    "declared",
    [
        {"host": "0.0.0.0"},
        {"host": "192.0.2.1"},
        {"public_url": "https://hortus.example.org"},
        {"trusted_proxies": "unix"},
        {"allowed_hosts": "hortus.example.org"},
    ],
)
def test_stays_shut_where_others_are_served(sample: Team, settings: Any, declared: dict[str, str]) -> None:
    settings.HORTUS = settings.HORTUS.model_copy(update=declared)
    assert not is_open(local())


def test_opens_through_a_tunnel_to_the_socket(sample: Team, settings: Any) -> None:
    settings.HORTUS = settings.HORTUS.model_copy(update={"uds": "/run/hortus.sock", "host": "0.0.0.0"})
    assert is_open(local(REMOTE_ADDR=""))


def test_shuts_once_a_team_has_been_started(sample: Team, lead: Person) -> None:
    assert not is_open(local())


def test_a_visitor_reads_what_a_reader_reads_and_writes_nothing(sample: Team) -> None:
    assert is_open(local(), f"{SAMPLE}team/")
    assert is_open(local(), "/api/v1/teams/sample")
    for path in ("team/security/", "team/tokens/", "team/invitations/", "team/settings/"):
        assert local().get(SAMPLE + path).status_code == 404
    assert local().post(f"{SAMPLE}readings/")["Location"].startswith("/account/login/")
    assert local().post("/api/v1/teams/sample/readings").status_code == 401


def test_a_visitor_has_no_account(sample: Team) -> None:
    for path in ("/account/", "/account/2fa/", "/account/sessions/", "/account/password/change/"):
        assert local().get(path)["Location"].startswith("/account/"), path
    assert local().get("/account/login/").status_code == 200


def test_a_visitor_sees_no_other_team(sample: Team, other_team: Team) -> None:
    assert local().get("/t/others/").status_code in (302, 404)


def test_nobody_signs_in_as_an_invented_person(sample: Team, client: Client) -> None:
    client.post("/account/login/", {"login": "lead@sample.invalid", "password": ""})
    client.post("/account/login/", {"login": "lead@sample.invalid", "password": "x"})
    assert client.get("/account/").status_code == 302
