"""The plain description of an objective that is exchanged: what a file says and what our tables say, in one shape.

Nothing here reads files or tables. A description that cannot be meant is refused when it is made, so that whatever
exists can be written. Mappings count as unchangeable by agreement.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from hortus.products.slos.openslo.durations import LONGEST_MINUTES, MINUTES

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
OPERATORS = ("lte", "gte", "lt", "gt")
SEVERITIES = ("page", "ticket")
LEFT_OUT = "left_out"
"""The one field of a metric whose query the reader of the file may not see."""
LEFT_OUT_BECAUSE = "left out: whoever had this file written may not read the team's engines"


class SliKind(StrEnum):
    GOOD_TOTAL = "good_total"
    BAD_TOTAL = "bad_total"
    RAW = "raw"  # a ratio that somebody else has worked out
    THRESHOLD = "threshold"  # a value that is compared with the objective's
    JUDGED = "judged"  # Hortus judges raw events it holds
    PUSHED = "pushed"  # events are sent to Hortus


PARTS = {
    SliKind.GOOD_TOTAL: {"good", "total"},
    SliKind.BAD_TOTAL: {"bad", "total"},
    SliKind.RAW: {"raw"},
    SliKind.THRESHOLD: {"threshold"},
    SliKind.JUDGED: set[str](),
    SliKind.PUSHED: set[str](),
}


class Budgeting(StrEnum):
    OCCURRENCES = "occurrences"
    TIMESLICES = "timeslices"
    RATIO_TIMESLICES = "ratio_timeslices"


def must(is_so: bool, sentence: str) -> None:
    """Raise ValueError with the sentence unless it is so."""
    if not is_so:
        raise ValueError(sentence)


def check_name(name: str, of: str) -> None:
    """Refuse a name that OpenSLO does not allow."""
    rule = "allowed are 1 to 63 of a-z, 0-9 and '-', neither first nor last a '-'"
    must(NAME.fullmatch(name) is not None, f"name of {of} is {name[:80]!r}, {rule}; make a slug of it")


@dataclass(frozen=True)
class Metric:
    """A query: the data source's type ("prometheus") and name, and the source's own fields, at least one.

    >>> Metric({"query": "up"}, type="Prometheus").query
    'up'
    """

    spec: Mapping[str, Json]
    type: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        must(bool(self.spec), "spec of a metric is empty, it needs at least one field; give it a query")

    @property
    def query(self) -> str:
        """Return the query text under the names that files use for it, "" without one."""
        texts = (self.spec.get(name) for name in ("query", "promql", "expr", "expression"))
        return next((text for text in texts if isinstance(text, str)), "")


@dataclass(frozen=True)
class Sli:
    """What is measured. metrics: the parts that its kind needs (PARTS). is_counter: the numbers only ever rise.
    raw_type: "success" or "failure" for a raw ratio. judge and parameters: what Hortus judges, by which settings.
    """

    name: str
    kind: SliKind
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    is_counter: bool = True
    raw_type: str = ""
    judge: str = ""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    display_name: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "the SLI")
        parts = PARTS[self.kind]
        given = ", ".join(sorted(self.metrics)) or "nothing"
        needs = ", ".join(sorted(parts)) or "none"
        must(set(self.metrics) == parts, f"SLI {self.name} of kind {self.kind} has metrics {given}, needed: {needs}")
        must(bool(self.judge) == (self.kind is SliKind.JUDGED), f"SLI {self.name}: a judge is given when it is judged")
        must(bool(self.judge) or not self.parameters, f"SLI {self.name}: parameters belong to a judge")
        types = ("success", "failure") if self.kind is SliKind.RAW else ("",)
        must(self.raw_type in types, f"SLI {self.name}: raw_type is {self.raw_type!r}, allowed: {types}")
        must(self.is_counter or not self.judge, f"SLI {self.name}: what is judged is counted")


@dataclass(frozen=True)
class Objective:
    """A target ratio, 0 <= target < 1, with what else OpenSLO hangs on it. sli is given in composites only.

    op and value: a value is good when `value_measured op value`. slice_target: ratio in (0, 1]; slice_minutes: > 0.
    """

    target: float
    display_name: str = ""
    op: str = ""
    value: float | None = None
    slice_target: float | None = None
    slice_minutes: int | None = None
    weight: float | None = None
    sli: Sli | None = None

    def __post_init__(self) -> None:
        must(0 <= self.target < 1, f"target must be 0 or more and below 1, got {self.target}; write 0.995 for 99.5 %")
        must(self.op in ("", *OPERATORS), f"op is {self.op!r}, allowed: {', '.join(OPERATORS)}")
        must(self.value is None or math.isfinite(self.value), f"value must be a finite number, got {self.value}")
        ratio, minutes, weight = self.slice_target, self.slice_minutes, self.weight
        must(ratio is None or 0 < ratio <= 1, f"slice target must be above 0 and at most 1, got {ratio}")
        must(minutes is None or 0 < minutes <= LONGEST_MINUTES, f"slice must have at least a minute, got {minutes}")
        must(weight is None or 0 < weight < math.inf, f"weight must be above 0 and finite, got {weight}")

    @property
    def percent(self) -> float:
        """Return the target in percent without the noise of a multiplication: 0.999 gives 99.9."""
        return float(f"{self.target * 100:.13g}")


@dataclass(frozen=True)
class Window:
    """The period of a budget: count times a unit of m h d w M Q Y; rolling, or by the calendar of a zone from a start.

    start: "YYYY-MM-DD hh:mm:ss" in the zone.

    >>> Window(4, "w").days, Window(12, "h").days, Window(1, "M", zone="UTC", start="2026-01-01 00:00:00").is_rolling
    (28, None, False)
    """

    count: int
    unit: str
    zone: str = ""
    start: str = ""

    def __post_init__(self) -> None:
        must(self.unit in MINUTES, f"unit is {self.unit!r}, allowed: {' '.join(MINUTES)}")
        must(0 < self.minutes <= LONGEST_MINUTES, f"window must be above 0 and at most 10 years, got {self.count}")
        must(bool(self.zone) == bool(self.start), "a calendar window needs both zone and start, a rolling one neither")
        if self.start:
            must(is_start(self.start), f"start is {self.start!r}, allowed is YYYY-MM-DD hh:mm:ss")
            must(is_zone(self.zone), f"zone is {self.zone!r}, allowed is a name of the IANA database, Europe/Berlin")

    @property
    def is_rolling(self) -> bool:
        """Tell whether the window moves along instead of beginning anew."""
        return not self.zone

    @property
    def minutes(self) -> int:
        """Return the length in minutes; a month counts 30 days, a quarter 90, a year 365."""
        return self.count * MINUTES[self.unit]

    @property
    def days(self) -> int | None:
        """Return the length in days, None when it is no whole number of them."""
        days, rest = divmod(self.minutes, MINUTES["d"])
        return None if rest else days


def is_start(text: str) -> bool:
    """Tell whether a text is a wall-clock time that exists."""
    try:
        return START.fullmatch(text) is not None and bool(datetime.strptime(text, "%Y-%m-%d %H:%M:%S"))  # noqa: DTZ007
    except ValueError:
        return False


def is_zone(name: str) -> bool:
    """Tell whether a name is a time zone of the IANA database.

    >>> is_zone("Europe/Berlin"), is_zone("../etc/passwd"), is_zone("Mars/Olympus")
    (True, False, False)
    """
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (ValueError, OSError, KeyError):
        return False


@dataclass(frozen=True)
class AlertPair:
    """Two windows that must both burn too fast. budget_share: ratio of the period's budget burnt in the long one.

    severity: "page" or "ticket"; label: the name people chose for it, "" without one. keep_firing_minutes: how long it
    must not burn before its alert closes, at most the long window; None where nothing was said.
    """

    severity: str
    budget_share: float
    long_minutes: int
    short_minutes: int
    label: str = ""
    keep_firing_minutes: int | None = None

    def __post_init__(self) -> None:
        must(self.severity in SEVERITIES, f"severity is {self.severity!r}, allowed: {', '.join(SEVERITIES)}")
        must(0 < self.budget_share < math.inf, f"budget share must be above 0, got {self.budget_share}")
        windows = f"got {self.short_minutes} and {self.long_minutes}"
        fits = 0 < self.short_minutes <= self.long_minutes <= LONGEST_MINUTES
        must(fits, f"the short window must be above 0 and no longer than the long one, {windows} minutes")
        keep = self.keep_firing_minutes
        kept = f"an alert is kept firing for 0 minutes up to its long window, got {keep}"
        must(keep is None or 0 <= keep <= self.long_minutes, kept)
        must(self.label == self.label.strip(), f"label of a severity is {self.label!r}, it has spaces around it")

    def factor(self, period_minutes: int) -> float:
        """Return the burn rate that this pair alerts on: share * period / long window, in Sloth's order of steps.

        >>> AlertPair("page", 0.02, 60, 5).factor(30 * 1440), AlertPair("ticket", 0.1, 4320, 360).factor(30 * 1440)
        (14.4, 1.0)
        """
        percent = float(f"{self.budget_share * 100:.13g}")
        return percent * (period_minutes / 60) / 100 / (self.long_minutes / 60)


USUAL_PAIRS = (
    AlertPair("page", 0.02, 60, 5),
    AlertPair("page", 0.05, 360, 30),
    AlertPair("ticket", 0.1, 1440, 120),
    AlertPair("ticket", 0.1, 4320, 360),
)


@dataclass(frozen=True)
class AlertTexts:
    """What Sloth's files say about the alerts of an objective: name, and labels and annotations by severity."""

    name: str = ""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    annotations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = {*self.labels, *self.annotations}
        must(given <= set(SEVERITIES), f"texts for {sorted(given)}, allowed: {', '.join(SEVERITIES)}")


@dataclass(frozen=True)
class Exclusion:
    """A time that does not count: once, or again by an iCalendar RRULE in a zone. starts_at is aware; minutes > 0."""

    starts_at: datetime
    minutes: int
    reason: str
    author: str
    rrule: str = ""
    zone: str = ""

    def __post_init__(self) -> None:
        must(self.starts_at.tzinfo is not None, f"start of an exclusion is {self.starts_at}, it needs a zone")
        must(0 < self.minutes <= LONGEST_MINUTES, f"an exclusion lasts at least a minute, got {self.minutes}")
        must(not self.zone or is_zone(self.zone), f"zone is {self.zone!r}, allowed is a name of the IANA database")


@dataclass(frozen=True)
class Definition:
    """One objective as it is exchanged.

    name: slug, unique among the definitions of a file. given_name: what the file called it when that is no slug.
    sli: None in a composite, where every objective has its own. little_traffic: the rule for little traffic, by name.
    leaves_out_planned_work: None where nothing was said.
    labels: each with its values. kept: what a file said beyond this, by path ("spec.foo"), verbatim.
    """

    name: str
    service: str
    window: Window
    objectives: tuple[Objective, ...]
    sli: Sli | None = None
    budgeting: Budgeting = Budgeting.OCCURRENCES
    display_name: str = ""
    given_name: str = ""
    description: str = ""
    pairs: tuple[AlertPair, ...] = ()
    alert_texts: AlertTexts = field(default_factory=AlertTexts)
    exclusions: tuple[Exclusion, ...] = ()
    little_traffic: Mapping[str, Json] = field(default_factory=dict)
    leaves_out_planned_work: bool | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, "the objective")
        must(bool(self.service.strip()), f"objective {self.name} names no service")
        must(bool(self.objectives), f"objective {self.name} has no target")
        own = [objective.sli is not None for objective in self.objectives]
        fits = not any(own) if self.sli else all(own)
        must(fits, f"objective {self.name}: either it has an SLI or each of its targets has, not both and not neither")
        for objective in self.objectives:
            self._check(objective, objective.sli or self.sli)

    def _check(self, objective: Objective, sli: Sli | None) -> None:
        is_threshold = sli is not None and sli.kind is SliKind.THRESHOLD
        has_both = bool(objective.op) and objective.value is not None
        must(has_both or not is_threshold, f"objective {self.name}: a threshold SLI needs op and value")
        has_one = bool(objective.op) or objective.value is not None
        must(is_threshold or not has_one, f"objective {self.name}: op and value belong to a threshold SLI")
        has_length = self.budgeting is Budgeting.OCCURRENCES or objective.slice_minutes is not None
        must(has_length, f"objective {self.name}: time slices need a length")
        has_target = self.budgeting is not Budgeting.TIMESLICES or objective.slice_target is not None
        must(has_target, f"objective {self.name}: time slices need a target")

    @property
    def is_composite(self) -> bool:
        """Tell whether every target has an SLI of its own."""
        return self.sli is None
