"""JSON of several shapes, SWF, PBS, Grid Engine and node events: what each field becomes."""

import json
from datetime import UTC, datetime

import pytest

from hortus.telemetry.batch.formats.node_events import read_events
from hortus.telemetry.batch.unreadable import Unreadable
from tests.telemetry.batch.shelf import Shelf, holds_together

T = 1_772_445_600  # 2026-03-02 10:00 UTC


def number(value: int, *, is_set: bool = True, infinite: bool = False) -> dict[str, object]:
    return {"set": is_set, "infinite": infinite, "number": value}


NEW_SHAPE = {
    "job_id": 56,
    "array": {"job_id": 35, "task_id": number(4)},
    "het": {"job_id": 0, "job_offset": number(0, is_set=False)},
    "association": {"user": "ada", "account": "reefs", "cluster": "reed"},
    "cluster": "reed", "group": "reefs", "partition": "gpu", "qos": "normal", "name": "a|b\nc", "nodes": "n[1-2]",
    "state": {"current": ["NODE_FAIL"], "reason": "None"},
    "exit_code": {
        "status": ["SIGNALED"], "return_code": number(0, is_set=False), "signal": {"id": number(9), "name": "KILL"}},
    "time": {"submission": T, "eligible": T + 10, "start": T + 70, "end": T + 170, "elapsed": 100, "limit": number(60)},
    "required": {"CPUs": 8, "memory_per_cpu": number(1024), "memory_per_node": number(0, is_set=False)},
    "allocation_nodes": 2,
    "tres": {"requested": [{"type": "cpu", "name": "", "count": 8}, {"type": "gres", "name": "gpu", "count": 4}],
             "allocated": [{"type": "cpu", "name": "", "count": 8}, {"type": "node", "name": "", "count": 2}]},
    "steps": [{}, {}, {}],
}  # fmt: skip


def test_json_with_wrapped_numbers_and_lists_of_states(shelf: Shelf) -> None:
    report = shelf.bring(json.dumps({"jobs": [NEW_SHAPE], "meta": {}}))
    assert (report.new, report.steps, report.format) == (1, 3, "sacct_json")
    (job,) = shelf.rows()
    wanted = {
        "raw_id": "56",
        "job_id": "35_4",
        "array_job_id": "35",
        "array_task": 4,
        "user_name": "ada",
        "account": "reefs",
        "state": "NODE_FAIL",
        "is_lost": True,
        "wait_seconds": 60,
        "run_seconds": 100,
        "timelimit_seconds": 3600,
        "requested_cpus": 8,
        "allocated_cpus": 8,
        "nodes": 2,
        "gpus": 4,
        "memory_bytes": 8 * 2**30,
        "name": "a|b\nc",
        "node_list": "n[1-2]",
        "size_class": "small",
        "reason": None,
    }
    assert {key: job[key] for key in wanted} == wanted


def test_json_with_infinite_limits_and_absent_parts(shelf: Shelf) -> None:
    bare = {"job_id": 1, "state": {"current": "PENDING"}, "time": {"submission": T, "start": 0, "end": 0,
            "limit": number(0, infinite=True)}}  # fmt: skip
    report = shelf.bring(
        json.dumps({"errors": [], "jobs": [bare, {"no": "id"}, 7, {"job_id": 2, "state": None, "time": None}]})
    )
    assert (report.new, report.reasons) == (1, {"no job id": 2, "no submit time": 1})
    (job,) = shelf.rows()
    assert (job["timelimit_seconds"], job["start_at"], job["end_at"]) == (None, None, None)


def test_squeue_json_does_not_take_foreseen_times_for_real_ones(shelf: Shelf) -> None:
    base = {"submit_time": T, "eligible_time": T, "user_name": "ada", "cpus": 4, "node_count": 1}
    jobs = [
        {
            **base,
            "job_id": 1,
            "job_state": "PENDING",
            "start_time": T + 9999,
            "end_time": T + 99999,
            "state_reason": "Priority",
        },
        {**base, "job_id": 2, "job_state": "RUNNING", "start_time": T + 60, "end_time": T + 3660},
        {**base, "job_id": 3, "job_state": ["COMPLETED"], "start_time": T + 60, "end_time": T + 61, "exit_code": 256},
    ]
    shelf.bring(json.dumps({"jobs": jobs}))
    times = [(r["start_at"] is not None, r["end_at"] is not None, r["exit_code"]) for r in shelf.rows()]
    assert times == [(False, False, None), (True, False, None), (True, True, None)]


def test_json_in_pieces_of_any_size(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hortus.telemetry.batch.formats.sacct_json._READ", 17)
    monkeypatch.setattr("hortus.telemetry.batch.source.HEAD_BYTES", 40)
    jobs = [{**NEW_SHAPE, "job_id": n, "array": None, "name": "é測" * n} for n in range(1, 30)]
    text = json.dumps({"meta": {"count": 29, "x": [1, 2.5, -3e2]}, "jobs": jobs}, ensure_ascii=False, indent=1)
    assert shelf.bring(text).new == 29
    assert shelf.rows()[28]["name"] == "é測" * int(shelf.rows()[28]["raw_id"])


SWF = """; Version: 2.2
; UnixStartTime: 1000000000
; TimeZone: 3600
; Queue: 1 [a]
; Queue:  2 batch    [x]
; Partition:  1 north wing
;
  1      0  100   50  4 -1 -1  8  3600 1024  1  7 3 -1  2  1 -1 -1
  2     10   -1   20  4 -1 -1 -1    -1   -1 -1 -1 -1 -1 -1 -1 -1 -1
  3     20    5    0  1 -1 -1  1    -1   -1  5  7 3 -1 -1 -1 -1 -1
  4     30    5   10  1 -1 -1  1    -1   -1  0  7 3 -1 -1 -1 -1 -1 extra
  4     30    5    5  1 -1 -1  1    -1   -1  2  7 3 -1 -1 -1 -1 -1
  5     -1    5   10  1 -1 -1  1    -1   -1  0  7 3 -1 -1 -1 -1 -1
  6 1 2 3
"""


def test_swf_fields(shelf: Shelf) -> None:
    report = shelf.bring(SWF)
    assert (report.read, report.new, report.steps) == (6, 4, 1)
    assert report.lines == {"wrong number of fields": [14], "no submit time": [13]}
    assert holds_together(report)
    one, two, three, four = shelf.rows()
    wanted = {
        "submit_at": datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC),
        "wait_seconds": 100,
        "run_seconds": 50,
        "state": "COMPLETED",
        "requested_cpus": 8,
        "allocated_cpus": 4,
        "timelimit_seconds": 3600,
        "user_name": "7",
        "partition": "north wing",
        "qos": "batch",
        "memory_bytes": 8 * 2**20,
        "eligible_at": None,
    }
    assert {key: one[key] for key in wanted} == wanted
    assert (two["start_at"], two["started"], two["run_seconds"], two["wait_seconds"]) == (None, True, 20, None)
    assert (two["state"], two["user_name"], two["partition"]) == ("UNKNOWN", None, None)
    assert (three["state"], four["state"]) == ("CANCELLED", "FAILED")


def test_swf_without_a_start_counts_from_1970_or_from_the_date_given(shelf: Shelf) -> None:
    body = "1 0 1 1 1 -1 -1 1 -1 -1 1 1 1 -1 -1 -1 -1 -1\n2 5 1 1 1 -1 -1 1 -1 -1 1 1 1 -1 -1 -1 -1 -1\n"
    report = shelf.bring(body)
    assert (report.new, report.first) == (2, datetime(1970, 1, 1, tzinfo=UTC))
    assert any("does not say when it starts" in note for note in report.notes)
    placed = shelf.bring(body, starts_at=datetime(2009, 1, 1, tzinfo=UTC), cluster="other")
    assert (placed.first, placed.notes) == (datetime(2009, 1, 1, tzinfo=UTC), [])


def pbs(number: str, status: object, *, kind: str = "E", **more: object) -> str:
    given = {
        "user": "ada",
        "group": "reefs",
        "jobname": "fit it",
        "queue": "work",
        "ctime": T,
        "qtime": T,
        "etime": T + 5,
        "start": T + 65,
        "end": T + 165,
        "Exit_status": status,
        "exec_host": "n1/0+n1/1+n2/0",
        "Resource_List.nodect": 2,
        "Resource_List.nodes": "2:ppn=4:gpus=1",
        "Resource_List.walltime": "01:00:00",
        "Resource_List.mem": "2gb",
        "resources_used.walltime": "00:01:40",
        "run_count": 1,
        **{key.replace("__", "."): value for key, value in more.items()},
    }
    return f"03/02/2026 11:00:00;{kind};{number};" + " ".join(f"{key}={value}" for key, value in given.items())


def test_pbs_fields(shelf: Shelf) -> None:
    report = shelf.bring(
        "\n".join([pbs("7[3].srv", 0), pbs("8.srv", 1, kind="S"), pbs("9.srv", 0, kind="Q")]) + "\nnonsense\n"
    )
    assert (report.new, report.reasons) == (1, {"wrong number of fields": 1})
    assert report.skipped == {"records of type S": 1, "records of type Q": 1}
    (job,) = shelf.rows()
    wanted = {
        "raw_id": "7[3].srv",
        "job_id": "7_3",
        "array_task": 3,
        "user_name": "ada",
        "name": "fit it",
        "partition": "work",
        "wait_seconds": 60,
        "run_seconds": 100,
        "requested_cpus": 8,
        "nodes": 2,
        "gpus": 2,
        "memory_bytes": 2 * 2**30,
        "node_list": "n1,n2",
        "timelimit_seconds": 3600,
        "exit_code": 0,
        "attempt": 0,
        "state": "COMPLETED",
    }
    assert {key: job[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("status", "used", "state"),
    [
        *[
            (0, "00:01:00", "COMPLETED"),
            (1, "00:01:00", "FAILED"),
            (271, "00:01:00", "CANCELLED"),
            (271, "01:00:06", "TIMEOUT"),
        ],
        *[
            (-4, "00:01:00", "NODE_FAIL"),
            (-3, "00:00:00", "LAUNCH_FAILED"),
            (-11, "01:00:00", "TIMEOUT"),
            ("?", "", "UNKNOWN"),
        ],
    ],
)
def test_pbs_exit_statuses(shelf: Shelf, status: object, used: str, state: str) -> None:
    shelf.bring(pbs("1.srv", status, resources_used__walltime=used))
    assert shelf.rows()[0]["state"] == state


def test_pbs_runs_of_one_job_are_attempts(shelf: Shelf) -> None:
    report = shelf.bring("\n".join([pbs("1.srv", -4), pbs("1.srv", 0, run_count=2, start=T + 500, end=T + 600)]))
    assert report.new == 2
    assert [(r["attempt"], r["state"]) for r in shelf.rows(order="attempt")] == [(0, "NODE_FAIL"), (1, "COMPLETED")]


def sge(number: int, failed: int, status: int, *, task: int = 0, pe: str = "NONE", scale: int = 1) -> str:
    times = ":".join(str((T + add) * scale) for add in (0, 60, 160))
    usage = "100:1.0:0.1:1000.0:0:0:0:0:0:0:0:0.0:0:0:0:0:0:0"
    return (
        f"work:n1:reefs:ada:fit:{number}:sge:0:{times}:{failed}:{status}:{usage}:deep:dept:mpi:4:{task}:1.0:0.1:0.0:"
        f"-l h_rt=3600,url=a:b -pe mpi 4:0.0:{pe}:100.0:0:0"
    )


def test_sge_fields_with_colons_in_the_category_and_milliseconds(shelf: Shelf) -> None:
    lines = [
        "# Version: 8",
        sge(1, 0, 0),
        sge(2, 100, 137),
        sge(3, 0, 1, task=4),
        sge(1, 0, 0, pe="1.n2"),
        sge(5, 37, 0, scale=1000),
    ]
    report = shelf.bring("\n".join([*lines, sge(6, 21, 0), "a:b:c"]))
    assert (report.read, report.new, report.steps, report.reasons) == (6, 5, 1, {"wrong number of fields": 1})
    found = [(r["job_id"], r["state"], r["wait_seconds"]) for r in shelf.rows(order="raw_id")]
    assert found == [
        *[
            ("1", "COMPLETED", 60),
            ("2", "FAILED", 60),
            ("3_4", "FAILED", 60),
            ("5", "TIMEOUT", 60),
            ("6", "NODE_FAIL", 60),
        ]
    ]
    job = shelf.rows(order="raw_id")[1]
    assert (job["exit_signal"], job["timelimit_seconds"], job["allocated_cpus"], job["account"]) == (9, 3600, 4, "deep")


EVENTS = """Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User
reed||2026-01-01T00:00:00|Unknown||Cluster Registered TRES|
reed|n1|2026-07-01T12:00:00|2026-07-01T13:00:00|DOWN*|Not responding|root(0)
reed|n2|2026-07-01T12:00:00|Unknown|DRAIN|fan | noisy | loud|ada(7)
reed|n2|2026-07-01T12:00:00|2026-07-02T12:00:00|DRAIN|same again|ada(7)
reed|n3|never|Unknown|DOWN|x|y
reed|n4|2026-07-01T12:00:00|2026-06-01T12:00:00|DOWN|x|y
reed|n5|2026
"""


def test_node_events(tmp_path: object) -> None:
    import io

    found = read_events(io.BytesIO(EVENTS.encode()), zone="Europe/Berlin")
    assert (found.read, found.rejected, found.skipped) == (6, 3, {"rows about the whole cluster": 1})
    assert found.lines == {"time not understood": [6], "ends before it starts": [7], "wrong number of fields": [8]}
    one, two = found.events
    assert (one.node, one.start_at, one.end_at) == (
        "n1", datetime(2026, 7, 1, 10, tzinfo=UTC), datetime(2026, 7, 1, 11, tzinfo=UTC)
    )  # fmt: skip
    assert (two.node, two.reason, two.end_at) == ("n2", "same again", datetime(2026, 7, 2, 10, tzinfo=UTC))
    headless = "\n".join(EVENTS.splitlines()[1:4]) + "\n"
    found = read_events(io.BytesIO(headless.encode()))
    assert [event.reason for event in found.events] == ["Not responding", "fan | noisy | loud"]
    assert found.events[1].end_at is None
    with pytest.raises(Unreadable, match="is empty"):
        read_events(io.BytesIO(b""))
