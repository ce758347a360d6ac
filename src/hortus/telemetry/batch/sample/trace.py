"""Invent jobs: who submits what and when, how long it runs, how it ends; a bad fortnight and the recovery after it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.batch.sample.people import JOB_NAMES, People, invent_people, who_submits
from hortus.telemetry.batch.sample.queue import starts

WEEK = 7 * 86_400
NODE_CPUS = 32
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Partition:
    """A partition of the invented cluster. Runtimes are lognormal around `median_seconds` with `spread`, cut
    at the limit."""

    name: str
    share: float
    sizes: tuple[int, ...]
    median_seconds: float
    spread: float
    limits_minutes: tuple[int, ...]
    load: float
    gigabytes_per_cpu: int


PARTITIONS = (
    Partition("short", 0.57, (1, 1, 1, 2, 4, 4, 8, 16, 24), 700, 1.1, (30, 60, 120, 240), 0.42, 2),
    Partition(
        "long", 0.27, (1, 2, 4, 8, 8, 16, 16, 32, 32, 48, 64, 128), 7_000, 1.1, (720, 1440, 2880, 10_080), 0.46, 4
    ),
    Partition("gpu", 0.11, (4, 8, 8, 16), 4_000, 1.0, (240, 720, 1440, 2880), 0.42, 8),
    Partition("bigmem", 0.05, (1, 2, 4, 8, 16), 4_000, 1.0, (240, 1440, 2880), 0.4, 32),
)
NAMES = np.array([partition.name for partition in PARTITIONS])

# How the hours of a day and the days of a week compare, Monday first: a university's rhythm, with nightly cron jobs.
_HOURS = np.array([5, 4, 3, 3, 3, 3, 4, 6, 11, 16, 18, 17, 14, 17, 19, 19, 17, 14, 10, 8, 8, 7, 7, 6], dtype=float)
_DAYS = np.array([1.05, 1.1, 1.1, 1.05, 0.95, 0.4, 0.35])

COMPLETED, FAILED, CANCELLED, TIMEOUT, OUT_OF_MEMORY, NODE_FAIL, PENDING, RUNNING, WITHDRAWN = range(9)
STATE_WORDS = np.array(
    ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "NODE_FAIL", "PENDING", "RUNNING", "CANCELLED"]
)


@dataclass
class Trace:
    """Invented jobs as arrays of one length, in order of submission. Times are seconds since 1970 in UTC, -1
    for none."""

    people: People
    submit: Ints
    eligible: Ints
    start: Ints
    end: Ints
    user: Ints
    partition: Ints
    cpus: Ints
    gpus: Ints
    limit_minutes: Ints
    state: Ints
    name: Ints
    is_pilot: NDArray[np.bool_]
    job: Ints
    task: Ints
    raw: Ints
    node: Ints
    nodes: Ints
    node_count: int
    outages: list[tuple[int, int, int, int, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.submit)


def _submits(chance: np.random.Generator, first: int, weeks: int, count: int) -> Ints:
    """Draw moments of submission by the rhythm of hours and days, with busy and quiet days."""
    hours = first // 3600 + np.arange(weeks * 168)
    weekday = (hours // 24 + 3) % 7
    daily = np.repeat(chance.lognormal(0.0, 0.3, weeks * 7), 24)
    growth = np.linspace(0.9, 1.1, len(hours))
    weight = _HOURS[hours % 24] * _DAYS[weekday] * daily * growth
    chosen = chance.choice(len(hours), count, p=weight / weight.sum())
    return np.sort(first + chosen * 3600 + chance.integers(0, 3600, count)).astype(np.int64)


def _array_sizes(chance: np.random.Generator, jobs: int) -> Ints:
    """Draw how many tasks each submission has, so that there are `jobs` tasks in all."""
    sizes = np.where(chance.random(jobs) < 0.06, 2 + chance.geometric(0.08, jobs), 1)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), jobs)) + 1]
    sizes[-1] -= sizes.sum() - jobs
    return np.maximum(sizes, 1).astype(np.int64)


def _by_partition(chance: np.random.Generator, which: Ints) -> tuple[Ints, Ints, Ints]:
    """Draw processors, planned runtime and time limit for submissions to the given partitions."""
    cpus, run, limit = (np.empty(len(which), dtype=np.int64) for _ in range(3))
    for at, partition in enumerate(PARTITIONS):
        mine = np.flatnonzero(which == at)
        cpus[mine] = chance.choice(partition.sizes, len(mine))
        run[mine] = chance.lognormal(np.log(partition.median_seconds), partition.spread, len(mine)).astype(np.int64) + 5
        choices = np.array(partition.limits_minutes)
        asked = run[mine] / 60 * chance.lognormal(1.0, 0.6, len(mine))
        limit[mine] = choices[np.minimum(np.searchsorted(choices, asked), len(choices) - 1)]
    return cpus, run, limit


def _outcomes(chance: np.random.Generator, run: Ints, limit: Ints) -> tuple[Ints, Ints]:
    """Decide how jobs end if nothing happens to the machine, and how long they run by that."""
    drawn, part = chance.random(len(run)), chance.random(len(run))
    state = np.select(
        [drawn < 0.07, drawn < 0.082, drawn < 0.11, drawn < 0.13], [FAILED, OUT_OF_MEMORY, CANCELLED, WITHDRAWN], 0
    )
    run = np.where(
        (state == FAILED) & (part < 0.5), np.minimum(run, 60), (run * np.where(state > 0, part, 1.0)).astype(np.int64)
    )
    is_over = run >= limit * 60
    state = np.where(is_over & (state != WITHDRAWN), TIMEOUT, state)
    return state.astype(np.int64), np.where(is_over, limit * 60 + 20, np.maximum(run, 1)).astype(np.int64)


def _capacity(partition: Partition, cpus: Ints, run: Ints, seconds: int) -> int:
    needed = float((cpus * run).sum()) / seconds / partition.load
    return max(int(np.ceil(needed / NODE_CPUS)) * NODE_CPUS, 2 * NODE_CPUS, max(partition.sizes))


@dataclass(frozen=True)
class _Trouble:
    """The bad fortnight: from when to when, and the moments at which nodes were lost."""

    begins: int
    ends: int
    losses: tuple[int, ...]


def _trouble(first: int, weeks: int) -> _Trouble:
    begins = (first + max(1, weeks * 2 // 3) * WEEK) // 86_400 * 86_400 + 9 * 3600
    losses = tuple(begins + day * 86_400 + (2 + day * 3 % 6) * 3600 for day in range(13))
    return _Trouble(begins, begins + 13 * 86_400, losses)


def _waits(trace: Trace, run: Ints, trouble: _Trouble, seconds: int) -> int:
    """Set the starts, partition by partition; give the number of nodes."""
    nodes = 0
    for at, partition in enumerate(PARTITIONS):
        mine = np.flatnonzero((trace.partition == at) & (trace.state != WITHDRAWN))
        order = mine[np.argsort(trace.eligible[mine], kind="stable")]
        capacity = _capacity(partition, trace.cpus[order], run[order], seconds)
        lost = int(capacity * (0.55 if partition.name in {"short", "long"} else 0.1))
        trace.start[order] = starts(
            trace.eligible[order], trace.cpus[order], run[order], capacity, [(trouble.begins, trouble.ends, lost)]
        )
        trace.node[mine] += nodes
        nodes += capacity // NODE_CPUS
    return nodes


def _lose_nodes(chance: np.random.Generator, trace: Trace, trouble: _Trouble) -> None:
    """End some running jobs at each loss and put half of them into the queue again, as Slurm does."""
    again = []
    for moment in trouble.losses:
        is_running = (trace.start >= 0) & (trace.start < moment) & (trace.end > moment)
        hit = np.flatnonzero(is_running & (chance.random(len(trace)) < 0.6))
        trace.end[hit], trace.state[hit] = moment, NODE_FAIL
        again.append(hit[: len(hit) // 2])
        node = int(chance.integers(0, trace.node_count))
        trace.outages.append((moment, moment + 86_400, node, max(1, min(len(hit) // 8, 12)), "DOWN*", "Not responding"))
    _requeue(chance, trace, np.concatenate(again))
    trace.outages.append((trouble.begins + 6_000, trouble.ends, 0, 3, "DRAIN", "wrong filter in the prolog"))


def _lose_a_node_now_and_then(chance: np.random.Generator, trace: Trace, first: int, weeks: int) -> None:
    """End up to three running jobs about once in nine days, as one node or another breaks; half of them come again."""
    hits = []
    for moment in first + np.cumsum(chance.exponential(9 * 86_400, weeks)).astype(np.int64):
        running = np.flatnonzero((trace.start >= 0) & (trace.start < moment) & (trace.end > moment))
        hit = chance.choice(running, min(len(running), int(chance.integers(1, 4))), replace=False)
        trace.end[hit], trace.state[hit] = moment, NODE_FAIL
        hits.append(hit[: len(hit) // 2])
        node = int(chance.integers(0, trace.node_count))
        trace.outages.append((int(moment), int(moment) + 6 * 3600, node, 1, "DOWN*", "Not responding"))
    _requeue(chance, trace, np.concatenate(hits))


def _requeue(chance: np.random.Generator, trace: Trace, hit: Ints) -> None:
    wait = 125 + chance.integers(0, 7_200, len(hit))
    for name in (
        "user",
        "partition",
        "cpus",
        "gpus",
        "limit_minutes",
        "name",
        "is_pilot",
        "job",
        "task",
        "raw",
        "node",
        "nodes",
    ):
        values = getattr(trace, name)
        setattr(trace, name, np.concatenate([values, values[hit]]))
    submit, run = trace.end[hit], np.maximum(trace.end[hit] - trace.start[hit], 60)
    trace.submit = np.concatenate([trace.submit, submit])
    trace.eligible = np.concatenate([trace.eligible, submit + 120])
    trace.start = np.concatenate([trace.start, submit + wait])
    trace.end = np.concatenate([trace.end, submit + wait + run])
    trace.state = np.concatenate([trace.state, np.full(len(hit), COMPLETED)])


def _cut(trace: Trace, until: int) -> None:
    """Show the cluster as it was at `until`: what had not started waits, what had not ended runs."""
    is_waiting = (trace.start > until) | ((trace.state == WITHDRAWN) & (trace.end > until))
    trace.state[is_waiting] = PENDING
    trace.start[is_waiting | (trace.state == WITHDRAWN)] = -1
    is_running = ~is_waiting & (trace.end > until)
    trace.state[is_running] = RUNNING
    trace.end[is_waiting | is_running] = -1


def _planned(chance: np.random.Generator, jobs: int, weeks: int, first: int) -> tuple[Trace, Ints]:
    """Give all jobs as submitted, nothing started yet, and how long each would run."""
    people, sizes = invent_people(chance), _array_sizes(chance, jobs)
    count = len(sizes)
    which = chance.choice(len(PARTITIONS), count, p=[p.share for p in PARTITIONS]).astype(np.int64)
    submit = _submits(chance, first, weeks, count)
    cpus, run, limit = _by_partition(chance, which)
    cpus = np.where(sizes > 1, np.minimum(cpus, 4), cpus)  # arrays are many small tasks
    user = who_submits(chance, people, (submit - first) / (weeks * WEEK))
    leader = np.repeat(np.arange(count), sizes)
    begins = np.cumsum(sizes) - sizes
    is_array = sizes[leader] > 1
    run = (run[leader] * np.where(is_array, chance.lognormal(0.0, 0.25, jobs), 1.0)).astype(np.int64)
    state, run = _outcomes(chance, run, limit[leader])
    held = np.where(chance.random(jobs) < 0.03, chance.integers(600, 86_400, jobs), 0)
    ids, none = 1000 + np.arange(jobs), np.full(jobs, -1)
    trace = Trace(
        people=people, submit=submit[leader], eligible=submit[leader] + held, start=none.copy(), end=none.copy(),
        user=user[leader], partition=which[leader], cpus=cpus[leader],
        gpus=np.where(NAMES[which][leader] == "gpu", np.maximum(1, cpus[leader] // 4), 0), limit_minutes=limit[leader],
        state=state, name=((user * 3 + chance.integers(0, 3, count)) % len(JOB_NAMES))[leader],
        is_pilot=(chance.random(count) < 0.015)[leader], job=ids[begins][leader],
        task=np.where(is_array, np.arange(jobs) - begins[leader], -1), raw=ids, node=chance.integers(0, 2, jobs),
        nodes=-(-cpus[leader] // NODE_CPUS), node_count=0,
    )  # fmt: skip
    return trace, run


def invent(*, jobs: int = 40_000, weeks: int = 26, seed: int = 7, until: datetime) -> Trace:
    """Invent `jobs` submissions over `weeks` weeks up to `until` (aware), the same for the same arguments.

    Two thirds into the span lies a bad fortnight: nodes lost, long waits, jobs that die with their nodes; then
    recovery. About every nine days, all the time, a single node takes up to three jobs with it. Jobs requeued after a
    loss come on top of `jobs` as further attempts. A million takes about 6 s.
    """
    chance = np.random.default_rng(seed)
    last = int(until.astimezone(UTC).timestamp())
    first = last - weeks * WEEK
    trace, run = _planned(chance, jobs, weeks, first)
    trouble = _trouble(first, weeks)
    trace.node_count = _waits(trace, run, trouble, weeks * WEEK)
    is_withdrawn = trace.state == WITHDRAWN
    trace.end = np.where(is_withdrawn, trace.eligible + 30 + run % 5_400, trace.start + run)
    trace.state[trace.is_pilot & (trace.state == COMPLETED)] = CANCELLED
    _lose_nodes(chance, trace, trouble)
    _lose_a_node_now_and_then(np.random.default_rng([seed, 1]), trace, first, weeks)
    _cut(trace, last)
    return _sorted(trace, last)


def _sorted(trace: Trace, until: int) -> Trace:
    order = np.argsort(trace.submit, kind="stable")
    order = order[trace.submit[order] <= until]
    for name, values in vars(trace).items():
        if isinstance(values, np.ndarray):
            setattr(trace, name, values[order])
    return trace


def moment(seconds: int) -> datetime:
    """Give the aware datetime of a second since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(seconds))
