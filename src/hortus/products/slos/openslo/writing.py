"""Definitions to OpenSLO v1. What is written reads back as it was, and passes our own strict reader."""

from collections.abc import Iterable
from itertools import pairwise

from hortus.products.slos.openslo.annotations import (
    BUDGET_SHARE,
    KEEP_FIRING,
    LABEL_KEY,
    LONGEST_DESCRIPTION,
    LONGEST_DISPLAY_NAME,
    SEVERITY,
    SHORT_WINDOW,
    said,
    too_long,
)
from hortus.products.slos.openslo.definitions import (
    AlertPair,
    Budgeting,
    Definition,
    Metric,
    Objective,
    Sli,
    SliKind,
    Window,
)
from hortus.products.slos.openslo.durations import as_shorthand
from hortus.products.slos.openslo.v1_alerts import OUR_TARGET
from hortus.products.slos.openslo.v1_indicators import OURS
from hortus.products.slos.openslo.yaml_text import yaml_text

METHODS = {
    Budgeting.OCCURRENCES: "Occurrences",
    Budgeting.TIMESLICES: "Timeslices",
    Budgeting.RATIO_TIMESLICES: "RatioTimeslices",
}

Written = dict[str, object]


def write(definitions: Iterable[Definition]) -> str:
    """Return OpenSLO v1, one document an SLO, in the order of their names.

    raises: ValueError when two definitions have one name.
    """
    ordered = sorted(definitions, key=lambda definition: definition.name)
    for one, next_one in pairwise(ordered):
        if one.name == next_one.name:
            raise ValueError(f"two objectives are named {one.name!r}, a file needs different names; rename one")
    return "".join("---\n" + yaml_text(slo(definition)) for definition in ordered)


def without_empty(fields: Written) -> Written:
    """Return the fields that say something: false and 0 do, None and an empty text, list or mapping do not."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def slo(definition: Definition) -> Written:
    """Return one SLO document."""
    period = definition.window.minutes
    labels = {
        key: values[0] if len(values) == 1 else list(values)
        for key, values in definition.labels.items()
        if LABEL_KEY.fullmatch(key)
    }
    metadata: Written = {
        "name": definition.name,
        "displayName": definition.display_name[:LONGEST_DISPLAY_NAME],
        "labels": labels,
        "annotations": said(definition),
    }
    spec: Written = {
        "description": definition.description[:LONGEST_DESCRIPTION],
        "service": definition.service,
        "indicator": indicator(definition.sli) if definition.sli else None,
        "timeWindow": [time_window(definition.window)],
        "budgetingMethod": METHODS[definition.budgeting],
        "objectives": [objective(each) for each in definition.objectives],
        "alertPolicies": [policy(definition.name, at, pair, period) for at, pair in enumerate(definition.pairs)],
    }
    return {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": without_empty(metadata), "spec": without_empty(spec)}


def indicator(sli: Sli) -> Written:
    """Return an SLI in place."""
    cut = {key: text for key, text in too_long(sli.display_name, sli.description).items() if text}
    metadata: Written = {
        "name": sli.name,
        "displayName": sli.display_name[:LONGEST_DISPLAY_NAME],
        "annotations": cut,
    }
    spec: Written = {"description": sli.description[:LONGEST_DESCRIPTION]}
    if sli.kind is SliKind.THRESHOLD:
        spec["thresholdMetric"] = metric(sli.metrics["threshold"])
    else:
        spec["ratioMetric"] = ratio(sli)
    return {"metadata": without_empty(metadata), "spec": without_empty(spec)}


def ratio(sli: Sli) -> Written:
    """Return a ratioMetric. What Hortus counts itself is told in the free spec, under a source type of our own."""
    if sli.kind is SliKind.PUSHED:
        metrics = {part: Metric({"push": part}, OURS) for part in ("good", "total")}
    elif sli.kind is SliKind.JUDGED:
        settings = {"parameters": dict(sli.parameters)} if sli.parameters else {}
        events = {"good": "good", "total": "all"}
        metrics = {
            part: Metric({"judge": sli.judge, "events": which, **settings}, OURS) for part, which in events.items()
        }
    else:
        metrics = {part: sli.metrics[part] for part in ("good", "bad", "total", "raw") if part in sli.metrics}
    parts: Written = {part: metric(each) for part, each in metrics.items()}
    raw: Written = {"rawType": sli.raw_type} if sli.raw_type else {}
    return {"counter": sli.is_counter, **raw, **parts}


def metric(metric: Metric) -> Written:
    """Return one query."""
    source: Written = {"metricSourceRef": metric.source, "type": metric.type, "spec": dict(metric.spec)}
    return {"metricSource": without_empty(source)}


def time_window(window: Window) -> Written:
    """Return the window."""
    duration: Written = {"duration": f"{window.count}{window.unit}", "isRolling": window.is_rolling}
    if window.is_rolling:
        return duration
    return {**duration, "calendar": {"startTime": window.start, "timeZone": window.zone}}


def objective(objective: Objective) -> Written:
    """Return one objective."""
    minutes = objective.slice_minutes
    return without_empty(
        {
            "displayName": objective.display_name,
            "op": objective.op,
            "value": objective.value,
            "target": objective.target,
            "timeSliceTarget": objective.slice_target,
            "timeSliceWindow": as_shorthand(minutes) if minutes else None,
            "compositeWeight": objective.weight,
            "indicator": indicator(objective.sli) if objective.sli else None,
        }
    )


def policy(name: str, at: int, pair: AlertPair, period_minutes: int) -> Written:
    """Return a pair as a policy of one window; the short window and the exact share stand in its annotations."""
    own = f"{name[:40]}-{pair.severity}-{at}".replace("--", "-")
    look_back = as_shorthand(pair.long_minutes)
    keep = pair.keep_firing_minutes
    annotations: Written = {
        BUDGET_SHARE: repr(pair.budget_share),
        KEEP_FIRING: "" if keep is None else as_shorthand(keep) if keep else "0m",
        SEVERITY: pair.severity if pair.label else "",
        SHORT_WINDOW: as_shorthand(pair.short_minutes),
    }
    threshold = pair.budget_share * period_minutes / pair.long_minutes
    burns = {"kind": "burnrate", "op": "gt", "threshold": threshold, "lookbackWindow": look_back}
    condition = {
        "kind": "AlertCondition",
        "metadata": {"name": own},
        "spec": {"severity": pair.label or pair.severity, "condition": burns},
    }
    target = {
        "kind": "AlertNotificationTarget",
        "metadata": {"name": OUR_TARGET},
        "spec": {"target": OUR_TARGET},
    }
    return {
        "kind": "AlertPolicy",
        "metadata": {"name": own, "annotations": without_empty(annotations)},
        "spec": {"alertWhenBreaching": True, "conditions": [condition], "notificationTargets": [target]},
    }
