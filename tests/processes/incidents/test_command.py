"""`hortus incident` in a terminal: what it prints, as text and as JSON, and its exit codes."""

import json

import pytest
from click.testing import CliRunner

from hortus.access.models import Person, Team
from hortus.cli import main
from hortus.processes.incidents.models import Incident
from tests.processes.incidents.course_of import a_function

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["incident", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_an_incident_in_a_terminal(team: Team, member: Person) -> None:
    a_function(team, member)
    code, text, _ = run("declare", "Nobody can reach scratch")
    assert (code, text.splitlines()[0]) == (0, "Incident #1 is active: Nobody can reach scratch")
    assert "next word by" in text
    code, text, _ = run(
        "update", "1", "We restart it", "--public", "--condition", "scratch=unavailable", "--cannot", "reach it."
    )
    assert (code, text.startswith("Incident #1 is active; next word by")) == (0, True)
    code, text, _ = run("list")
    assert "#1" in text
    assert "Mira" in text
    code, _, errors = run("resolve", "1")
    assert (code, "last word is published too" in errors) == (2, True)
    code, text, _ = run("resolve", "1", "It was a cable", "--public", "--condition", "scratch=working")
    assert (code, text) == (0, "Incident #1 is resolved; no word is promised.\n")
    assert run("list")[1] == "No incident is open.\n"
    assert "We are trying: It was a cable" in run("show", "1")[1]


def test_words_that_come_too_late_are_kept_and_told(team: Team, member: Person) -> None:
    run("declare", "Nobody can log in")
    run("resolve", "1")
    code, text, _ = run("update", "1", "Still looking", "--then", "contain", "--json")
    found = json.loads(text)
    assert (code, found["update"]["is_note"], found["state"]) == (1, True, "resolved")
    assert "Your words are kept" in found["why_not"]


def test_the_same_key_declares_once(team: Team, member: Person) -> None:
    for _ in range(2):
        assert json.loads(run("declare", "Down", "--key", "cron-7", "--json")[1])["number"] == 1
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["declare", " "], "The sentence is empty"),
        (["declare", "x", "--service", "nothing"], "There is no service 'nothing'"),
        (["declare", "x", "--by", "nobody@example.org"], "members: mira@example.org"),
        (["update", "7", "x"], "it has none yet"),
        (["update", "1", "x", "--condition", "scratch"], "has no incident #1"),
        (["show", "0"], "0 is not in the range"),
    ],
)
def test_bad_input_is_answered(team: Team, member: Person, arguments: list[str], said: str) -> None:
    code, _, errors = run(*arguments)
    assert (code, said in errors) == (2, True), errors


def test_who_speaks_is_said_where_there_are_several(team: Team, member: Person, lead: Person) -> None:
    code, _, errors = run("declare", "Nobody can log in")
    assert (code, "lena@example.org, mira@example.org" in errors) == (2, True)
    code, text, _ = run("declare", "Nobody can log in", "--by", "Lena@example.org", "--reported", "--json")
    assert (code, json.loads(text)["state"]) == (0, "reported")
