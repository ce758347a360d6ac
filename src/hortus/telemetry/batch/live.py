"""Ask a Slurm cluster itself: run sacct and sacctmgr as the account we run under may, and say plainly why if
they fail."""

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hortus.telemetry.batch.formats.node_events import NodeEvents, read_events
from hortus.telemetry.batch.formats.sacct import ADVISED
from hortus.telemetry.batch.unreadable import SourceMissing

DELIMITER = "\x1f"  # the unit separator: no keyboard types it into a job name
_STATES = (
    "BOOT_FAIL,CANCELLED,COMPLETED,DEADLINE,FAILED,NODE_FAIL,OUT_OF_MEMORY,PENDING,PREEMPTED,RUNNING,REQUEUED,"
    "RESIZING,REVOKED,SUSPENDED,TIMEOUT"
)


@dataclass(frozen=True)
class LiveOutput:
    """What sacct printed, in a file that goes away with the context, and the delimiter to read it with."""

    path: Path
    delimiter: str


def _environment(as_json: bool) -> dict[str, str]:
    """Give sacct our environment, but times as seconds since 1970 whatever the account's habits are.

    Not with JSON, which has seconds anyway: there sacct 22.05 stumbles over its own default start time in that form.
    """
    plain = {name: value for name, value in os.environ.items() if name != "SLURM_TIME_FORMAT"}
    return {**plain, "TZ": "UTC", "LC_ALL": "C.UTF-8", **({} if as_json else {"SLURM_TIME_FORMAT": "%s"})}


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _run(command: Sequence[str], out: int, timeout_seconds: float) -> None:
    name = command[0]
    try:
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=timeout_seconds,
            env=_environment("--json" in command), check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise SourceMissing(
            f"There is no program {name} here: run this on a machine with Slurm's client programs, "
            "or import a file that sacct wrote."
        ) from None
    except PermissionError:
        raise SourceMissing(f"{name} may not be run by this account.") from None
    except subprocess.TimeoutExpired:
        raise SourceMissing(
            f"{name} gave no answer within {timeout_seconds:g} seconds: slurmdbd or slurmctld may be down, "
            "or the span is too long."
        ) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0].strip() if said else f"exit code {done.returncode}"
        raise SourceMissing(f"{name} refused ({reason[:300]}); nothing was imported.")


def sacct_command(
    sacct: str, *, since: datetime, until: datetime | None, clusters: Sequence[str] | None, as_json: bool
) -> list[str]:
    """Give the command line: all users, every attempt (-D), allocations only (-X), every state, the name last."""
    command = [sacct, "--allusers", "--duplicates", "--allocations", f"--starttime={_stamp(since)}"]
    # Without states and an end sacct hides jobs that were held and then cancelled, and with an end now those put into
    # the queue again, which may not start yet. Jobs that are still held it never shows.
    command += [f"--endtime={_stamp(until)}" if until else "--endtime=now+1days", f"--state={_STATES}"]
    if clusters:
        command.append(f"--clusters={','.join(clusters)}")
    if as_json:
        return [*command, "--json"]
    return [*command, "--parsable2", f"--delimiter={DELIMITER}", f"--format={ADVISED}"]


@contextmanager
def read_live(
    *,
    since: datetime,
    until: datetime | None = None,
    clusters: Sequence[str] | None = None,
    as_json: bool = False,
    timeout_seconds: float = 120.0,
    sacct: str = "sacct",
) -> Iterator[LiveOutput]:
    """Run sacct for jobs active between two aware times and give its output as a file; read it in UTC.

    Raises `SourceMissing` when sacct is absent, refuses, or does not answer in time.
    """
    with tempfile.TemporaryDirectory(prefix="hortus-sacct-") as folder:
        path = Path(folder) / "sacct"
        with path.open("wb") as file:
            _run(
                sacct_command(sacct, since=since, until=until, clusters=clusters, as_json=as_json),
                file.fileno(),
                timeout_seconds,
            )
        yield LiveOutput(path, DELIMITER)


def read_live_events(
    *,
    since: datetime,
    until: datetime | None = None,
    clusters: Sequence[str] | None = None,
    timeout_seconds: float = 60.0,
    sacctmgr: str = "sacctmgr",
) -> NodeEvents:
    """Run sacctmgr for node events between two aware times, of all clusters when none are named.

    Raises `SourceMissing` as `read_live` does; no event at all gives an empty result.
    """
    names = "Cluster,NodeName,TimeStart,TimeEnd,State,Reason%400,User"
    command = [sacctmgr, "--parsable2", "show", "event", f"format={names}", f"start={_stamp(since)}"]
    if until:
        command.append(f"end={_stamp(until)}")
    if clusters:
        command.append(f"cluster={','.join(clusters)}")
    with tempfile.TemporaryFile() as file:
        _run(command, file.fileno(), timeout_seconds)
        file.seek(0)
        text = file.read()
    if len(text.splitlines()) < 2:
        return NodeEvents()
    return read_events(io.BytesIO(text), label="sacctmgr show event")


def count_nodes(*, cluster: str = "", timeout_seconds: float = 20.0, sinfo: str = "sinfo") -> int:
    """Return how many nodes sinfo lists, 0 when it does not answer: then somebody says it on the cluster's page.

    cluster: its name; left out, the one that this machine belongs to.
    """
    command = [sinfo, "--noheader", "--Node", "--format=%N", *([f"--clusters={cluster}"] if cluster else [])]
    with tempfile.TemporaryFile() as file:
        try:
            _run(command, file.fileno(), timeout_seconds)
        except SourceMissing:
            return 0
        file.seek(0)
        lines = file.read().splitlines()
    return len({line.strip() for line in lines if line.strip() and not line.startswith(b"CLUSTER:")})
