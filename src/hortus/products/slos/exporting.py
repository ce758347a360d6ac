"""Objectives as they are exchanged: OpenSLO v1, and Prometheus rules in Sloth's shape. Writes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hortus.access.models import Team
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.openslo import definitions as plain
from hortus.products.slos.openslo.annotations import QUERIES
from hortus.products.slos.openslo.counters import asked
from hortus.products.slos.openslo.prometheus_rules import RulesFile, write_rules
from hortus.products.slos.openslo.promql import Unwritable
from hortus.products.slos.openslo.writing import write
from hortus.products.slos.rules.alerts import Pair
from hortus.products.slos.rules.windows import Kind, Window
from hortus.products.slos.terms import pairs_told
from hortus.telemetry.engines.models import EngineQuery

UNITS = {"week": "w", "month": "M", "quarter": "Q"}
QUERY_KINDS = {
    EngineQuery.Sort.GOOD: (plain.SliKind.GOOD_TOTAL, ("good", "total")),
    EngineQuery.Sort.BAD: (plain.SliKind.BAD_TOTAL, ("bad", "total")),
    EngineQuery.Sort.THRESHOLD: (plain.SliKind.THRESHOLD, ("threshold",)),
}


def as_openslo(team: Team, objectives: Sequence[Objective], *, shows_queries: bool = True) -> str:
    """Return objectives (`whole()`) as OpenSLO v1; what it cannot say stands in annotations.

    shows_queries: not for who may not read engines; then the SLIs keep their shape and say that it was left out.
    """
    return write(_shown(definitions(team, objectives), shows_queries))


def as_rules(team: Team, objectives: Sequence[Objective], *, shows_queries: bool = True) -> RulesFile:
    """Return objectives as Prometheus rules in Sloth's shape, with what could not be said in them; as `as_openslo`."""
    return write_rules(_shown(definitions(team, objectives), shows_queries))


def _shown(found: list[plain.Definition], shows_queries: bool) -> list[plain.Definition]:
    return found if shows_queries else [_without_queries(one) for one in found]


def _without_queries(one: plain.Definition) -> plain.Definition:
    """Return a definition without its queries, and without what a file said beside it, where queries may stand too."""
    slis = [one.sli, *(target.sli for target in one.objectives)]
    if not one.kept and not any(sli.metrics for sli in slis if sli):
        return one
    targets = tuple(replace(target, sli=_unasked(target.sli)) for target in one.objectives)
    said = {**one.annotations, QUERIES: plain.LEFT_OUT_BECAUSE}
    return replace(one, sli=_unasked(one.sli), objectives=targets, annotations=said, kept={})


def _unasked(sli: plain.Sli | None) -> plain.Sli | None:
    if sli is None:
        return None
    left_out = {plain.LEFT_OUT: plain.LEFT_OUT_BECAUSE}
    return replace(sli, metrics={part: plain.Metric(left_out, type=held.type) for part, held in sli.metrics.items()})


def definitions(team: Team, objectives: Sequence[Objective]) -> list[plain.Definition]:
    """Return objectives as plain descriptions, in four queries."""
    exclusions = Exclusions.of(team)
    series = [sli.series_id for one in objectives for sli in one.slis]
    queries = {one.series_id: one for one in EngineQuery.objects.filter(series__in=series)}
    return [_definition(one, exclusions, queries) for one in objectives]


def _definition(one: Objective, exclusions: Exclusions, queries: dict[int, EngineQuery]) -> plain.Definition:
    told: dict[str, Any] = one.told
    slis = [_sli(sli, queries.get(sli.series_id), told.get("slis", {}).get(sli.slug, {})) for sli in one.slis]
    is_sliced = one.slice_minutes is not None
    return plain.Definition(
        name=one.slug, service=one.service or told.get("service") or one.team.slug, display_name=one.name,
        description=one.promise, window=_window(one), sli=None if one.is_composite else slis[0],
        objectives=tuple(_targets(one, slis, queries)),
        budgeting=plain.Budgeting.TIMESLICES if is_sliced else plain.Budgeting.OCCURRENCES,
        pairs=tuple(_pair(pair) for pair in pairs_told(one, one.team.zone)),
        exclusions=tuple(_exclusions(one, exclusions)),
        little_traffic={"least_bad": one.least_bad, "confidence": one.confidence},
        leaves_out_planned_work=one.leaves_out_planned_work,
        labels={key: tuple(values) for key, values in told.get("labels", {}).items()},
        annotations=told.get("annotations", {}), kept=told.get("kept", {}), given_name=told.get("given_name", ""),
        alert_texts=plain.AlertTexts(**told.get("alert_texts", {})),
    )  # fmt: skip


def _targets(one: Objective, slis: Sequence[plain.Sli], queries: dict[int, EngineQuery]) -> list[plain.Objective]:
    given: dict[str, Any] = {"target": float(one.target_ratio), "slice_minutes": one.slice_minutes}
    if one.slice_target_ratio is not None:
        given["slice_target"] = float(one.slice_target_ratio)
    bounds = [_bound(one, sli, queries.get(held.series_id)) for sli, held in zip(slis, one.slis, strict=True)]
    if not one.is_composite:
        return [plain.Objective(**given, **bounds[0])]
    weights = [float(part.weight) for part in one.parts.all()]
    return [
        plain.Objective(**given, **bound, weight=weight, sli=sli)
        for weight, sli, bound in zip(weights, slis, bounds, strict=True)
    ]


def _bound(one: Objective, sli: plain.Sli, query: EngineQuery | None) -> dict[str, Any]:
    """Return by which bound a value is good, nothing for an SLI that compares none."""
    if sli.kind is not plain.SliKind.THRESHOLD:
        return {}
    if query is not None and query.sort == EngineQuery.Sort.THRESHOLD:
        return {"op": query.comparison, "value": query.bound}
    found: dict[str, Any] = one.told.get("thresholds", {}).get(sli.name) or one.told.get("threshold", {})
    return found


def _sli(sli: Sli, query: EngineQuery | None, told: dict[str, Any]) -> plain.Sli:
    words: dict[str, Any] = {"name": sli.slug, "display_name": sli.name, "description": sli.sentence}
    if sli.judge:
        return plain.Sli(kind=plain.SliKind.JUDGED, judge=sli.judge, parameters=sli.parameters, **words)
    in_file = _in_words_of_file(told, words) if told else None
    if in_file is not None and (query is None or _is_asked(in_file, query)):
        return in_file
    if query is None:
        return plain.Sli(kind=plain.SliKind.PUSHED, **words)
    kind, names = QUERY_KINDS[EngineQuery.Sort(query.sort)]
    sources = {metric.source for metric in in_file.metrics.values()} if in_file else {""}
    source = sources.pop() if len(sources) == 1 else ""
    found = {
        name: plain.Metric({"query": text}, type="Prometheus", source=source)
        for name, text in zip(names, (query.good, query.total), strict=False)
    }
    return plain.Sli(kind=kind, metrics=found, **words)


def _in_words_of_file(told: dict[str, Any], words: dict[str, Any]) -> plain.Sli:
    """Return an SLI as the file said it that it came from. told: one of the "slis" of `told_of`."""
    metrics = {part: plain.Metric(**metric) for part, metric in told["metrics"].items()}
    return plain.Sli(
        kind=plain.SliKind(told["kind"]), metrics=metrics, is_counter=told["is_counter"], raw_type=told["raw_type"],
        **words,
    )  # fmt: skip


def _is_asked(in_file: plain.Sli, query: EngineQuery) -> bool:
    """Say whether a query asks what a file said, whichever the bound; it may have been changed since."""
    try:
        found = asked(in_file, plain.Objective(0.0, op=query.comparison, value=query.bound))
    except Unwritable:
        return False
    return (found.sort, found.good, found.total) == (query.sort, query.good, query.total)


def _window(one: Objective) -> plain.Window:
    if not one.calendar_unit:
        return plain.Window(one.window_days or 1, "d")
    zone = one.team.zoneinfo
    since, _ = Window(Kind(one.calendar_unit), zone=one.team.zone).span(minute_of(one.made_at))
    start = datetime.fromtimestamp(since * 60, UTC).astimezone(zone)
    return plain.Window(1, UNITS[one.calendar_unit], zone=one.team.zone, start=f"{start:%Y-%m-%d %H:%M:%S}")


def _pair(pair: Pair) -> plain.AlertPair:
    urgency = pair.urgency.value
    label = "" if pair.name == urgency else pair.name
    share = float(pair.budget_share)
    return plain.AlertPair(urgency, share, pair.long_minutes, pair.short_minutes, label, pair.keeps)


def _exclusions(one: Objective, exclusions: Exclusions) -> list[plain.Exclusion]:
    return [
        plain.Exclusion(
            starts_at=row.began_at, minutes=row.minutes, reason=row.reason, author=row.by.name if row.by else "",
            rrule=row.rule, zone=row.zone if row.rule else "",
        )
        for row, _ in exclusions.rows
        if any(row.reaches(one, sli) for sli in one.slis)
    ]  # fmt: skip


def told_of(definition: plain.Definition, targets: Sequence[plain.Objective]) -> dict[str, Any]:
    """Return what a file said that our tables have no place for, so that an export gives it back.

    targets: of the definition, those that became one objective here.
    """
    slis = [definition.sli] if definition.sli else [one.sli for one in targets]
    target = targets[0]
    texts = definition.alert_texts
    found = {
        "service": definition.service, "given_name": definition.given_name, "kept": dict(definition.kept),
        "labels": {key: list(values) for key, values in definition.labels.items()},
        "annotations": dict(definition.annotations),
        "alert_texts": {
            "name": texts.name, "labels": {key: dict(value) for key, value in texts.labels.items()},
            "annotations": {key: dict(value) for key, value in texts.annotations.items()},
        } if texts != plain.AlertTexts() else {},
        "threshold": {"op": target.op, "value": target.value} if target.op else {},
        "thresholds": {
            one.sli.name: {"op": one.op, "value": one.value} for one in targets if one.sli and one.op
        },
        "slis": {
            sli.name: {
                "kind": sli.kind.value, "is_counter": sli.is_counter, "raw_type": sli.raw_type,
                "metrics": {
                    part: {"spec": dict(metric.spec), "type": metric.type, "source": metric.source}
                    for part, metric in sli.metrics.items()
                },
            }
            for sli in slis if sli and sli.metrics
        },
    }  # fmt: skip
    return {key: value for key, value in found.items() if value}
