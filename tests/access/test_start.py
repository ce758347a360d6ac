"""The first-run page: only with the code, only once, and then one is in."""

import stat
from pathlib import Path

import pytest
from django.test import Client

from hortus.access import actions, setup_code
from hortus.access.models import Membership, Person, SecurityEvent, Team
from hortus.values.refused import Refused

GIVEN = {
    "team": "Research Computing",
    "zone": "Europe/Paris",
    "name": "Ada",
    "email": "Ada@Example.org",
    "password": "a long garden path",
}


@pytest.fixture
def code(data_dir: Path, db: None) -> str:
    return setup_code.setup_code()


def test_the_code_is_kept_for_the_owner_only(code: str, data_dir: Path) -> None:
    path = data_dir / "setup.code"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert setup_code.setup_code() == code
    assert len(code) == 43


def test_starts_the_team_and_lets_the_lead_in(code: str, client: Client, data_dir: Path) -> None:
    page = client.get(f"/start/?code={code}")
    assert code in page.content.decode()
    answer = client.post("/start/", {**GIVEN, "code": code})
    assert answer.status_code == 302
    assert answer["Location"] == "/t/research-computing/"
    membership = Membership.objects.select_related("team", "person").get()
    assert (membership.role, membership.team.zone) == ("lead", "Europe/Paris")
    assert membership.person.email == "ada@example.org"
    assert client.get("/t/research-computing/team/").status_code == 200
    assert not (data_dir / "setup.code").exists()


def test_is_closed_once_a_team_exists(code: str, client: Client, team: Team) -> None:
    assert client.get("/start/").status_code == 410
    assert client.post("/start/", {**GIVEN, "code": code}).status_code == 410
    assert Team.objects.count() == 1


def test_a_sample_does_not_close_it(code: str, client: Client) -> None:
    Team.objects.create(slug="sample", name="Sample", is_sample=True)
    assert client.get("/start/").status_code == 200
    assert client.post("/start/", {**GIVEN, "code": code}).status_code == 302


@pytest.mark.parametrize("wrong", ["", "x", "0" * 43, "\u0661" * 43, "x" * 99])
def test_a_wrong_code_starts_nothing(code: str, client: Client, wrong: str) -> None:
    answer = client.post("/start/", {**GIVEN, "code": wrong})
    assert answer.status_code == 200
    assert not Team.objects.exists()
    assert not Person.objects.exists()


def test_no_code_is_right_before_one_was_made(data_dir: Path, db: None) -> None:
    assert not setup_code.code_is_right("")
    with pytest.raises(Refused, match="set-up code"):
        actions.start_team("T", "UTC", "Ada", "ada@example.org", "a long garden path", "")


def test_guessing_codes_meets_a_limit(code: str, client: Client) -> None:
    answers = [client.post("/start/", {**GIVEN, "code": "no"}).status_code for _ in range(12)]
    assert answers[0] == 200
    assert answers[-1] == 429
    assert SecurityEvent.objects.filter(verb="gave a wrong set-up code").count() == 10


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("zone", "Mars/Olympus", "choice"),
        ("email", "nobody", "valid email"),
        ("password", "short", "12 characters"),
        ("team", "  ", "required"),
    ],
)
def test_a_wrong_field_is_told_and_nothing_is_written(
    code: str, client: Client, field: str, value: str, sentence: str
) -> None:
    answer = client.post("/start/", {**GIVEN, "code": code, field: value})
    assert sentence in answer.content.decode()
    assert not Team.objects.exists()


def test_the_command_line_needs_no_code(data_dir: Path, db: None) -> None:
    membership = actions.start_team("T", "UTC", "Ada", "ada@example.org", "a long garden path", trusted=True)
    assert membership.team.slug == "t"
    with pytest.raises(Refused, match="already"):
        actions.start_team("U", "UTC", "Bea", "bea@example.org", "a long garden path", trusted=True)


def test_a_password_is_never_shown_again(code: str, client: Client) -> None:
    answer = client.post("/start/", {**GIVEN, "code": "wrong"})
    assert GIVEN["password"] not in answer.content.decode()
