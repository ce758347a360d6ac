"""Alert policies of OpenSLO v1. A policy holds one look-back window; ours are pairs, the short one in an annotation."""

from collections.abc import Mapping
from dataclasses import dataclass

from hortus.products.slos.openslo.annotations import BUDGET_SHARE, KEEP_FIRING, SEVERITY, SHORT_WINDOW
from hortus.products.slos.openslo.definitions import OPERATORS, SEVERITIES, AlertPair, Json
from hortus.products.slos.openslo.durations import MINUTES, as_shorthand, shorthand
from hortus.products.slos.openslo.fields import Fields, Keeping
from hortus.products.slos.openslo.objects import Metadata, Objects, check_name_of, description, metadata

OUR_TARGET = "hortus"
PAGES = {"page", "critical", "crit", "urgent", "emergency", "high", "fatal", "sev0", "sev1", "p0", "p1"}


@dataclass(frozen=True)
class Condition:
    """An alert condition: severity as written, burn rate, look-back window in minutes."""

    severity: str
    threshold: float
    minutes: int


def pairs(slo: Fields, period_minutes: int, objects: Objects) -> tuple[AlertPair, ...]:
    """Return the pairs of an SLO's alert policies; of a policy that Hortus did not write everything is kept too."""
    found = []
    for item in slo.items("alertPolicies"):
        pair = policy_pair(item, period_minutes, objects)
        if pair:
            found.append(pair)
    return tuple(found)


def policy_pair(item: Fields, period_minutes: int, objects: Objects) -> AlertPair | None:
    """Return the pair that one entry of alertPolicies means."""
    whole: dict[str, Json] = {"policy": item.node.plain()}
    aside = Keeping()
    reading = Fields(item.node, item.place, item.path, item.findings, aside)
    policy = resolved(reading, "alertPolicyRef", "AlertPolicy", objects, whole)
    about, condition = read_policy(policy, objects, whole) if policy else (None, None)
    said = about.annotations if about else {}
    is_ours = SHORT_WINDOW in said
    if is_ours:
        item.keeping.values.update({item.keeping.prefix + path: value for path, value in aside.values.items()})
    else:
        item.keeping.keep(item.path, whole["policy"] if len(whole) == 1 else whole)
    if policy is None or condition is None:
        return None
    return as_pair(policy, condition, said, period_minutes)


def resolved(
    item: Fields, reference: str, kind: str, objects: Objects, whole: dict[str, Json]
) -> Fields | None:  # fmt: skip
    """Return the object in place, or the one that is referred to."""
    if not item.has(reference):
        kind_given = item.text("kind", needed=True)
        if kind_given and kind_given != kind:
            sentence = f"The kind is {kind_given[:80]!r}, allowed here is {kind}."
            item.findings.breach(item.where("kind"), item.at("kind"), sentence)
        return item
    check_name_of(item, reference)
    item.done()
    document = objects.document(item, reference, kind)
    if document is None:
        return None
    whole[f"{kind}/{item.text(reference)}"] = document.node.plain()
    document.asked |= {"apiVersion", "kind"}
    return document


Policy = tuple[Metadata | None, Condition | None]


def read_policy(fields: Fields, objects: Objects, whole: dict[str, Json]) -> Policy:
    """Read an alert policy: exactly one condition, at least one target."""
    about = metadata(fields)
    spec = fields.fields("spec", needed=True)
    fields.done()
    if spec is None:
        return about, None
    description(spec)
    for flag in ("alertWhenNoData", "alertWhenResolved"):
        if spec.flag(flag, default=False):
            sentence = f"'{flag}' is kept; Hortus shows both on the page of the objective and sends no alert for it."
            spec.findings.note(spec.where(flag), spec.at(flag), sentence)
    spec.flag("alertWhenBreaching", default=True)
    conditions = spec.items("conditions", needed=True)
    if spec.has("conditions") and len(conditions) != 1:
        sentence = f"{len(conditions)} conditions are given, allowed is exactly 1; the first is taken."
        spec.findings.breach(spec.where("conditions"), spec.at("conditions"), sentence)
    for target in spec.items("notificationTargets", needed=True):
        named = resolved(target, "targetRef", "AlertNotificationTarget", objects, whole)
        if named:
            read_target(named)
    spec.done()
    condition = resolved(conditions[0], "conditionRef", "AlertCondition", objects, whole) if conditions else None
    return about, read_condition(condition) if condition else None


def read_target(fields: Fields) -> None:
    """Check a notification target; who is told is settled in Hortus."""
    metadata(fields)
    spec = fields.fields("spec", needed=True)
    fields.done()
    if spec:
        spec.text("target", needed=True)
        description(spec)
        spec.done()


def read_condition(fields: Fields) -> Condition | None:
    """Read an alert condition."""
    metadata(fields)
    spec = fields.fields("spec", needed=True)
    fields.done()
    if spec is None:
        return None
    description(spec)
    severity = spec.text("severity", needed=True)
    below = spec.fields("condition", needed=True)
    spec.done()
    if below is None:
        return None
    below.text("kind", needed=True, allowed=("burnrate",))
    operator = below.text("op", needed=True, allowed=OPERATORS)
    if operator in ("lt", "lte"):
        sentence = f"'op' is '{operator}', which alerts while little burns; it is taken as 'gt'."
        below.findings.warning(below.where("op"), below.at("op"), sentence)
    threshold = below.number("threshold", needed=True)
    look_back = minutes_of(below, "lookbackWindow", needed=True)
    if after := minutes_of(below, "alertAfter"):
        sentence = f"'alertAfter' of {after} min is kept; in Hortus the short window of a pair does its work."
        below.findings.note(below.where("alertAfter"), below.at("alertAfter"), sentence)
    below.done()
    return Condition(severity, threshold, look_back) if threshold is not None and look_back else None


def minutes_of(fields: Fields, name: str, *, needed: bool = False) -> int:
    """Return a shorthand duration in minutes, 0 without one."""
    text = fields.text(name, needed=needed)
    if not text:
        return 0
    read = shorthand(text)
    if read is None:
        if not (name == "alertAfter" and text.startswith("0")):
            fields.wrong(name, "a whole number above 0 with m, h, d, w, M, Q or Y, ten years at most, as in 4w")
        return 0
    return read[0] * MINUTES[read[1]]


def as_pair(policy: Fields, condition: Condition, said: Mapping[str, str], period: int) -> AlertPair | None:
    """Return the pair of a condition. Without our annotations the short window is a twelfth of the long one."""
    written = condition.severity
    severity = written if written in SEVERITIES else "page" if written.lower() in PAGES else "ticket"
    if said.get(SEVERITY) in SEVERITIES:
        severity = said[SEVERITY]
    share = float(f"{condition.threshold * condition.minutes / period:.12g}")  # 0.02 and not 0.020000000000000004
    given = as_number(said.get(BUDGET_SHARE, ""))
    if given and abs(given - share) <= 1e-9 * share:
        share = given
    short = shorthand(said.get(SHORT_WINDOW, ""))
    short_minutes = short[0] * MINUTES[short[1]] if short else max(1, condition.minutes // 12)
    if not short:
        sentence = f"OpenSLO gives one window; a short one of {as_shorthand(short_minutes)} is added."
        policy.findings.note(policy.place, policy.path, sentence)
        if written not in SEVERITIES:
            sentence = f"The severity {written[:60]!r} is taken as '{severity}' and keeps its name."
            policy.findings.note(policy.place, policy.path, sentence)
    label = written if written != severity else ""
    try:
        return AlertPair(severity, share, condition.minutes, short_minutes, label, kept_firing(said))
    except ValueError as error:
        policy.findings.breach(policy.place, policy.path, f"This alert is not taken: {error}.")
        return None


def kept_firing(said: Mapping[str, str]) -> int | None:
    """Return for how many minutes an alert is kept firing, None where nothing or nonsense is said."""
    text = said.get(KEEP_FIRING, "")
    if text == "0m":
        return 0
    read = shorthand(text)
    return read[0] * MINUTES[read[1]] if read else None


def as_number(text: str) -> float:
    """Return a number from an annotation, 0 when it is none."""
    try:
        return float(text)
    except ValueError:
        return 0.0
