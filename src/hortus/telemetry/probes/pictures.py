"""What the pages of probes show: sentences, rows and charts made from figures. Asks and decides nothing."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from hortus.telemetry.counts.reading import Sums
from hortus.telemetry.probes.judging import verdict
from hortus.telemetry.probes.models import Probe, ProbeResult
from hortus.telemetry.probes.reading import EPOCH, MICROSECOND, Results, Told
from hortus.web import charts
from hortus.web.words import NO_BREAK, counted, number, share

STRIP_MINUTES = 5
MOST_STRIPS = 40
WORST = ("bad", "slow", "not measured", "not asked yet", "paused", "good")
POINTS = {1: 96, 7: 84, 28: 112}  # points of the chart by its reach in days


def took(seconds: float | None) -> str:
    """Return a latency in words.

    >>> took(0.0421).replace(NO_BREAK, " "), took(3.04).replace(NO_BREAK, " "), took(None)
    ('42 ms', '3 s', 'no answer')
    """
    if seconds is None:
        return "no answer"
    if seconds < 1:
        return f"{number(seconds * 1000, 0 if seconds >= 0.01 else 1)}{NO_BREAK}ms"
    return f"{number(seconds)}{NO_BREAK}s"


@dataclass(frozen=True, slots=True)
class Row:
    """One probe on the list.

    state: what its last result counts as. kept: share of good events in 28 days. is_late: it was not asked in time.
    """

    probe: Probe
    last: ProbeResult | None
    state: str
    kept: str
    is_late: bool = False


def state(probe: Probe, last: ProbeResult | None) -> str:
    """Return how a probe stands, in a word or two."""
    if probe.is_paused:
        return "paused"
    if last is None:
        return "not asked yet"
    return verdict(last.ok, last.value_seconds, probe.latency_seconds)


def rows(
    probes: Sequence[Probe], newest: Mapping[uuid.UUID, ProbeResult], month: Sums, now: datetime
) -> list[Row]:  # fmt: skip
    """Return the rows of the list, the worst first; month: one span of 28 days, in the order of the probes."""
    made = []
    for place, probe in enumerate(probes):
        good, total = month.good[place, 0].item(), month.total[place, 0].item()
        last = newest.get(probe.pk)
        kept = share(good, total) if total else "nothing yet"
        made.append(Row(probe, last, state(probe, last), kept, probe.is_late(last, now)))
    return sorted(made, key=lambda row: (WORST.index(row.state), not row.is_late))


def heading(found: Sequence[Row]) -> str:
    """Return the list's title: what is so, in one sentence."""
    if not found:
        return "No probe asks yet"
    wrong, late = sum(row.state in {"bad", "slow"} for row in found), sum(row.is_late for row in found)
    unasked = sum(row.state == "not measured" for row in found)
    parts = (
        (wrong, "found something wrong when last asked"), (late, f"{'was' if late == 1 else 'were'} not asked in time"),
        (unasked, "could not be asked"),
    )  # fmt: skip
    told = [(count, words) for count, words in parts if count]
    if not told:
        when = "nothing wrong when last asked" if any(row.last for row in found) else "none asked yet"
        return f"{counted(len(found), 'probe')}, {when}"
    (count, words), *others = told
    first = f"{count} of {counted(len(found), 'probe')} {words}"
    return ", ".join([first, *(f"{count} {words}" for count, words in others)])


def strips(probes: Sequence[Probe], found: Sums, end: datetime) -> charts.Chart:
    """Return the chart of the last hours: when each probe was not good, and when nothing was measured.

    found: spans of STRIP_MINUTES, oldest first, the rows in the order of the probes.
    """
    shown = list(probes)[:MOST_STRIPS]
    step = timedelta(minutes=STRIP_MINUTES)
    begin = end - found.total.shape[1] * step
    made = []
    for place, probe in enumerate(shown):
        wrong = found.good[place] < found.total[place]
        unseen = found.measured[place] == 0
        spans = [charts.Span(begin + a * step, begin + b * step, "lost", "not good") for a, b in _runs(wrong)]
        unseen &= np.arange(len(unseen)) >= (probe.made_at - begin) // step
        spans += [charts.Span(begin + a * step, begin + b * step, "planned", "not measured") for a, b in _runs(unseen)]
        made.append(charts.IntervalRow(probe.name, spans))
    hours = found.total.shape[1] * STRIP_MINUTES // 60
    return charts.Chart(
        title=f"The last {hours} hours",
        svg=charts.intervals(made, label="When probes were not good", start=begin, end=end),
        subtitle="Filled: something was wrong or slow. Outlined: nothing was measured since the probe was added.",
        columns=("Probe", "Good", "Asked", "Minutes not measured"),
        rows=[
            [p.name, number(found.good[n].sum().item()), number(found.total[n].sum().item()),
             number(hours * 60 - found.measured[n].sum().item())]
            for n, p in enumerate(shown)
        ],
    )  # fmt: skip


def _runs(true: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[tuple[int, int]]:
    """Return where an array is true as half-open runs of places."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], true, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def title(probe: Probe, last: ProbeResult | None, now: datetime) -> str:
    """Return the title of one probe's page."""
    if probe.is_late(last, now):
        return f"{probe.name} was not asked in time"
    words = {
        "good": "answers", "slow": "answers too slowly", "bad": "does not do what is expected",
        "not measured": "could not be asked", "paused": "is paused", "not asked yet": "was not asked yet",
    }  # fmt: skip
    return f"{probe.name} {words[state(probe, last)]}"


def latency(probe: Probe, found: Results, end: datetime, days: int) -> charts.Chart | None:
    """Return the chart of how long answers took, None when none came. end: aware, in the zone of the reader."""
    answered = (found.ok >= 0) & np.isfinite(found.seconds)
    if not answered.any():
        return None
    begin = end - timedelta(days=days)
    points = POINTS[days]
    step = timedelta(days=days) / points
    start = (begin - EPOCH) // MICROSECOND
    place = np.clip((found.at[answered] - start) // (step // MICROSECOND), 0, points - 1)
    seconds = found.seconds[answered]
    halves: list[tuple[datetime, float | None]] = []
    nearly: list[tuple[datetime, float | None]] = []
    for n in range(points):
        here, at = seconds[place == n], begin + (n + 0.5) * step
        halves.append((at, float(np.median(here)) if len(here) else None))
        nearly.append((at, float(np.percentile(here, 95)) if len(here) else None))
    svg = charts.history(
        [charts.Line("half", halves), charts.Line("95 of 100", nearly)], label=f"How long {probe.name} took to answer",
        target=probe.latency_seconds, at_most=True, start=begin, end=end, write=took,
    )  # fmt: skip
    middle, high = float(np.median(seconds)), float(np.percentile(seconds, 95))
    return charts.Chart(
        title=f"Half of the answers took at most {took(middle)}, 95 of 100 at most {took(high)}", svg=svg,
        subtitle=f"Time to answer, {counted(int(answered.sum()), 'answer')}; gaps are times without an answer",
        columns=("From", "Half within", "95 of 100 within"),
        rows=[
            [f"{at - step / 2:%Y-%m-%d %H:%M}", took(half), took(high)]
            for (at, half), (_, high) in zip(halves, nearly, strict=True)
            if half is not None
        ],
    )  # fmt: skip


def judged(found: Sequence[Told], threshold: float | None) -> list[tuple[Told, str, str]]:
    """Return results with what each counts as and how long it took, in words."""
    return [(one, verdict(one.ok, one.seconds, threshold), took(one.seconds)) for one in found]
