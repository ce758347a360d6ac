"""Reads what a JupyterHub says about starting notebooks, and turns two readings into good and bad openings. No Django.

Label sets differ between versions (6.1 has a reason, 4.1 has not; a spawner may add reasons of its own), so it sums
over what is there. The text is parsed by prometheus_client.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from hortus.telemetry.engines.rules.answers import EngineFault

SPAWN = "jupyterhub_server_spawn_duration_seconds"


class Verdict(StrEnum):
    """What a start with one status and reason means for who wanted a notebook."""

    BY_TIME = "good when within the threshold, bad when later"
    BAD = "bad"
    LEFT_OUT = "not counted"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. status, reason: labels as the hub gives them, "*" for any."""

    status: str
    reason: str
    verdict: Verdict
    why: str


# The first line that fits holds.
RULES = (
    Rule("success", "*", Verdict.BY_TIME, "The notebook opened; whether in time is read from the histogram."),
    Rule("*", "throttled", Verdict.LEFT_OUT,
         "So many others were starting that the hub said: try again shortly. The attempt that follows is counted."),
    Rule("*", "already-pending", Verdict.LEFT_OUT,
         "A second click while the notebook was starting; the start itself is counted."),
    Rule("error", "exited", Verdict.LEFT_OUT,
         "The hub counts the same start once more, as an error without this reason, when its wait ends."),
    Rule("*", "too-many-users", Verdict.BAD, "The hub was full, so the person got no notebook."),
    Rule("throttled", "", Verdict.LEFT_OUT, "As for the reason throttled; older hubs say it as the status."),
    Rule("already-pending", "", Verdict.LEFT_OUT, "As for the reason; older hubs say it as the status."),
    Rule("too-many-users", "", Verdict.BAD, "As for the reason; older hubs say it as the status."),
    Rule("failure", "*", Verdict.BAD, "The start was refused or failed; the person got no notebook."),
    Rule("error", "*", Verdict.BAD, "The start broke or took longer than the hub waits; the person got no notebook."),
    Rule("*", "*", Verdict.BAD, "A status that we do not know: no notebook is known to have opened."),
)  # fmt: skip


def rule_for(status: str, reason: str) -> Rule:
    """Return the line of the table for a status and a reason.

    >>> rule_for("error", "exited").verdict.value
    'not counted'
    """
    return next(r for r in RULES if r.status in {status, "*"} and r.reason in {reason, "*"})


@dataclass(frozen=True, slots=True)
class Starts:
    """Counters of one status and reason. created: when they began, None where the hub does not say.

    count: starts in all. within: starts by upper edge of the histogram, in seconds.
    """

    created: float | None
    count: int
    within: Mapping[float, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one scrape said: counters by (status, reason)."""

    starts: Mapping[tuple[str, str], Starts]

    @property
    def edges(self) -> tuple[float, ...]:
        """Return the finite edges that every histogram here has, ascending, in seconds."""
        sets = [set(one.within) for one in self.starts.values() if one.within]
        return tuple(sorted(e for e in set.intersection(*sets) if math.isfinite(e))) if sets else ()


def read(text: str) -> Reading:
    """Return the counters of a scrape of /hub/metrics; further labels are summed over.

    Raises EngineFault "garbage" when the text is no metrics page, "no-spawns" when it says nothing about starts,
    "not-counter" when a counter is no whole number of events.
    """
    created: dict[tuple[str, str], float] = {}
    counts: dict[tuple[str, str], int] = {}
    within: dict[tuple[str, str], dict[float, int]] = {}
    for sample in _samples(text):
        key = (sample.labels.get("status", ""), sample.labels.get("reason", ""))
        part = sample.name.removeprefix(SPAWN)
        if part == "_created":
            created[key] = max(created.get(key, 0.0), sample.value)
        elif part == "_count":
            counts[key] = counts.get(key, 0) + _whole(sample)
        elif part == "_bucket":
            held = within.setdefault(key, {})
            edge = _edge(sample.labels.get("le", ""))
            held[edge] = held.get(edge, 0) + _whole(sample)
    if not counts:
        raise EngineFault("no-spawns", f"The page has no {SPAWN}, so it says nothing about starting notebooks.")
    return Reading({key: Starts(created.get(key), n, within.get(key, {})) for key, n in counts.items()})


def _samples(text: str) -> Iterator[Sample]:
    try:
        for family in text_string_to_metric_families(text):
            yield from (sample for sample in family.samples if sample.name.startswith(SPAWN))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise EngineFault("garbage", "The answer is no page of metrics that can be parsed.") from error


def _whole(sample: Sample) -> int:
    if not 0 <= sample.value < 2**53 or sample.value != int(sample.value):
        raise EngineFault("not-counter", f"{sample.name} is {sample.value}, which is no number of events.")
    return int(sample.value)


def _edge(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise EngineFault("garbage", "A bucket of the histogram has no upper edge that is a number.") from None


@dataclass(frozen=True, slots=True)
class Opened:
    """Openings of notebooks between two readings. left_out: by reason. has_reset: a counter began anew."""

    good: int
    total: int
    left_out: Mapping[str, int]
    has_reset: bool


def opened(before: Reading, after: Reading, threshold_seconds: float) -> Opened:
    """Return what happened between two readings of the same hub.

    threshold_seconds: an edge of the histogram; only there it is known how many were within. A counter that was made
    anew (`_created` moved) or fell began at zero, and so did one that was not there before.
    Raises EngineFault "no-edge" when the threshold is no edge of these histograms, "above-total" when they contradict
    themselves.
    """
    if threshold_seconds not in after.edges:
        known = ", ".join(f"{edge:g}" for edge in after.edges) or "none"
        raise EngineFault(
            "no-edge", f"{threshold_seconds:g} seconds is no edge of the hub's histogram; its edges are {known}.",
            "threshold_seconds",
        )  # fmt: skip
    good = total = 0
    left_out: dict[str, int] = {}
    has_reset = False
    for (status, reason), now in after.starts.items():
        was = before.starts.get((status, reason))
        anew = was is not None and _began_anew(was, now, threshold_seconds)
        has_reset |= anew
        base = Starts(None, 0, {}) if was is None or anew else was
        count = now.count - base.count
        verdict = rule_for(status, reason).verdict
        if verdict is Verdict.LEFT_OUT:
            if count:
                left_out[reason or status] = left_out.get(reason or status, 0) + count
            continue
        total += count
        if verdict is Verdict.BY_TIME:
            good += now.within.get(threshold_seconds, 0) - base.within.get(threshold_seconds, 0)
    if not 0 <= good <= total:
        raise EngineFault("above-total", f"The hub tells of {good} notebooks that opened in time, of {total} in all.")
    return Opened(good, total, left_out, has_reset)


def _began_anew(was: Starts, now: Starts, threshold_seconds: float) -> bool:
    if was.created is not None and now.created is not None and was.created != now.created:
        return True
    fell = now.within.get(threshold_seconds, 0) < was.within.get(threshold_seconds, 0)
    return now.count < was.count or fell


def as_json(reading: Reading) -> list[list[object]]:
    """Return a reading as JSON can hold it; `from_json` reads it back."""
    return [
        [status, reason, one.created, one.count, [[edge, n] for edge, n in sorted(one.within.items()) if edge < 1e300]]
        for (status, reason), one in sorted(reading.starts.items())
    ]


def from_json(rows: list[list[object]]) -> Reading:
    """Return a reading that `as_json` wrote."""
    found: dict[tuple[str, str], Starts] = {}
    for status, reason, created, count, within in rows:
        edges = {float(edge): int(n) for edge, n in within}  # type: ignore[attr-defined]
        found[str(status), str(reason)] = Starts(created, int(count), edges)  # type: ignore[arg-type,call-overload]
    return Reading(found)
