"""Starting Hortus: the order in which locks, socket, preparation, web server and worker come."""

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hortus.config import data_folder, server
from hortus.config.declared import Declared, WrongSetting
from hortus.config.supervisor import Supervisor, fork

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """What a person or a program wants to know once pages are served."""

    url: str
    setup_url: str
    socket: str
    pid: int
    planted: bool
    seconds: float


def run_worker(declared: Declared) -> int:
    """Work on the queue until SIGTERM or Ctrl-C; return 0, or 1 when a task had to be given back unfinished."""
    from hortus.ledger.queue_worker import Worker

    worker = Worker(declared.worker_threads, declared.worker_lease_seconds, declared.stop_seconds)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: worker.stop())
    return 0 if worker.run() else 1


def serve(declared: Declared, folder: Path, *, with_worker: bool, tell: Tell, ready: Callable[[Ready], None]) -> str:
    """Prepare everything, then serve until a signal comes; return why it failed, "" after a clean stop.

    tell: is given a sentence about each longer step. ready: is called once when pages are served. Raises
    WrongSetting when the data folder, the port or the tables are not to be had.
    """
    began = time.monotonic()
    os.umask(0o077)
    data_folder.make_private(folder)
    was_cut_off = (folder / "server.lock").exists() and (folder / "server.lock").stat().st_size > 0
    with ExitStack() as locks:
        lock, working = _hold(locks, declared, folder)
        sock = _listen(declared, patience=10 if was_cut_off else 0)
        try:
            _load_code()
            done = _prepared(tell, may_upgrade=data_folder.try_alone(working))
            data_folder.share(working)
            if done is None:
                return "Hortus could not be prepared; the reason stands above. `hortus doctor` may know more."
            from hortus.config.wsgi import application  # looks for static files, so they must be there by now

            supervisor = Supervisor(declared.stop_seconds)
            supervisor.add("web server", lambda: _web(declared, sock, application, lock), must_live=True)
            if with_worker:
                supervisor.add("worker", lambda: _worker(declared, sock, lock), must_live=False)
            supervisor.start()
            _wait_until_ready(supervisor, declared, tell)
            if supervisor.is_up:
                ready(_about(declared, done, time.monotonic() - began))
            while supervisor.is_up:
                supervisor.step(1.0)
            if not supervisor.failed:
                tell("Stopping; running tasks and requests may end …")
            supervisor.stop()
            return supervisor.failed
        finally:
            sock.close()
            if declared.uds:
                declared.uds.expanduser().unlink(missing_ok=True)


def _hold(locks: ExitStack, declared: Declared, folder: Path) -> tuple[int, int]:
    about = {"pid": os.getpid(), "url": server.url(declared)}
    try:
        lock = locks.enter_context(data_folder.serving(folder, about))
        working = locks.enter_context(data_folder.working(folder))
    except data_folder.InUse as taken:
        who = f" (process {taken.holder['pid']}, at {taken.holder['url']})" if taken.holder else ""
        raise WrongSetting(
            f"HORTUS_DATA_DIR: Hortus runs already on the data folder {folder}{who}; "
            "stop it first, or name another data folder."
        ) from None
    return lock, working


def _listen(declared: Declared, patience: float) -> socket.socket:
    """Open the socket; after a start that was killed wait for its children to leave the port."""
    until = time.monotonic() + patience
    while True:
        try:
            return server.listen(declared)
        except WrongSetting:
            if time.monotonic() >= until:
                raise
            time.sleep(0.2)


def _load_code() -> None:
    """Load all code that web and worker share, before they are forked."""
    from django.urls import get_resolver

    from hortus.ledger import queue_periodic, queue_worker  # noqa: F401 -- loaded here, used by the worker

    _ = get_resolver().url_patterns
    queue_periodic.discover()


def _prepared(tell: Tell, *, may_upgrade: bool) -> dict[str, Any] | None:
    """Prepare in a child, so that this process opens no database and stays small; return what was done.

    None when the child failed: it has logged why.
    """
    from hortus.config.preparation import prepare_into

    reading, writing = os.pipe()
    child = fork(lambda: prepare_into(writing, tell, may_upgrade=may_upgrade))
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        try:
            text = pipe.read()
        except KeyboardInterrupt:
            os.kill(child, signal.SIGTERM)
            raise
        finally:
            os.waitpid(child, 0)
    told: dict[str, Any] | None = json.loads(text) if text else None
    if told and "refused" in told:
        raise WrongSetting(told["refused"])
    return told


def _web(declared: Declared, sock: socket.socket, application: Any, lock: int) -> int:
    os.close(lock)
    server.Web(declared, sock, application).run()
    return 0


def _worker(declared: Declared, sock: socket.socket, lock: int) -> int:
    os.close(lock)
    sock.close()
    return run_worker(declared)


def _wait_until_ready(supervisor: Supervisor, declared: Declared, tell: Tell) -> None:
    told = False
    began = time.monotonic()
    while supervisor.is_up and not server.answers(declared, timeout=2):
        if not told and time.monotonic() - began > 15:
            tell("The web server does not answer yet; the log above may tell why …")
            told = True
        supervisor.step(0.05)


def _about(declared: Declared, done: dict[str, Any], seconds: float) -> Ready:
    url = server.url(declared)
    code = done["setup_code"]
    uds = str(declared.uds.expanduser().absolute()) if declared.uds else ""
    setup_url = f"{url}start/?code={code}" if code else ""
    return Ready(url, setup_url, uds, os.getpid(), done["planted"], round(seconds, 2))
