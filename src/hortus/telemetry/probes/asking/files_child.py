"""The program that tries a file system; run as a process of its own by `files`, which may kill it at any moment.

Takes one JSON object as its argument (path, folders, seconds), prints one (code, step, reason, seconds, listed,
is_cut). Imports nothing of Hortus, so that it starts at once.
"""

import contextlib
import errno
import json
import os
import signal
import stat
import sys
import time
from typing import Any

Json = dict[str, Any]

MOST_LISTED = 10_000
SIZE = 65_536
PREFIX = ".hortus-probe-"
OLD_SECONDS = 3600  # an own file so old was left by a child that was killed
CODES = {
    errno.ENOENT: "gone", errno.ENOTDIR: "no-folder", errno.EACCES: "forbidden", errno.EPERM: "forbidden",
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read-only", errno.ESTALE: "stale",
}  # fmt: skip


class Wrong(Exception):  # noqa: N818 -- an answer
    """Something that is no error of the system and yet not right; its only argument is the code."""


def main(order: Json) -> Json:
    """Try everything and return what came of it."""
    signal.alarm(int(order["seconds"]) + 2)  # ends us by ourselves should the parent be gone
    told = {"code": "ok", "step": "opening it", "reason": "", "listed": 0, "is_cut": False}
    began = time.monotonic()
    try:
        _try(order["path"], order["folders"], told)
    except Wrong as wrong:
        told["code"] = wrong.args[0]
    except OSError as error:
        told["code"] = CODES.get(error.errno or 0, "broken")
        told["reason"] = (error.strerror or "unknown").lower()
    told["seconds"] = time.monotonic() - began
    return told


def _try(path: str, folders: list[str], told: Json) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Where the open folder truly is, links resolved: no later change of a link can move it.
        there = os.path.realpath(f"/proc/self/fd/{folder}" if os.path.exists("/proc/self/fd") else path)
        if not any(_is_below(there, os.path.realpath(allowed)) for allowed in folders):
            raise Wrong("outside")
        name = f"{PREFIX}{os.getpid()}-{os.urandom(6).hex()}"
        try:
            _write(folder, name, told)
            _list(folder, name, told)
        finally:
            told["step"] = told["step"] if told["step"] != "ok" else "removing the file"
            _remove(folder, name)
    finally:
        os.close(folder)


def _write(folder: int, name: str, told: Json) -> None:
    content = os.urandom(SIZE)
    told["step"] = "creating a file"
    file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        told["step"] = "writing"
        left = memoryview(content)
        while left:
            left = left[os.write(file, left) :]
        told["step"] = "fsync"
        os.fsync(file)
    finally:
        os.close(file)
    told["step"] = "reading back"
    file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        found = b""
        while piece := os.read(file, SIZE):
            found += piece
    finally:
        os.close(file)
    if found != content:
        raise Wrong("wrong-content")
    told["step"] = "stat"
    if os.stat(name, dir_fd=folder, follow_symlinks=False).st_size != SIZE:
        raise Wrong("wrong-size")


def _list(folder: int, name: str, told: Json) -> None:
    """Count the names in the folder, at most MOST_LISTED: a folder of millions is no fault."""
    told["step"] = "listing the folder"
    is_there = False
    with os.scandir(folder) as entries:
        for entry in entries:
            is_there = is_there or entry.name == name
            if entry.name.startswith(PREFIX) and entry.name != name:
                _remove_old(folder, entry.name)
            told["listed"] += 1
            if told["listed"] >= MOST_LISTED:
                told["is_cut"] = True
                break
    if not is_there and not told["is_cut"]:
        raise Wrong("not-listed")
    told["step"] = "ok"


def _remove_old(folder: int, name: str) -> None:
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and time.time() - found.st_mtime > OLD_SECONDS:
        _remove(folder, name)


def _remove(folder: int, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # it was never made
        os.unlink(name, dir_fd=folder)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))))
