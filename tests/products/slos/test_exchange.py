"""Objectives as files: what is exported comes back; what cannot be taken is told by line, the rest is made."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from shelf import NOW, draft, exclude, objective, sli

from hortus.access.models import Team
from hortus.products.slos import actions
from hortus.products.slos.exporting import as_openslo, as_rules, definitions
from hortus.products.slos.importing import take
from hortus.products.slos.models import Exclusion, Objective, Sli

SLOTH = """
version: "prometheus/v1"
service: "alder"
labels: {owner: "rcd"}
slos:
  - name: "requests"
    objective: 99.9
    description: "Nearly every request is answered."
    sli:
      events:
        error_query: sum(rate(http_errors[{{.window}}]))
        total_query: sum(rate(http_all[{{.window}}]))
    alerting: {name: High, page_alert: {}, ticket_alert: {}}
"""
BROKEN = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: half}
spec:
  service: alder
  indicator: {metadata: {name: half}, spec: {ratioMetric: {counter: true}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: Oracle
metadata: {name: what}
spec: {}
"""


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def whole(team: Team) -> list[Objective]:
    return list(Objective.objects.whole().filter(team=team))


PAIR = {"name": "wake", "urgency": "page", "budget_share": "0.03", "long_minutes": 120, "short_minutes": 10}
KINDS: list[dict[str, Any]] = [
    {}, {"window_days": None, "calendar_unit": "quarter"}, {"pairs": [PAIR], "least_bad": 7, "confidence": 0.95},
    {"slice_minutes": 5, "slice_target_ratio": Decimal("0.9")},
    {"promise": "Für alle.", "target_ratio": Decimal("0.99999")},
]  # fmt: skip


@pytest.mark.parametrize("given", KINDS, ids=["plain", "calendar", "pairs", "slices", "words"])
@pytest.mark.parametrize("parts", [1, 3])
def test_what_is_exported_comes_back(team: Team, other_team: Team, given: dict[str, Any], parts: int) -> None:
    other_team.zone = team.zone
    other_team.save()
    slis = [sli(team, f"s{number}") for number in range(parts)]
    made = actions.create(team, draft(*slis, **given), by=None, door="test", slug="it")
    exclude(team, 600, 60, rule="FREQ=WEEKLY", objectives=[made])
    text = as_openslo(team, whole(team))
    taken = take(other_team, [("it.yaml", text)], by=None, door="test", is_strict=True)
    assert taken.is_whole, (taken.read.findings, taken.outcomes)
    assert Exclusion.objects.filter(team=other_team).count() == 1
    first, second = definitions(team, whole(team))[0], definitions(other_team, whole(other_team))[0]
    assert second.objectives == first.objectives
    assert (second.window, second.pairs, second.little_traffic) == (first.window, first.pairs, first.little_traffic)
    assert second.description == first.description


def test_a_sloth_file_is_taken_and_its_queries_are_kept(team: Team) -> None:
    taken = take(team, [("sloth.yaml", SLOTH)], by=None, door="test")
    assert [one.slug for one in taken.outcomes] == ["requests"], (taken.read.findings, taken.outcomes)
    notes = " ".join(taken.outcomes[0].notes)
    assert "alder" in notes
    assert "kept but not asked" in notes
    made = whole(team)[0]
    assert made.target_ratio == Decimal("0.999")
    assert "http_errors" in as_openslo(team, [made])
    rules = as_rules(team, [made])
    assert "http_errors" in rules.text
    assert "sloth_slo" in rules.text


def test_a_dry_run_makes_nothing(team: Team) -> None:
    taken = take(team, [("sloth.yaml", SLOTH)], by=None, door="test", is_tried=True)
    assert taken.outcomes[0].slug == "requests"
    assert not Objective.objects.exists()
    assert not Sli.objects.exists()


def test_what_cannot_be_taken_is_told_and_the_rest_is_made(team: Team) -> None:
    taken = take(team, [("broken.yaml", BROKEN), ("sloth.yaml", SLOTH)], by=None, door="test")
    assert not taken.is_whole
    assert any(finding.file == "broken.yaml" and finding.line > 1 for finding in taken.read.findings)
    assert [one.slug for one in whole(team)] == ["requests"]
    again = take(team, [("sloth.yaml", SLOTH)], by=None, door="test")
    assert again.outcomes[0].slug == ""
    assert "already" in again.outcomes[0].notes[-1]


def test_strict_refuses_everything(team: Team) -> None:
    taken = take(team, [("broken.yaml", BROKEN), ("sloth.yaml", SLOTH)], by=None, door="test", is_strict=True)
    assert taken.outcomes == ()
    assert not Objective.objects.exists()


def test_a_window_that_is_not_counted_here_is_refused_in_words(team: Team) -> None:
    text = as_openslo(team, [objective(sli(team))]).replace("28d", "36h")
    taken = take(team, [("x.yaml", text.replace("name: answers", "name: other"))], by=None, door="test")
    assert taken.outcomes[0].slug == ""
    assert "whole number of rolling days" in taken.outcomes[0].notes[-1]
