"""`hortus incident` in a terminal: what it prints, as text and as JSON, and its exit codes."""

import json

import pytest
from click.testing import CliRunner

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.cli import main
from hortus.processes.incidents.models import Incident
from tests.processes.incidents.course_of import a_function, an_alert

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
    assert (code, "The last word is missing" in errors) == (2, True)
    code, _, errors = run("resolve", "1", "It was a cable")
    assert (code, "last word is published too" in errors) == (2, True)
    code, text, _ = run("resolve", "1", "It was a cable", "--public", "--condition", "scratch=working")
    assert (code, text) == (0, "Incident #1 is resolved; no word is promised.\n")
    assert run("list")[1] == "No incident is open.\n"
    assert "We are trying: It was a cable" in run("show", "1")[1]


def test_words_that_come_too_late_are_kept_and_told(team: Team, member: Person) -> None:
    run("declare", "Nobody can log in")
    run("resolve", "1", "It works")
    code, text, _ = run("update", "1", "Still looking", "--then", "contain", "--json")
    found = json.loads(text)
    assert (code, found["update"]["is_note"], found["state"]) == (1, True, "resolved")
    assert "Your words are kept" in found["why_not"]


def test_a_reader_watches_in_a_terminal(team: Team, member: Person, reader: Person, guest: Person) -> None:
    run("declare", "Nobody can log in", "--by", "mira@example.org")
    for _ in range(2):
        code, text, _ = run("watch", "1", "--by", "rhea@example.org")
        assert (code, text) == (0, "Rhea watches incident #1.\n")
    found = json.loads(run("watch", "1", "--by", "rhea@example.org", "--stop", "--json")[1])
    assert [one["until"] is None for one in found["roles"] if one["role"] == "observer"] == [False]
    code, _, errors = run("watch", "1", "--by", "gus@example.org")
    assert (code, "members: mira@example.org, rhea@example.org" in errors) == (2, True)
    assert run("declare", "Down", "--by", "rhea@example.org")[0] == 2


def test_the_same_key_declares_once(team: Team, member: Person) -> None:
    for _ in range(2):
        assert json.loads(run("declare", "Down", "--key", "cron-7", "--json")[1])["number"] == 1
    assert Incident.objects.count() == 1


def test_an_alert_gives_what_is_left_out_and_is_linked(team: Team, member: Person) -> None:
    Service.objects.create(team=team, slug="alder", name="Alder", sort="cluster", sentence="Runs jobs.")
    stands = an_alert(team, member, service="alder")
    code, text, _ = run("declare", "--alert", f"alert-episode:{stands.pk}", "--json")
    made = json.loads(text)
    assert (code, made["title"], made["services"]) == (0, "Log-in node is down", ["alder"])
    assert made["links"] == [
        {"words": "Log-in node is down", "url": "", "object_kind": "alert-episode", "object_id": str(stands.pk)}
    ]
    code, text, _ = run("declare", "Nobody can log in", "--alert", str(stands.pk), "--reported")
    assert (code, text.splitlines()[0]) == (0, "Incident #2 is reported: Nobody can log in")
    assert "This may help: #1 Log-in node is down (active now, the same service), /t/rcd/incidents/1/" in text
    assert Incident.objects.get(number=2).links.get().object_id == str(stands.pk)


def test_a_wrong_alert_is_answered_with_those_that_stand(team: Team, other_team: Team, member: Person) -> None:
    wrong = ("x", "alert-episode:x", ":", "", f"alert:{Team.objects.first().pk}", "\0:\0")
    for given in wrong:
        code, text, errors = run("declare", "Down", "--alert", given, "--team", "rcd")
        assert (code, "There is no alert" in errors, "none stands now" in errors) == (2, True, True), given
    stands = an_alert(team, member)
    theirs = an_alert(other_team, member, title="Theirs")
    code, text, errors = run("declare", "Down", "--alert", f"alert-episode:{theirs.pk}", "--team", "rcd", "--json")
    error = json.loads(text)["error"]
    assert (code, error["code"], error["field"]) == (2, "no-alert", "alert")
    assert f"alerts that stand: alert-episode:{stands.pk} (Log-in node is down)." in errors
    assert "Theirs" not in errors
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["declare"], "The sentence is empty"),
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
