"""Rules in Sloth's shape: the names, labels and thresholds that Sloth gives, and what promtool says of them."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from ruamel.yaml import YAML

from hortus.products.slos.openslo.definitions import (
    USUAL_PAIRS,
    AlertPair,
    AlertTexts,
    Budgeting,
    Definition,
    Exclusion,
    Metric,
    Objective,
    Sli,
    SliKind,
    Window,
)
from hortus.products.slos.openslo.prometheus_rules import write_rules
from hortus.products.slos.openslo.reading import read
from hortus.products.slos.openslo.writing import write
from tests.products.slos.openslo.made import definitions

SPEC = """\
version: prometheus/v1
service: web
labels: {owner: rcd, tier: "2"}
slos:
  - name: answers
    objective: 99.9
    description: Pages are answered.
    sli:
      events:
        error_query: sum(rate(http_total{code=~"(5..|429)"}[{{.window}}]))
        total_query: sum(rate(http_total[{{ .window }}]))
    alerting:
      name: WebAnswers
      annotations: {summary: Many errors}
      page_alert: {labels: {severity: tonight}}
"""
IDS = {"sloth_id": "web-answers", "sloth_service": "web", "sloth_slo": "answers"}
LABELS = {**IDS, "owner": "rcd", "tier": "2"}
FILTER = '{sloth_id="web-answers", sloth_service="web", sloth_slo="answers"}'


def groups(text: str) -> list[dict[str, list[dict[str, object]]]]:
    """Return the groups of a rules file as another reader sees them."""
    return YAML(typ="safe", pure=True).load(text)["groups"]  # type: ignore[no-any-return]


def answers(**changes: object) -> Definition:
    """Return the objective of SPEC, changed."""
    return replace(read(SPEC).definitions[0], **changes)  # type: ignore[arg-type]


def test_the_recordings_have_sloths_names_labels_and_windows() -> None:
    written = write_rules(read(SPEC).definitions)
    assert written.findings == ()
    recordings, meta, alerts = groups(written.text)
    assert [group["name"] for group in (recordings, meta, alerts)] == [
        "sloth-slo-sli-recordings-web-answers",
        "sloth-slo-meta-recordings-web-answers",
        "sloth-slo-alerts-web-answers",
    ]
    windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d"]
    assert [rule["record"] for rule in recordings["rules"]] == [f"slo:sli_error:ratio_rate{each}" for each in windows]
    assert [rule["labels"] for rule in recordings["rules"]] == [{**LABELS, "sloth_window": each} for each in windows]
    first, last = recordings["rules"][0]["expr"], recordings["rules"][-1]["expr"]
    assert first == '(sum(rate(http_total{code=~"(5..|429)"}[5m])))\n/\n((sum(rate(http_total[5m]))) > 0)\n'
    series = f"slo:sli_error:ratio_rate5m{FILTER}[30d]"
    assert last == f"sum_over_time({series})\n/ ignoring (sloth_window)\ncount_over_time({series})\n"


def test_the_metadata_are_those_of_sloth() -> None:
    rules = groups(write_rules(read(SPEC).definitions).text)[1]["rules"]
    assert {str(rule["record"]): rule["expr"] for rule in rules[:3]} == {
        "slo:objective:ratio": "vector(0.9990000000000001)",  # 99.9 / 100 in doubles, as Sloth prints it
        "slo:error_budget:ratio": "vector(1-0.9990000000000001)",
        "slo:time_period:days": "vector(30)",
    }
    assert [rule["record"] for rule in rules[3:]] == [
        "slo:current_burn_rate:ratio",
        "slo:period_burn_rate:ratio",
        "slo:period_error_budget_remaining:ratio",
        "sloth_slo_info",
    ]
    assert all(rule["labels"] == LABELS for rule in rules[:-1])
    assert rules[-1]["labels"] == {
        **LABELS,
        "sloth_mode": "hortus",
        "sloth_objective": "99.9",
        "sloth_spec": "openslo/v1",
        "sloth_version": "hortus",
    }


def side(window: str, factor: str) -> str:
    """Return one side of a condition as Sloth writes it."""
    threshold = f"({factor} * 0.0009999999999999432)"
    return f"    max(slo:sli_error:ratio_rate{window}{FILTER} > {threshold}) without (sloth_window)\n"


def test_the_alerts_have_sloths_windows_and_thresholds() -> None:
    page, ticket = groups(write_rules(read(SPEC).definitions).text)[2]["rules"]
    assert (page["alert"], ticket["alert"]) == ("WebAnswers", "WebAnswers")
    assert page["expr"] == (
        f"(\n{side('5m', '14.4')}    and\n{side('1h', '14.4')})\nor\n(\n{side('30m', '6')}    and\n{side('6h', '6')})\n"
    )
    assert ticket["expr"] == (
        f"(\n{side('2h', '3')}    and\n{side('1d', '3')})\nor\n(\n{side('6h', '1')}    and\n{side('3d', '1')})\n"
    )
    assert page["labels"] == {"severity": "tonight", "sloth_severity": "page"}
    assert ticket["labels"] == {"sloth_severity": "ticket"}
    assert page["annotations"] == {
        "summary": "Many errors",
        "title": "(page) {{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is too fast.",
    }


@pytest.mark.parametrize(
    ("percent", "budget"),
    [("95", "0.05"), ("99.5", "0.005"), ("99.99", "0.00010000000000005117"), ("99.95", "0.0004999999999999716")],
)
def test_the_budget_is_the_double_that_sloth_prints(percent: str, budget: str) -> None:
    text = write_rules(read(SPEC.replace("99.9", percent)).definitions).text
    assert f"(14.4 * {budget})" in text


def test_a_period_of_28_days_has_sloths_factors_and_name() -> None:
    text = write_rules([answers(window=Window(4, "w"))]).text
    assert "slo:sli_error:ratio_rate4w" in text
    for factor in ("13.44", "5.6000000000000005", "2.8000000000000003", "0.9333333333333333"):
        assert f"({factor} * " in text
    assert "vector(28)" in text


def test_a_week_with_sloths_example_windows_has_its_factors() -> None:
    shares = (("page", 0.08, 60, 5), ("page", 0.125, 360, 30), ("ticket", 0.2, 1440, 120), ("ticket", 0.42, 4320, 360))
    text = write_rules([answers(window=Window(7, "d"), pairs=tuple(AlertPair(*each) for each in shares))]).text
    for factor in ("13.44", "3.5", "1.4000000000000001", "0.98"):
        assert f"({factor} * " in text


def test_a_pair_that_could_never_stand_is_capped_and_said_at_its_line() -> None:
    written = write_rules([answers(objectives=(Objective(0.9),))])
    (finding,) = written.findings
    assert "capped" not in finding.sentence
    assert "no burn rate exceeds 10" in finding.sentence
    assert written.text.splitlines()[finding.line - 1] == f"# answers: {finding.sentence}"
    assert "(14.4 * " not in written.text
    assert "(8 * 0.1)" in written.text
    assert "(6 * 0.1)" in written.text


MEASURED = {
    SliKind.GOOD_TOTAL: {"good": "ok_total", "total": "all_total"},
    SliKind.BAD_TOTAL: {"bad": "sum(rate(bad_total[{{.window}}]))", "total": "sum(rate(all_total[{{.window}}]))"},
    SliKind.RAW: {"raw": "avg_over_time(ratio[{{.window}}]) # measured elsewhere"},
    SliKind.THRESHOLD: {"threshold": "max(queue_wait_seconds{partition='gpu'})"},
}


def measured(kind: SliKind) -> Definition:
    """Return an objective of a kind with queries of Prometheus."""
    metrics = {part: Metric({"query": query}, "prometheus") for part, query in MEASURED[kind].items()}
    is_threshold = kind is SliKind.THRESHOLD
    target = Objective(0.95, op="lte" if is_threshold else "", value=600.0 if is_threshold else None)
    sli = Sli("sli", kind, metrics, raw_type="success" if kind is SliKind.RAW else "")
    return Definition(f"of-{kind.replace('_', '-')}", "web", Window(28, "d"), (target,), sli, pairs=USUAL_PAIRS)


UNSAYABLE = {
    "judged": (replace(measured(SliKind.RAW), sli=Sli("a", SliKind.JUDGED, judge="job_in_time")), "counts its events"),
    "pushed": (replace(measured(SliKind.RAW), sli=Sli("a", SliKind.PUSHED)), "counts its events itself"),
    "slices": (replace(answers(objectives=(Objective(0.9, slice_minutes=5),)), budgeting=Budgeting.RATIO_TIMESLICES),
               "counts time slices"),
    "composite": (answers(sli=None, objectives=(Objective(0.9, sli=Sli("a", SliKind.PUSHED)),)), "composite"),
    "other-engine": (answers(sli=Sli("a", SliKind.RAW, {"raw": Metric({"query": "x"}, "Datadog")}, raw_type="failure")),
                     "not to Prometheus"),
    "no-query": (answers(sli=Sli("a", SliKind.RAW, {"raw": Metric({"x": 1}, "prometheus")}, raw_type="failure")),
                 "has no 'query'"),
    "no-window": (answers(sli=Sli("a", SliKind.RAW, {"raw": Metric({"query": "rate(x[5m])"})}, raw_type="failure")),
                  "has no {{.window}}"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSAYABLE)
def test_what_rules_cannot_say_is_left_out_and_said_at_its_line(name: str) -> None:
    definition, words = UNSAYABLE[name]
    written = write_rules([definition])
    (finding,) = written.findings
    assert finding.severity == "error"
    assert words in finding.sentence
    assert written.text.splitlines()[finding.line - 1].endswith(finding.sentence)
    assert groups(written.text) == []


def test_what_the_rules_do_not_know_is_said() -> None:
    exclusion = Exclusion(datetime(2026, 1, 1, tzinfo=UTC), 60, "maintenance", "ada")
    month = Window(1, "M", "Europe/Berlin", "2026-01-01 00:00:00")
    definition = answers(exclusions=(exclusion,), little_traffic={"least_bad": 3}, window=month, labels={"a.b": ("c",)})
    written = write_rules([definition])
    (finding,) = written.findings
    assert all(word in finding.sentence for word in ("exclusions", "little traffic", "calendar", "'a.b'"))
    assert written.text.splitlines()[finding.line - 1] == f"# answers: {finding.sentence}"


def test_other_pairs_bring_their_windows_and_names() -> None:
    pairs = (AlertPair("page", 0.02, 15, 1, "tonight"), AlertPair("page", 0.05, 90, 7, "tonight"))
    recordings, _, alerts = groups(write_rules([answers(window=Window(7, "d"), pairs=pairs)]).text)
    assert [str(rule["record"]).rsplit("rate")[-1] for rule in recordings["rules"]] == [
        "1m",
        "5m",
        "7m",
        "15m",
        "1h30m",
        "1w",
    ]
    assert len(alerts["rules"]) == 1
    assert "13.44 * " in str(alerts["rules"][0]["expr"])


def test_several_targets_are_several_slos_and_equal_ids_are_refused() -> None:
    several = answers(objectives=(Objective(0.9), Objective(0.99)), pairs=())
    assert len(groups(write_rules([several]).text)) == 4
    assert "web-answers-1" in write_rules([several]).text
    clash = replace(several, name="b", given_name="answers")
    (finding,) = write_rules([several, clash]).findings
    assert (finding.severity, finding.path) == ("error", "b")
    assert all(f"another objective has the sloth_id 'web-answers-{n}'" in finding.sentence for n in (0, 1))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions())
def test_rules_of_anything_are_yaml_and_its_findings_have_lines(definition: Definition) -> None:
    written = write_rules([definition])
    lines = written.text.count("\n")
    assert all(1 <= finding.line <= lines for finding in written.findings)
    assert groups(written.text) or any(finding.severity == "error" for finding in written.findings)


@pytest.mark.engines
def test_promtool_accepts_the_rules(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; on Debian it comes with the package prometheus")
    low = answers(name="low", alert_texts=AlertTexts(), objectives=(Objective(0.5),))
    week = answers(name="week", alert_texts=AlertTexts(), window=Window(7, "d"), service='a "b" \\ c')
    written = write_rules([answers(), low, week, *map(measured, MEASURED)])
    path = tmp_path / "rules.yml"
    path.write_text(written.text)
    done = subprocess.run(
        [promtool, "check", "rules", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "119 rules found" in done.stdout


@pytest.mark.engines
def test_promtool_sees_the_page_stand_when_everything_fails(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; on Debian it comes with the package prometheus")
    (tmp_path / "rules.yml").write_text(write_rules([answers()]).text)
    (tmp_path / "test.yml").write_text(
        """\
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'http_total{code="200"}', values: '0+100x120 12000x40'}
      - {series: 'http_total{code="500"}', values: '0x120 0+100x40'}
    alert_rule_test:
      - {eval_time: 120m, alertname: WebAnswers}
      - eval_time: 125m
        alertname: WebAnswers
        exp_alerts:
          - exp_labels: {severity: tonight, sloth_severity: page, owner: rcd, tier: "2", sloth_id: web-answers,
              sloth_service: web, sloth_slo: answers}
            exp_annotations: {summary: Many errors,
              title: (page) web answers SLO error budget burn rate is too fast.}
          - exp_labels: {sloth_severity: ticket, owner: rcd, tier: "2", sloth_id: web-answers, sloth_service: web,
              sloth_slo: answers}
            exp_annotations: {summary: Many errors,
              title: (ticket) web answers SLO error budget burn rate is too fast.}
    promql_expr_test:
      - {expr: 'count(slo:sli_error:ratio_rate5m) or vector(0)', eval_time: 0m, exp_samples: [{labels: '{}', value: 0}]}
"""
    )
    command = [promtool, "test", "rules", "test.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def kept(text: str) -> list[tuple[object, ...]]:
    """Return severity, window label, time kept firing and number of pairs of each alert."""
    rules = groups(text)[2]["rules"]
    told = [(rule["labels"], rule.get("keep_firing_for"), str(rule["expr"]).count("or\n") + 1) for rule in rules]
    return [(labels["sloth_severity"], labels.get("hortus_window"), keep, n) for labels, keep, n in told]  # type: ignore[index, attr-defined]


def test_pairs_that_are_kept_firing_equally_long_are_one_alert() -> None:
    def written(*keeps: int | None) -> str:
        pairs = [replace(pair, keep_firing_minutes=keep) for pair, keep in zip(USUAL_PAIRS, keeps, strict=True)]
        return write_rules([answers(pairs=tuple(pairs))]).text

    assert kept(written(None, None, 0, None)) == [("page", None, None, 2), ("ticket", None, None, 2)]
    assert kept(written(15, 15, 120, 120)) == [("page", None, "15m", 2), ("ticket", None, "2h", 2)]
    assert kept(written(5, 30, 0, 360)) == [
        ("page", "1h", "5m", 1), ("page", "6h", "30m", 1), ("ticket", "1d", None, 1), ("ticket", "3d", "6h", 1),
    ]  # fmt: skip


def test_a_time_kept_firing_comes_back_from_a_file() -> None:
    for keep in (None, 0, 7, 90, 4320):
        given_ = answers(pairs=(AlertPair("page", 0.02, 4320, 30, keep_firing_minutes=keep),))
        (back,) = read(write([given_])).definitions
        assert back.pairs == given_.pairs
