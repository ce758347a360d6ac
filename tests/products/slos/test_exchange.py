"""Objectives as files: what is exported comes back; what cannot be taken is told by line, the rest is made."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse
from shelf import NOW, draft, exclude, now, objective, sli

from hortus.access.models import Person, Team
from hortus.cli import main
from hortus.products.slos import actions, slis
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.exporting import as_openslo, as_rules, definitions
from hortus.products.slos.importing import take
from hortus.products.slos.models import Exclusion, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.terms import Terms
from hortus.telemetry.engines import actions as engines
from hortus.telemetry.engines.models import Engine, EngineQuery
from tests.conftest import signed_in  # type: ignore[import-not-found]

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
    {"window_days": 7}, {"window_days": 3, "slice_minutes": 60, "slice_target_ratio": Decimal("0.9")},
]  # fmt: skip


@pytest.mark.parametrize("given", KINDS, ids=["plain", "calendar", "pairs", "slices", "words", "week", "hours"])
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
    third, fourth = (ObjectiveDraft.of(whole(one)[0]) for one in (team, other_team))
    assert replace(fourth, parts=()) == replace(third, parts=())
    assert Terms.of(fourth, team.zone) == Terms.of(third, team.zone)


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


def test_the_standard_alerts_are_exported(team: Team) -> None:
    take(team, [("sloth.yaml", SLOTH)], by=None, door="test")
    made = whole(team)[0]
    assert made.pairs == []
    assert as_openslo(team, [made]).count("kind: AlertCondition") == 4
    rules = as_rules(team, [made]).text
    assert rules.count("alert: ") == 4
    assert rules.count("keep_firing_for: ") == 4
    assert "sloth_severity: page" in rules


def annotated(team: Team, **values: object) -> str:
    """Return an objective as a file of another place, with annotations of ours set by hand; then it is gone."""
    made = objective(sli(team))
    text = as_openslo(team, [made])
    made.delete()
    mark = "  annotations:\n"
    assert mark in text
    lines = [f"    hortus/{key.replace('_', '-')}: {json.dumps(json.dumps(value))}\n" for key, value in values.items()]
    kept = [line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("hortus/little-traffic")]
    return "".join(kept).replace(mark, mark + "".join(lines), 1)


@pytest.mark.parametrize("given", [
    {"least_bad": "many"}, {"least_bad": None}, {"least_bad": [1]}, {"least_bad": 10**9}, {"confidence": {}},
    {"confidence": "nan"}, {"confidence": 7},
], ids=str)  # fmt: skip
def test_a_rule_for_little_traffic_that_means_nothing_gives_way(team: Team, given: dict[str, object]) -> None:
    taken = take(team, [("x.yaml", annotated(team, little_traffic=given))], by=None, door="test")
    assert taken.outcomes[0].slug == "answers", taken
    assert "little traffic is left out" in " ".join(taken.outcomes[0].notes)
    made = whole(team)[0]
    assert (made.least_bad, made.confidence) == (4, 0.99)


UNKEPT = {
    "nul": {"kept": {"spec.x": "a\0b"}}, "half": {"annotations": {"k": "\ud800"}}, "label": {"labels": {"a b": ["\0"]}},
    "deep": {"kept": {"x": json.loads("[" * 150 + "]" * 150)}},
}  # fmt: skip


@pytest.mark.parametrize("given", UNKEPT.values(), ids=UNKEPT)
def test_what_no_table_can_hold_is_refused_in_words(team: Team, given: dict[str, object]) -> None:
    taken = take(team, [("x.yaml", annotated(team, **given))], by=None, door="test")
    assert not whole(team)
    assert "cannot be kept" in taken.outcomes[0].notes[-1]


def test_a_file_without_alerts_gets_the_standard_ones_and_is_told_so(team: Team) -> None:
    text = SLOTH.replace("alerting: {name: High, page_alert: {}, ticket_alert: {}}",
                         "alerting: {page_alert: {disable: true}, ticket_alert: {disable: true}}")  # fmt: skip
    taken = take(team, [("sloth.yaml", text)], by=None, door="test")
    assert "has no alerts" in " ".join(taken.outcomes[0].notes)
    assert whole(team)[0].pairs == []
    told = take(team, [("sloth.yaml", SLOTH.replace("requests", "others"))], by=None, door="test")
    assert "has no alerts" not in " ".join(told.outcomes[0].notes)


def test_who_made_an_exclusion_is_still_known_after_two_journeys(team: Team, member: Person, lead: Person) -> None:
    held = {"starts_at": datetime(2026, 10, 1, tzinfo=UTC).isoformat(), "minutes": 60, "reason": "The chiller.",
            "author": "Ada of the other site"}  # fmt: skip
    text = annotated(team, exclusions=[held])
    for person in (member, lead):
        take(team, [("x.yaml", text)], by=person, door="test")
        found = Exclusion.objects.get()
        assert (found.reason, found.by) == ("The chiller. (made by Ada of the other site)", person)
        text = as_openslo(team, whole(team))
        found.delete()
        Objective.objects.all().delete()


@pytest.mark.parametrize(("hours", "rule", "sort"), [
    (1, "FREQ=WEEKLY", "planned"), (0, "FREQ=WEEKLY", "planned"), (-1, "FREQ=WEEKLY", "agreed"), (1, "", "agreed"),
], ids=["ahead", "now", "past", "once"])  # fmt: skip
def test_only_what_repeats_from_now_on_is_taken_as_planned(team: Team, hours: int, rule: str, sort: str) -> None:
    told = {"starts_at": (NOW + timedelta(hours=hours)).isoformat(), "minutes": 60, "reason": "The chiller."}
    held = told | ({"rrule": rule, "zone": "America/New_York"} if rule else {})
    taken = take(team, [("x.yaml", annotated(team, exclusions=[held]))], by=None, door="test")
    assert taken.is_whole, (taken.read.findings, taken.outcomes)
    assert Exclusion.objects.get().sort == sort


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


ORACLE = "apiVersion: openslo/v1\nkind: Oracle\nmetadata: {name: what}\n"
HEADINGS = {
    "all": (SLOTH, False, "Everything was taken", "Everything would be taken"),
    "part": (f"{BROKEN}---{SLOTH}", False, "Some of it was taken, some was not",
             "Some of it would be taken, some would not"),
    "kind": (f"{ORACLE}---{SLOTH}", False, "Some of it was taken, some was not",
             "Some of it would be taken, some would not"),
    "nothing": (BROKEN, False, "Nothing was taken", "Nothing would be taken"),
    "no-yaml": ("a: [", False, "Nothing was taken", "Nothing would be taken"),
    "empty": ("---", False, "Nothing was taken", "Nothing would be taken"),
    "strict": (f"{BROKEN}---{SLOTH}", True, "Nothing was taken", "Nothing would be taken"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "is_strict", "done", "tried"), HEADINGS.values(), ids=HEADINGS)
def test_the_heading_says_how_much_was_taken(
    team: Team, as_member: Client, text: str, is_strict: bool, done: str, tried: str
) -> None:
    given = {"text": text} | ({"strict": "on"} if is_strict else {})
    for heading, more in ((tried, {"try": "1"}), (done, {})):
        page = as_member.post(reverse("slos:import", args=["rcd"]), given | more).content.decode()
        assert f"<h1>{heading}</h1>" in page
        assert ("One error refuses everything, as you asked." in page) == is_strict
        assert Objective.objects.exists() == (heading in ("Everything was taken", "Some of it was taken, some was not"))
        assert (">Severity</th>" in page) == (">error</td>" in page or ">note</td>" in page)
        assert ("spec.indicator.spec.ratioMetric" in page) == ("name: half" in text)


def test_strict_refuses_everything(team: Team) -> None:
    taken = take(team, [("broken.yaml", BROKEN), ("sloth.yaml", SLOTH)], by=None, door="test", is_strict=True)
    assert taken.outcomes == ()
    assert not Objective.objects.exists()


def test_a_window_that_is_not_counted_here_is_refused_in_words(team: Team) -> None:
    text = as_openslo(team, [objective(sli(team))]).replace("28d", "36h")
    taken = take(team, [("x.yaml", text.replace("name: answers", "name: other"))], by=None, door="test")
    assert taken.outcomes[0].slug == ""
    assert "whole number of rolling days" in taken.outcomes[0].notes[-1]


@pytest.fixture
def campus(team: Team) -> Engine:
    """An engine of the team, believed. Nothing asks it here: what is asked is what these tests look at."""
    made = engines.add_engine(
        team, name="Campus", url="http://metrics.example", kind="prometheus", by=None, door="test"
    )
    made.state = Engine.State.TRUSTED
    made.save()
    return made


@pytest.mark.parametrize("is_named", [True, False])
def test_the_queries_of_a_sloth_file_are_asked(team: Team, campus: Engine, is_named: bool) -> None:
    """The team's only engine is asked where none is named; the export gives the file's own queries back."""
    taken = take(team, [("sloth.yaml", SLOTH)], by=None, door="test", engine=campus if is_named else None)
    assert taken.is_whole, taken
    query = EngineQuery.objects.get()
    assert (query.sort, query.good, query.total, query.is_kept_here) == ("bad", "http_errors", "http_all", True)
    assert "asks campus: bad http_errors of http_all; its counts are copied" in " ".join(taken.outcomes[0].notes)
    made = whole(team)[0]
    assert made.slis[0].series == query.series
    assert "sum(rate(http_errors[{{.window}}]))" in as_openslo(team, [made])
    assert "sum(rate(http_errors[5m]))" in as_rules(team, [made]).text


OPENSLO = """
apiVersion: openslo/v1
kind: DataSource
metadata: {name: SOURCE}
spec: {type: prometheus, connectionDetails: {url: "http://metrics.example"}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fresh}
spec:
  service: alder
  indicator:
    metadata: {name: age}
    spec: {thresholdMetric: {metricSource: {metricSourceRef: SOURCE, spec: {query: max(backup_age_hours)}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99, op: lte, value: 24}, {target: 0.9, op: lte, value: 24}, {target: 0.9, op: lt, value: 8}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: ratio}
spec:
  service: alder
  indicator:
    metadata: {name: ratio}
    spec:
      ratioMetric:
        rawType: failure
        raw: {metricSource: {metricSourceRef: SOURCE, spec: {query: "QUERY"}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
"""
DIVIDED = "sum(rate(errors[{{.window}}])) / sum(rate(all[{{.window}}]))"


def openslo(source: str = "campus", query: str = DIVIDED) -> list[tuple[str, str]]:
    return [("openslo.yaml", OPENSLO.replace("SOURCE", source).replace("QUERY", query))]


def test_values_and_ratios_are_asked_of_the_engine_that_the_file_names(team: Team, campus: Engine) -> None:
    engines.add_engine(team, name="Other", url="http://other.example", kind="mimir", by=None, door="test")
    taken = take(team, openslo(), by=None, door="test")
    made = {one.name: one for one in taken.outcomes}
    assert [bool(one.slug) for one in made.values()] == [True, True, False, True], taken
    queries = {query.series.name: query for query in EngineQuery.objects.filter(engine=campus)}
    value = queries["age"]
    assert (value.sort, value.good, value.comparison, value.bound) == ("threshold", "max(backup_age_hours)", "lte", 24)
    assert (queries["ratio"].sort, queries["ratio"].good, queries["ratio"].total) == ("bad", "errors", "all")
    assert "compares by lte 24, not lt 8; give the indicator another name" in " ".join(made["fresh-3"].notes)
    text = as_openslo(team, whole(team))
    assert text.count("op: lte") == 2
    assert "max(backup_age_hours)" in text


@pytest.mark.parametrize(("given", "sentence"), [
    ({"source": "elsewhere"}, "data source 'elsewhere' is no engine of the team; engines: campus"),
    ({"query": "job:errors:ratio"}, "a ratio without its events: job:errors:ratio; write it as one counter divided by"),
], ids=["source", "query"])  # fmt: skip
def test_what_cannot_be_asked_is_told_with_how_to_mend_it(
    team: Team, campus: Engine, given: dict[str, str], sentence: str
) -> None:
    taken = take(team, openslo(**given), by=None, door="test")
    notes = " ".join(next(one for one in taken.outcomes if one.name == "ratio").notes)
    assert sentence in notes
    assert "Until then send its events" in notes
    assert not EngineQuery.objects.filter(series__name="ratio").exists()
    assert given.get("query", "sum(rate(errors[{{.window}}]))") in as_openslo(team, whole(team))


def test_a_query_that_is_made_here_is_exported_and_taken_again(
    team: Team, other_team: Team, campus: Engine
) -> None:  # fmt: skip
    given: list[dict[str, Any]] = [
        {"name": "good", "sort": "good", "good": 'a{b="c"}', "total": "a"},
        {"name": "value", "sort": "threshold", "good": "max(age)", "comparison": "gt", "bound": 2.5},
    ]
    slis = []
    for one in given:
        series = engines.ask(campus, by=None, door="test", **one).series.name
        slis.append(sli(team, one["name"], series=series))
    objective(slis[0], slug="alone")
    objective(*slis, slug="both")
    again = engines.add_engine(other_team, name="Ours", url="http://x.example", kind="thanos", by=None, door="test")
    taken = take(other_team, [("x.yaml", as_openslo(team, whole(team)))], by=None, door="test", is_strict=True)
    assert taken.is_whole, (taken.read.findings, taken.outcomes)
    assert "not checked yet" in " ".join(taken.outcomes[0].notes)
    fields = ("sort", "good", "total", "comparison", "bound")
    first, second = (
        list(EngineQuery.objects.filter(engine=one).order_by("good").values_list(*fields)) for one in (campus, again)
    )
    assert first == second
    told, kept = ([one.objectives for one in definitions(owner, whole(owner))] for owner in (other_team, team))
    assert [len(one) for one in told] == [1, 2]
    assert [sorted(map(repr, one)) for one in told] == [sorted(map(repr, one)) for one in kept]


def change(series: str, **given: Any) -> None:
    engines.change_query(EngineQuery.objects.get(series__name=series), by=None, door="test", **given)


def test_a_query_that_was_changed_is_exported_as_it_is_asked_now(
    team: Team, other_team: Team, campus: Engine
) -> None:  # fmt: skip
    """Whatever a file said when the objective was taken from it; a sort of its own, too."""
    taken = take(team, [("sloth.yaml", SLOTH), *openslo()], by=None, door="test")
    assert taken.made == 4, taken
    change("requests", sort="bad", good='http_errors{code="503"}', total="http_all")
    change("ratio", sort="good", good="answered", total="all")
    change("age", sort="good", good="fresh", total="looked_at")
    text, rules = as_openslo(team, whole(team)), as_rules(team, whole(team)).text
    for old in ("http_errors[", "errors[{{", "backup_age_hours", "op: lte", "rawType"):
        assert old not in text + rules, old
    assert 'sum(rate(http_errors{code="503"}[5m]))' in rules
    assert "sum(rate(answered[5m]))" in rules
    assert text.count("metricSourceRef: campus") == 6
    named = engines.add_engine(other_team, name="Campus", url="http://x.example", kind="mimir", by=None, door="test")
    engines.add_engine(other_team, name="Other", url="http://y.example", kind="mimir", by=None, door="test")
    again = take(other_team, [("x.yaml", text)], by=None, door="test", is_strict=True)
    assert again.is_whole, (again.read.findings, again.outcomes)
    fields = ("sort", "good", "total")
    found = {
        query.series.name: tuple(getattr(query, name) for name in fields)
        for query in EngineQuery.objects.filter(engine=named)
    }
    assert found == {"ratio": ("good", "answered", "all"), "age": ("good", "fresh", "looked_at")}


def test_a_bound_that_was_changed_leaves_the_words_of_the_file(team: Team, campus: Engine) -> None:
    said = "max(backup_age_hours) # of all hosts"
    text = openslo()[0][1].replace("max(backup_age_hours)", f'"{said}"')
    assert take(team, [("openslo.yaml", text)], by=None, door="test").made == 3
    change("age", sort="threshold", good="max(backup_age_hours)", comparison="lt", bound=30)
    found = [one for one in definitions(team, whole(team)) if one.name.startswith("fresh")]
    for one in found:
        assert one.sli is not None
        assert one.sli.metrics["threshold"].query == said
        assert [(target.op, target.value) for target in one.objectives] == [("lt", 30)]
    assert len(found) == 2


def test_a_trial_asks_nothing(team: Team, campus: Engine) -> None:
    taken = take(team, [("sloth.yaml", SLOTH)], by=None, door="test", engine=campus, is_tried=True)
    assert "would ask campus: bad http_errors of http_all; its counts would be copied" in taken.outcomes[0].notes[-1]
    assert not EngineQuery.objects.exists()


@pytest.mark.parametrize("role", ["member", "lead"])
def test_only_who_may_have_engines_asked_has_the_only_one_asked(
    team: Team, campus: Engine, role: str, request: pytest.FixtureRequest
) -> None:
    person: Person = request.getfixturevalue(role)
    taken = take(team, [("sloth.yaml", SLOTH)], by=person, door="web")
    assert taken.is_whole
    assert EngineQuery.objects.count() == (role == "lead")
    assert ("that is for leads and admins" in " ".join(taken.outcomes[0].notes)) == (role == "member")


def test_counts_may_stay_in_the_engine(team: Team, campus: Engine) -> None:
    taken = take(team, openslo(), by=None, door="test", keep_in_engine=True)
    queries = {query.series.name: query for query in EngineQuery.objects.all()}
    assert (queries["ratio"].is_kept_here, queries["age"].is_kept_here) == (False, True)
    notes = [" ".join(one.notes) for one in taken.outcomes]
    assert "an engine has no sums of it" in notes[0]
    assert "its counts stay there" in notes[-1]
    assert now(Objective.objects.get(slug="ratio")).state == "unmeasured"


def test_the_api_and_the_command_leave_counts_in_the_engine(
    team: Team, campus: Engine, as_lead: Client, as_member: Client, tmp_path: Path
) -> None:
    def send(client: Client, name: str, **more: object) -> Any:
        given = {"files": [{"text": SLOTH.replace("requests", name)}], "keep_in_engine": True, **more}
        return client.post(f"/api/v1/teams/{team.slug}/objective-files", given, content_type="application/json")

    assert "its counts stay there" in " ".join(send(as_lead, "one", engine="campus").json()["objectives"][0]["notes"])
    assert send(as_member, "two", engine="campus").status_code == 422
    assert "leads and admins" in " ".join(send(as_member, "two").json()["objectives"][0]["notes"])
    file = tmp_path / "sloth.yaml"
    file.write_text(SLOTH.replace("requests", "three"))
    told = CliRunner().invoke(main, ["slo", "import", str(file), "--keep-in-engine"])
    assert (told.exit_code, "its counts stay there" in told.output) == (0, True), told.output
    kept = EngineQuery.objects.values_list("series__name", "is_kept_here")
    assert sorted(kept) == [("one", False), ("three", False)]


def test_who_may_not_read_engines_gets_a_file_without_queries(
    team: Team, other_team: Team, as_member: Client, reader: Person, guest: Person
) -> None:  # fmt: skip
    take(team, [("sloth.yaml", SLOTH)], by=None, door="test")
    engine = engines.add_engine(
        team, name="Metrics", url="https://metrics.example.org", kind="prometheus", by=None, door="test"
    )
    told = {"sort": "threshold", "good": 'load{host="node17.internal"}', "comparison": "lte", "bound": 5}
    engines.ask(engine, name="load", by=None, door="test", **told)
    one = slis.create(team, SliDraft("Load", "It is low.", series="load"), by=None, door="test")
    actions.create(team, draft(one), by=None, door="test", slug="load")
    api = "/api/v1/teams/rcd/objective-files"
    for browser in (as_member, signed_in(reader), signed_in(guest)):
        files = [browser.get(f"{api}/{form}").json()["text"] for form in ("openslo", "rules")]
        files.append(browser.get(reverse("slos:openslo", args=["rcd"])).content.decode())
        for name in ("http_errors", "node17"):
            assert [name in text for text in files] == [browser is as_member] * 3
    assert "left out: whoever had this file written may not read the team's engines" in files[0]
    assert "its queries are left out" in files[1]
    taken = take(other_team, [("x.yaml", files[0])], by=None, door="test", is_strict=True)
    assert taken.is_whole, (taken.read.findings, taken.outcomes)
    assert {one.slug for one in whole(other_team)} == {"requests", "load"}
