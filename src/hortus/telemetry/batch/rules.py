"""What a scheduler's words mean: states, sizes, waits, durations, memory. Values in, values out; no database, no clock.

The words are Slurm's (sacct(1), section JOB STATE CODES); other formats are translated into them.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

UNKNOWN = "UNKNOWN"

WAITING_STATES = frozenset({"PENDING", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"})
RUNNING_STATES = frozenset(
    {"RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT"}
)
# A job that we broke. Not here: PREEMPTED and DEADLINE (policy), OUT_OF_MEMORY, TIMEOUT and FAILED (the job's own),
# CANCELLED (its user, or a pilot that had done its work), REVOKED (a sibling in another cluster ran it).
LOST_STATES = frozenset({"NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED", "RECONFIG_FAIL"})
OTHER_ENDED_STATES = frozenset(
    {
        *("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "OUT_OF_MEMORY"),
        *("PREEMPTED", "DEADLINE", "REVOKED", "REQUEUED"),
    }
)
STATES = WAITING_STATES | RUNNING_STATES | LOST_STATES | OTHER_ENDED_STATES
_SHORT = {
    "BF": "BOOT_FAIL",
    "CA": "CANCELLED",
    "CD": "COMPLETED",
    "CF": "CONFIGURING",
    "CG": "COMPLETING",
    "DL": "DEADLINE",
    "F": "FAILED",
    "NF": "NODE_FAIL",
    "OOM": "OUT_OF_MEMORY",
    "PD": "PENDING",
    "PR": "PREEMPTED",
    "R": "RUNNING",
    "RQ": "REQUEUED",
    "RS": "RESIZING",
    "RV": "REVOKED",
    "S": "SUSPENDED",
    "ST": "STOPPED",
    "TO": "TIMEOUT",
    "SE": "SPECIAL_EXIT",
    "RH": "REQUEUE_HOLD",
}


@lru_cache(maxsize=4096)
def canonical_state(text: str | None) -> str:
    """Give the plain word for a state as a scheduler printed it, without suffix; UNKNOWN for a word we do not know.

    >>> canonical_state("CANCELLED by 1001"), canonical_state("OUT_OF_ME+"), canonical_state("FOO")
    ('CANCELLED', 'OUT_OF_MEMORY', 'UNKNOWN')
    """
    word = (text or "").strip().upper().split(" ", 1)[0]
    if word in STATES:
        return word
    if word.endswith("+") and len(word) > 4:  # sacct's table for people cuts long words
        return next((state for state in sorted(STATES) if state.startswith(word[:-1])), UNKNOWN)
    return _SHORT.get(word, UNKNOWN)


def phase(state: str) -> int:
    """Say how far a job is: 0 waiting, 1 on its nodes, 2 ended (an unknown word counts as ended).

    >>> phase("PENDING"), phase("RUNNING"), phase("TIMEOUT")
    (0, 1, 2)
    """
    if state in WAITING_STATES:
        return 0
    return 1 if state in RUNNING_STATES else 2


def lost_to_us(state: str) -> bool:
    """Tell whether a job in this canonical state was lost through the centre, not through its owner.

    >>> lost_to_us("NODE_FAIL"), lost_to_us("CANCELLED"), lost_to_us("PREEMPTED")
    (True, False, False)
    """
    return state in LOST_STATES


PILOT_PATTERN = r"dask-worker.*|parsl\..*"


def is_pilot(name: str | None) -> bool:
    """Guess from its name whether a job only holds nodes for another scheduler (Dask, Parsl); such jobs end CANCELLED.

    >>> is_pilot("parsl.htex.block-3"), is_pilot("my-parsl"), is_pilot(None)
    (True, False, False)
    """
    return name is not None and re.fullmatch(PILOT_PATTERN, name) is not None


def wait_seconds(submit_at: datetime, eligible_at: datetime | None, start_at: datetime | None) -> int | None:
    """Count whole seconds from the moment a job could have run (the later of submit and eligible) to its start.

    Time spent held or waiting for another job lies before eligibility and is not counted. None where the job did not
    start, its start is unknown, or the clock ran backwards.
    """
    if start_at is None:
        return None
    ready = max(submit_at, eligible_at) if eligible_at else submit_at
    seconds = int((start_at - ready).total_seconds())
    return seconds if seconds >= 0 else None


@dataclass(frozen=True)
class SizeClass:
    """A range of processors, both ends included; `high` None means no upper end."""

    slug: str
    label: str
    low: int
    high: int | None


SIZE_CLASSES = (
    SizeClass("one", "1 CPU", 1, 1),
    SizeClass("small", "2 to 16 CPUs", 2, 16),
    SizeClass("medium", "17 to 128 CPUs", 17, 128),
    SizeClass("large", "129 to 1,024 CPUs", 129, 1024),
    SizeClass("huge", "more than 1,024 CPUs", 1025, None),
)
UNKNOWN_SIZE = "unknown"


def size_class(cpus: int | None) -> str:
    """Name the size class of a number of processors; `unknown` for None and for numbers below one.

    >>> [size_class(n) for n in (None, 0, 1, 16, 17, 5000)]
    ['unknown', 'unknown', 'one', 'small', 'medium', 'huge']
    """
    if cpus is None:
        return UNKNOWN_SIZE
    fits = (c.slug for c in SIZE_CLASSES if c.low <= cpus and (c.high is None or cpus <= c.high))
    return next(fits, UNKNOWN_SIZE)


_DURATION = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)(?:\.\d+)?")


def duration_seconds(text: str | None) -> int | None:
    """Read `D-HH:MM:SS`, `HH:MM:SS` or `MM:SS`; None for UNLIMITED, Partition_Limit and whatever else is no duration.

    >>> duration_seconds("37-14:00:00"), duration_seconds("00:10:00"), duration_seconds("Partition_Limit")
    (3247200, 600, None)
    """
    found = _DURATION.fullmatch((text or "").strip())
    if not found:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


_UNITS = {"": 2**20, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50, "E": 2**60}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)([KMGTPE]?)B?([cn]?)", re.IGNORECASE)
_PER_CPU_FLAG = 2**31  # Slurm's MEM_PER_CPU bit: old releases printed it as part of the number
_MAX_BYTES = 2**62


def memory_request(text: str | None) -> tuple[int, str] | None:
    """Read Slurm's ReqMem as (bytes, per), per one of `job`, `cpu`, `node`; None where absent or zero (all of
    the node).

    A number without a unit is in mebibytes, as Slurm means it.

    >>> memory_request("2800Mc"), memory_request("62.50Gn"), memory_request("0n")
    ((2936012800, 'cpu'), (67108864000, 'node'), None)
    >>> memory_request("2147486648Mn") == (3000 * 2**20, "cpu")
    True
    """
    found = _MEMORY.fullmatch((text or "").strip())
    if not found:
        return None
    number, unit, per = float(found[1]), found[2].upper(), found[3].lower()
    if unit in {"", "M"} and number >= _PER_CPU_FLAG:
        number, per = number - _PER_CPU_FLAG, "c"
    amount = int(number * _UNITS[unit])
    if not 0 < amount < _MAX_BYTES:
        return None
    return amount, {"c": "cpu", "n": "node", "": "job"}[per]


def exit_pair(text: str | None) -> tuple[int, int] | None:
    """Read `code:signal`. What it says is the scheduler's; trust the state before it (0:125 is an out-of-memory kill).

    >>> exit_pair("0:125"), exit_pair(""), exit_pair("x")
    ((0, 125), None, None)
    """
    found = re.fullmatch(r"(-?\d{1,9}):(-?\d{1,9})", (text or "").strip())
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Tres:
    """What a trackable-resources list holds of what we use; None where the list does not say."""

    cpus: int | None = None
    nodes: int | None = None
    gpus: int | None = None
    memory_bytes: int | None = None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and len(text) < 10 else None


def tres(text: str | None) -> Tres:
    """Read a TRES list in any order, such as `billing=12,cpu=12,gres/gpu=2,mem=31000M,node=1`; parts may be absent.

    >>> tres("node=1,gres/gpu:a=1,gres/gpu:b=2,mem=1G")
    Tres(cpus=None, nodes=1, gpus=3, memory_bytes=1073741824)
    """
    parts = dict(part.split("=", 1) for part in (text or "").split(",") if "=" in part)
    typed = [_count(value) or 0 for key, value in parts.items() if key.startswith("gres/gpu:")]
    gpus = _count(parts.get("gres/gpu"))
    memory = memory_request(parts.get("mem"))
    return Tres(
        cpus=_count(parts.get("cpu")),
        nodes=_count(parts.get("node")),
        gpus=gpus if gpus is not None else (sum(typed) if typed else None),
        memory_bytes=memory[0] if memory else None,
    )
