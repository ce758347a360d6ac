"""Ask a file system: list a folder, write, fsync, read back, stat and remove one small file there.

All of it happens in a child process, because nothing else ends a call into a file system that hangs. The child is
killed at the limit and then left: while it is in the kernel's hands no signal reaches it and waiting for it would
hang us too. As long as one such child is there no other is sent to the same place.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hortus.telemetry.probes.asking.found import Found, Means
from hortus.web.words import counted

CHILD = (sys.executable, "-I", "-S", str(Path(__file__).with_name("files_child.py")))
PATIENCE_SECONDS = 0.3  # for a killed child to go

_left_behind: dict[str, "subprocess.Popen[bytes]"] = {}
_guard = threading.Lock()

_WORDS = {
    "gone": "There is no folder {path} (any more).",
    "no-folder": "{path} is not a folder.",
    "forbidden": "Hortus may not {step} in {path}: permission denied.",
    "outside": "{path} leads out of the folders that may be probed.",
    "full": "The file system of {path} is full, or its quota is used up: {step} failed.",
    "read-only": "{path} can only be read: {step} failed.",
    "stale": "The file handle of {path} is stale: its server lost it.",
    "wrong-content": "What was read back from {path} is not what was written.",
    "wrong-size": "The file written in {path} has the wrong size.",
    "not-listed": "The file written in {path} is not in the folder's list.",
    "broken": "{path}: {step} failed: {reason}.",
}
_OURS = frozenset({"outside"})


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Try the file system at a folder. No call of this process touches that folder."""
    path = given["path"]
    folders = _listed(path, means.folders)
    if not folders:
        return Found(None, "closed-path", f"{path} may not be probed; the setting HORTUS_PROBE_FOLDERS lists what may.")
    if _still_hangs(path):
        return Found(False, "hangs", f"{path} still hangs: an earlier question to it never came back.")
    order = json.dumps({"path": path, "folders": folders, "seconds": limit_seconds})
    child = subprocess.Popen(
        [*(means.child or CHILD), order], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd="/", start_new_session=True, env={},
    )  # fmt: skip
    try:
        said, _ = child.communicate(timeout=limit_seconds)
    except subprocess.TimeoutExpired:
        _leave(path, child)
        return Found(False, "too-slow", f"{path} did not answer within {limit_seconds:g} s.")
    return _read(path, said)


def _read(path: str, said: bytes) -> Found:
    try:
        told = json.loads(said)
    except ValueError:
        return Found(None, "fault", f"The process that was to try {path} ended without a word.")
    if told["code"] == "ok":
        names = counted(told["listed"], "name")
        listed = f"{'at least ' if told['is_cut'] else ''}{names} listed"
        return Found(True, "ok", f"{path} was written, read back and removed, {listed}.", told["seconds"])
    words = _WORDS[told["code"]].format(path=path, step=told["step"], reason=told["reason"])
    return Found(None if told["code"] in _OURS else False, told["code"], words, told["seconds"])


def _listed(path: str, folders: tuple[Path, ...]) -> list[str]:
    """Return the listed folders that a path lies in by its letters alone; the child looks where it truly leads."""
    plain = Path(os.path.normpath(path))
    return [str(folder) for folder in folders if plain.is_relative_to(folder)]


def _still_hangs(path: str) -> bool:
    with _guard:
        child = _left_behind.get(path)
        if child is None:
            return False
        if child.poll() is None:
            return True
        del _left_behind[path]
        return False


def _leave(path: str, child: "subprocess.Popen[bytes]") -> None:
    """Kill a child, and remember it when it does not go: it is reaped when it does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    if child.stdout is not None:
        child.stdout.close()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        with _guard:
            _left_behind[path] = child
