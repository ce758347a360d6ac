"""`hortus garden` draws the nine plots for a wide and a narrow terminal, and as JSON."""

import json
import re

import pytest
from click.testing import CliRunner
from django.utils import timezone

from hortus.access.models import Team
from hortus.cli import main
from hortus.garden.models import TakenReading


@pytest.fixture
def read(team: Team) -> None:
    now = timezone.now()
    TakenReading.objects.create(
        team=team, indicator="started-in-time", day=now.astimezone(team.zoneinfo).date(), taken_at=now, value=0.7,
        n=200, hits=140, evidence_until=now, goal=0.9, slack=0.1, earned="overgrown", shown="overgrown",
    )  # fmt: skip


def run(*arguments: str, columns: int = 120) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["garden", *arguments], env={"COLUMNS": str(columns)})
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("columns", [40, 80, 120, 300])
def test_draws_all_nine_plots_within_the_terminal(read: None, columns: int) -> None:
    code, text, _ = run(columns=columns)
    assert code == 0
    assert "One plot is overgrown, eight are still bare" in text
    assert "70" in text
    assert text.count("Bare") == 8
    plots = text[text.index("Nurture growth") :]
    assert max(len(line) for line in plots.splitlines()) <= columns
    assert re.search("Urgent weed control", plots)


@pytest.mark.parametrize("columns", [40, 120])
def test_a_state_that_waits_for_a_second_reading_says_so(read: None, columns: int) -> None:
    assert "newest reading" not in run(columns=columns)[1]
    TakenReading.objects.update(value=0.85, hits=170, earned="care", shown="thriving")
    plots = run(columns=columns)[1].partition("Nurture growth")[2]
    assert max(len(line) for line in plots.splitlines()) <= columns
    said = "The newest reading misses the target. The state changes if the next one, due"
    assert all(word in plots for word in said.split())


def test_json_is_the_same_as_the_page(read: None) -> None:
    code, text, _ = run("--json")
    found = json.loads(text)
    assert code == 0
    assert len(found["plots"]) == 9
    assert found["tend"][0]["indicator"] == "started-in-time"


def test_a_team_that_is_not_there_is_said_with_those_that_are(team: Team) -> None:
    code, _, errors = run("--team", "nobody")
    assert code == 2
    assert "There is no team nobody; teams: rcd." in errors


def test_several_teams_must_be_told_apart(team: Team, other_team: Team) -> None:
    code, _, errors = run()
    assert code == 2
    assert "--team" in errors


def test_no_team_yet(db: None) -> None:
    code, _, errors = run()
    assert code == 2
    assert "hortus setup" in errors
