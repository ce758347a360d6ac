"""One process that prepares the data folder, then keeps the web server and the worker alive beside each other.

Web and worker are forks of this process, so that they share the memory of the code that it has loaded. It opens
no database and starts no thread before it forks: whatever needs those happens in a child.
"""

import contextlib
import ctypes
import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger("hortus.up")
_TERM = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def die_with_parent() -> None:
    """Have the kernel end this process gracefully when its parent is gone, also after kill -9 (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def fork(run: Callable[[], int]) -> int:
    """Run a function in a child of its own process group and return the child's id.

    Ctrl-C in the terminal then reaches the supervisor alone, which stops its children in order.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, _TERM)  # a signal between fork and reset must not be lost
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERM)
        return child
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for name in (*_TERM, signal.SIGCHLD):
            signal.signal(name, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TERM)
        die_with_parent()
        if os.getppid() == parent:
            code = run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        logging.getLogger("hortus.up").exception("A process of Hortus failed.")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def in_child(run: Callable[[], int]) -> int:
    """Run a function in a child and wait for it; return its exit code."""
    child = fork(run)
    try:
        _, status = os.waitpid(child, 0)
    except KeyboardInterrupt:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        raise
    return os.waitstatus_to_exitcode(status)


@dataclass
class _Child:
    name: str
    run: Callable[[], int]
    must_live: bool
    pid: int = 0
    began: float = 0.0
    restart_at: float = 0.0
    wait: float = 1.0


class Supervisor:
    """Keeps children alive until a signal comes or one that must live has ended."""

    def __init__(self, stop_seconds: float) -> None:
        self.children: list[_Child] = []
        self.stop_seconds = stop_seconds
        self.asked_to_stop = 0
        self.failed = ""
        self.bell, self.rope = socket.socketpair()
        self.bell.setblocking(False)
        self.rope.setblocking(False)

    def add(self, name: str, run: Callable[[], int], *, must_live: bool) -> None:
        """Tell of a child; one that must live takes all others down with it, another is started again."""
        self.children.append(_Child(name, run, must_live))

    def start(self) -> None:
        """Fork all children."""
        signal.set_wakeup_fd(self.rope.fileno(), warn_on_full_buffer=False)
        for name in _TERM:
            signal.signal(name, self._note_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # only to ring the bell
        gc.collect()
        gc.freeze()  # what is loaded now is never looked at again, so its pages stay shared
        for child in self.children:
            self._begin(child)

    def _note_signal(self, _number: int, _frame: object) -> None:
        self.asked_to_stop += 1

    def _begin(self, child: _Child) -> None:
        child.began = time.monotonic()
        child.restart_at = 0.0
        child.pid = fork(child.run)

    @property
    def is_up(self) -> bool:
        """Say whether nothing has asked it to stop yet."""
        return not self.asked_to_stop and not self.failed

    def step(self, pause: float) -> None:
        """Look after the children once, then sleep for `pause` seconds or until a signal."""
        self._reap()
        for child in self.children:
            if not child.pid and child.restart_at and time.monotonic() >= child.restart_at and self.is_up:
                self._begin(child)
        if self.is_up:
            self._sleep(pause)

    def _sleep(self, pause: float) -> None:
        """Sleep until a signal rings the bell; plain sleep would be taken up again after one."""
        if select.select([self.bell], [], [], pause)[0]:
            with contextlib.suppress(BlockingIOError):
                self.bell.recv(4096)

    def _reap(self) -> None:
        for child in self.children:
            if not child.pid:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                child.pid = 0
                self._ended(child, os.waitstatus_to_exitcode(status))

    def _ended(self, child: _Child, code: int) -> None:
        if not self.is_up:
            return
        if child.must_live:
            self.failed = f"The {child.name} ended unexpectedly ({_how(code)}); Hortus stops."
            return
        now = time.monotonic()
        child.wait = 1.0 if now - child.began > 60 else min(child.wait * 2, 30)
        child.restart_at = now + child.wait
        log.warning("The %s ended (%s) and is started again in %.0f s.", child.name, _how(code), child.wait)

    def stop(self) -> bool:
        """End all children in order; return True when each ended by itself, False when one had to be killed."""
        self._tell(signal.SIGTERM)
        until = time.monotonic() + self.stop_seconds + 5
        asked = self.asked_to_stop
        while any(child.pid for child in self.children):
            self._reap_quietly()
            if time.monotonic() > until or self.asked_to_stop > asked:
                self._tell(signal.SIGKILL)
            self._sleep(0.2)
        gc.unfreeze()
        return time.monotonic() <= until

    def _reap_quietly(self) -> None:
        for child in self.children:
            if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                child.pid = 0

    def _tell(self, number: int) -> None:
        for child in self.children:
            if child.pid:
                os.killpg(child.pid, number) if number == signal.SIGKILL else os.kill(child.pid, number)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
