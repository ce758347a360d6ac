"""The odd things that real accounting output holds, one by one: none may shift a column, invent a job or lose one."""

import json
from datetime import UTC, datetime

import pytest

from tests.telemetry.batch.shelf import COLUMNS, Shelf, holds_together, line, listing


def test_a_pipe_in_the_name_stays_in_the_name(shelf: Shelf) -> None:
    job = shelf.job(line(jobname="a|b|c"))
    assert (job["name"], job["state"], job["node_list"]) == ("a|b|c", "COMPLETED", "n001")


def test_a_newline_in_the_last_column_shifts_nothing(shelf: Shelf) -> None:
    report = shelf.bring(listing(line(jobid=1, jobname="two\nlines"), line(jobid=2)))
    assert (report.read, report.new, report.rejected) == (2, 2, 0)
    assert report.skipped["continuation lines"] == 1
    assert [row["name"] for row in shelf.rows()] == ["two", "sweep"]


def test_pipes_and_newlines_in_a_column_amid_others_are_put_together(shelf: Shelf) -> None:
    head = "JobID|JobName|User|Submit|State|SubmitLine|Partition"
    text = (
        f"{head}\n"
        "1|a|b|ada|2026-03-02T10:00:00|FAILED|sbatch --wrap=cat x | wc|short\n"
        "2|c|bob|2026-03-02T10:00:01|COMPLETED|sbatch <<EOF\nfirst|second\nEOF|long\n"
        "3|d|eve|2026-03-02T10:00:02|COMPLETED|sbatch x|short\n"
    )
    report = shelf.bring(text)
    assert (report.new, report.rejected) == (3, 0)
    found = [(r["raw_id"], r["name"], r["user_name"], r["state"], r["partition"]) for r in shelf.rows()]
    assert found == [
        ("1", "a|b", "ada", "FAILED", "short"),
        ("2", "c", "bob", "COMPLETED", "long"),
        ("3", "d", "eve", "COMPLETED", "short"),
    ]


def test_surplus_that_no_free_text_column_can_take_is_rejected_with_its_line(shelf: Shelf) -> None:
    text = "JobID|Submit|State|Account\n1|2026-03-02T10:00:00|FAILED|x|y\n2|2026-03-02T10:00:00|FAILED|x\n"
    report = shelf.bring(text)
    assert (report.new, report.reasons, report.lines) == (
        1,
        {"wrong number of fields": 1},
        {"wrong number of fields": [2]},
    )


def test_surplus_with_more_than_one_reading_is_rejected(shelf: Shelf) -> None:
    text = "JobID|JobName|Account|Comment|Submit|State\n1|a|b|c|d|2026-03-02T10:00:00|FAILED\n"
    report = shelf.bring(text + "2|a|b|c|2026-03-02T10:00:00|FAILED\n")
    assert (report.new, report.lines) == (1, {"wrong number of fields": [2]})


def test_a_cut_line_is_rejected(shelf: Shelf) -> None:
    report = shelf.bring(listing(line(jobid=1), line(jobid=2)[:40]))
    assert (report.read, report.new, report.lines) == (2, 1, {"wrong number of fields": [3]})


def test_long_names_pass(shelf: Shelf) -> None:
    assert shelf.job(line(jobname="x" * 300))["name"] == "x" * 300


def test_names_lost_to_a_latin1_database_and_others_pass(shelf: Shelf) -> None:
    shelf.bring(listing(line(jobid=1, jobname="???"), line(jobid=2, jobname="Größe 測試")))
    assert [row["name"] for row in shelf.rows()] == ["???", "Größe 測試"]


@pytest.mark.parametrize(
    ("text", "state", "code", "signal"),
    [
        ("9:0", "FAILED", 9, 0),
        ("127:0", "FAILED", 127, 0),
        ("11:0", "FAILED", 11, 0),
        ("0:125", "OUT_OF_MEMORY", 0, 125),
    ],
)
def test_exit_codes_are_kept_as_they_are_and_the_state_is_believed(
    shelf: Shelf, text: str, state: str, code: int, signal: int
) -> None:
    job = shelf.job(line(state=state, exitcode=text))
    assert (job["state"], job["exit_code"], job["exit_signal"]) == (state, code, signal)


def test_the_exit_code_of_json_is_not_believed_against_the_state(shelf: Shelf) -> None:
    shelf.bring(json.dumps({"jobs": [_json_job(1, "FAILED"), _json_job(2, "COMPLETED")]}))
    assert [(r["state"], r["exit_code"]) for r in shelf.rows()] == [("FAILED", None), ("COMPLETED", 0)]


def _json_job(number: int, state: str) -> dict[str, object]:
    return {
        "job_id": number,
        "state": {"current": state, "reason": "None"},
        "exit_code": {"status": "SUCCESS", "return_code": 0},
        "time": {"submission": 1_772_445_600, "eligible": 1_772_445_600, "start": 1_772_445_700, "end": 1_772_445_800},
    }


def test_a_completed_job_may_hold_a_failed_step(shelf: Shelf) -> None:
    head = COLUMNS + "|DerivedExitCode"
    text = f"{head}\n{line()}|0:125\n{line(jobid='1.batch', jobidraw='1.batch', state='OUT_OF_MEMORY')}|\n"
    report = shelf.bring(text)
    assert (report.read, report.new, report.steps) == (1, 1, 1)
    (job,) = shelf.rows()
    assert (job["state"], job["derived_exit_code"], job["derived_exit_signal"], job["is_lost"]) == (
        "COMPLETED",
        0,
        125,
        False,
    )


def test_jobs_that_ended_without_running_have_no_start_and_no_wait(shelf: Shelf) -> None:
    job = shelf.job(line(state="CANCELLED by 0", start="None", nodelist="None assigned", alloccpus=0))
    assert (job["started"], job["start_at"], job["wait_seconds"], job["node_list"]) == (False, None, None, None)
    assert job["end_at"] == datetime(2026, 3, 2, 11, 5, tzinfo=UTC)


def test_waiting_and_held_jobs_have_unknown_times(shelf: Shelf) -> None:
    job = shelf.job(line(state="PENDING", eligible="Unknown", start="Unknown", end="Unknown", reason="JobHeldUser"))
    assert (job["eligible_at"], job["start_at"], job["end_at"], job["reason"]) == (None, None, None, "JobHeldUser")
    assert (job["started"], job["is_ended"]) == (False, False)


def test_start_equal_to_end_without_nodes_is_no_start(shelf: Shelf) -> None:
    at = "2026-03-02T10:30:00"
    shelf.bring(
        listing(
            line(jobid=1, state="CANCELLED by 7", start=at, end=at, nodelist="None assigned"),
            line(jobid=2, state="COMPLETED", start=at, end=at),
        )
    )
    assert [(r["started"], r["wait_seconds"]) for r in shelf.rows()] == [(False, None), (True, 1800)]


def test_an_end_before_eligibility_gives_no_negative_numbers(shelf: Shelf) -> None:
    job = shelf.job(line(state="CANCELLED", eligible="2026-03-02T12:00:00", start="None", end="2026-03-02T10:30:00"))
    assert (job["wait_seconds"], job["run_seconds"]) == (None, None)


def test_a_waiting_component_with_start_and_end_has_not_started(shelf: Shelf) -> None:
    job = shelf.job(line(jobid="46+0", jobidraw=46, state="PENDING"))
    assert (job["job_id"], job["start_at"], job["end_at"], job["started"]) == ("46+0", None, None, False)


def test_attempts_and_restarted_ids_are_jobs_of_their_own(shelf: Shelf) -> None:
    report = shelf.bring(
        listing(
            line(jobid=45, state="NODE_FAIL"),
            line(jobid=45, submit="2026-03-02T10:20:00", start="2026-03-02T10:25:00"),
            line(jobid=45, submit="2026-06-02T10:20:00", start="2026-06-02T10:25:00", end="2026-06-02T10:26:00"),
        )
    )
    assert (report.new, len(shelf.rows())) == (3, 3)
    assert [row["is_lost"] for row in shelf.rows()] == [True, False, False]


@pytest.mark.parametrize(
    ("shown", "raw", "array", "task"),
    [
        *[("35_4", "56", "35", 4), ("46+0", "46", None, None), ("123_[1-3]", "123", "123", None)],
        *[("123_[1,5]", "123", "123", None), ("123_[9-11,13%2]", "123", "123", None), ("22", "22", None, None)],
    ],
)
def test_ids_of_arrays_and_components(shelf: Shelf, shown: str, raw: str, array: str | None, task: int | None) -> None:
    job = shelf.job(line(jobid=shown, jobidraw=raw))
    assert (job["raw_id"], job["job_id"], job["array_job_id"], job["array_task"]) == (raw, shown, array, task)


def test_steps_are_counted_apart(shelf: Shelf) -> None:
    steps = [line(jobid=f"22{end}", jobidraw=f"22{end}") for end in (".batch", ".0", ".extern")]
    more = [line(jobid="35_4.batch", jobidraw="56.batch"), line(jobid="46+0.0", jobidraw="46.0")]
    report = shelf.bring(listing(line(jobid=22), *steps, *more))
    assert (report.read, report.new, report.steps) == (1, 1, 5)
    assert holds_together(report)


def test_an_array_that_waited_as_one_becomes_its_last_task(shelf: Shelf) -> None:
    waiting = {"state": "PENDING", "start": "Unknown", "end": "Unknown"}
    shelf.bring(listing(line(jobid="35_[0-5%2]", jobidraw=35, **waiting)))
    report = shelf.bring(listing(line(jobid="35_5", jobidraw=35)))
    assert (report.updated, report.new) == (1, 0)
    assert [row["job_id"] for row in shelf.rows()] == ["35_5"]


def test_states_with_suffix_and_unknown_words(shelf: Shelf) -> None:
    states = ("CANCELLED by 1001", "FOO", "COMPLETED", "OUT_OF_ME+")
    report = shelf.bring(listing(*(line(jobid=n, state=state) for n, state in enumerate(states, 1))))
    assert [row["state"] for row in shelf.rows()] == ["CANCELLED", "UNKNOWN", "COMPLETED", "OUT_OF_MEMORY"]
    assert [row["state_raw"] for row in shelf.rows()] == list(states)
    assert any("FOO (1)" in note for note in report.notes)


def test_times_do_not_follow_the_zone_of_the_machine(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        job = shelf.job(line())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert job["submit_at"] == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_epoch_times_and_times_with_offset_ignore_the_zone(shelf: Shelf) -> None:
    report = shelf.bring(
        listing(
            line(jobid=1, submit="1772445600", eligible="1772445600", start="1772445900", end="1772449500"),
            line(
                jobid=2,
                submit="2026-03-02T11:00:00+01:00",
                eligible="2026-03-02T10:00:00Z",
                start="Unknown",
                end="Unknown",
            ),
        ),
        zone="Asia/Tokyo",
    )
    assert report.zone == "Asia/Tokyo"
    assert [row["submit_at"] for row in shelf.rows()] == [datetime(2026, 3, 2, 10, tzinfo=UTC)] * 2


GIB = 2**30


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *[("200M", 200 * 2**20), ("4000M", 4000 * 2**20), ("2800Mc", 4 * 2800 * 2**20), ("31000Mn", 2 * 31000 * 2**20)],
        *[("62.50Gn", 125 * GIB), ("2147486648Mn", 4 * 3000 * 2**20), ("0n", None), ("", None), ("?", None)],
    ],
)
def test_requested_memory_in_all_its_spellings(shelf: Shelf, text: str, wanted: int | None) -> None:
    job = shelf.job(line(reqmem=text, reqcpus=4, nnodes=2, reqtres="", alloctres=""))
    assert job["memory_bytes"] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("1-02:00:00", 93_600), ("00:10:00", 600), ("Partition_Limit", None), ("UNLIMITED", None), ("", None)],
)
def test_time_limits_in_all_their_spellings(shelf: Shelf, text: str, wanted: int | None) -> None:
    job = shelf.job(line(timelimitraw=""))
    assert job["timelimit_seconds"] is None
    text = f"JobID|Submit|State|Timelimit\n2|2026-03-02T10:00:00|FAILED|{text}\n"
    shelf.bring(text)
    assert shelf.rows()[-1]["timelimit_seconds"] == wanted


def test_resource_lists_in_any_order_without_memory_or_empty(shelf: Shelf) -> None:
    lists = ("node=2,mem=6G,gres/gpu=4,cpu=8,billing=8", "billing=8,cpu=8,node=2", "")
    shelf.bring(listing(*(line(jobid=n, reqtres=t, alloctres=t, reqmem="") for n, t in enumerate(lists, 1))))
    assert [(r["gpus"], r["memory_bytes"]) for r in shelf.rows()] == [(4, 6 * GIB), (0, None), (None, None)]


def test_why_a_job_waits_is_kept(shelf: Shelf) -> None:
    job = shelf.job(line(state="PENDING", start="Unknown", end="Unknown", reason="PartitionConfig"))
    assert job["reason"] == "PartitionConfig"


def test_time_before_eligibility_is_no_waiting(shelf: Shelf) -> None:
    job = shelf.job(line(eligible="2026-03-02T10:04:00"))
    assert job["wait_seconds"] == 60


def test_pilots_are_told_by_name_and_are_not_lost(shelf: Shelf) -> None:
    names = ("dask-worker", "parsl.htex.block-0", "sweep")
    shelf.bring(listing(*(line(jobid=n, jobname=name, state="CANCELLED by 7") for n, name in enumerate(names, 1))))
    assert [(r["is_pilot"], r["is_lost"]) for r in shelf.rows()] == [(True, False), (True, False), (False, False)]


def test_carriage_returns_marks_nuls_and_bad_bytes(shelf: Shelf) -> None:
    text = listing(line(jobid=1), line(jobid=2, jobname="a\0b")).replace("\n", "\r\n").encode()
    report = shelf.bring(b"\xef\xbb\xbf" + text + line(jobid=3, jobname="caf").encode() + b"\xe9\r\n")
    assert (report.new, report.rejected) == (3, 0)
    assert [row["name"] for row in shelf.rows()] == ["sweep", "a b", "caf\ufffd"]
    assert any("not UTF-8" in note for note in report.notes)


def test_lines_keep_their_numbers_over_blank_ones(shelf: Shelf) -> None:
    report = shelf.bring(listing("", line(jobid=1), "", "", line(jobid="x"), "", line(jobid=3, submit="yesterday")))
    assert report.lines == {"job id not understood": [6], "submit time not understood": [8]}
    assert (report.read, report.new) == (3, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"jobid": ""}, "no job id"),
        ({"jobid": "abc"}, "job id not understood"),
        ({"submit": "Unknown"}, "no submit time"),
        ({"submit": "2026-02-30T00:00:00"}, "submit time not understood"),
        ({"submit": "infinity"}, "submit time not understood"),
        ({"start": "Sunday"}, "eligible, start or end time not understood"),
        ({"state": ""}, "no state"),
    ],
)
def test_rows_are_rejected_by_reason(shelf: Shelf, change: dict[str, str], reason: str) -> None:
    report = shelf.bring(listing(line(jobid=1), line(**{"jobid": 2, **change})))
    assert (report.new, report.reasons, report.lines) == (1, {reason: 1}, {reason: [3]})
    assert holds_together(report)


def test_only_the_first_lines_of_a_reason_are_kept(shelf: Shelf) -> None:
    report = shelf.bring(listing(*(line(jobid="x") for _ in range(100))))
    assert report.reasons == {"job id not understood": 100}
    assert report.lines["job id not understood"] == list(range(2, 22))
