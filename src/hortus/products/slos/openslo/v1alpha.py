"""SLOs of OpenSLO v1alpha, read as Sloth reads them: every objective becomes an SLO of its own, without alerts."""

from hortus.products.slos.openslo.definitions import (
    OPERATORS,
    Budgeting,
    Definition,
    Metric,
    Objective,
    Sli,
    SliKind,
    Window,
)
from hortus.products.slos.openslo.durations import LONGEST_MINUTES
from hortus.products.slos.openslo.fields import Fields
from hortus.products.slos.openslo.objects import Metadata, description, metadata
from hortus.products.slos.openslo.v1_objectives import calendar_of, target_of

UNITS = {"Second": ("s", 0), "Day": ("d", 1), "Week": ("w", 7), "Month": ("M", 30), "Quarter": ("Q", 90)}
SLOTH_WINDOW = Window(30, "d")
METHODS = {"Occurrences": Budgeting.OCCURRENCES, "Timeslices": Budgeting.TIMESLICES}


def slos(fields: Fields) -> list[Definition]:
    """Return the definitions of an SLO document; one that cannot be meant is left out with an error."""
    fields.asked |= {"apiVersion", "kind"}
    about = metadata(fields)
    spec = fields.fields("spec", needed=True)
    fields.done()
    if about is None or spec is None:
        fields.findings.error(fields.place, "", "The SLO is not taken because of what is missing.")
        return []
    text, service = description(spec), spec.text("service", needed=True)
    window = time_window(spec)
    budgeting = METHODS.get(spec.text("budgetingMethod", allowed=tuple(METHODS)), Budgeting.OCCURRENCES)
    shared = spec.fields("indicator")
    threshold = metric(shared, "thresholdMetric") if shared else None
    if shared:
        shared.done()
    items = spec.items("objectives", needed=True)
    sentence = "v1alpha knows no alerts, and Sloth makes none from it; choose them in Hortus."
    spec.findings.note(fields.place, "", sentence)
    read = [objective(item, threshold) for item in items]
    spec.done()
    made = []
    for at, (item, found) in enumerate(zip(items, read, strict=True)):
        if found is None:
            continue
        sli, target = found
        try:
            made.append(as_definition(about, at, service, text, window, sli, target, budgeting, fields))
        except ValueError as error:
            item.findings.error(item.place, item.path, f"This objective is not taken: {error}.")
    return made


def as_definition(
    about: Metadata, at: int, service: str, text: str, window: Window, sli: Sli, target: Objective,
    budgeting: Budgeting, fields: Fields,
) -> Definition:  # fmt: skip
    """Return one definition, named as Sloth names it: with the number of the objective behind."""
    name = f"{about.name[:58]}-{at}".replace("--", "-")
    given = f"{about.given_name or about.name}-{at}"
    return Definition(
        name=name,
        service=service,
        window=window,
        objectives=(target,),
        sli=Sli(name, sli.kind, sli.metrics, sli.is_counter),
        budgeting=budgeting if target.slice_target is not None else Budgeting.OCCURRENCES,
        display_name=about.display_name,
        given_name=given if given != name else "",
        description=text,
        labels=about.labels,
        annotations=about.annotations,
        kept=dict(fields.keeping.values),
    )


def time_window(spec: Fields) -> Window:
    """Return the window; without one the 30 days of Sloth."""
    items = spec.items("timeWindows")
    if not items:
        sentence = "No window is given; 30 days, rolling, are taken as Sloth does."
        spec.findings.note(spec.where("timeWindows"), spec.at("timeWindows"), sentence)
        return SLOTH_WINDOW
    if len(items) > 1:
        sentence = f"{len(items)} windows are given, allowed is exactly 1; the first is taken."
        spec.findings.breach(spec.where("timeWindows"), spec.at("timeWindows"), sentence)
    item = items[0]
    unit = item.text("unit", needed=True)
    count = item.number("count", needed=True)
    calendar = item.fields("calendar")
    is_rolling = item.flag("isRolling", default=calendar is None)
    zone, start = calendar_of(calendar) if calendar and not is_rolling else ("", "")
    if is_rolling:
        item.keep("calendar")
    item.done()
    window = as_window(unit, count, zone, start)
    if window is None:
        listed = ", ".join(UNITS)
        sentence = f"{count or 0:g} {unit or 'of nothing'} is no window; allowed is a whole count of {listed}, whole "
        item.findings.breach(item.place, item.path, sentence + "minutes; 30 days, rolling, are taken.")
        return SLOTH_WINDOW
    if window.unit != "d":
        sentence = f"Sloth refuses windows in {unit}; Hortus takes it."
        item.findings.note(item.where("unit"), item.at("unit"), sentence)
    return window


def as_window(unit: str, count: float | None, zone: str, start: str) -> Window | None:
    """Return a window of a unit of v1alpha, written in any case; None when it is none."""
    letter = next((letter for name, (letter, _) in UNITS.items() if name.lower() == unit.lower()), "")
    if count is None or count != int(count) or not letter:
        return None
    if letter == "s":
        letter, count = "m", count / 60
    if count != int(count) or not 0 < count <= LONGEST_MINUTES:
        return None
    try:
        return Window(int(count), letter, zone, start)
    except ValueError:
        return None


def objective(item: Fields, threshold: Metric | None) -> tuple[Sli, Objective] | None:
    """Return SLI and target of one objective, None (and an error) when it cannot be meant."""
    ratio = item.fields("ratioMetrics")
    target = target_of(item)
    slice_target = item.number("timeSliceTarget")
    display_name = item.text("displayName")
    if ratio:
        sli = ratio_sli(ratio)
        item.keep("op", "value")
        op, value = "", None
    else:
        if threshold is None:
            item.missing("ratioMetrics")
        else:
            sentence = "Sloth refuses a thresholdMetric; Hortus takes it."
            item.findings.note(item.place, item.path, sentence)
        sli = Sli("sli", SliKind.THRESHOLD, {"threshold": threshold}) if threshold else None
        op, value = item.text("op", needed=True, allowed=OPERATORS), item.number("value", needed=True)
    item.done()
    slice_minutes = None
    if slice_target is not None:
        sentence = "v1alpha gives time slices no length; slices of 1 minute are taken."
        item.findings.warning(item.where("timeSliceTarget"), item.at("timeSliceTarget"), sentence)
        slice_minutes = 1
    if target is not None and sli is not None:
        try:
            return sli, Objective(target, display_name, op, value, slice_target, slice_minutes)
        except ValueError as error:
            item.findings.error(item.place, item.path, f"{error}.")
    item.findings.error(item.place, item.path, "This objective is not taken because of what is said here.")
    return None


def ratio_sli(ratio: Fields) -> Sli | None:
    """Return the SLI of `ratioMetrics`: good and total."""
    good, total = metric(ratio, "good"), metric(ratio, "total")
    is_counter = ratio.flag("incremental", default=False)
    ratio.done()
    if good is None or total is None:
        return None
    return Sli("sli", SliKind.GOOD_TOTAL, {"good": good, "total": total}, is_counter)


def metric(fields: Fields, name: str) -> Metric | None:
    """Return a query of v1alpha: source, queryType and query in one mapping."""
    below = fields.fields(name, needed=True)
    if below is None:
        return None
    source, type_, query = (below.text(each, needed=True) for each in ("source", "queryType", "query"))
    below.done()
    return Metric({"query": query, "queryType": type_}, type=source) if query else None
