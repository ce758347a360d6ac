"""What the pages of a cluster show: sentences, charts and tables made from figures. Asks and decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from hortus.products.clusters.actions import SIZES
from hortus.products.clusters.counting import Window
from hortus.products.clusters.queries import FEW, Ended, Waits
from hortus.telemetry.models import NodeOutage
from hortus.web import charts
from hortus.web.words import counted, day, duration, number, share, span

MOST_PANELS, MOST_NODES, MOST_SENTENCES = 6, 30, 6
LOST_WORDS = {
    "NODE_FAIL": "their node failed",
    "BOOT_FAIL": "their node did not boot",
    "LAUNCH_FAILED": "they could not be launched",
    "RECONFIG_FAIL": "their node could not be set up",
}
ENDED_WORDS = {
    "COMPLETED": "completed",
    "FAILED": "failed by themselves",
    "CANCELLED": "cancelled while running",
    "TIMEOUT": "ran into their time limit",
    "OUT_OF_MEMORY": "ran out of memory",
    "PREEMPTED": "made room for others",
    "DEADLINE": "missed their deadline",
} | {state: f"lost to us: {words}" for state, words in LOST_WORDS.items()}


def size_words(slug: str | None) -> str:
    """Return a size class as people say it."""
    return SIZES.get(slug or "", "unknown size")


def place(waits: Waits) -> str:
    """Return the group in words.

    >>> place(Waits(None, "short", "one", 1, 1, 1, 1, (), 1, 1, None))
    'short, 1 CPU'
    """
    return f"{waits.partition or 'no partition'}, {size_words(waits.size_class)}"


def heading(name: str, all_waits: Waits | None) -> str:
    """Return the page's title: what is so, in one sentence."""
    if all_waits is None or not all_waits.n:
        return f"No job on {name} started in this time"
    if all_waits.judged:
        kept = share(all_waits.in_time, all_waits.judged)
        return f"{kept} of jobs on {name} started within the promise"
    return f"Half of the jobs on {name} started {_within(all_waits.median)}"


def _within(seconds: int) -> str:
    return f"within {duration(seconds)}" if seconds else "at once"


def sentence(waits: Waits) -> str:
    """Return what users of one group saw.

    >>> sentence(Waits(None, "short", "one", 40, 60, 120, 600, (), 0, 0, None)).replace(chr(160), " ")
    'Half of the 40 jobs in short, 1 CPU, started within 1 min; 1 of 20 waited longer than 10 min.'
    """
    half = f"Half of the {number(waits.n)} jobs in {place(waits)}, started {_within(waits.median)}"
    if waits.n < 20:
        return f"{half}; the longest wait was {duration(max(waits.values, default=waits.p95))}."
    if not waits.p95:
        return f"{half}, and so did 19 of 20."
    return f"{half}; 1 of 20 waited longer than {duration(waits.p95)}."


def sentences(groups: Sequence[Waits]) -> list[str]:
    """Return what users saw in the largest groups."""
    return [sentence(group) for group in groups[:MOST_SENTENCES] if group.n]


def _spread(waits: Waits) -> charts.Spread:
    if not waits.n:
        return charts.Spread(waits.week or date.min, None, None, None)
    few = waits.values if waits.n < FEW else ()
    return charts.Spread(waits.week or date.min, waits.median, waits.p90, waits.p95, waits.n, few)


def _filled(found: Sequence[Waits], windows: Sequence[Window]) -> list[charts.Spread]:
    """Return one spread a week; a week in which nothing started is a gap."""
    by_week = {waits.week: _spread(waits) for waits in found}
    return [by_week.get(w.day) or charts.Spread(w.day, None, None, None) for w in windows]


def _same(found: Sequence[Waits]) -> float | None:
    promises = {waits.promise_seconds for waits in found if waits.n}
    only = promises.pop() if len(promises) == 1 else None
    return float(only) if only is not None else None


HEADS = ("Week", "Jobs", "Median", "90 of 100", "95 of 100", "Within the promise")


def _row(waits: Waits) -> list[str]:
    kept = share(waits.in_time, waits.judged) if waits.judged else "no promise"
    levels = [duration(level) if waits.n else "none started" for level in (waits.median, waits.p90, waits.p95)]
    return [day(waits.week) if waits.week else "all", number(waits.n), *levels, kept]


def waiting(found: Sequence[Waits], windows: Sequence[Window], csv_url: str) -> charts.Chart:
    """Return the chart of waiting time by week, of all jobs that were chosen."""
    weekly = [waits for waits in found if waits.partition is None and waits.size_class is None]
    first, last = windows[0].day, windows[-1].day
    n = sum(waits.n for waits in weekly)
    svg = charts.distribution(
        _filled(weekly, windows), label=f"Waiting time by week, {span(first, last)}", promise=_same(weekly),
        start=first, end=last,
    )  # fmt: skip
    return charts.Chart(
        title=_trend(weekly), svg=svg, columns=HEADS, rows=[_row(waits) for waits in weekly], csv_url=csv_url,
        subtitle=f"Time from when a job could start to its start, by week, {span(first, last + timedelta(days=6))}, "
        f"{counted(n, 'job')}; half, 90 of 100 and 95 of 100 started within the lines, drawn on a logarithmic scale",
        note="Weeks with fewer than 30 jobs show every job as a dot. Held and dependent jobs are not counted.",
    )  # fmt: skip


def _trend(weekly: Sequence[Waits]) -> str:
    full = [waits for waits in weekly if waits.n]
    if not full:
        return "No job started in these weeks"
    worst = max(full, key=lambda waits: waits.p95)
    if not worst.p95:
        return "In no week did more than 1 job of 20 have to wait"
    return f"The hardest week began on {day(worst.week or date.min)}: 1 job of 20 waited over {duration(worst.p95)}"


def _jobs(found: Sequence[Waits]) -> str:
    return counted(sum(waits.n for waits in found), "job")


def facets(found: Sequence[Waits], windows: Sequence[Window], by: str) -> charts.Chart | None:
    """Return small charts on one scale, by "partition" or "size_class", the busiest first; None for fewer than two."""
    groups: dict[str, list[Waits]] = {}
    for waits in found:
        key = getattr(waits, by)
        if key is not None:
            groups.setdefault(key, []).append(waits)
    busiest = sorted(groups.items(), key=lambda item: -sum(waits.n for waits in item[1]))[:MOST_PANELS]
    if len(busiest) < 2:
        return None
    names = [size_words(key) if by == "size_class" else key or "no partition" for key, _ in busiest]
    titled = [f"{name}, {_jobs(rows)}" for name, (_, rows) in zip(names, busiest, strict=True)]
    drawn = charts.small_multiples(
        [(title, _filled(rows, windows)) for title, (_, rows) in zip(titled, busiest, strict=True)],
        label="Waiting time by week", promises=[_same(rows) for _, rows in busiest],
        start=windows[0].day, end=windows[-1].day,
    )  # fmt: skip
    what = "size" if by == "size_class" else "partition"
    return charts.Chart(
        title=f"Waiting time by {what}", panels=[charts.Panel(name, svg) for name, svg in drawn],
        subtitle=f"The {len(busiest)} busiest of {len(groups)}, all on one scale; the dashed rule is the promise",
    )  # fmt: skip


def losses(found: Sequence[Ended]) -> tuple[str, list[tuple[str, str, str]]]:
    """Return a sentence about jobs lost to us, and rows (how jobs ended, how many, the state that stands for it)."""
    lost, whole = sum(e.n for e in found if e.is_lost), sum(e.n for e in found)
    rows = [(ENDED_WORDS.get(e.state, e.state.capitalize()), number(e.n), e.state) for e in found]
    if not whole:
        return "No job ended in this time", rows
    if not lost:
        return f"None of {counted(whole, 'ended job')} was lost to us", rows
    return f"{share(lost, whole)} of {counted(whole, 'ended job')} {'was' if lost == 1 else 'were'} lost to us", rows


def outages(found: Sequence[NodeOutage], first: datetime, last: datetime) -> charts.Chart | None:
    """Return the chart of when nodes were out, those that were out last on top; None when none was."""
    by_node: dict[str, list[NodeOutage]] = {}
    for outage in found:
        by_node.setdefault(outage.node, []).append(outage)
    if not by_node:
        return None
    shown = list(by_node.items())[:MOST_NODES]
    rows = [
        charts.IntervalRow(node, [charts.Span(o.began_at, o.ended_at, _kind(o), o.reason[:60]) for o in spans])
        for node, spans in shown
    ]
    svg = charts.intervals(rows, label="When nodes were out of service", start=first, end=last)
    more = f"; the {MOST_NODES} that were out last of {len(by_node)}" if len(by_node) > MOST_NODES else ""
    return charts.Chart(
        title=f"{counted(len(by_node), 'node')} {'was' if len(by_node) == 1 else 'were'} out of service at least once",
        subtitle=f"Spans in which a node was down or drained, {span(first.date(), last.date())}{more}", svg=svg,
        columns=("Node", "Out since", "Back at", "State", "Reason"), rows=[_outage(o, last) for o in found],
    )  # fmt: skip


def _kind(outage: NodeOutage) -> Any:
    return "planned" if outage.state.upper().startswith(("MAINT", "PLANNED")) else "lost"


def _outage(outage: NodeOutage, zone_of: datetime) -> list[str]:
    began, ended = (at.astimezone(zone_of.tzinfo) if at else None for at in (outage.began_at, outage.ended_at))
    back = f"{ended:%Y-%m-%d %H:%M}" if ended else "still out"
    return [outage.node, f"{began:%Y-%m-%d %H:%M}", back, outage.state, outage.reason]


@dataclass(frozen=True, slots=True)
class Step:
    """One moment in the life of a job."""

    at: datetime | None
    words: str


def told(job: dict[str, Any]) -> str:
    """Return what happened to a job, in one sentence or two."""
    return f"{_wait_told(job)} {_end_told(job)}"


def _wait_told(job: dict[str, Any]) -> str:
    where = f"in {job['partition']}" if job["partition"] else "in the queue"
    if not job["is_fair"]:
        why = f" ({job['reason']})" if job["reason"] else ""
        return f"It was not free to start{why}, so its wait is not counted." if not job["started"] else (
            "It ran, but its wait cannot be told from the records."
        )  # fmt: skip
    if (job["waited_seconds"] or 0) < 0:
        return "It was never free to start." if job["is_ended"] else "It is not free to start yet."
    waited = duration(job["waited_seconds"])
    if job["start_at"] is None and not job["is_ended"]:
        return f"It has waited {where} for {waited} so far."
    if job["start_at"] is not None and not job["waited_seconds"]:
        return f"It started {where} at once."
    return f"It waited {where} for {waited}."


def _end_told(job: dict[str, Any]) -> str:
    ran = f" after {duration(job['run_seconds'])}" if job["run_seconds"] else ""
    if job["is_lost"]:
        return f"It was lost to us{ran}: {LOST_WORDS.get(job['state'], job['state']).replace('their', 'its')}."
    if not job["is_ended"]:
        return "It is running." if job["started"] else "It has not started."
    if not job["started"]:
        return "It ended without running."
    words = {
        "COMPLETED": "It completed", "FAILED": "It failed by itself", "CANCELLED": "It was cancelled",
        "TIMEOUT": "It ran into its time limit", "OUT_OF_MEMORY": "It ran out of the memory that it had asked for",
        "PREEMPTED": "It was stopped to make room for others", "DEADLINE": "It missed its deadline",
    }  # fmt: skip
    return f"{words.get(job['state'], 'It ended as ' + str(job['state_raw'] or job['state']))}{ran}."
