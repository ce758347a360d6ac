"""`hortus slo` in a terminal: what it prints, and the exit codes that scripts rely on."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from shelf import NOW, count, exclude, objective, sli, steady

from hortus.access.models import Team
from hortus.cli import main
from hortus.products.slos import actions
from hortus.products.slos.models import Objective

SLOTH = """
version: prometheus/v1
service: rcd
slos:
  - name: requests
    objective: 99.9
    sli: {events: {error_query: "sum(rate(bad[{{.window}}]))", total_query: "sum(rate(all[{{.window}}]))"}}
    alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}
"""


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def run(*arguments: str, text: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["slo", *arguments], input=text)
    return result.exit_code, result.stdout, result.stderr


def as_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json")[1])


@pytest.fixture
def healthy(team: Team) -> Objective:
    one = sli(team)
    steady(one)
    return objective(one)


def test_list_and_show(healthy: Objective) -> None:
    code, text, _ = run("list")
    assert code == 0
    assert "answers" in text
    assert "100.0%" in text
    code, text, _ = run("show", "answers")
    assert code == 0
    assert "403.20" in text
    assert "4320" in text
    assert as_json("show", "answers")["worked"]["allowed"] == pytest.approx(403.2)


def test_check_tells_trouble_by_its_exit_code(healthy: Objective) -> None:
    assert run("check")[0] == 0
    count(healthy.slis[0], [(back, 50, 50) for back in range(1, 60)])
    code, text, _ = run("check")
    assert code == 1
    assert text.startswith("answers: exhausted.")
    silent = objective(sli(healthy.team, "silent"), slug="silent")
    found = as_json("check")
    assert [one["slug"] for one in found["in_trouble"]] == ["answers", silent.slug]
    assert found["in_trouble"][1]["state"] == "unmeasured"
    assert run("check", "--service", "gone")[0] == 2


def test_of_too_few_events_no_share_is_told(healthy: Objective) -> None:
    few = sli(healthy.team, "few")
    steady(few, every=1440, total=1)
    objective(few, slug="few")
    told = "few: not known: too few events, 28 of at least 100."
    assert run("check")[:2] == (0, f"None of 2 budgets is known to be in trouble.\n{told}\n")
    (row,) = [line for line in run("list")[1].splitlines() if line.startswith("few")]
    assert "not known: too few events, 28 of at least 100" in row
    assert "%" not in row
    shown = run("show", "few")[1]
    assert "part left          not known: too few events, 28 of at least 100" in shown
    assert "part left          100.0%" in run("show", "answers")[1]
    count(healthy.slis[0], [(back, 50, 50) for back in range(1, 60)])
    code, text, _ = run("check")
    assert (code, text.splitlines()[1:]) == (1, [told])


def test_backtest(healthy: Objective) -> None:
    count(healthy.slis[0], [(back, 50, 50) for back in range(100, 160)])
    code, text, _ = run("backtest", "answers", "--days", "7")
    assert code == 0
    assert "pages" in text
    assert as_json("backtest", "answers", "--target", "0.5")["standing"]["target_ratio"] == 0.5
    assert run("backtest", "answers", "--target", "lots")[0] == 2
    assert run("backtest", "answers", "--set", "seconds=3")[0] == 2  # nobody judges what is pushed
    assert run("backtest", "answers", "--set", "seconds")[0] == 2
    assert run("backtest", "answers", "--target", "99")[0] == 2


def test_export_and_import(healthy: Objective, tmp_path: Path) -> None:
    file = tmp_path / "slo.yaml"
    assert run("export", "--output", str(file))[0] == 0
    assert run("export", "--rules")[0] == 0
    changed = file.read_text().replace("name: answers", "name: other")
    file.write_text(changed)
    tried = run("import", str(file), "--dry-run")[1].splitlines()
    assert (tried[0], tried[-1]) == ("other: would be made", "Would be made: 1 of 1; a dry run makes nothing.")
    assert Objective.objects.count() == 1
    code, text, _ = run("import", str(file))
    assert (code, Objective.objects.count()) == (0, 2), text
    assert text.splitlines()[-1] == "Made: 1 of 1."
    assert "other: would not be made" in run("import", str(file), "--dry-run")[1]
    code, text, _ = run("import", "-", text=changed)
    assert code == 1
    assert "it stays as it is" in text
    assert as_json("import", str(file))["objectives"][0]["slug"] == ""
    assert run("import", str(tmp_path / "absent.yaml"))[0] == 2


@pytest.mark.parametrize(("options", "end"), [
    ((), "Nothing was made."), (("--dry-run",), "Nothing would be made."),
    (("--strict",), "Nothing was made: with --strict one error refuses everything."),
    (("--strict", "--dry-run"), "Nothing would be made: with --strict one error refuses everything."),
], ids=["lenient", "dry", "strict", "both"])  # fmt: skip
def test_an_import_that_makes_nothing_says_so_last(team: Team, options: tuple[str, ...], end: str) -> None:
    code, text, _ = run("import", "-", *options, text="apiVersion: openslo/v1\nkind: SLO\nspec: {}\n")
    assert (code, text.splitlines()[-1]) == (1, end)
    assert "error: " in text


def test_rules_name_an_objective_once_in_their_notes(team: Team, tmp_path: Path) -> None:
    run("import", "-", text=SLOTH)
    exclude(team, 600, 60, objectives=[Objective.objects.get()])
    code, text, notes = run("export", "--rules")
    said = (
        "requests: The rules do not know its exclusions; excluded time counts here. "
        "The rules do not know its rule for little traffic; alerts may stand sooner."
    )
    assert (code, notes) == (0, f"3:1: warning: {said}\n")
    assert text.splitlines()[2] == f"# {said}"
    file = tmp_path / "rules.yml"
    assert run("export", "--rules", "--output", str(file))[1].count("requests: ") == 1


def test_what_is_not_there_is_said_with_what_is(healthy: Objective) -> None:
    code, _, errors = run("show", "nothing")
    assert code == 2
    assert "There is no objective 'nothing'; objectives: answers." in errors
    assert run("list", "--team", "nobody")[0] == 2
    assert "There is no engine 'none'; engines: none yet." in run("import", "-", "--engine", "none", text="")[2]


def test_one_that_is_retired_is_shown_but_not_offered(healthy: Objective) -> None:
    actions.retire(healthy, why="It is over.", by=None, door="test")
    assert run("show", "answers")[0] == 0
    assert "objectives: none yet." in run("show", "nothing")[2]


def test_of_several_teams_one_is_named(healthy: Objective, other_team: Team) -> None:
    code, _, errors = run("list")
    assert (code, "There are several teams; name one with --team; teams: others, rcd." in errors) == (2, True)
    other_team.is_sample = True
    other_team.save()
    assert run("list")[0] == 0


def test_without_a_team() -> None:
    assert "There is no team: none yet; make one with `hortus setup`." in run("list")[2]
