"""SLIs of OpenSLO v1: `indicator` in place, `indicatorRef`, and the queries in them."""

from hortus.products.slos.openslo.annotations import DESCRIPTION, DISPLAY_NAME
from hortus.products.slos.openslo.definitions import Json, Metric, Sli, SliKind
from hortus.products.slos.openslo.fields import Fields, Keeping
from hortus.products.slos.openslo.objects import Metadata, Objects, check_name_of, description, metadata

OURS = "hortus"  # the metric source type of what Hortus counts itself


def indicator(fields: Fields, objects: Objects) -> Sli | None:
    """Return the SLI that `indicator` gives or `indicatorRef` means; of both the one in place counts."""
    if fields.has("indicator") and fields.has("indicatorRef"):
        sentence = "'indicator' and 'indicatorRef' are both given, allowed is one; the first is taken."
        fields.findings.breach(fields.where("indicatorRef"), fields.at("indicatorRef"), sentence)
        fields.keep("indicatorRef")
    if fields.has("indicator"):
        inline = fields.fields("indicator")
        return sli(inline, objects) if inline else None
    check_name_of(fields, "indicatorRef")
    document = objects.document(fields, "indicatorRef", "SLI")
    if document is None:
        return None
    document.asked |= {"apiVersion", "kind"}
    return sli(document, objects)


def sli(fields: Fields, objects: Objects) -> Sli | None:
    """Return the SLI of an object with metadata and spec, None when it cannot be meant."""
    about = metadata(fields)
    spec = fields.fields("spec", needed=True)
    fields.done()
    if about is None or spec is None:
        return None
    keep_metadata(fields, about)
    has_ratio, has_threshold = spec.has("ratioMetric"), spec.has("thresholdMetric")
    if has_ratio == has_threshold:
        given = "both" if has_ratio else "neither"
        sentence = f"Of 'ratioMetric' and 'thresholdMetric' {given} is given, needed is exactly one."
        spec.findings.breach(spec.place, spec.path, sentence)
    if has_ratio and has_threshold:
        spec.keep("thresholdMetric")
    text = description(spec)
    kind, metrics, is_counter, raw_type = ratio(spec, objects) if has_ratio else threshold(spec, objects)
    spec.done()
    if kind is None:
        return None
    display_name = about.annotations.get(DISPLAY_NAME) or about.display_name
    text = about.annotations.get(DESCRIPTION) or text
    if own := ours(about.name, metrics, display_name, text):
        return own
    try:
        return Sli(about.name, kind, metrics, is_counter, raw_type, display_name=display_name, description=text)
    except ValueError as error:
        spec.findings.breach(spec.place, spec.path, f"{error}.")
        return None


def keep_metadata(fields: Fields, about: Metadata) -> None:
    """Keep what an SLI's metadata say and ours have no place for."""
    below = fields.fields("metadata")
    if below is None:
        return
    below.keep("labels")
    ours = {DISPLAY_NAME, DESCRIPTION}
    others: dict[str, Json] = {key: text for key, text in about.annotations.items() if key not in ours}
    if others:
        below.keeping.keep(below.at("annotations"), others)
    if about.given_name:
        below.keep("name")


Read = tuple[SliKind | None, dict[str, Metric], bool, str]


def threshold(spec: Fields, objects: Objects) -> Read:
    """Read `thresholdMetric`."""
    found = metric(spec, "thresholdMetric", objects) if spec.has("thresholdMetric") else None
    return (SliKind.THRESHOLD, {"threshold": found}, True, "") if found else (None, {}, True, "")


def ratio(spec: Fields, objects: Objects) -> Read:
    """Read `ratioMetric`: good or bad with total, or raw."""
    below = spec.fields("ratioMetric")
    if below is None:
        return None, {}, True, ""
    is_counter = below.flag("counter", default=False)
    given = [part for part in ("raw", "good", "bad", "total") if below.has(part)]
    if "raw" in given:
        parts, kind = ["raw"], SliKind.RAW
        raw_type = below.text("rawType", needed=True, allowed=("success", "failure"))
    else:
        parts = ["bad" if "bad" in given and "good" not in given else "good", "total"]
        kind = SliKind.BAD_TOTAL if parts[0] == "bad" else SliKind.GOOD_TOTAL
        raw_type = ""
        below.keep("rawType")
    if extra := [part for part in given if part not in parts]:
        listed, taken = ", ".join(given), " and ".join(parts)
        sentence = f"{listed} are given, allowed is raw, or total with one of good and bad; {taken} are taken."
        below.findings.breach(below.where(extra[0]), below.at(extra[0]), sentence)
        below.keep(*extra)
    metrics = {part: found for part in parts if (found := metric(below, part, objects))}
    below.done()
    is_whole = len(metrics) == len(parts) and (kind is not SliKind.RAW or raw_type)
    return (kind, metrics, is_counter, raw_type) if is_whole else (None, {}, True, "")


def metric(fields: Fields, name: str, objects: Objects) -> Metric | None:
    """Read one query: `metricSource` with a free `spec`; its type may come from the data source it refers to."""
    below = fields.fields(name, needed=True)
    source = below.fields("metricSource", needed=True) if below else None
    if below:
        below.done()
    if source is None:
        return None
    type_ = source.text("type")
    reference, data_source = "", None
    if source.has("metricSourceRef"):
        check_name_of(source, "metricSourceRef")
        reference, data_source = objects.refer(source, "metricSourceRef", "DataSource")
    if not type_ and data_source:
        spec = data_source.fields(Keeping()).fields("spec")
        type_ = spec.text("type") if spec else ""
    if not type_:
        sentence = "No type of data source is given, nor a DataSource that names one; say what reads this query."
        source.findings.warning(source.place, source.at("type"), sentence)
    spec_node = source.get("spec", needed=True)
    free = source.raw("spec") if spec_node else {}
    if spec_node and spec_node.pairs is not None and not free:
        source.wrong("spec", "a mapping with at least one field")
    source.done()
    return Metric(free, type_, reference) if free else None


def ours(name: str, metrics: dict[str, Metric], display_name: str, text: str) -> Sli | None:
    """Return the SLI that Hortus counts itself, None when the queries are somebody else's."""
    good, total = metrics.get("good"), metrics.get("total")
    if good is None or total is None or {good.type, total.type} != {OURS}:
        return None
    if good.spec == {"push": "good"} and total.spec == {"push": "total"}:
        return Sli(name, SliKind.PUSHED, display_name=display_name, description=text)
    judge, parameters = good.spec.get("judge"), good.spec.get("parameters", {})
    if not isinstance(judge, str) or not judge or not set(good.spec) <= {"judge", "events", "parameters"}:
        return None
    if good.spec.get("events") != "good" or not isinstance(parameters, dict):
        return None
    if total.spec != {**good.spec, "events": "all"}:
        return None
    return Sli(name, SliKind.JUDGED, judge=judge, parameters=parameters, display_name=display_name, description=text)
