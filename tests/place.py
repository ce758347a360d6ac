"""A place: a data folder and database of its own in which a test runs the real `hortus` command, by process."""

import atexit
import fcntl
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest

HORTUS = Path(sys.executable).with_name("hortus")
PASSWORD = "a long garden path"
MODELS = "TESTS_MODELS"  # names the folder of the models of this run, for the processes that this one starts
RECIPES = {
    "ready": ("upgrade",),
    "with-team": (
        "setup", "--team", "Alder", "--name", "Ada", "--email", "ada@example.org", "--password-file", "-",
    ),
}  # fmt: skip


def until(true: Callable[[], Any], seconds: float = 90, why: str = "") -> Any:
    """Wait until something is true and return it; fail the test when it never is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    pytest.fail(f"it never came true in {seconds} s: {why}")


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server() -> Any:
    """Return a connection to the PostgreSQL of the tests."""
    import psycopg

    return psycopg.connect(os.environ["HORTUS_DATABASE_URL"], autocommit=True)


class Place:
    """A data folder, a database, and the processes that a test starts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "garden"
        self.scratch = folder
        self.started: list[subprocess.Popen[str]] = []
        self.database_url = self._new_postgresql() if _is_postgresql() else ""
        # Neither our settings nor what the browser tests ask of Django in their own process.
        ours = ("HORTUS_", "DJANGO_ALLOW_ASYNC_UNSAFE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.env = kept | {
            "HORTUS_DATA_DIR": str(self.folder), "HORTUS_SAMPLE": "false", "HORTUS_DATABASE_URL": self.database_url,
            "HORTUS_CONFIG": "", "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "hortus.config.settings",
            "HORTUS_WORKER_LEASE_SECONDS": "2",
        }  # fmt: skip
        del self.env["HORTUS_CONFIG"]

    @property
    def is_sqlite(self) -> bool:
        return not self.database_url

    def _new_postgresql(self) -> str:
        self.database = f"hortus_place_{uuid.uuid4().hex[:12]}"
        with server() as connection:
            connection.execute(f'CREATE DATABASE "{self.database}"')
        return urlunsplit(urlsplit(os.environ["HORTUS_DATABASE_URL"])._replace(path=f"/{self.database}"))

    def run(self, *arguments: object, text: str | None = None, seconds: float = 300, **env: str) -> Any:
        """Run `hortus` with arguments to its end and return the finished process."""
        return subprocess.run(
            [str(HORTUS), *map(str, arguments)], env=self.env | env, input=text, text=True, capture_output=True,
            timeout=seconds, check=False, cwd=self.scratch, stdin=None if text is not None else subprocess.DEVNULL,
        )  # fmt: skip

    def json(self, *arguments: object, **env: str) -> Any:
        """Run `hortus` with --json, expect exit code 0 and return the document."""
        done = self.run(*arguments, "--json", **env)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, *arguments: object, **env: str) -> "subprocess.Popen[str]":
        """Start `hortus` and return at once; it is ended with the test."""
        log = (self.scratch / f"log-{len(self.started)}.txt").open("w")
        process = subprocess.Popen(
            [str(HORTUS), *map(str, arguments)], env=self.env | env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=log, cwd=self.scratch,
        )  # fmt: skip
        self.started.append(process)
        return process

    def log(self) -> str:
        """Return what the processes started here wrote to standard error."""
        return "\n".join(path.read_text() for path in sorted(self.scratch.glob("log-*.txt")))

    def up(self, *arguments: object, **env: str) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
        """Start `hortus up` on a free port and return the process and its ready line."""
        listen = () if "--uds" in arguments or "--port" in arguments else ("--port", free_port())
        process = self.start("up", "--json", *listen, *arguments, **env)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.strip(), f"it did not get ready: {self.log()}"
        return process, json.loads(line)

    def python(
        self, code: str, *arguments: object, text: str | None = None, seconds: float = 300, **env: str
    ) -> str:  # fmt: skip
        """Run Python with Django set up at this place and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django, sys; django.setup()\n{code}", *map(str, arguments)],
            env=self.env | env, text=True, capture_output=True, timeout=seconds, check=False, cwd=self.scratch,
            input=text,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, read beside whatever runs."""
        if self.is_sqlite:
            with sqlite3.connect(f"file:{self.folder / 'db.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
                return database.execute(query).fetchall()
        import psycopg

        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query).fetchall()

    def ready(self) -> "Place":
        """Have the tables, without any team, as `hortus upgrade` makes them in an empty folder."""
        return self._become(model("ready"))

    def with_team(self) -> "Place":
        """Have the tables and a first team, as `hortus setup` makes it."""
        return self._become(model("with-team"))

    def _become(self, model: "Model") -> "Place":
        """Become a copy of a place in which nothing runs: its data folder and its database."""
        shutil.rmtree(self.folder, ignore_errors=True)
        # Whoever reads the model's file in this moment makes and removes files beside it, which hold nothing.
        shutil.copytree(model.folder, self.folder, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
        if not self.is_sqlite:
            with server() as connection:
                connection.execute(f'DROP DATABASE "{self.database}"')
                connection.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{model.database}"')
        return self

    def close(self) -> None:
        """Kill what is left of the processes, by id, and remove the database."""
        for process in self.started:
            kill_tree(process)
        if not self.is_sqlite:
            with server() as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True)
class Model:
    """A place in which `hortus` ran and nothing runs any more, for others to copy. database: "" on SQLite."""

    folder: Path
    database: str


def models() -> Path:
    """Return the folder of this run's models: the run's first process makes it, and removes it in the end."""
    if MODELS not in os.environ:
        os.environ[MODELS] = tempfile.mkdtemp(prefix="hortus-models-")
        atexit.register(_remove_models)
    return Path(os.environ[MODELS])


def is_made(name: str) -> bool:
    """Say whether some process of this run has made this model."""
    return (models() / name / "made").exists()


@cache
def model(name: str) -> Model:
    """Return a model; the first process that asks makes it, which takes many seconds, while the others wait."""
    here = models() / name
    here.mkdir(exist_ok=True)
    with (here / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made(name):
            shutil.rmtree(here / "garden", ignore_errors=True)
            place = Place(here)
            if name != "ready":
                place.ready()
            done = place.run(*RECIPES[name], text=PASSWORD, seconds=500)  # minutes, where much else is done
            assert done.returncode == 0, done.stderr
            if place.is_sqlite:
                _write_back(here / "garden" / "db.sqlite3")
            (here / "made").write_text("" if place.is_sqlite else place.database)
        return Model(here / "garden", (here / "made").read_text())


def _write_back(file: Path) -> None:
    """Write into a database's file what may stand beside it still."""
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def _remove_models() -> None:
    folder = Path(os.environ[MODELS])
    for made in folder.glob("*/made"):
        if database := made.read_text():
            with server() as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
    shutil.rmtree(folder, ignore_errors=True)


models()  # before this process starts those that share them


def tree(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Return a process and all that came from it."""
    try:
        parent = psutil.Process(process.pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill_tree(process: "subprocess.Popen[str]") -> None:
    """Kill a process and all that came from it with SIGKILL."""
    for one in tree(process):
        try:
            one.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    process.wait(10)


def get(url: str) -> tuple[int, bytes]:
    """Return status and body of a GET; redirects are followed."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _is_postgresql() -> bool:
    return os.environ.get("HORTUS_DATABASE_URL", "").startswith("postgres")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A data folder and a database of its own for real processes."""
    made = Place(tmp_path)
    yield made
    made.close()
