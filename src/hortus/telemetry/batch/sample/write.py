"""The invented jobs and node events as text, exactly as sacct and sacctmgr print them (--parsable2, times in UTC)."""

from collections.abc import Iterator
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from hortus.telemetry.batch.sample.people import JOB_NAMES
from hortus.telemetry.batch.sample.trace import (
    COMPLETED,
    FAILED,
    NAMES,
    OUT_OF_MEMORY,
    PARTITIONS,
    PENDING,
    STATE_WORDS,
    TIMEOUT,
    Ints,
    Trace,
    moment,
)

HEADER = (
    "JobID|JobIDRaw|Cluster|User|Group|Account|Partition|QOS|State|ExitCode|DerivedExitCode|Submit|Eligible|Start|End|"
    "ElapsedRaw|TimelimitRaw|ReqCPUS|AllocCPUS|NNodes|ReqMem|ReqTRES|AllocTRES|NodeList|Reason|JobName"
)
_PIECE = 50_000
_EXITS = {COMPLETED: "0:0", FAILED: "1:0", TIMEOUT: "0:0", OUT_OF_MEMORY: "0:125"}


def _stamps(seconds: Ints, absent: NDArray[np.str_]) -> list[str]:
    texts = np.datetime_as_string(seconds.astype("datetime64[s]"), unit="s")
    return [str(text) for text in np.where(seconds >= 0, texts, absent)]


def _node_list(first: int, count: int, total: int) -> str:
    first %= max(1, total - count + 1)
    return f"n{first + 1:03}" if count == 1 else f"n[{first + 1:03}-{first + count:03}]"


def _rows(trace: Trace, cluster: str, at: slice) -> Iterator[str]:
    state, start = trace.state[at], trace.start[at]
    submit, eligible = (_stamps(times[at], np.array("Unknown")) for times in (trace.submit, trace.eligible))
    begun = _stamps(start, np.where(state == PENDING, "Unknown", "None"))
    ended = _stamps(trace.end[at], np.array("Unknown"))
    elapsed = np.where((start >= 0) & (trace.end[at] >= 0), trace.end[at] - start, 0).tolist()
    columns = (
        trace.user,
        trace.partition,
        trace.cpus,
        trace.gpus,
        trace.limit_minutes,
        trace.name,
        trace.job,
        trace.task,
    )
    users, partitions, cpus, gpus, limits, names, jobs, tasks = (values[at].tolist() for values in columns)
    nodes, first_node, raws, pilots = (v[at].tolist() for v in (trace.nodes, trace.node, trace.raw, trace.is_pilot))
    words = STATE_WORDS[state].tolist()
    for n, code in enumerate(state.tolist()):
        user, group = trace.people.names[users[n]], trace.people.groups[users[n]]
        partition, size = PARTITIONS[partitions[n]], cpus[n]
        has_run = start[n] >= 0
        memory = size * partition.gigabytes_per_cpu
        gpu = f",gres/gpu={gpus[n]}" if gpus[n] else ""
        tres = f"billing={size},cpu={size}{gpu},mem={memory}G,node={nodes[n]}"
        word = f"CANCELLED by {1000 + users[n]}" if words[n] == "CANCELLED" else words[n]
        where = _node_list(first_node[n] + raws[n] % 7, nodes[n], trace.node_count) if has_run else "None assigned"
        shown = f"{jobs[n]}_{tasks[n]}" if tasks[n] >= 0 else str(jobs[n])
        name = "dask-worker" if pilots[n] else JOB_NAMES[names[n]]
        exits = _EXITS.get(code, "0:0")
        reason = "Priority" if code == PENDING else "None"
        yield (
            f"{shown}|{raws[n]}|{cluster}|{user}|{group}|{group}|{NAMES[partitions[n]]}|normal|{word}|{exits}|0:0|"
            f"{submit[n]}|{eligible[n]}|{begun[n]}|{ended[n]}|{elapsed[n]}|{limits[n]}|{size}|{size if has_run else 0}|"
            f"{nodes[n]}|{memory}G|{tres}|{tres if has_run else ''}|{where}|{reason}|{name}\n"
        )


def write_sacct(trace: Trace, stream: TextIO, *, cluster: str = "reed", header: bool = True) -> int:
    """Write the jobs as `sacct -a -D -X --parsable2` would; gives how many."""
    if header:
        stream.write(HEADER + "\n")
    for begin in range(0, len(trace), _PIECE):
        stream.writelines(_rows(trace, cluster, slice(begin, begin + _PIECE)))
    return len(trace)


def write_events(trace: Trace, stream: TextIO, *, cluster: str = "reed") -> int:
    """Write the node events as `sacctmgr show event --parsable2` would; gives how many."""
    stream.write("Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User\n")
    written = 0
    for begins, ends, first, nodes, state, reason in sorted(trace.outages):
        for node in range(first, min(first + nodes, trace.node_count)):
            stamps = "|".join(f"{moment(at):%Y-%m-%dT%H:%M:%S}" for at in (begins + node, ends + node * 60))
            stream.write(f"{cluster}|n{node + 1:03}|{stamps}|{state}|{reason}|root(0)\n")
            written += 1
    return written
