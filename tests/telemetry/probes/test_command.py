"""`hortus probe`: lists and runs, as text and as JSON, and answers bad input with a sentence and exit code 2."""

import json

import pytest
from click.testing import CliRunner

from hortus.access.models import Team
from hortus.cli import main
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
