"""Real processes: the command line with any input, two writers at once, kill -9 at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.place import Place

MAKE = """
from hortus.access.models import Team
from hortus.telemetry.counts.models import Series
for name in ("web", "jobs"):
    Series.objects.create(team=Team.objects.get(), name=name, source="push")
"""
ADD = """
import django, sys
django.setup()
import numpy as np
from hortus.access.models import Team
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.models import Series
who, batches = sys.argv[1], int(sys.argv[2])
team, ids = Team.objects.get(), list(Series.objects.order_by("id").values_list("id", flat=True))
minute = 29_000_000 + np.arange(300)
print("ready", flush=True)
for n in range(batches):
    for one in ids if who == "a" else reversed(ids):
        series = np.full(300, one)
        add(team, Counts(series, minute + 61 * n, np.full(300, 2), np.full(300, 3)), source=who, key=f"{one}:{n}")
    print(n, flush=True)
"""
TOLD = """
import json
from hortus.telemetry.counts.checking import check, shelves
from hortus.telemetry.counts.models import Batch, Series
from hortus.telemetry.counts.reading import sums
ids = list(Series.objects.order_by("id").values_list("id", flat=True))
found = sums(ids, [(28_999_000, 29_100_000)])
wrong = [one.sentence for shelf in shelves(None) for one in check(shelf, mend=False).findings]
told = {"good": found.good[:, 0].tolist(), "total": found.total[:, 0].tolist(), "wrong": wrong}
print(json.dumps(told | {"batches": Batch.objects.count()}))
"""


@pytest.fixture
def ready(place: Place) -> Place:
    """A place with a team and two series."""
    place.with_team().python(MAKE)
    return place


def event(**what: object) -> str:
    return json.dumps({"sli": "web", "at": "2026-11-20T10:15:00Z"} | what)


def test_ingest_and_verify(ready: Place, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("\n".join([event(ok=True), event(ok=False), event(sli="jobs", good=4, total=7)]))
    told = ready.json("telemetry", "ingest", path)
    assert (told["accepted"], told["repeated"], told["refused"], told["source"]) == (3, 0, 0, "push")
    assert ready.json("telemetry", "ingest", path)["repeated"] == 3
    assert ready.json("telemetry", "ingest", path, "--key", "again")["accepted"] == 3
    done = ready.run("telemetry", "ingest", "-", "--json", text=f"{event(ok=True)}\n{event(good=3, total=2)}\n{{oops\n")
    assert done.returncode == 1, done.stderr
    assert {f["reason"]: f["lines"] for f in json.loads(done.stdout)["findings"]} == {
        "good-above-total": [2], "unreadable": [3],
    }  # fmt: skip
    assert [(row["line"], row["reason"]) for row in json.loads(done.stdout)["rows"]] == [
        (2, "good-above-total"), (3, "unreadable"),
    ]  # fmt: skip
    checked = ready.json("telemetry", "verify")
    assert (checked["rows"], checked["findings"]) == (1, [])


def test_ingest_of_what_cannot_be_read(ready: Place, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for arguments, code in (
        (["nowhere.json"], "no-file"), ([tmp_path / "a.csv"], "unreadable"), ([tmp_path], "no-file"),
        ([tmp_path / "a.csv", "--team", "nobody"], "no-team"),
        ([tmp_path / "a.csv", "--source", "x" * 41], "bad-source"),
    ):  # fmt: skip
        done = ready.run("telemetry", "ingest", *arguments, "--json")
        assert done.returncode == 2, arguments
        assert json.loads(done.stdout)["error"]["code"] == code
        assert "Traceback" not in done.stderr


def test_verify_finds_and_mends(ready: Place) -> None:
    ready.python(ADD.partition("django.setup()")[2], "a", 2)
    ready.python("from hortus.telemetry.counts.models import Shelf; Shelf.objects.update(totals=b'')")
    found = ready.run("telemetry", "verify", "--json")
    assert (found.returncode, len(json.loads(found.stdout)["findings"])) == (1, 1)
    assert ready.json("telemetry", "verify", "--mend")["mended"] == 1
    assert ready.json("telemetry", "verify", "--team", "alder")["findings"] == []


def start(place: Place, who: str, batches: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", ADD, who, str(batches)], env=place.env, text=True, stdout=subprocess.PIPE,
        cwd=place.scratch,
    )  # fmt: skip
    place.started.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_at_once_leave_one_truth(ready: Place) -> None:
    both = [start(ready, who, 8) for who in "ab"]
    assert [process.wait(60) for process in both] == [0, 0]
    told = json.loads(ready.python(TOLD))
    assert told == {"good": [2 * 300 * 16] * 2, "total": [3 * 300 * 16] * 2, "wrong": [], "batches": 32}


def test_killed_at_any_moment_it_is_all_or_nothing(ready: Place) -> None:
    for moment in (0.0, 0.02, 0.06):
        process = start(ready, "a", 40)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        told = json.loads(ready.python(TOLD))
        assert sum(told["total"]) == 900 * told["batches"]
        assert told["wrong"] == []
    process = start(ready, "a", 12)
    assert process.wait(60) == 0
    told = json.loads(ready.python(TOLD))
    assert min(told["total"]) >= 900 * 12
    assert sum(told["total"]) == 900 * told["batches"]
