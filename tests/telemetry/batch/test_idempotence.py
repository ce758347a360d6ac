"""Importing twice, overlapping, out of order, at once: the store ends the same, and no file is lost or left behind."""

import json
import threading
import time
from pathlib import Path

import pytest

from hortus.telemetry.batch import merge, store
from hortus.telemetry.batch.importer import import_jobs
from hortus.telemetry.batch.record import KEY
from hortus.telemetry.batch.unreadable import Busy, Unreadable
from tests.telemetry.batch.shelf import Shelf, holds_together, line, listing


def month(number: int) -> str:
    return f"2026-{number:02}-10T10:00:00"


def job(number: int, at: str = "2026-03-02T10:00:00", **more: object) -> str:
    return line(**{"jobid": number, "submit": at, "eligible": at, "start": at, "end": at, **more})


def waiting(number: int, **more: object) -> str:
    return line(**{"jobid": number, "state": "PENDING", "start": "Unknown", "end": "Unknown", **more})


def test_the_json_form_has_exactly_the_promised_keys_first(shelf: Shelf) -> None:
    found = shelf.bring(listing(line())).as_json()
    assert list(found)[:7] == ["read", "new", "known", "rejected", "reasons", "first", "last"]
    assert (found["first"], found["last"]) == ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")
    assert json.loads(json.dumps(found)) == found


def test_the_same_file_again_adds_nothing(shelf: Shelf) -> None:
    text = listing(*(job(n, month(1 + n % 5)) for n in range(60)), job(7, month(3), state=""), "broken|line")
    first, before = shelf.bring(text), shelf.rows()
    files = shelf.files()
    again = shelf.bring(text)
    assert (first.new, again.new, again.known) == (60, 0, 60)
    assert (again.reasons, again.lines, again.first, again.last) == (
        first.reasons,
        first.lines,
        first.first,
        first.last,
    )
    assert shelf.rows() == before
    assert shelf.files() == files
    assert holds_together(again)


def test_it_is_known_too_where_the_shortcut_is_lost(shelf: Shelf) -> None:
    text = listing(*(job(n, month(1 + n % 5)) for n in range(60)))
    shelf.bring(text)
    for path in shelf.store.glob("reed/.seen/*"):
        path.unlink()
    assert shelf.bring(text).known == 60
    assert len(shelf.rows()) == 60


def test_the_shortcut_is_not_taken_when_a_month_is_gone(shelf: Shelf) -> None:
    text = listing(*(job(n, month(1 + n % 2)) for n in range(10)))
    shelf.bring(text)
    with shelf._open() as db:
        db.execute("DELETE FROM segment WHERE month = '2026-02'")
    again = shelf.bring(text)
    assert (again.new, again.known) == (5, 5)
    assert len(shelf.rows()) == 10


def test_overlapping_files_add_only_what_is_new(shelf: Shelf) -> None:
    shelf.bring(listing(*(job(n) for n in range(1, 30))))
    report = shelf.bring(listing(*(job(n) for n in range(20, 50))))
    assert (report.new, report.known) == (20, 10)
    assert len(shelf.rows()) == 49


def test_a_job_twice_in_one_file_counts_once(shelf: Shelf) -> None:
    report = shelf.bring(listing(job(1), job(2), job(1), job(1)))
    assert (report.read, report.new, report.known, report.repeated) == (4, 2, 2, 2)
    assert len(shelf.rows()) == 2


def test_of_two_rows_in_one_file_the_one_further_on_wins(shelf: Shelf) -> None:
    for order in (1, -1):
        lines = [waiting(1), line(jobid=1, state="RUNNING", end="Unknown"), line(jobid=1)]
        shelf.bring(listing(*lines[::order]), cluster=f"c{order + 1}")
        assert [row["state"] for row in shelf.rows(f"c{order + 1}")] == ["COMPLETED"]


def test_a_waiting_job_is_replaced_when_it_runs_and_when_it_ended_but_never_back(shelf: Shelf) -> None:
    steps = [waiting(1), line(jobid=1, state="RUNNING", end="Unknown"), line(jobid=1, state="FAILED")]
    assert [shelf.bring(listing(step, job(2))).updated for step in steps] == [0, 1, 1]
    for step in steps:
        report = shelf.bring(listing(step, job(2)))
        assert (report.updated, report.known) == (0, 2)
    assert [row["state"] for row in shelf.rows()] == ["FAILED", "COMPLETED"]


def test_an_update_rewrites_only_the_segment_that_held_the_job(shelf: Shelf) -> None:
    shelf.bring(listing(waiting(1), waiting(2)))
    shelf.bring(listing(job(3, month(5))))
    kept = {s.path for s in shelf.segments("reed") if s.month == "2026-05"}
    shelf.bring(listing(line(jobid=1), job(4)))
    assert {s.path for s in shelf.segments("reed") if s.month == "2026-05"} == kept
    assert [(row["raw_id"], row["state"]) for row in shelf.rows(order="raw_id")] == [
        *[("1", "COMPLETED"), ("2", "PENDING"), ("3", "COMPLETED"), ("4", "COMPLETED")]
    ]


def test_many_small_segments_become_one(shelf: Shelf) -> None:
    for n in range(3 * merge.MANY_SMALL):
        shelf.bring(listing(job(n)))
    assert len(shelf.segments("reed")) <= merge.MANY_SMALL
    assert len(shelf.rows()) == 3 * merge.MANY_SMALL
    assert shelf.bring(listing(job(0))).known == 1


def test_a_replaced_file_stays_for_readers_and_then_goes(shelf: Shelf) -> None:
    shelf.bring(listing(waiting(1)))
    (old,) = shelf.segments("reed")
    shelf.bring(listing(line(jobid=1)))
    live = [s.path for s in shelf.segments("reed")]
    assert old.path not in live
    assert (shelf.store / old.path).exists()
    assert store.sweep(shelf.store, live) == []
    assert store.sweep(shelf.store, live, grace_seconds=0) == [old.path]
    assert shelf.files() == set(live)
    assert [row["state"] for row in shelf.rows()] == ["COMPLETED"]


def test_segments_say_what_they_hold(shelf: Shelf) -> None:
    shelf.bring(listing(*(job(n, month(1 + n % 3)) for n in range(30))))
    for segment in shelf.segments("reed"):
        path = shelf.store / segment.path
        con = store.connect()
        count, low, high = con.execute(f"SELECT count(*), min(submit_at), max(submit_at) FROM '{path}'").fetchall()[0]
        assert (segment.rows, segment.first_at, segment.last_at) == (count, low, high)
        assert segment.sha256 == store.digest_of(path)
        assert segment.month == f"{low:%Y-%m}" == f"{high:%Y-%m}"


def test_clusters_are_kept_apart(shelf: Shelf) -> None:
    shelf.bring(listing(job(1)), cluster="reed")
    assert shelf.bring(listing(job(1)), cluster="sedge").new == 1
    assert [row["cluster"] for row in shelf.rows("sedge")] == ["sedge"]


def test_a_file_that_names_one_other_cluster_is_taken_for_ours_and_says_so(shelf: Shelf) -> None:
    report = shelf.bring(listing(job(1, cluster="Old-Name")))
    assert report.new == 1
    assert any("name their cluster Old-Name" in note for note in report.notes)
    assert shelf.rows()[0]["cluster"] == "reed"


def test_of_several_clusters_only_ours_is_imported(shelf: Shelf) -> None:
    text = listing(*(job(n, cluster=("reed", "sedge", "")[n % 3]) for n in range(30)))
    for _ in range(2):
        report = shelf.bring(text)
        assert (report.read, report.new + report.known, report.reasons) == (30, 20, {"of another cluster": 10})
        assert report.lines["of another cluster"] == list(range(3, 33, 3))
        assert holds_together(report)
    with pytest.raises(Unreadable, match="several clusters \\(reed, sedge\\)"):
        shelf.bring(text, cluster="fern")
    assert shelf.bring(text, cluster="sedge").new == 20


@pytest.mark.parametrize("name", ["", "../up", "a/b", "Reed", ".hidden", "x" * 64])
def test_a_cluster_name_must_be_able_to_name_a_folder(shelf: Shelf, name: str) -> None:
    with pytest.raises(Unreadable, match="cluster name"):
        shelf.bring(listing(job(1)), cluster=name)


def test_a_refused_commit_leaves_nothing(shelf: Shelf) -> None:
    class Full(Shelf):
        def commit(self, staged: object) -> None:
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        Full(shelf.folder).bring(listing(job(1)))
    assert shelf.rows() == []
    assert shelf.bring(listing(job(1))).new == 1
    live = [s.path for s in shelf.segments("reed")]
    store.sweep(shelf.store, live, grace_seconds=0)
    assert shelf.files() == set(live)


def test_imports_at_once_leave_one_truth(shelf: Shelf) -> None:
    texts = [listing(*(job(n, month(1 + n % 4)) for n in range(at, at + 40))) for at in (0, 10, 20, 30)]
    threads = [threading.Thread(target=shelf.bring, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [tuple(row[k] for k in KEY) for row in shelf.rows()]
    assert len(keys) == len(set(keys)) == 70


def test_a_second_import_waits_and_then_says_that_one_runs(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.cluster_lock(shelf.store, "reed"):
        began = time.monotonic()
        with pytest.raises(Busy, match="reed is running"), store.cluster_lock(shelf.store, "reed", wait_seconds=0.2):
            pass
        assert time.monotonic() - began >= 0.2
        assert store.sweep(shelf.store, [], grace_seconds=0) == []


def test_a_sweep_during_an_import_takes_nothing_that_is_about_to_count(shelf: Shelf) -> None:
    gone: list[str] = []

    class Swept(Shelf):
        def commit(self, staged: object) -> None:
            gone.extend(store.sweep(self.store, [], grace_seconds=0))
            super().commit(staged)  # type: ignore[arg-type]

    Swept(shelf.folder).bring(listing(job(1)))
    assert gone == []
    assert len(shelf.rows()) == 1


def test_leftovers_of_a_killed_import_are_reused(shelf: Shelf, tmp_path: Path) -> None:
    class Dies(Shelf):
        def commit(self, staged: object) -> None:
            raise KeyboardInterrupt

    text = listing(*(job(n, month(1 + n % 4)) for n in range(40)))
    with pytest.raises(KeyboardInterrupt):
        Dies(shelf.folder).bring(text)
    staged = {path: path.stat().st_mtime_ns for path in shelf.store.glob("reed/.staging/*.parquet")}
    assert len(staged) == 4
    seen: list[dict[Path, int]] = []

    class Looks(Shelf):
        def commit(self, found: object) -> None:
            seen.append({path: path.stat().st_mtime_ns for path in staged})
            super().commit(found)  # type: ignore[arg-type]

    assert Looks(shelf.folder).bring(text).new == 40
    assert seen[0].keys() == staged.keys()
    assert not list(shelf.store.glob("reed/.staging/*"))


def test_import_jobs_is_callable_without_options(tmp_path: Path) -> None:
    shelf, path = Shelf(tmp_path), tmp_path / "some.psv"
    path.write_text(listing(job(1)))
    assert import_jobs(path, store=shelf.store, cluster="reed", manifest=shelf).new == 1
