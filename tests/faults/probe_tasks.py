"""Tasks that the tests of the queue run in real workers; imported there through PYTHONPATH."""

import os
import time
from pathlib import Path

from django_tasks import task


def _note(path: str, word: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{word} {os.getpid()}\n")


@task(max_attempts=3)
def slow(path: str, seconds: float) -> str:
    _note(path, "begin")
    time.sleep(seconds)
    _note(path, "end")
    return "done"


@task(max_attempts=2, limit_seconds=1)
def hanging(path: str) -> None:
    _note(path, "begin")
    time.sleep(600)


@task(limit_seconds=60)
def together(path: str, processes: float) -> None:
    """End only when as many processes run these tasks, so that no worker can take them all."""
    _note(path, "ran")
    while len(set(Path(path).read_text().splitlines())) < processes:
        time.sleep(0.02)
