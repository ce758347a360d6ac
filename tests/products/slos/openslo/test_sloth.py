"""Sloth's own files, the same as a Kubernetes object, and OpenSLO v1alpha as Sloth reads it."""

import pytest

from hortus.products.slos.openslo.definitions import USUAL_PAIRS, AlertTexts, SliKind, Window
from hortus.products.slos.openslo.reading import read
from hortus.products.slos.openslo.writing import write

SPEC = """\
version: "prometheus/v1"
service: "hub"
labels:
  owner: rcd
slos:
  - name: "Spawn_Success"
    objective: 99.5
    description: "Notebooks open."
    labels:
      tier: "1"
    sli:
      events:
        error_query: sum(rate(spawn_failed_total[{{.window}}]))
        total_query: sum(rate(spawn_total[{{ .window }}]))
    alerting:
      name: HubSpawns
      labels: {category: hub}
      annotations: {runbook: "https://example.org/hub"}
      page_alert:
        labels: {severity: tonight}
      ticket_alert:
        disable: true
  - name: "latency"
    objective: 90
    sli:
      raw:
        error_ratio_query: hub:slow:ratio{window="{{.window}}"}
    alerting:
      page_alert: {disable: true}
      ticket_alert: {disable: true}
"""


def test_a_spec_file_becomes_definitions() -> None:
    imported = read(SPEC)
    spawn, latency = imported.definitions
    assert (spawn.name, spawn.given_name, spawn.service) == ("spawn-success", "Spawn_Success", "hub")
    assert spawn.objectives[0].target == 0.995
    assert spawn.window == Window(30, "d")
    assert spawn.labels == {"owner": ("rcd",), "tier": ("1",)}
    assert spawn.sli is not None
    assert spawn.sli.kind is SliKind.BAD_TOTAL
    assert spawn.sli.metrics["bad"].query == "sum(rate(spawn_failed_total[{{.window}}]))"
    assert spawn.pairs == USUAL_PAIRS[:2]
    assert spawn.alert_texts == AlertTexts(
        "HubSpawns",
        {"page": {"category": "hub", "severity": "tonight"}, "ticket": {"category": "hub"}},
        {severity: {"runbook": "https://example.org/hub"} for severity in ("page", "ticket")},
    )
    assert latency.sli is not None
    assert (latency.sli.kind, latency.sli.raw_type, latency.pairs) == (SliKind.RAW, "failure", ())
    assert [(f.line, str(f.severity)) for f in imported.findings] == [(1, "note")]
    assert read(write(imported.definitions), strict=True).definitions == (latency, spawn)


CRD = (
    "apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\nmetadata: {name: hub, namespace: monitoring}\nspec:\n"
    + "".join(f"  {line}\n" for line in SPEC.splitlines()[1:])
)


@pytest.mark.parametrize("is_camel", [False, True], ids=["snake", "camel"])
def test_the_kubernetes_object_says_the_same(is_camel: bool) -> None:
    text = CRD
    if is_camel:
        for snake, camel in (
            ("error_query", "errorQuery"),
            ("total_query", "totalQuery"),
            ("error_ratio_query", "errorRatioQuery"),
            ("page_alert", "pageAlert"),
            ("ticket_alert", "ticketAlert"),
        ):
            text = text.replace(snake, camel)
    imported = read(text, strict=True)
    plain = read(SPEC).definitions
    assert [each.kept.pop("metadata") for each in imported.definitions] == [  # type: ignore[attr-defined]
        {"name": "hub", "namespace": "monitoring"}
    ] * 2
    assert imported.definitions == plain


BREACHES = {
    "percent-100": (("99.5", "100"), 7, "slos[0].objective", ["latency"]),
    "percent-0": (("99.5", "0"), 7, "slos[0].objective", ["latency"]),
    "percent-text": (("99.5", "most"), 7, "slos[0].objective", ["latency"]),
    "no-name": (('name: "Spawn_Success"', "title: x"), 6, "slos[0].name", ["latency"]),
    "no-service": (('service: "hub"\n', ""), 1, "service", []),
    "no-window-in-query": (("spawn_total[{{ .window }}]", "spawn_total[5m]"), 14, "slos[0].sli.events.total_query",
                           ["spawn-success", "latency"]),
    "same-query": (("spawn_failed_total[{{.window}}]", "spawn_total[{{ .window }}]"), 13,
                   "slos[0].sli.events.error_query", ["spawn-success", "latency"]),
    "plugin": (("events:\n        error", "plugin: {id: a}\n      events:\n        error"), 12, "slos[0].sli.plugin",
               ["spawn-success", "latency"]),
    "only-plugin": (("raw:\n        error_ratio_query", "plugin:\n        id"), 26, "slos[1].sli.plugin",
                    ["spawn-success"]),
    "events-and-raw": (("events:\n", "raw: {error_ratio_query: '{{.window}}'}\n      events:\n"), 12,
                       "slos[0].sli.raw", ["spawn-success", "latency"]),
    "no-alert-name": (("      name: HubSpawns\n", ""), 15, "slos[0].alerting.name", ["spawn-success", "latency"]),
    "unknown-field": (("    description:", "    desciption:"), 8, "slos[0].desciption", ["spawn-success", "latency"]),
    "no-slos": (("slos:", "objectives:"), 1, "slos", []),
    "twice": (('"latency"', '"spawn_success"'), 23, "slos[1]", ["spawn-success"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_told_at_its_line(name: str) -> None:
    (old, new), line, path, names = BREACHES[name]
    assert old in SPEC
    text = SPEC.replace(old, new, 1)
    strict, lenient = read(text, strict=True), read(text)
    assert (line, path, "error") in {(f.line, f.path, str(f.severity)) for f in strict.findings}
    assert strict.definitions == ()
    assert [each.name for each in lenient.definitions] == names
    assert len(lenient.others) == (0 if len(names) == 2 else 1)


def test_one_name_in_two_services_gets_the_service_before_it() -> None:
    imported = read(SPEC + "---\n" + SPEC.replace('"hub"', '"lab"'), strict=True)
    assert [each.name for each in imported.definitions] == [
        "spawn-success",
        "latency",
        "lab-spawn-success",
        "lab-latency",
    ]
    assert [each.given_name for each in imported.definitions] == ["Spawn_Success", "", "Spawn_Success", "latency"]


def test_plugins_do_nothing_and_are_kept() -> None:
    imported = read(SPEC.replace("slos:", "slo_plugins: {chain: [{id: x}]}\nslos:"), strict=True)
    assert {str(each.kept["slo_plugins"]) for each in imported.definitions} == {"{'chain': [{'id': 'x'}]}"}
    assert [(f.line, str(f.severity)) for f in imported.findings] == [(1, "note"), (5, "warning")]


ALPHA = """\
apiVersion: openslo/v1alpha
kind: SLO
metadata:
  name: requests
  displayName: Requests
spec:
  service: api
  description: Requests are answered.
  objectives:
    - ratioMetrics:
        good: {source: prometheus, queryType: promql, query: "sum(rate(ok[{{.window}}]))"}
        total: {source: prometheus, queryType: promql, query: "sum(rate(all[{{.window}}]))"}
      target: 0.999
    - ratioMetrics:
        good: {source: prometheus, queryType: promql, query: "sum(rate(fast[{{.window}}]))"}
        total: {source: prometheus, queryType: promql, query: "sum(rate(all[{{.window}}]))"}
        incremental: true
      value: 1
      target: 0.9
  timeWindows:
    - count: 30
      unit: Day
"""


def test_v1alpha_is_read_as_sloth_reads_it() -> None:
    imported = read(ALPHA, strict=True)
    first, second = imported.definitions
    assert [each.name for each in imported.definitions] == ["requests-0", "requests-1"]
    assert (first.service, first.objectives[0].target, first.window, first.pairs) == ("api", 0.999, Window(30, "d"), ())
    assert first.sli is not None
    assert first.sli.kind is SliKind.GOOD_TOTAL
    assert first.sli.metrics["good"].spec == {"query": "sum(rate(ok[{{.window}}]))", "queryType": "promql"}
    assert second.objectives[0].target == 0.9
    assert read(write(imported.definitions), strict=True).definitions == imported.definitions


@pytest.mark.parametrize(
    ("old", "new", "window", "line"),
    [
        ("unit: Day", "unit: Week", Window(30, "w"), 22),
        ("count: 30\n      unit: Day", "count: 3600\n      unit: Second", Window(60, "m"), 22),
        ("unit: Day", "unit: Fortnight", Window(30, "d"), 21),
        ("count: 30", "count: 1.5", Window(30, "d"), 21),
        ("  timeWindows:\n    - count: 30\n      unit: Day\n", "", Window(30, "d"), 6),
        (
            "unit: Day",
            "unit: Month\n      isRolling: false\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}",
            Window(30, "M", "UTC", "2026-01-01 00:00:00"), 22,
        ),
    ],
    ids=["week", "second", "unknown", "half", "none", "calendar"],
)  # fmt: skip
def test_windows_of_v1alpha(old: str, new: str, window: Window, line: int) -> None:
    imported = read(ALPHA.replace(old, new))
    assert {each.window for each in imported.definitions} == {window}
    assert line in {finding.line for finding in imported.findings}


def test_a_threshold_and_slices_in_v1alpha_are_taken_where_sloth_refuses_them() -> None:
    text = ALPHA.split("  objectives:")[0] + (
        "  budgetingMethod: Timeslices\n"
        "  indicator: {thresholdMetric: {source: prometheus, queryType: promql, query: wait}}\n"
        "  objectives: [{op: lte, value: 5, target: 0.9, timeSliceTarget: 0.8}]\n"
    )
    imported = read(text, strict=True)
    (definition,) = imported.definitions
    assert (definition.objectives[0].op, definition.objectives[0].slice_minutes) == ("lte", 1)
    assert "Sloth refuses a thresholdMetric; Hortus takes it." in {f.sentence for f in imported.findings}
    assert read(text.replace("indicator:", "indicators:")).definitions == ()
