"""Definitions to Prometheus rules in Sloth's shape: the names, labels and thresholds that Sloth's dashboards expect.

Three groups an objective: error ratios by window, what the objective is, and the alerts. What cannot be said in rules
is a finding, and a comment at the line that the finding names.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hortus.products.slos.openslo.definitions import (
    SEVERITIES,
    USUAL_PAIRS,
    AlertPair,
    Budgeting,
    Definition,
    Objective,
)
from hortus.products.slos.openslo.durations import as_prometheus
from hortus.products.slos.openslo.findings import Finding, Findings, Place
from hortus.products.slos.openslo.promql import Unwritable, error_ratio, number
from hortus.products.slos.openslo.yaml_text import yaml_text

CAP_RATIO = 0.8  # the bad ratio of a pair that could never hold, as in Hortus' own alerts
SHORTEST = 5
HEAD = "# Written by Hortus in the shape of Sloth's rules. Change the objectives there, not here.\ngroups:\n"
SLOTH_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
USUAL_MINUTES = sorted({minutes for pair in USUAL_PAIRS for minutes in (pair.short_minutes, pair.long_minutes)})
SAYS = "{{$labels.sloth_service}} {{$labels.sloth_slo}} SLO error budget burn rate is"

Rule = dict[str, object]


@dataclass(frozen=True)
class RulesFile:
    """A rules file and what could not be said in it."""

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Slo:
    """One target as Sloth sees it: an SLO of its own."""

    definition: Definition
    objective: Objective
    name: str

    @property
    def ids(self) -> dict[str, str]:
        """Return the labels that tell it apart."""
        service = self.definition.service
        return {"sloth_id": f"{service}-{self.name}", "sloth_service": service, "sloth_slo": self.name}

    @property
    def filter(self) -> str:
        """Return the selector of its series."""
        return "{" + ", ".join(f"{key}={json.dumps(text, ensure_ascii=False)}" for key, text in self.ids.items()) + "}"

    @property
    def budget(self) -> float:
        """Return the allowed error ratio, by the steps that Sloth takes."""
        return (100 - self.objective.percent) / 100


@dataclass
class Lines:
    """The text so far, with the findings at their comments."""

    text: str
    findings: Findings = field(default_factory=lambda: Findings("", is_strict=False))

    def comment(self, name: str, sentences: Iterable[str], *, is_left_out: bool) -> None:
        """Write one comment on an objective and the finding that points to it; nothing without a sentence."""
        told = " ".join(sentences)
        if told:
            place = Place(self.text.count("\n") + 1, 1)
            (self.findings.error if is_left_out else self.findings.warning)(place, name, told)
            self.text += f"# {name}: {told}\n"


def write_rules(definitions: Iterable[Definition]) -> RulesFile:
    """Return the rules of some definitions, in the order of their names; what cannot be said of one, as a comment."""
    lines = Lines(HEAD)
    groups = 0
    ids: set[str] = set()
    for definition in sorted(definitions, key=lambda each: each.name):
        written, sentences, left_out = of_definition(definition, ids)
        lines.comment(definition.name, sentences, is_left_out=left_out)
        lines.text += yaml_text(written) if written else ""
        groups += len(written)
    text = lines.text if groups else lines.text.replace("groups:\n", "groups: []\n", 1)
    return RulesFile(text, lines.findings.all())


def of_definition(definition: Definition, ids: set[str]) -> tuple[list[Rule], list[str], bool]:
    """Return the groups of all targets of a definition, what is to be said of it, and whether a target was left out.

    ids: the sloth_ids of the file so far, to which its own are added.
    """
    written: list[Rule] = []
    sentences: dict[str, None] = {}  # each once: most hold for all targets alike
    left_out = False
    for slo in slos(definition):
        notes: list[str] = []
        try:
            written += groups_of(slo, notes, ids)
        except Unwritable as why:
            notes, left_out = [f"Left out: {why}."], True
        sentences.update(dict.fromkeys(notes))
    return written, list(sentences), left_out


def slos(definition: Definition) -> list[Slo]:
    """Return the targets of a definition; several are numbered as Sloth numbers those of OpenSLO."""
    name = definition.given_name if SLOTH_NAME.fullmatch(definition.given_name) else definition.name
    if len(definition.objectives) == 1:
        return [Slo(definition, definition.objectives[0], name)]
    return [Slo(definition, objective, f"{name}-{at}") for at, objective in enumerate(definition.objectives)]


def groups_of(slo: Slo, notes: list[str], ids: set[str]) -> list[Rule]:
    """Return the groups of one target; add to the notes what the rules do not know. Raises Unwritable."""
    definition, own = slo.definition, slo.ids["sloth_id"]
    if own in ids:
        raise Unwritable(f"another objective has the sloth_id {own!r}; rename one")
    if definition.budgeting is not Budgeting.OCCURRENCES:
        raise Unwritable("its budget counts time slices, the rules count events")
    labels = own_labels(slo, notes)
    period = definition.window.minutes
    recordings = [recording(slo, minutes, labels) for minutes in windows(definition)]
    ids.add(own)
    if not definition.window.is_rolling:
        days = as_prometheus(period)
        notes.append(f"Its window follows the calendar; the rules take {days}, rolling.")
    if definition.exclusions:
        notes.append("The rules do not know its exclusions; excluded time counts here.")
    if definition.little_traffic:
        notes.append("The rules do not know its rule for little traffic; alerts may stand sooner.")
    groups: list[Rule] = [
        {"name": f"sloth-slo-sli-recordings-{own}", "rules": [*recordings, of_period(slo, period, labels)]},
        {"name": f"sloth-slo-meta-recordings-{own}", "rules": metadata(slo, period, labels)},
    ]
    alerts = [written for severity in SEVERITIES for written in alerts_of(slo, severity, notes)]
    return groups + ([{"name": f"sloth-slo-alerts-{own}", "rules": alerts}] if alerts else [])


def windows(definition: Definition) -> list[int]:
    """Return the windows to record, in minutes: Sloth's seven, or those of other pairs with the 5 minutes."""
    asked = {minutes for pair in definition.pairs for minutes in (pair.short_minutes, pair.long_minutes)}
    recorded = set(USUAL_MINUTES) if asked <= set(USUAL_MINUTES) else asked | {SHORTEST}
    return sorted(recorded - {definition.window.minutes})


def own_labels(slo: Slo, notes: list[str]) -> dict[str, str]:
    """Return the labels of every series of a target: its own and those that tell it apart."""
    labels: dict[str, str] = {}
    for key, values in slo.definition.labels.items():
        if LABEL_NAME.fullmatch(key) and not key.startswith("__"):
            labels[key] = ",".join(values)
        else:
            notes.append(f"The label {key[:60]!r} is left out, Prometheus allows no such name.")
    return {**{key: text for key, text in labels.items() if text}, **slo.ids}


def in_order(labels: Mapping[str, str]) -> dict[str, str]:
    """Return labels in the order of their names."""
    return dict(sorted(labels.items()))


def error_series(minutes: int) -> str:
    """Return the name of the series of error ratios over a window."""
    return f"slo:sli_error:ratio_rate{as_prometheus(minutes)}"


def recording(slo: Slo, minutes: int, labels: dict[str, str]) -> Rule:
    """Return the rule that records the error ratio over a window."""
    sli = slo.definition.sli
    if sli is None:
        raise Unwritable("it is a composite of several SLIs")
    return {
        "record": error_series(minutes),
        "expr": error_ratio(sli, slo.objective, minutes),
        "labels": in_order({**labels, "sloth_window": as_prometheus(minutes)}),
    }


def of_period(slo: Slo, period: int, labels: dict[str, str]) -> Rule:
    """Return the rule of the whole period: the mean of the 5-minute ratios, as Sloth reckons it. It is not exact."""
    window = as_prometheus(period)
    series = f"{error_series(SHORTEST)}{slo.filter}[{window}]"
    return {
        "record": error_series(period),
        "expr": f"sum_over_time({series})\n/ ignoring (sloth_window)\ncount_over_time({series})\n",
        "labels": in_order({**labels, "sloth_window": window}),
    }


def metadata(slo: Slo, period: int, labels: dict[str, str]) -> list[Rule]:
    """Return the seven rules that say what the objective is."""
    ratio = number(slo.objective.percent / 100)
    on_ids = "/ on(sloth_id, sloth_slo, sloth_service) group_left"

    def burn_rate(minutes: int) -> str:
        return f"{error_series(minutes)}{slo.filter}\n{on_ids}\nslo:error_budget:ratio{slo.filter}\n"

    told = {
        "slo:objective:ratio": f"vector({ratio})",
        "slo:error_budget:ratio": f"vector(1-{ratio})",
        "slo:time_period:days": f"vector({number(period / 1440)})",
        "slo:current_burn_rate:ratio": burn_rate(SHORTEST),
        "slo:period_burn_rate:ratio": burn_rate(period),
        "slo:period_error_budget_remaining:ratio": f"1 - slo:period_burn_rate:ratio{slo.filter}",
    }
    info = {
        "sloth_mode": "hortus",
        "sloth_objective": number(slo.objective.percent),
        "sloth_spec": "openslo/v1",
        "sloth_version": "hortus",
    }
    rules: list[Rule] = [{"record": name, "expr": expr, "labels": in_order(labels)} for name, expr in told.items()]
    return [*rules, {"record": "sloth_slo_info", "expr": "vector(1)", "labels": in_order({**labels, **info})}]


def pairs_of(slo: Slo, severity: str) -> list[AlertPair]:
    """Return the pairs of a severity."""
    return [pair for pair in slo.definition.pairs if pair.severity == severity]


def alerts_of(slo: Slo, severity: str, notes: list[str]) -> list[Rule]:
    """Return the alerts of a severity: one as Sloth has it, or one for each time that its pairs are kept firing.

    Prometheus keeps whole alerts. Those of one severity are told apart by the label hortus_window, their long windows.
    """
    by_keep: dict[int, list[AlertPair]] = {}
    for pair in pairs_of(slo, severity):
        by_keep.setdefault(pair.keep_firing_minutes or 0, []).append(pair)
    return [alert(slo, severity, pairs, keep, notes, is_only=len(by_keep) == 1) for keep, pairs in by_keep.items()]


def alert(slo: Slo, severity: str, pairs: list[AlertPair], keep: int, notes: list[str], *, is_only: bool) -> Rule:
    """Return an alert of a severity: any of some pairs, each with both windows above its threshold.

    keep: for how many minutes it is kept firing. is_only: there is no other alert of this severity.
    """
    definition = slo.definition
    texts = definition.alert_texts
    names = [pair.label for pair in pairs if pair.label]
    named = {"severity": names[0]} if names else {}
    annotations = {
        "summary": f"{SAYS} over expected.",
        "title": f"({severity}) {SAYS} too fast.",
        **texts.annotations.get(severity, {}),
    }
    words = re.split(r"[^A-Za-z0-9]+", slo.ids["sloth_id"])
    told = {} if is_only else {"hortus_window": "_".join(as_prometheus(pair.long_minutes) for pair in pairs)}
    return {
        "alert": texts.name or "".join(word[:1].upper() + word[1:] for word in words) + "BudgetBurn",
        "expr": "or\n".join(condition(slo, pair, notes) for pair in pairs),
        **({"keep_firing_for": as_prometheus(keep)} if keep else {}),
        "labels": in_order({"sloth_severity": severity, **named, **told, **texts.labels.get(severity, {})}),
        "annotations": in_order(annotations),
    }


def condition(slo: Slo, pair: AlertPair, notes: list[str]) -> str:
    """Return the condition of a pair; one that could never hold is capped, with a note."""
    factor = pair.factor(slo.definition.window.minutes)
    if factor * slo.budget >= 1:
        most, long = 1 / slo.budget, as_prometheus(pair.long_minutes)
        factor = CAP_RATIO / slo.budget
        notes.append(
            f"The {pair.severity} over {long} could never stand, no burn rate exceeds {most:.4g} at "
            f"{slo.objective.percent:g} %; it stands above {CAP_RATIO:.0%} of bad events instead."
        )
    sides = (
        f"    max({error_series(minutes)}{slo.filter} > ({number(factor)} * {number(slo.budget)})) "
        "without (sloth_window)\n"
        for minutes in (pair.short_minutes, pair.long_minutes)
    )
    return "(\n" + "    and\n".join(sides) + ")\n"
