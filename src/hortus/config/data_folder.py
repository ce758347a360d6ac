"""The data folder: its rights, the key in it, and the locks that tell who is using it."""

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hortus.config.declared import WrongSetting

PRIVATE = 0o700
KEY_FILE = "secret.key"


def kept_key(folder: Path, make: Any) -> str:
    """Return the key kept in the folder; `make` gives a new one on the first start. Two starts agree on one key."""
    path = folder / KEY_FILE
    try:
        if not path.exists():
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{KEY_FILE}.", dir=folder)  # of mode 0600
            draft = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(make())
            try:
                os.link(draft, path)  # fails when another start was faster; then its key is the one
            except FileExistsError:
                pass
            except OSError:  # a file system without links
                draft.replace(path)
            draft.unlink(missing_ok=True)
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise WrongSetting(
            f"HORTUS_DATA_DIR (data_dir in the TOML file): the folder {folder} cannot be used ({reason}); "
            "name one that you may write to."
        ) from error
    if not key:
        raise WrongSetting(f"{path} is empty; put the key back from your backup, or remove the file for a new key.")
    return key


def open_to_others(path: Path) -> bool:
    """Say whether anybody but the owner may read or write a file or folder."""
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def make_private(folder: Path) -> None:
    """Make the data folder with mode 0700, or close it when it is open to others and ours."""
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if open_to_others(folder):
        folder.chmod(PRIVATE)


class InUse(Exception):  # noqa: N818 -- a claim about the folder
    """Somebody else holds the lock; `holder` is what they said about themselves."""

    def __init__(self, holder: dict[str, Any]) -> None:
        super().__init__("in use")
        self.holder = holder


def _lock(path: Path, exclusive: bool) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        holder = _told(handle)
        os.close(handle)
        raise InUse(holder) from None
    return handle


def _told(handle: int) -> dict[str, Any]:
    try:
        told = json.loads(os.pread(handle, 4096, 0) or b"{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


@contextmanager
def serving(folder: Path, about: dict[str, Any]) -> Iterator[int]:
    """Hold the one place of a server on this data folder; raise InUse when it is taken. Gives the lock's handle."""
    handle = _lock(folder / "server.lock", exclusive=True)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(about).encode(), 0)
        yield handle
    finally:
        os.ftruncate(handle, 0)
        os.close(handle)


@contextmanager
def working(folder: Path) -> Iterator[int]:
    """Tell that somebody works on the tables, so that they are not exchanged meanwhile."""
    handle = _lock(folder / "in-use.lock", exclusive=False)
    try:
        yield handle
    finally:
        os.close(handle)


def try_alone(handle: int) -> bool:
    """Turn the lock of `working` into that of `exchanging` if nobody else works; `share` turns it back."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(handle, fcntl.LOCK_SH)  # a failed change may have dropped what was held
        return False
    return True


def share(handle: int) -> None:
    """Let others work, too."""
    fcntl.flock(handle, fcntl.LOCK_SH)


@contextmanager
def exchanging(folder: Path) -> Iterator[int]:
    """Be alone on the data folder, to exchange what is in it; raise InUse while a server or worker runs."""
    handle = _lock(folder / "in-use.lock", exclusive=True)
    try:
        yield handle
    finally:
        os.close(handle)


def server(folder: Path) -> dict[str, Any] | None:
    """Return what the running server said about itself, None when none runs."""
    path = folder / "server.lock"
    if not path.exists():
        return None
    try:
        os.close(_lock(path, exclusive=False))
    except InUse as taken:
        return taken.holder
    return None
