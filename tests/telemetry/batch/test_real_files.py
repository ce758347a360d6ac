"""Real accounting files, imported whole; the counts were made by hand or are made here by other means."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hortus.telemetry.batch.formats.node_events import read_events
from hortus.telemetry.batch.importer import Report
from hortus.telemetry.batch.unreadable import Unreadable
from tests.telemetry.batch.shelf import Shelf, holds_together


def twice(shelf: Shelf, path: Path, **options: object) -> Report:
    """Import a file twice: the second time adds nothing; gives the first report."""
    first, again = shelf.bring(path, **options), shelf.bring(path, **options)
    assert holds_together(first)
    assert (again.new, again.updated, again.read, again.rejected) == (0, 0, first.read, first.rejected)
    assert len(shelf.rows()) == first.new
    return first


def test_all_fields_of_our_own_run(shelf: Shelf, data: Path) -> None:
    report = twice(shelf, data / "slurm" / "sacct_allfields.psv")
    assert (report.read, report.new, report.rejected, report.steps) == (57, 57, 0, 86)
    states = Counter(row["state"] for row in shelf.rows())
    wanted = {"COMPLETED": 33, "FAILED": 12, "CANCELLED": 4, "TIMEOUT": 3, "PENDING": 2, "NODE_FAIL": 2, "REQUEUED": 1}
    assert states == wanted


def test_text_and_json_of_the_same_run_agree(shelf: Shelf, data: Path) -> None:
    twice(shelf, data / "slurm" / "sacct_allfields.psv")
    report = shelf.bring(data / "slurm" / "sacct_openapi_dbv0.0.38.json", cluster="json")
    assert (report.read, report.new, report.steps) == (57, 57, 86)
    same = ("raw_id", "job_id", "user_name", "account", "partition", "name", "state", "submit_at", "start_at", "end_at",
            "wait_seconds", "allocated_cpus", "nodes", "started", "timelimit_seconds")  # fmt: skip
    of_text, of_json = ([{k: row[k] for k in same} for row in shelf.rows(c)] for c in ("reed", "json"))
    for text, found in zip(of_text, of_json, strict=True):
        text["name"], found["name"] = (re.sub(r"\s", " ", str(row["name"])) for row in (text, found))
    assert of_json == of_text


def test_jobs_of_all_states(shelf: Shelf, data: Path) -> None:
    report = twice(shelf, data / "slurm" / "sacct_jobs_X_allstates.psv")
    assert (report.new, report.rejected) == (60, 0)
    names = {row["name"] for row in shelf.rows()}
    assert "pipe|name" in {str(name).rstrip("|") for name in names}
    again = shelf.bring(data / "slurm" / "sacct_allfields.psv")
    assert (again.new, again.known) == (0, 57)


def test_epoch_times_agree_with_local_ones(shelf: Shelf, data: Path) -> None:
    assert twice(shelf, data / "slurm" / "sacct_epoch_times.psv").new == 57
    shelf.bring(data / "slurm" / "sacct_allfields.psv", cluster="local")
    times = ("job_id", "submit_at", "start_at", "end_at", "wait_seconds")
    first, second = (
        [tuple(r[t] for t in times) for r in shelf.rows(c, "submit_at, job_id")] for c in ("reed", "local")
    )
    assert first == second


def test_squeue_json(shelf: Shelf, data: Path) -> None:
    assert twice(shelf, data / "slurm" / "squeue.json").new == 14
    assert shelf.bring(data / "slurm" / "slurmrestd_v0.0.38_jobs.json").known == 14


@pytest.mark.parametrize(
    "name",
    [
        *[
            "sacct_default.psv",
            "sacctmgr_assoc.psv",
            "sdiag.txt",
            "sinfo.txt",
            "sreport_util.psv",
            "jobcomp_filetxt.log",
        ],
        *[
            "slurmrestd_v0.0.38_diag.json",
            "slurmrestd_v0.0.38_nodes.json",
            "slurmrestd_openapi_v3.json.gz",
            "SOURCE.txt",
        ],
    ],
)
def test_files_that_hold_no_jobs_we_can_place_are_refused(shelf: Shelf, data: Path, name: str) -> None:
    with pytest.raises(Unreadable):
        shelf.bring(data / "slurm" / name)
    assert shelf.segments("reed") == []


def test_node_events(data: Path) -> None:
    found = read_events(data / "slurm" / "sacctmgr_events.psv")
    (event,) = found.events
    assert (event.node, event.state, event.reason) == ("vm", "DOWN*", "Not responding")
    assert (event.end_at or event.start_at) - event.start_at == datetime(1, 1, 1, 0, 0, 1) - datetime(1, 1, 1)  # noqa: DTZ001


def test_a_university_centre(shelf: Shelf, data: Path) -> None:
    path = data / "sacct" / "xdmod_phillips.psv.gz"
    report = twice(shelf, path)
    assert (report.read, report.new, report.rejected) == (4285, 4285, 0)
    rows = shelf.rows()
    states = Counter(row["state"] for row in rows)
    assert (states["COMPLETED"], states["FAILED"], states["CANCELLED"]) == (2324, 1717, 243)
    assert sum(not row["started"] for row in rows) == gzip.decompress(path.read_bytes()).count(b"None assigned") == 239
    assert len({row["user_name"] for row in rows}) == 4
    # Over all rows the file gives five hours; jobs that never started, cancelled late, make up for one of them.
    assert np.median([r["wait_seconds"] for r in rows if r["started"]]) == 14_726
    overflow = next(row for row in rows if row["raw_id"] == "167758")
    assert overflow["memory_bytes"] == 24_000 * 2**20


def test_small_real_rows(shelf: Shelf, data: Path) -> None:
    folder = data / "sacct"
    assert twice(shelf, folder / "xdmod_unit_accounting-logs.psv").new == 4
    assert [r["started"] for r in shelf.rows()] == [True, True, True, False]
    arrays = shelf.bring(folder / "xdmod_unit_accounting-logs-with-job-arrays.psv", cluster="arrays")
    # All six lines carry one JobIDRaw and one Submit: by the key they are one job.
    assert (arrays.read, arrays.new, arrays.repeated) == (6, 1, 5)
    odd = shelf.bring(folder / "xdmod_unit_unknown-job-state.psv", cluster="odd")
    assert (odd.new, odd.rejected) == (2, 0)
    assert {row["state"] for row in shelf.rows("odd")} == {"UNKNOWN"}


def test_real_rows_with_pipes_everywhere(shelf: Shelf, data: Path) -> None:
    report = shelf.bring(data / "sacct" / "ubhpc_allfields_2110.psv")
    # One job, its two steps, and the job four times more with pipes in constraints, name and command; the last of these
    # can be read in more than one way.
    assert (report.read, report.new, report.repeated, report.steps) == (5, 1, 3, 2)
    assert report.lines == {"wrong number of fields": [8]}
    (job,) = shelf.rows()
    assert (job["state"], job["user_name"], job["partition"], job["requested_cpus"]) == (
        "CANCELLED",
        "user001",
        "partition001",
        1,
    )


def _swf_rows(path: Path) -> Iterator[list[str]]:
    with gzip.open(path, "rt") as file:
        yield from (line.split() for line in file if line.strip() and not line.startswith(";"))


@pytest.mark.parametrize(
    ("name", "jobs", "first"),
    [
        ("KTH-SP2-1996-2.1-cln", 27_992, None),
        ("METACENTRUM-2009-2", 103_656, datetime(1970, 1, 1, tzinfo=UTC)),
        ("NASA-iPSC-1993-3.1-cln", 18_239, datetime(1993, 10, 1, 7, 0, 3, tzinfo=UTC)),
        ("lublin_256_synthetic_model", 10_000, None),
        ("theta-cqgym-train", 3_000, None),
        pytest.param("HPC2N-2002-2.1-cln", 202_876, datetime(2002, 7, 28, 7, 4, 5, tzinfo=UTC), marks=pytest.mark.slow),
        pytest.param("LCG-2005", 188_041, datetime(2005, 11, 20, 0, 0, 5, tzinfo=UTC), marks=pytest.mark.slow),
    ],
)
def test_traces(shelf: Shelf, data: Path, name: str, jobs: int, first: datetime | None) -> None:
    path = data / "swf" / f"{name}.swf.gz"
    report = shelf.bring(path)
    assert (report.read, report.new, report.rejected) == (jobs, jobs, 0)
    assert first is None or report.first == first
    rows = list(_swf_rows(path))
    assert len(rows) == jobs
    waits = sorted(int(float(r[2])) for r in rows if float(r[2]) >= 0 and float(r[3]) >= 0)
    held = shelf.rows()
    assert sorted(row["wait_seconds"] for row in held if row["wait_seconds"] is not None) == waits
    words = Counter({"0": "FAILED", "1": "COMPLETED", "5": "CANCELLED"}.get(r[10], "UNKNOWN") for r in rows)
    assert Counter(row["state"] for row in held) == words
    assert shelf.bring(path).known == jobs


def test_named_partitions_of_a_grid(shelf: Shelf, data: Path) -> None:
    text = gzip.decompress((data / "swf" / "LCG-2005.swf.gz").read_bytes()).decode().split("\n")
    head = [line for line in text if line.startswith(";")]
    shelf.bring("\n".join([*head, *text[len(head) : len(head) + 500]]))
    assert any(str(row["partition"]).endswith("physik.uni-karlsruhe.de") for row in shelf.rows())


def test_pbs_and_sge(shelf: Shelf, data: Path) -> None:
    folder = data / "batch_logs_other"
    assert twice(shelf, folder / "pbs.log").new == 9
    found = {row["raw_id"]: row for row in shelf.rows()}
    assert (found["6.edge.ccr.buffalo.edu"]["requested_cpus"], found["6.edge.ccr.buffalo.edu"]["wait_seconds"]) == (
        32,
        99,
    )
    assert (found["2994.pbs"]["requested_cpus"], found["2994.pbs"]["nodes"]) == (65, 5)
    assert found["3073070.[hostname_1]"]["state"] == "TIMEOUT"
    assert [found[n]["gpus"] for n in ("7904", "10712", "3073070.[hostname_1]")] == [1, 2, 4]
    report = shelf.bring(folder / "sge.log", cluster="sge")
    # Both lines are the same job, once with more requests.
    assert (report.read, report.new, report.repeated) == (2, 1, 1)
    (job,) = shelf.rows("sge")
    assert (job["raw_id"], job["run_seconds"], job["wait_seconds"]) == ("22947", 60, 333_733)


def test_json_is_read_in_the_same_way_packed(shelf: Shelf, data: Path, tmp_path: Path) -> None:
    text = (data / "slurm" / "sacct_openapi_dbv0.0.38.json").read_text()
    compact = tmp_path / "one-line.json.gz"
    compact.write_bytes(gzip.compress(json.dumps(json.loads(text)).encode()))
    assert shelf.bring(compact).new == 57
