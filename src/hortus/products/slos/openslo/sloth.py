"""Sloth's own files: `version: prometheus/v1`, and the same as a Kubernetes object. Knows no OpenSLO.

Sloth's field names are snake_case in its files and camelCase in Kubernetes; both are read in both.
"""

from hortus.products.slos.openslo.definitions import (
    USUAL_PAIRS,
    AlertTexts,
    Definition,
    Metric,
    Objective,
    Sli,
    SliKind,
    Window,
)
from hortus.products.slos.openslo.fields import Fields, Keeping, merged
from hortus.products.slos.openslo.objects import slug

SLOTH_WINDOW = Window(30, "d")
PROMETHEUS = "prometheus"


def camel(name: str) -> str:
    """Return a snake_case name in camelCase.

    >>> camel("error_ratio_query")
    'errorRatioQuery'
    """
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


class Spec(Fields):
    """The fields of a Sloth file: a field may stand in either spelling."""

    def has(self, name: str) -> bool:
        """Tell whether a field is given in either spelling."""
        spelled = camel(name) if camel(name) in self.pairs else name
        if spelled != name and name not in self.pairs:
            self.pairs[name] = self.pairs[spelled]
        self.asked.add(spelled)
        return super().has(name)

    def part(self, name: str, *, needed: bool = False) -> "Spec | None":
        """Return a mapping below this one."""
        below = self.fields(name, needed=needed)
        return as_spec(below) if below else None


def as_spec(fields: Fields, keeping: Keeping | None = None) -> Spec:
    """Return the same mapping with both spellings."""
    return Spec(fields.node, fields.place, fields.path, fields.findings, keeping or fields.keeping)


def slos(document: Fields) -> list[Definition]:
    """Return the definitions of a Sloth document; an SLO that cannot be meant is left out with an error."""
    shared = Keeping()
    spec = as_spec(document, shared)
    spec.asked |= {"version", "apiVersion", "kind"}
    if not document.has("version"):
        spec.keep("metadata")
        below = spec.part("spec", needed=True)
        spec.done()
        if below is None:
            spec.findings.error(spec.place, "", "The document is not taken because it has no spec.")
            return []
        spec = below
    service = spec.text("service", needed=True)
    labels = spec.texts("labels")
    if spec.has("slo_plugins"):
        sentence = "Plugins of Sloth are Go programs; they do nothing here and are kept."
        spec.findings.warning(spec.where("slo_plugins"), spec.at("slo_plugins"), sentence)
        spec.keep("slo_plugins")
    sentence = "Sloth's files name no window; 30 days, rolling, are taken as Sloth does."
    spec.findings.note(spec.place, spec.path, sentence)
    items = spec.items("slos", needed=True)
    if spec.has("slos") and not items:
        spec.wrong("slos", "a list with at least one SLO")
    made, names = [], set[str]()
    spec.done()
    for item in items:
        definition = slo(item, service, labels, shared)
        if definition and definition.name in names:
            sentence = f"The SLO {definition.name!r} stands twice in this service; the first is taken, rename this one."
            item.findings.error(item.place, item.path, sentence)
        elif definition:
            names.add(definition.name)
            made.append(definition)
        else:
            item.findings.error(item.place, item.path, "This SLO is not taken because of what is said here.")
    return made


def slo(fields: Fields, service: str, labels: dict[str, str], shared: Keeping) -> Definition | None:
    """Return one SLO, None when it cannot be meant."""
    item = as_spec(fields, Keeping(dict(shared.values)))
    given = item.text("name", needed=True)
    name = slug(given)
    if given and not name:
        item.wrong("name", "a name with letters or digits")
    percent = item.number("objective", needed=True)
    text = item.text("description")
    own_labels = merged(labels, item.texts("labels"))
    measured = sli(item, name)
    texts, severities = alerting(item)
    if item.has("plugins"):
        sentence = "Plugins of Sloth are Go programs; they do nothing here and are kept."
        item.findings.warning(item.where("plugins"), item.at("plugins"), sentence)
        item.keep("plugins")
    item.done()
    if percent is not None and not 0 < percent < 100:
        item.wrong("objective", "a percentage above 0 and below 100; 100 leaves no budget")
        percent = None
    if not (name and service and measured) or percent is None:
        return None
    return Definition(
        name=name,
        service=service,
        window=SLOTH_WINDOW,
        objectives=(Objective(float(f"{percent / 100:.15g}")),),
        sli=measured,
        given_name=given if given != name else "",
        description=text,
        pairs=tuple(pair for pair in USUAL_PAIRS if pair.severity in severities),
        alert_texts=texts,
        labels={key: (value,) for key, value in own_labels.items()},
        kept=item.keeping.values,
    )


def sli(item: Spec, name: str) -> Sli | None:
    """Return the SLI: events (bad and total), or a raw ratio of failures."""
    below = item.part("sli", needed=True)
    if below is None:
        return None
    if below.has("plugin"):
        sentence = "An SLI plugin of Sloth is a Go program and cannot be run; write its query under 'raw'."
        below.findings.breach(below.where("plugin"), below.at("plugin"), sentence)
        below.keep("plugin")
    if below.has("events") and below.has("raw"):
        sentence = "'events' and 'raw' are both given, allowed is one; the events are taken."
        below.findings.breach(below.where("raw"), below.at("raw"), sentence)
        below.keep("raw")
    if not (below.has("events") or below.has("raw") or below.has("plugin")):
        below.missing("events")
    events = below.part("events")
    raw = None if events else below.part("raw")
    below.done()
    if events:
        metrics = {part: query(events, field) for part, field in (("bad", "error_query"), ("total", "total_query"))}
        kind, raw_type = SliKind.BAD_TOTAL, ""
        if metrics["bad"] and metrics["bad"] == metrics["total"]:
            events.wrong("error_query", "another query than the total's")
    elif raw:
        metrics = {"raw": query(raw, "error_ratio_query")}
        kind, raw_type = SliKind.RAW, "failure"
    else:
        return None
    found = {part: metric for part, metric in metrics.items() if metric}
    return Sli(name, kind, found, raw_type=raw_type) if name and len(found) == len(metrics) else None


def query(below: Spec, name: str) -> Metric | None:
    """Return a PromQL query; Sloth asks for `{{.window}}` in it."""
    text = below.text(name, needed=True)
    if text and ".window" not in text:
        sentence = f"'{name}' has no {{{{.window}}}}; Sloth needs it as the range, as in rate(x[{{{{.window}}}}])."
        below.findings.breach(below.where(name), below.at(name), sentence)
    if name != "error_query":  # the other one of the two is still to come
        below.done()
    return Metric({"query": text}, PROMETHEUS) if text else None


def alerting(item: Spec) -> tuple[AlertTexts, set[str]]:
    """Return names and labels of the alerts, and the severities that are not disabled."""
    below = item.part("alerting", needed=True)
    if below is None:
        return AlertTexts(), {"page", "ticket"}
    name = below.text("name")
    labels, annotations = below.texts("labels"), below.texts("annotations")
    severities, own_labels, own_annotations = set[str](), {}, {}
    for severity in ("page", "ticket"):
        alert = below.part(f"{severity}_alert")
        if alert is None or not alert.flag("disable", default=False):
            severities.add(severity)
        if alert and alert.has("for"):
            sentence = "'for' works in Sloth by a plugin only; it is kept and does nothing."
            alert.findings.note(alert.where("for"), alert.at("for"), sentence)
            alert.keep("for")
        own_labels[severity] = merged(labels, alert.texts("labels") if alert else {})
        own_annotations[severity] = merged(annotations, alert.texts("annotations") if alert else {})
        if alert:
            alert.done()
    if severities and not name:
        below.missing("name")
    below.done()
    return AlertTexts(name, without_empty(own_labels), without_empty(own_annotations)), severities


def without_empty(texts: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return what says something."""
    return {severity: said for severity, said in texts.items() if said}
