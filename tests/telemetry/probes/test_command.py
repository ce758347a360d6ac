"""`hortus probe`: lists and runs, as text and as JSON, and answers bad input with a sentence and exit code 2."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.utils import timezone

from hortus.access.models import Team
from hortus.cli import main
from hortus.ledger.models import Event
from hortus.telemetry.probes import actions
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["probe", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_runs_one_and_lists_what_it_found(door: Probe) -> None:
    code, text, _ = run("list")
    assert code == 0
    assert "never" in text
    code, text, _ = run("run", "front-door", "--json")
    (found,) = json.loads(text)
    assert (code, found["probe"], found["ok"], found["state"]) == (0, "front-door", True, "good")
    assert ProbeResult.objects.count() == 1
    code, text, _ = run("list")
    assert "good" in text
    assert f"Does 127.0.0.1 take connections on port {door.parameters['port']}?" in text
    (listed,) = json.loads(run("list", "--json")[1])
    assert listed["at"] == found["at"]


def test_a_probe_that_was_due_and_not_asked_is_late(door: Probe) -> None:
    assert "late" not in run("list")[1]
    Probe.objects.update(made_at=timezone.now() - timedelta(hours=2))
    assert "not measured, late" in run("list")[1]
    (listed,) = json.loads(run("list", "--json")[1])
    assert (listed["state"], listed["is_late"]) == ("not measured", True)
    (found,) = json.loads(run("run", "front-door", "--json")[1])
    assert (found["state"], found["is_late"]) == ("good", False)
    assert "late" not in run("list")[1]
    actions.pause(door, by=None, door="web")
    assert json.loads(run("list", "--json")[1])[0]["is_late"] is False


def test_a_slow_answer_is_trouble(door: Probe) -> None:
    Probe.objects.update(latency_seconds=1e-9)
    code, text, _ = run("run", "--all")
    assert code == 1
    assert "front-door: slow. 127.0.0.1 takes connections" in text


def test_a_paused_probe_is_not_among_all(door: Probe) -> None:
    actions.pause(door, by=None, door="web")
    assert run("run", "--all") == (0, "There is no probe to run.\n", "")
    assert run("run", "front-door")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run",), "give --all"),
        (("run", "front-door", "--all"), "give --all"),
        (("run", "back-door"), "no probe 'back-door'; probes: front-door"),
        (("list", "--team", "nobody"), "no team 'nobody'; teams: rcd"),
    ],
)
def test_bad_input(door: Probe, arguments: tuple[str, ...], told: str) -> None:
    code, _, complaint = run(*arguments)
    assert code == 2
    assert told in complaint
    code, text, _ = run(*arguments, "--json")
    assert code == 2
    assert told in json.loads(text)["error"]["detail"]


def test_without_a_probe(team: Team, opened: object) -> None:
    assert run("list") == (0, "There is no probe yet.\n", "")
    assert run("list", "--json")[1] == "[]\n"


def test_a_probe_of_another_team_is_not_run(door: Probe, other_team: Team) -> None:
    actions.add(other_team, "tcp", Details("Theirs", parameters=door.parameters), by=None, door="web")
    assert run("run", "theirs", "--team", "rcd")[0] == 2
    assert run("run", "theirs")[0] == 2, "two teams: which one must be said"


def test_from_adding_to_removing(team: Team) -> None:
    code, text, complaint = run("add", "ssh", "Login node", "--set", "host=login.example.org", "--every", "120")
    assert (code, complaint) == (0, "")
    assert text.startswith("Login node was added as login-node. Does login.example.org")
    code, text, _ = run("change", "login-node", "--slower-than", "2", "--set", "port=2222", "--json")
    changed = json.loads(text)
    assert (code, changed["latency_seconds"], changed["period_seconds"]) == (0, 2, 120)
    assert Probe.objects.get().parameters == {"host": "login.example.org", "port": 2222, "banner": ""}
    assert "Changed: latency_seconds." in run("change", "login-node", "--any-time")[1]
    assert "Changed: nothing." in run("change", "login-node")[1]
    assert run("pause", "login-node") == (0, "Login node is paused.\n", "")
    assert "paused already" in run("pause", "login-node")[2]
    assert json.loads(run("resume", "login-node", "--json")[1])["is_paused"] is False
    assert run("results", "login-node") == (0, "Nothing was found.\n", "")
    assert run("remove", "login-node") == (0, "Login node was removed.\n", "")
    assert not Probe.objects.exists()
    assert set(Event.objects.values_list("source", flat=True)) == {"cli"}


def test_what_was_found(door: Probe) -> None:
    run("run", "front-door")
    code, text, _ = run("results", "front-door")
    assert (code, "good" in text, "takes connections" in text) == (0, True, True)
    assert run("results", "front-door", "--only-bad")[1] == "Nothing was found.\n"
    Probe.objects.update(latency_seconds=1e-9)
    (found,) = json.loads(run("results", "front-door", "--only-bad", "--json")[1])
    assert (found["counts_as"], found["ok"], found["code"]) == ("slow", True, "ok")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("add", "smoke", "x"), "is no kind of probe"),
        (("add", "ssh", "x"), "Host is missing; it must be given."),
        (("add", "ssh", "x", "--set", "host"), "--set host=VALUE"),
        (("add", "ssh", "x", "--set", "host=a.example.org", "--set", "colour=red"), "colour"),
        (("add", "ssh", "x", "--set", "host=a.example.org", "--every", "1"), "must be 10 to"),
        (("change", "back-door"), "no probe 'back-door'; probes: front-door"),
        (("change", "front-door", "--any-time", "--slower-than", "1"), "either --slower-than or --any-time"),
        (("resume", "front-door"), "It is not paused."),
        (("results", "front-door", "--days", "0"), "0 is not in the range"),
    ],
)
def test_bad_verbs(door: Probe, arguments: tuple[str, ...], told: str) -> None:
    before = list(Probe.objects.values())
    code, _, complaint = run(*arguments)
    assert (code, told in complaint) == (2, True), complaint
    assert list(Probe.objects.values()) == before
