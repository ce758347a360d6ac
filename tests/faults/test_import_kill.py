"""An import killed with SIGKILL at any moment, and run again, ends as if nothing had happened."""

import multiprocessing
import os
import random
import signal
import sys
import time
from io import StringIO
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from hortus.telemetry.batch import source, store
from hortus.telemetry.batch.sample import invent, write_sacct
from hortus.telemetry.batch.sample.trace import moment
from tests.telemetry.batch.shelf import Shelf

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.telemetry.batch.shelf"])
CHUNK_BYTES = 400_000
JOBS = 9_000


def _small_chunks() -> None:
    defaults = source.line_chunks.__kwdefaults__
    assert defaults is not None
    defaults["chunk_bytes"] = CHUNK_BYTES


def run_import(folder: str, path: str) -> None:
    """Import in this process: what a child does until it is killed."""
    _small_chunks()
    Shelf(Path(folder)).bring(Path(path))


def run_until_event(folder: str, path: str, last: int) -> None:
    """Import, and die at the given change of a file (rename, link, removal, opening), counted from 0."""
    seen = 0
    watched = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.utime", "open", "sqlite3.connect"}

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in watched and (event == "sqlite3.connect" or folder in str(args[0])):
            if seen == last:
                os.kill(os.getpid(), signal.SIGKILL)
            seen += 1

    sys.addaudithook(hook)
    run_import(folder, path)


def child(target: Any, *given: Any) -> ForkServerProcess:
    process = SERVER.Process(target=target, args=given)
    process.start()
    return process


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A history as it was yesterday and as it is today: today's has new jobs and later states of old ones."""
    folder = tmp_path_factory.mktemp("kill")
    found = []
    for name, days in (("yesterday", 1), ("today", 0)):
        text = StringIO()
        trace = invent(jobs=JOBS, weeks=9, seed=11, until=moment(1_795_305_600))
        until = 1_795_305_600 - days * 86_400
        waiting = trace.start > until
        trace.state[waiting], trace.start[waiting], trace.end[waiting] = 6, -1, -1
        running = ~waiting & (trace.end > until)
        trace.state[running], trace.end[running] = 7, -1
        write_sacct(trace, text)
        path = folder / name
        path.write_text(text.getvalue())
        found.append(path)
    return found[0], found[1]


def _state(shelf: Shelf) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in shelf.rows(order="raw_id, submit_at")]


@pytest.fixture(scope="module")
def wanted(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[list[tuple[Any, ...]], float]:
    """What an undisturbed import gives, and how long it takes in a child."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for path in files:
        began = time.monotonic()
        process = child(run_import, str(folder), str(path))
        process.join()
        assert process.exitcode == 0
        took = time.monotonic() - began
    return _state(Shelf(folder)), took


def _is_whole(shelf: Shelf) -> None:
    """Check that every listed file is there, that nothing else stays, and that nothing is staged."""
    live = {segment.path for segment in shelf.segments("reed")}
    store.sweep(shelf.store, live, grace_seconds=0)
    assert shelf.files() == live
    assert not list(shelf.store.glob("reed/.staging/*"))
    for segment in shelf.segments("reed"):
        assert store.digest_of(shelf.store / segment.path) == segment.sha256


def _finish(folder: Path, files: tuple[Path, Path], wanted: list[tuple[Any, ...]]) -> None:
    process = child(run_import, str(folder), str(files[1]))
    process.join()
    assert process.exitcode == 0
    shelf = Shelf(folder)
    assert _state(shelf) == wanted
    _is_whole(shelf)


def _begun(folder: Path, files: tuple[Path, Path]) -> None:
    process = child(run_import, str(folder), str(files[0]))
    process.join()
    assert process.exitcode == 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_random_moments(
    files: tuple[Path, Path], wanted: tuple[list[tuple[Any, ...]], float], tmp_path: Path
) -> None:
    chance, (result, took), killed = random.Random(20_261_122), wanted, 0
    for at in range(50):
        folder = tmp_path / str(at)
        _begun(folder, files)
        process = child(run_import, str(folder), str(files[1]))
        time.sleep(chance.uniform(0, took))
        os.kill(process.pid or 0, signal.SIGKILL) if process.is_alive() else None
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        _finish(folder, files, result)
    assert killed >= 25


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_kind_of_change_to_a_file(
    files: tuple[Path, Path], wanted: tuple[list[tuple[Any, ...]], float], tmp_path: Path
) -> None:
    at, killed = 0, True
    while killed:
        folder = tmp_path / str(at)
        _begun(folder, files)
        process = child(run_until_event, str(folder), str(files[1]), at)
        process.join()
        killed = process.exitcode == -signal.SIGKILL
        _finish(folder, files, wanted[0])
        at += 2
    assert at > 30


def test_a_few_moments(files: tuple[Path, Path], wanted: tuple[list[tuple[Any, ...]], float], tmp_path: Path) -> None:
    for at in (0, 12, 30):
        folder = tmp_path / str(at)
        process = child(run_until_event, str(folder), str(files[1]), at)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        _begun(folder, files)
        _finish(folder, files, wanted[0])
