"""Ask a batch system: submit a tiny job through sbatch and wait until it starts. Slurm as this account sees it."""

import contextlib
import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hortus.telemetry.probes.asking.found import Clock, Found, Means

NAME = "hortus-probe"
CALL_SECONDS = 20.0  # one call of a client program
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
_STARTED = frozenset({"RUNNING", "COMPLETING", "COMPLETED", "STAGE_OUT"})
_WAITING = frozenset({"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED", "RESV_DEL_HOLD"})


class _Cannot(Exception):  # noqa: N818 -- an answer
    """A client program is absent, refuses or does not answer."""

    def __init__(self, found: Found) -> None:
        super().__init__(found.sentence)
        self.found = found


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Submit a job of one task and one minute, wait for its start, and take it out again when it does not start."""
    clock = Clock()
    try:
        job = _submitted(given, limit_seconds)
    except _Cannot as cannot:
        return cannot.found
    try:
        return _waited(job, clock, limit_seconds)
    except _Cannot as cannot:
        return cannot.found
    finally:
        _cancel(job)


def _submitted(given: Mapping[str, Any], limit_seconds: float) -> str:
    # The deadline takes a job out that nobody cancels, because we were killed.
    command = [
        "sbatch", "--parsable", f"--job-name={NAME}", "--ntasks=1", "--time=1", "--output=/dev/null", "--chdir=/",
        "--export=NONE", f"--deadline=now+{int(limit_seconds) + 120}seconds", "--wrap=true",
    ]  # fmt: skip
    command += [f"--{name}={given[name]}" for name in ("partition", "account", "qos") if given[name]]
    said = _call(command, min(limit_seconds, CALL_SECONDS))
    job = said.strip().split(";")[0]
    if not job.isdecimal():
        raise _Cannot(Found(None, "odd-answer", f"sbatch printed {job[:60]!r} where the id of the job was expected."))
    return job


def _waited(job: str, clock: Clock, limit_seconds: float) -> Found:
    state = reason = ""
    pause = FIRST_PAUSE
    while (left := limit_seconds - clock.seconds) > 0:
        shown = _call(["scontrol", "--oneliner", "show", "job", job], max(1.0, min(left, CALL_SECONDS)))
        seconds = clock.seconds
        state, reason = _field(shown, "JobState"), _field(shown, "Reason")
        if state in _STARTED:
            return Found(True, "ok", f"Job {job} started {_within(seconds)} after it was submitted.", seconds)
        if state not in _WAITING:
            return Found(False, "lost", f"Job {job} never ran; its state is {state or 'not told'}.", seconds)
        time.sleep(min(pause, max(0.0, limit_seconds - clock.seconds)))
        pause = min(pause * 1.3, LONGEST_PAUSE)
    why = f"; it waits for {reason}" if reason not in {"", "None"} else ""
    return Found(False, "not-started", f"Job {job} did not start within {limit_seconds:g} s{why}.")


def _within(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _field(shown: str, name: str) -> str:
    found = re.search(rf"(?:^|\s){name}=(\S+)", shown)
    return found[1] if found else ""


def _cancel(job: str) -> None:
    with contextlib.suppress(_Cannot):  # its deadline takes it out otherwise
        _call(["scancel", "--quiet", job], CALL_SECONDS)


def _call(command: Sequence[str], timeout_seconds: float) -> str:
    """Run a client program of Slurm with our environment, as the live import does, and return what it printed."""
    name = command[0]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SBATCH_", "SLURM_TIME_FORMAT"))}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
            timeout=timeout_seconds, env={**environment, "TZ": "UTC", "LC_ALL": "C.UTF-8"}, check=False, cwd="/",
        )  # fmt: skip
    except FileNotFoundError:
        raise _Cannot(Found(None, "no-slurm", f"There is no program {name} on the machine of Hortus.")) from None
    except PermissionError:
        raise _Cannot(Found(None, "no-slurm", f"{name} may not be run by the account of Hortus.")) from None
    except subprocess.TimeoutExpired:
        raise _Cannot(Found(False, "too-slow", f"{name} gave no answer within {timeout_seconds:g} s.")) from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        reason = said[-1].strip() if said else f"exit code {done.returncode}"
        raise _Cannot(Found(False, "refused", f"{name} refused: {reason[:200]}."))
    return done.stdout
