"""SLOs of OpenSLO v1 to definitions, and the check of the other kinds that stand beside them."""

from collections.abc import Mapping
from dataclasses import dataclass

from hortus.products.slos.openslo.annotations import Said, understood
from hortus.products.slos.openslo.definitions import (
    OPERATORS,
    Budgeting,
    Definition,
    Objective,
    Sli,
    SliKind,
    Window,
    is_start,
    is_zone,
)
from hortus.products.slos.openslo.durations import shorthand
from hortus.products.slos.openslo.fields import Fields
from hortus.products.slos.openslo.objects import Objects, description, metadata
from hortus.products.slos.openslo.v1_alerts import minutes_of, pairs, read_condition, read_policy, read_target
from hortus.products.slos.openslo.v1_indicators import indicator, sli

METHODS = {
    "Occurrences": Budgeting.OCCURRENCES,
    "Timeslices": Budgeting.TIMESLICES,
    "RatioTimeslices": Budgeting.RATIO_TIMESLICES,
}
USUAL_WINDOW = Window(4, "w")
USUAL_START = "2024-01-01 00:00:00"  # a Monday, and the first of a month, a quarter and a year
KINDS = ("SLO", "SLI", "DataSource", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")


def slo(fields: Fields, objects: Objects) -> Definition | None:
    """Return the definition of an SLO document, None (and an error) when it cannot be meant."""
    fields.asked |= {"apiVersion", "kind"}
    before = len(fields.findings)
    about = metadata(fields)
    spec = fields.fields("spec", needed=True)
    fields.done()
    made = None
    if about and spec:
        below = fields.fields("metadata")
        place = below.where("annotations") if below else fields.place
        said = understood(
            about.annotations,
            lambda key, sentence: fields.findings.breach(place, f"metadata.annotations.{key}", sentence),
        )
        said_name = said.given_name or about.given_name
        try:
            made = definition(spec, objects, About(about.name, said_name, about.display_name, about.labels, said))
        except ValueError as error:
            fields.findings.error(spec.place, spec.path, f"{error}.")
    if made is None:
        why = "what else is said of it" if len(fields.findings) > before else "what is missing"
        name = about.name if about else "without a name"
        sentence = f"The SLO {name} is not taken because of {why}."
        fields.findings.error(fields.place, "", sentence)
    return made


@dataclass(frozen=True)
class About:
    """What metadata and annotations say of an SLO."""

    name: str
    given_name: str
    display_name: str
    labels: Mapping[str, tuple[str, ...]]
    said: Said


def definition(spec: Fields, objects: Objects, about: About) -> Definition | None:
    """Read the spec of an SLO; raise ValueError with a sentence when its parts do not fit together."""
    text = description(spec)
    service = spec.text("service", needed=True)
    service_names = {name for kind, name in objects.found if kind == "Service"}
    if service and service_names and not objects.refer(spec, "service", "Service")[1]:
        sentence = f"No Service {service[:80]!r} is among those given; name it there, or correct the name."
        spec.findings.warning(spec.where("service"), spec.at("service"), sentence)
    budgeting = METHODS.get(spec.text("budgetingMethod", needed=True, allowed=tuple(METHODS)), Budgeting.OCCURRENCES)
    window = time_window(spec)
    shared, is_composite = shared_indicator(spec, objects)
    items = spec.items("objectives", needed=True)
    objectives = [objective(item, shared, objects, is_composite=is_composite) for item in items]
    for item, each in zip(items, objectives, strict=True):
        if each is None:
            item.keeping.keep(item.path, item.node.plain())
    taken = tuple(each for each in objectives if each)
    alerts = pairs(spec, window.minutes, objects)
    spec.done()
    is_part_of_composite_missing = is_composite and len(taken) < len(objectives)
    if not service or not taken or is_part_of_composite_missing:
        return None
    said = about.said
    return Definition(
        name=about.name,
        service=service,
        window=window,
        objectives=taken,
        sli=shared,
        budgeting=budgeting,
        display_name=said.display_name or about.display_name,
        given_name=about.given_name,
        description=said.description or text,
        pairs=alerts,
        alert_texts=said.alert_texts,
        exclusions=said.exclusions,
        little_traffic=said.little_traffic,
        leaves_out_planned_work=said.leaves_out_planned_work,
        labels={**about.labels, **said.labels},
        annotations=said.annotations,
        kept={**spec.keeping.values, **said.kept},
    )


def shared_indicator(spec: Fields, objects: Objects) -> tuple[Sli | None, bool]:
    """Return the SLI of the whole SLO, and whether it is a composite, whose objectives have their own."""
    objectives = spec.pairs["objectives"][1].items or () if "objectives" in spec.pairs else ()
    own = {key.text for item in objectives for key, _ in item.pairs or ()} & {"indicator", "indicatorRef"}
    has_shared = spec.has("indicator") or spec.has("indicatorRef")
    if has_shared:
        if own:
            sentence = "An SLI is given for the whole and for objectives, allowed is one of both; the first is taken."
            spec.findings.breach(spec.where("objectives"), spec.at("objectives"), sentence)
        return indicator(spec, objects), False
    if not own:
        spec.missing("indicator")
    return None, bool(own)


def time_window(spec: Fields) -> Window:
    """Return the window; without a readable one it is a breach and 28 days are taken."""
    items = spec.items("timeWindow", needed=True)
    if spec.has("timeWindow") and len(items) != 1:
        sentence = f"{len(items)} windows are given, allowed is exactly 1; the first is taken."
        spec.findings.breach(spec.where("timeWindow"), spec.at("timeWindow"), sentence)
    window = one_window(items[0]) if items else None
    if window is None:
        sentence = "There is no window that can be read; 28 days, rolling, are taken. Write duration: 28d."
        spec.findings.breach(spec.where("timeWindow"), spec.at("timeWindow"), sentence)
    return window or USUAL_WINDOW


def one_window(item: Fields) -> Window | None:
    """Return a time window, None without a readable duration."""
    minutes_of(item, "duration", needed=True)
    duration = shorthand(item.text("duration"))
    calendar = item.fields("calendar")
    is_rolling = item.flag("isRolling", default=calendar is None)
    if is_rolling and calendar:
        sentence = "A rolling window has no calendar; it is taken as rolling, the calendar is kept."
        item.findings.breach(item.where("calendar"), item.at("calendar"), sentence)
        item.keep("calendar")
    if not is_rolling and calendar is None:
        item.missing("calendar")
    if calendar is None and not item.has("isRolling"):
        item.missing("isRolling")
    zone, start = calendar_of(calendar) if calendar and not is_rolling else ("", "")
    item.done()
    if duration is None:
        return None
    return Window(*duration, zone=zone, start=start)


def calendar_of(calendar: Fields) -> tuple[str, str]:
    """Return zone and start of a calendar; UTC and the start of 2024 where they cannot be read."""
    start, zone = calendar.text("startTime", needed=True), calendar.text("timeZone", needed=True)
    if start and not is_start(start):
        calendar.wrong("startTime", "YYYY-MM-DD hh:mm:ss")
    if zone and not is_zone(zone):
        calendar.wrong("timeZone", "a name of the IANA database, as in Europe/Berlin")
    calendar.done()
    return (zone if is_zone(zone) else "UTC"), (start if is_start(start) else USUAL_START)


def objective(item: Fields, shared: Sli | None, objects: Objects, *, is_composite: bool) -> Objective | None:
    """Return one objective, None (and an error) when it cannot be meant."""
    own = None
    if not is_composite:
        item.keep("indicator", "indicatorRef")
    elif item.has("indicator") or item.has("indicatorRef"):
        own = indicator(item, objects)
    else:
        item.missing("indicator")
    measured = own or shared
    op, value = condition(item, measured)
    target = target_of(item)
    slice_target, weight = item.number("timeSliceTarget"), item.number("compositeWeight")
    slice_minutes = slice_of(item)
    display_name = item.text("displayName")
    item.done()
    if target is None or (is_composite and own is None):
        item.findings.error(item.place, item.path, "This objective is not taken because of what is said of it.")
        return None
    if measured is None:
        return None
    try:
        return Objective(target, display_name, op, value, slice_target, slice_minutes, weight, own)
    except ValueError as error:
        item.findings.error(item.place, item.path, f"This objective is not taken: {error}.")
        return None


def condition(item: Fields, measured: Sli | None) -> tuple[str, float | None]:
    """Return op and value, which a threshold needs and nothing else may have."""
    if measured and measured.kind is SliKind.THRESHOLD:
        return item.text("op", needed=True, allowed=OPERATORS), item.number("value", needed=True)
    for name in ("op", "value"):
        if measured and item.has(name):
            sentence = f"'{name}' belongs to a thresholdMetric, this SLI is a ratio; it is kept and does nothing."
            item.findings.breach(item.where(name), item.at(name), sentence)
    item.keep("op", "value")
    return "", None


def target_of(item: Fields) -> float | None:
    """Return the target as a ratio; of target and targetPercent exactly one may stand."""
    has_target, has_percent = item.has("target"), item.has("targetPercent")
    if not has_target and not has_percent:
        item.missing("target")
        return None
    if has_target and has_percent:
        sentence = "'target' and 'targetPercent' are both given, allowed is one; the first is taken."
        item.findings.breach(item.where("targetPercent"), item.at("targetPercent"), sentence)
        item.keep("targetPercent")
    name, whole = ("target", 1.0) if has_target else ("targetPercent", 100.0)
    number = item.number(name)
    if number is None:
        return None
    if not 0 <= number < whole:
        hint = f"; {number:g} % is target: {number / 100:g}" if has_target and 1 < number < 100 else ""
        item.wrong(name, f"0 or more and below {whole:g}{hint}")
        return None
    return number if has_target else float(f"{number / 100:.15g}")


def slice_of(item: Fields) -> int | None:
    """Return the length of a time slice in minutes: a shorthand, or a number of minutes."""
    node = item.get("timeSliceWindow")
    if node is None:
        return None
    if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value > 0:
        return node.value
    return minutes_of(item, "timeSliceWindow") or None


def check(kind: str, fields: Fields, objects: Objects) -> None:
    """Check a document of another kind, whether an SLO refers to it or not."""
    fields.asked |= {"apiVersion", "kind"}
    if kind == "SLI":
        sli(fields, objects)
    elif kind == "AlertPolicy":
        read_policy(fields, objects, {})
    elif kind == "AlertCondition":
        read_condition(fields)
    elif kind == "AlertNotificationTarget":
        read_target(fields)
    else:
        metadata(fields)
        spec = fields.fields("spec", needed=True)
        fields.done()
        if spec is None:
            return
        description(spec)
        if kind == "DataSource":
            spec.text("type", needed=True)
            spec.get("connectionDetails", needed=True)
        spec.done()
