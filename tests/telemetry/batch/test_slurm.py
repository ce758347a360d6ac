"""A real Slurm is submitted to, read live and imported: what sacct says today must come out as it went in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hortus.telemetry.batch.live import read_live, read_live_events
from hortus.telemetry.batch.unreadable import SourceMissing
from tests.telemetry.batch.shelf import Shelf, holds_together
from tests.telemetry.slurm import Slurm, slurm, wait_for  # noqa: F401 - a fixture

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(400)]

ODD = 'pipe|and\nnewline, `quotes` "too" ü測'


@pytest.fixture(scope="module")
def world(slurm: Slurm) -> tuple[Slurm, dict[str, int], datetime]:  # noqa: F811
    """Submit one job of each kind, wait until all that can end has ended."""
    began = datetime.now(UTC) - timedelta(minutes=1)
    ids = {
        "good": slurm.submit("-J", "good", "-n", "2"),
        "failing": slurm.submit("-J", "failing", wrap="exit 3"),
        "killed": slurm.submit("-J", "killed", wrap="kill -9 $$"),
        "steps": slurm.submit("-J", "steps", wrap="srun true; srun true"),
        "odd": slurm.submit("-J", ODD, user="daemon"),
        "array": slurm.submit("-J", "array", "--array=0-2", wrap="exit $SLURM_ARRAY_TASK_ID"),
        "held": slurm.submit("-J", "held", "-H"),
        "heldgone": slurm.submit("-J", "heldgone", "-H", user="nobody"),
        "toobig": slurm.submit("-J", "toobig", "-n", "64", "-N", "4-4"),
        "cancelled": slurm.submit("-J", "dask-worker", wrap="sleep 600"),
        "requeued": slurm.submit("-J", "requeued", "--requeue", "-w", "n4", wrap="sleep 600"),
    }
    slurm.run("scancel", str(ids["heldgone"]))
    for name in ("cancelled", "requeued"):
        wait_for(
            lambda n=name: slurm.run("squeue", "-h", "-j", str(ids[n]), "-o", "%T").strip() == "RUNNING",
            f"{name} to run",
        )
    slurm.run("scancel", str(ids["cancelled"]))
    slurm.run("scontrol", "requeue", str(ids["requeued"]))
    slurm.run("scontrol", "update", "NodeName=n3", "State=DRAIN", "Reason=fan | too loud")
    waiting = {str(ids[name]) for name in ("held", "requeued", "toobig")}
    wait_for(lambda: set(slurm.run("squeue", "-h", "-o", "%A").split()) <= waiting, "the queue to empty", 120)
    wait_for(lambda: "COMPLETING" not in slurm.run("squeue", "-h", "-o", "%T", "-t", "all"), "completion", 60)
    wait_for(lambda: _is_written(slurm), "the accounting of all jobs", 120)
    return slurm, ids, began


def _is_written(cluster: Slurm) -> bool:
    """Tell whether slurmdbd has heard of everything: until then sacct shows half-filled records."""
    span = ("-s", "PD,R,CD,F,CA,RQ,NF,TO", "-S", "now-1hours", "-E", "now+1days")
    shown = cluster.run("sacct", "-anXD", "-P", *span, "-o", "state,jobid,jobname").split("\n")
    states = [row.split("|", 1)[0] for row in shown if "|" in row and "|allocation" not in row]
    return len(states) == 13 and not {"RUNNING", "COMPLETING"} & set(states)


@pytest.fixture
def live(world: tuple[Slurm, dict[str, int], datetime], monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let the programs of this process talk to the cluster; gives when it began."""
    for name, value in world[0].environment.items():
        monkeypatch.setenv(name, value)
    return world[2]


def brought(shelf: Shelf, since: datetime, **options: Any) -> dict[str, list[dict[str, Any]]]:
    """Import live and give the rows by job name."""
    with read_live(since=since, **options) as output:
        report = shelf.bring(output.path, cluster="demo", delimiter=None if options else output.delimiter)
    assert report.rejected == 0, report.reasons
    assert holds_together(report)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in shelf.rows("demo"):
        found.setdefault(str(row["name"])[:4], []).append(row)
    return found


@pytest.mark.parametrize("as_json", [False, True])
def test_every_kind_of_job_comes_out_as_it_went_in(
    world: tuple[Slurm, dict[str, int], datetime], live: datetime, shelf: Shelf, as_json: bool
) -> None:
    _, ids, _ = world
    rows = brought(shelf, live, **({"as_json": True} if as_json else {}))
    # A job that is still held is not in sacct's answer at all; another test of this module releases it.
    rows["held"] = [row for row in rows["held"] if row["raw_id"] != str(ids["held"])]
    assert sum(map(len, rows.values())) == 13
    assert {r["raw_id"] for r in rows["good"]} == {str(ids["good"])}
    (good,) = rows["good"]
    assert (good["state"], good["user_name"], good["account"], good["partition"], good["allocated_cpus"]) == (
        "COMPLETED", "games", "lab", "short", 2
    )  # fmt: skip
    assert good["wait_seconds"] is not None
    assert live < good["submit_at"] <= good["start_at"] <= good["end_at"] <= datetime.now(UTC) + timedelta(seconds=2)
    (failing,) = rows["fail"]
    assert (failing["state"], failing["exit_code"]) == ("FAILED", None if as_json else 3)
    assert rows["kill"][0]["state"] == "FAILED"
    (odd,) = rows["pipe"]
    assert odd["user_name"] == "daemon"
    assert odd["state"] == "COMPLETED"
    assert sorted((r["array_task"], r["state"]) for r in rows["arra"]) == [
        (0, "COMPLETED"),
        (1, "FAILED"),
        (2, "FAILED"),
    ]
    assert len({r["raw_id"] for r in rows["arra"]}) == 3
    (held,) = rows["held"]
    assert (held["raw_id"], held["state"], held["started"]) == (str(ids["heldgone"]), "CANCELLED", False)
    (big,) = rows["toob"]
    assert (big["state"], big["reason"]) == ("PENDING", "PartitionConfig")
    (pilot,) = rows["dask"]
    assert (pilot["state"], pilot["is_pilot"], pilot["is_lost"], pilot["started"]) == ("CANCELLED", True, False, True)
    attempts = rows["requ"]
    assert len({(r["raw_id"], r["submit_at"]) for r in attempts}) == len(attempts) == 2
    assert {r["state"] for r in attempts} == {"REQUEUED", "PENDING"}


def test_reading_again_adds_nothing_and_updates_what_went_on(
    world: tuple[Slurm, dict[str, int], datetime], live: datetime, shelf: Shelf
) -> None:
    cluster, ids, _ = world
    assert sum(map(len, brought(shelf, live).values())) == 13
    with read_live(since=live) as output:
        again = shelf.bring(output.path, cluster="demo", delimiter=output.delimiter)
    assert (again.new, again.updated, again.known) == (0, 0, 13)
    cluster.run("scontrol", "release", str(ids["held"]))
    wait_for(
        lambda: cluster.run("squeue", "-h", "-j", str(ids["held"]), may_fail=True).strip() == "", "the held job to end"
    )
    wait_for(lambda: "COMPLETED" in cluster.run("sacct", "-nX", "-j", str(ids["held"]), "-o", "state"), "its record")
    with read_live(since=live) as output:
        report = shelf.bring(output.path, cluster="demo", delimiter=output.delimiter)
    assert (report.new, report.updated) == (1, 0)


def test_node_events(live: datetime) -> None:
    found = read_live_events(since=live)
    (event,) = [event for event in found.events if event.node == "n3"]
    assert (event.cluster, event.reason, event.end_at) == ("demo", "fan | too loud", None)
    assert "DRAIN" in event.state


def test_a_scheduler_that_is_gone_is_told_plainly(
    live: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = Path(__import__("os").environ["SLURM_CONF"]).read_text()
    lines = [
        "AccountingStoragePort=1" if line.startswith("AccountingStoragePort") else line for line in conf.splitlines()
    ]
    (tmp_path / "slurm.conf").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "slurm.conf"))
    with pytest.raises(SourceMissing), read_live(since=live, timeout_seconds=20):
        pass
