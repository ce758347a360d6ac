"""The queue under kill -9, SIGTERM and two workers, with real processes."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.place import Place, until

OURS = "path LIKE 'probe_tasks.%'"  # beside them run the periodic tasks of the rooms
HERE = str(Path(__file__).parent)
ENQUEUE = """
import probe_tasks
name, count, *arguments = sys.argv[1:]
given = [float(a) if a.replace(".", "", 1).isdecimal() else a for a in arguments]
for number in range(int(count)):
    getattr(probe_tasks, name).enqueue(*given)
"""


@pytest.fixture
def queue(place: Place) -> Place:
    place.env["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH", "")]))
    return place.ready()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _task(queue: Place) -> tuple[object, ...]:
    return queue.rows(f"SELECT state, attempts FROM ledger_queuedtask WHERE {OURS}")[0]


def test_a_task_whose_worker_was_killed_runs_again(queue: Place, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    queue.python(ENQUEUE, "slow", 1, notes, 3)
    first = queue.start("worker")
    until(lambda: _lines(notes), why="the first worker begins")
    first.send_signal(signal.SIGKILL)
    first.wait(5)
    assert _task(queue) == ("running", 1)
    queue.start("worker")
    until(lambda: _task(queue) == ("done", 2), why="the second worker ends it")
    words = [line.split() for line in _lines(notes)]
    assert [word for word, _ in words] == ["begin", "begin", "end"]
    assert words[0][1] == str(first.pid) != words[1][1]


def test_sigterm_lets_the_running_task_end(queue: Place, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    queue.python(ENQUEUE, "slow", 1, notes, 2)
    worker = queue.start("worker")
    until(lambda: _lines(notes), why="the worker begins")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert _task(queue) == ("done", 1)
    assert queue.rows("SELECT count(*) FROM ledger_queueworker") == [(0,)]


def test_a_task_that_outlasts_the_stop_is_given_back(queue: Place, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    queue.python(ENQUEUE, "slow", 1, notes, 60)
    worker = queue.start("worker", HORTUS_STOP_SECONDS="1")
    until(lambda: _lines(notes), why="the worker begins")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 1
    assert _task(queue) == ("waiting", 0)


def test_two_workers_run_each_task_once(queue: Place, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    workers = [queue.start("worker", "--threads", 2) for _ in range(2)]
    until(lambda: queue.rows("SELECT count(*) FROM ledger_queueworker") == [(2,)], why="both are alive")
    queue.python(ENQUEUE, "together", 60, notes, 2)
    until(
        lambda: queue.rows(f"SELECT count(*) FROM ledger_queuedtask WHERE {OURS} AND state = 'done'") == [(60,)],
        60,
        "all",
    )
    assert len(_lines(notes)) == 60
    assert set(Counter(_lines(notes))) == {f"ran {worker.pid}" for worker in workers}
    assert queue.rows(f"SELECT DISTINCT attempts FROM ledger_queuedtask WHERE {OURS}") == [(1,)]


def test_a_hanging_task_is_given_up_and_its_worker_leaves(queue: Place, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    queue.python(ENQUEUE, "hanging", 1, notes)
    worker = queue.start("worker")
    assert worker.wait(30) == 1
    assert _task(queue) == ("waiting", 1)
    assert "TookTooLong" in str(queue.rows(f"SELECT errors FROM ledger_queuedtask WHERE {OURS}"))


def test_a_killed_task_that_kills_again_becomes_a_dead_letter(queue: Place, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    queue.python(ENQUEUE, "slow", 1, notes, 30)
    for attempt in range(1, 4):
        worker = queue.start("worker")
        until(lambda n=attempt: _task(queue) == ("running", n), why=f"attempt {attempt} begins")
        worker.send_signal(signal.SIGKILL)
        worker.wait(5)
    queue.start("worker")
    until(lambda: _task(queue) == ("dead", 3), why="it is laid with the dead letters")
    # A periodic task that ran beside it each time was killed as often, and lies there too.
    [dead] = [task for task in queue.json("tasks", "--dead")["tasks"] if task["task"].startswith("probe_tasks.")]
    assert "went silent" in dead["error"]
    assert queue.json("tasks", "--retry", dead["id"])["retried"] == [dead["id"]]
