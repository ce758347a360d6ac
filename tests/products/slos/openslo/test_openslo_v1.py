"""OpenSLO v1 by hand-written files: the rules of its fields, what lenient and strict do, references, exact lines."""

import json

import pytest
from ruamel.yaml import YAML

from hortus.products.slos.openslo.definitions import AlertPair, Budgeting, SliKind, Window
from hortus.products.slos.openslo.reading import Imported, read
from hortus.products.slos.openslo.writing import write

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: scratch-answers
  displayName: Scratch answers
spec:
  service: storage
  indicator:
    metadata:
      name: scratch-stat
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: {type: Prometheus, spec: {query: stat_ok_total}}
        total:
          metricSource: {type: Prometheus, spec: {query: stat_total}}
  timeWindow:
    - duration: 4w
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.99
"""


def changed(*changes: tuple[str, str]) -> str:
    """Return the SLO with some text replaced, each of which must be there."""
    text = SLO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def told(imported: Imported) -> list[tuple[int, str, str]]:
    """Return line, severity and path of each finding."""
    return [(finding.line, str(finding.severity), finding.path) for finding in imported.findings]


def test_a_correct_file_has_no_finding() -> None:
    imported = read(SLO, strict=True)
    assert imported.findings == ()
    (definition,) = imported.definitions
    assert (definition.name, definition.service, definition.window) == ("scratch-answers", "storage", Window(4, "w"))
    assert definition.sli is not None
    assert definition.sli.kind is SliKind.GOOD_TOTAL
    assert definition.sli.metrics["good"].query == "stat_ok_total"
    assert definition.objectives[0].target == 0.99
    assert read(SLO.replace("openslo/v1", "openslo.com/v1"), strict=True).definitions == imported.definitions


# (what is changed, line, path, still taken when lenient)
BREACHES = {
    "bad-name": ([("scratch-answers", "Scratch_Answers")], 4, "metadata.name", True),
    "no-name": ([("  name: scratch-answers\n", "")], 3, "metadata.name", False),
    "long-display-name": ([("Scratch answers", "x" * 64)], 5, "metadata.displayName", True),
    "label-number": ([("Scratch answers", "S\n  labels: {tier: 2}")], 6, "metadata.labels.tier", True),
    "label-key": ([("Scratch answers", "S\n  labels: {-a: b}")], 6, "metadata.labels.-a", True),
    "annotation-key": ([("Scratch answers", "S\n  annotations: {'A/b/c': b}")], 6, "metadata.annotations.A/b/c", True),
    "annotation-number": ([("Scratch answers", "S\n  annotations: {a: 1}")], 6, "metadata.annotations.a", True),
    "no-spec": ([("spec:\n  service", "spek:\n  service")], 1, "spec", False),
    "no-service": ([("  service: storage\n", "")], 6, "spec.service", False),
    "long-description": ([("  service", f"  description: {'x' * 1051}\n  service")], 7, "spec.description", True),
    "no-indicator": ([("  indicator:", "  indicater:")], 6, "spec.indicator", False),
    "both-indicators": ([("  indicator:", "  indicatorRef: b\n  indicator:")], 8, "spec.indicatorRef", True),
    "no-such-sli": ([("  indicator:", "  indicatorRef: gone\n  indicatorX:")], 8, "spec.indicatorRef", False),
    "no-window": ([("  timeWindow:", "  timeWindowX:")], 6, "spec.timeWindow", True),
    "two-windows": (
        [("  budg", "    - {duration: 1d, isRolling: true}\n  budg")], 18, "spec.timeWindow", True),
    "bad-duration": ([("4w", "4 weeks")], 19, "spec.timeWindow[0].duration", True),
    "seconds": ([("4w", "30s")], 19, "spec.timeWindow[0].duration", True),
    "zero-duration": ([("4w", "0d")], 19, "spec.timeWindow[0].duration", True),
    "rolling-unsaid": ([("      isRolling: true\n", "")], 19, "spec.timeWindow[0].isRolling", True),
    "not-rolling-no-calendar": ([("isRolling: true", "isRolling: false")], 19, "spec.timeWindow[0].calendar", True),
    "rolling-with-calendar": (
        [("isRolling: true", "isRolling: true\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}")],
        21, "spec.timeWindow[0].calendar", True),
    "bad-zone": (
        [("isRolling: true", "calendar: {startTime: 2026-01-01 00:00:00, timeZone: Mars/Olympus}")],
        20, "spec.timeWindow[0].calendar.timeZone", True),
    "bad-start": (
        [("isRolling: true", "calendar: {startTime: 2026-02-30 00:00:00, timeZone: UTC}")],
        20, "spec.timeWindow[0].calendar.startTime", True),
    "bad-method": ([("Occurrences", "Sometimes")], 21, "spec.budgetingMethod", True),
    "no-method": ([("  budgetingMethod: Occurrences\n", "")], 6, "spec.budgetingMethod", True),
    "no-objectives": ([("  objectives:\n    - target: 0.99\n", "")], 6, "spec.objectives", False),
    "target-one": ([("0.99", "1.0")], 23, "spec.objectives[0].target", False),
    "target-percent-as-ratio": ([("0.99", "99.5")], 23, "spec.objectives[0].target", False),
    "target-text": ([("0.99", "'high'")], 23, "spec.objectives[0].target", False),
    "target-nan": ([("0.99", ".nan")], 23, "spec.objectives[0].target", False),
    "percent-100": ([("target: 0.99", "targetPercent: 100")], 23, "spec.objectives[0].targetPercent", False),
    "both-targets": ([("target: 0.99", "target: 0.99\n      targetPercent: 99")], 24,
                     "spec.objectives[0].targetPercent", True),
    "op-at-ratio": ([("target: 0.99", "target: 0.99\n      op: lt")], 24, "spec.objectives[0].op", True),
    "slices-no-target": ([("Occurrences", "Timeslices"), ("0.99", "0.99\n      timeSliceWindow: 5m")], 6, "spec",
                         False),
    "slices-no-length": ([("Occurrences", "RatioTimeslices")], 6, "spec", False),
    "bad-slice": ([("0.99", "0.99\n      timeSliceWindow: 5s")], 24, "spec.objectives[0].timeSliceWindow", True),
    "unknown-field": ([("  service", "  team: hpc\n  service")], 7, "spec.team", True),
    "no-total": ([("        total:", "        totals:")], 12, "spec.indicator.spec.ratioMetric.total", False),
    "good-and-bad": (
        [("        total:", "        bad: {metricSource: {type: x, spec: {q: 1}}}\n        total:")],
        16, "spec.indicator.spec.ratioMetric.bad", True),
    "both-metrics": (
        [("      ratioMetric:", "      thresholdMetric: {metricSource: {type: x, spec: {q: 1}}}\n      ratioMetric:")],
        11, "spec.indicator.spec", True),
    "empty-spec": (
        [("{query: stat_ok_total}", "{}")], 15, "spec.indicator.spec.ratioMetric.good.metricSource.spec", False),
    "not-a-list": ([("objectives:\n    - target: 0.99", "objectives: {target: 0.99}")], 22, "spec.objectives", False),
    "policy-gone": ([("  objectives", "  alertPolicies: [{alertPolicyRef: gone}]\n  objectives")], 22,
                    "spec.alertPolicies[0].alertPolicyRef", True),
}  # fmt: skip


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_told_at_its_line_refused_when_strict_and_got_over_when_lenient(name: str) -> None:
    changes, line, path, is_taken = BREACHES[name]
    text = changed(*changes)
    strict, lenient = read(text, strict=True), read(text)
    assert (line, "error", path) in told(strict)
    assert strict.definitions == ()
    assert (line, path) in {(at, where) for at, _, where in told(lenient)}
    assert bool(lenient.definitions) is is_taken
    assert lenient.has_errors is not is_taken
    if not is_taken:
        assert [other.line for other in lenient.others] == [1]


def test_what_is_unknown_is_kept_verbatim_and_goes_out_again() -> None:
    text = changed(("  service", "  team: {lead: [ada, 3]}\n  service"), ("0.99", "0.99\n      colour: red"))
    definitions = read(text).definitions
    assert definitions[0].kept == {"spec.team": {"lead": ["ada", 3]}, "spec.objectives[0].colour": "red"}
    assert read(write(definitions), strict=True).definitions == definitions


def test_a_target_that_cannot_be_taken_is_kept_beside_the_others() -> None:
    (definition,) = read(
        changed(("    - target: 0.99", "    - {target: 99, displayName: no}\n    - target: 0.99"))
    ).definitions
    assert [target.target for target in definition.objectives] == [0.99]
    assert definition.kept["spec.objectives[0]"] == {"target": 99, "displayName": "no"}


def test_a_likely_name_is_named() -> None:
    sentences = [f.sentence for f in read(changed(("timeWindow:", "timeWindows:"))).findings]
    assert any("is 'timeWindow' meant?" in sentence for sentence in sentences)
    assert any("is 'timeWindows' meant for it?" in sentence for sentence in sentences)


def test_windows_by_the_calendar_and_slices_are_read() -> None:
    text = changed(
        ("isRolling: true", "calendar:\n        startTime: 2026-01-05 06:00:00\n        timeZone: Europe/Berlin"),
        ("4w", "1M"),
        ("Occurrences", "Timeslices"),
        ("target: 0.99", "targetPercent: 99.95\n      timeSliceTarget: 0.9\n      timeSliceWindow: 5"),
    )
    (definition,) = read(text, strict=True).definitions
    assert definition.window == Window(1, "M", "Europe/Berlin", "2026-01-05 06:00:00")
    assert definition.budgeting is Budgeting.TIMESLICES
    target = definition.objectives[0]
    assert (target.target, target.slice_target, target.slice_minutes) == (0.9995, 0.9, 5)


REST = """\
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: latency, displayName: Wait}
spec:
  thresholdMetric:
    metricSource: {metricSourceRef: engine, spec: {query: wait_seconds}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: engine}
spec: {type: Prometheus, connectionDetails: {token: secret}}
---
apiVersion: openslo/v1
kind: Service
metadata: {name: batch}
spec: {description: Batch}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenBreaching: true
  conditions: [{conditionRef: burns}]
  notificationTargets: [{targetRef: mail}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: burns}
spec:
  severity: critical
  condition: {kind: burnrate, op: gte, threshold: 14, lookbackWindow: 1h}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: mail}
spec: {target: email}
"""
REFERRING = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: wait}
spec:
  service: batch
  indicatorRef: latency
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{op: lte, value: 600, target: 0.9}]
  alertPolicies: [{alertPolicyRef: fast}]
"""


@pytest.mark.parametrize("is_split", [False, True], ids=["one-file", "two-files"])
def test_references_are_followed_within_what_is_given(is_split: bool) -> None:
    given: str | list[tuple[str, str | bytes]] = REFERRING + REST
    if is_split:
        given = [("slo.yaml", REFERRING), ("rest.yaml", REST)]
    imported = read(given, strict=True)
    (definition,) = imported.definitions
    assert definition.sli is not None
    assert definition.sli.kind is SliKind.THRESHOLD
    assert definition.sli.metrics["threshold"].type == "Prometheus"
    assert (definition.sli.name, definition.sli.display_name) == ("latency", "Wait")
    assert (definition.objectives[0].op, definition.objectives[0].value) == ("lte", 600)
    assert definition.pairs == (AlertPair("page", 0.0208333333333, 60, 5, "critical"),)
    assert "email" in str(definition.kept["spec.alertPolicies[0]"])
    assert [other.kind for other in imported.others] == ["DataSource", "Service"]
    assert {finding.severity for finding in imported.findings} == {"note"}


def test_what_nobody_refers_to_is_kept_and_said() -> None:
    imported = read(REST)
    assert imported.definitions == ()
    assert len(imported.others) == 6
    assert len([finding for finding in imported.findings if "refers to it" in finding.sentence]) == 4


def test_a_service_that_is_not_among_those_given_is_a_warning() -> None:
    imported = read(REFERRING.replace("service: batch", "service: bach") + REST)
    assert (5, "warning", "spec.service") in told(imported)


def test_two_of_one_name_are_one_too_many() -> None:
    imported = read(SLO + "---\n" + SLO)
    assert [definition.name for definition in imported.definitions] == ["scratch-answers"]
    assert (25, "error", "metadata.name") in told(imported)
    assert [other.line for other in imported.others] == [25]


def test_a_composite_has_an_sli_in_each_objective() -> None:
    part = "{{indicatorRef: latency, op: lt, value: {0}, target: 0.9, compositeWeight: {0}}}"
    objectives = f"objectives: [{part.format(1)}, {part.format(2)}]"
    text = REFERRING.replace("  indicatorRef: latency\n", "")
    text = text.replace("objectives: [{op: lte, value: 600, target: 0.9}]", objectives) + REST
    (definition,) = read(text, strict=True).definitions
    assert definition.is_composite
    assert [(each.weight, each.sli.name if each.sli else "") for each in definition.objectives] == [
        (1.0, "latency"),
        (2.0, "latency"),
    ]
    assert read(text.replace("compositeWeight: 2", "compositeWeight: 0")).definitions == ()
    both = text.replace("  timeWindow", "  indicatorRef: latency\n  timeWindow")
    assert (9, "error", "spec.objectives") in told(read(both, strict=True))


def test_an_alert_on_calm_is_a_trap() -> None:
    text = REFERRING + REST.replace("op: gte", "op: lte")
    warnings = [f for f in read(text, strict=True).findings if f.severity == "warning"]
    assert ["while little burns" in finding.sentence for finding in warnings] == [True]


def test_json_and_a_list_of_documents_are_read_too() -> None:
    plain = YAML(typ="safe", pure=True).load(SLO)
    assert read(json.dumps([plain]), strict=True).definitions == read(SLO).definitions
