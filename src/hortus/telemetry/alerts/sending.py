"""The other end of the intake: a spool of alerts on a monitoring host, and how they are posted. No Django, no database.

An alert is a file of the spool before anything is sent, and until its receiver says that it is stored. So a program
that is killed, or a Hortus that does not answer, loses none; the receiver knows a repeat by the id in it.
"""

import fcntl
import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from hortus.web.calling import Server

MOST_FILES = 10_000
GIVEN_UP, LOCK = "given-up", "lock"
_WAIT = 0.05


class Receiver(Server):
    """Where alerts go. url: of a source's intake address."""

    __slots__ = ()
    HOW = "give that of the source, as its page shows it, as in https://hortus.example.org/alerts/in/…"


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush did. sent: names of files that were stored. left: files that wait. why: what stopped it, or "".

    unread: of those that were stored but could not be read as alerts, by name: what their receiver says of them.
    """

    sent: tuple[str, ...]
    left: int
    why: str = ""
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a body. why: it is not stored, "" when it is. unread: why it is stored, but no alert, or ""."""

    why: str = ""
    unread: str = ""


class Spool:
    """A folder with one file for each alert that is not known to be stored, in the order in which they came."""

    def __init__(self, folder: Path, url: str, most: int = MOST_FILES) -> None:
        self.folder = folder / sha256(url.encode()).hexdigest()[:16]  # each address has its own queue
        self.most = most

    def put(self, notice: Mapping[str, object]) -> tuple[str, int]:
        """Write a notice so that it outlives a crash; return its name and how many old ones were given up for it.

        Raises OSError where the folder cannot be written.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked(LOCK, 5):
            names = self._names()
            given_up = names[: max(0, len(names) + 1 - self.most)]
            for name in given_up:
                (self.folder / name).unlink(missing_ok=True)
            if given_up:
                self._write(GIVEN_UP, str(self._given_up() + len(given_up)).encode())
            # A clock that was set back must not change the order.
            number = max(time.time_ns(), int(names[-1].partition(".")[0]) + 1 if names else 0)
            name = f"{number:020d}.json"
            self._write(name, json.dumps(notice, ensure_ascii=False).encode("utf-8", "replace"))
        return name, len(given_up)

    def flush(self, receiver: Receiver, seconds: float) -> Flushed:
        """Send what waits, the oldest first, until one is not stored or the time is up.

        A file that cannot be read keeps no other waiting. Raises OSError where the folder cannot be looked at.
        """
        sent: dict[str, str] = {}
        try:
            with self._locked("sending", seconds), closing(receiver.connect(seconds)) as connection:
                why = self._send_all(receiver, connection, time.monotonic() + seconds, sent)
        except BlockingIOError:
            why = "another program is sending what waits"
        except ssl.SSLError as error:
            why = f"the certificates to trust cannot be read: {error}"
        except OSError as error:
            why = f"the spool cannot be used: {error.strerror or error}"
        return Flushed(tuple(sent), len(self._names()), why, {name: said for name, said in sent.items() if said})

    def _send_all(
        self, receiver: Receiver, connection: http.client.HTTPConnection, end: float, sent: dict[str, str]
    ) -> str:  # fmt: skip
        """Send all that waits, also what comes meanwhile; add what was stored to `sent`, return why something waits.

        sent: by name, why it could not be read as an alert, "" when it could.
        """
        broken: dict[str, str] = {}
        while names := [name for name in self._names() if name not in broken]:
            for name in names:
                try:
                    body = (self.folder / name).read_bytes()
                except FileNotFoundError:
                    continue
                except OSError as error:
                    broken[name] = error.strerror or str(error)
                    continue
                posted = self._send(name, body, receiver, connection, end)
                if posted.why:
                    return posted.why
                sent[name] = posted.unread
        return "".join(f"{name} cannot be read: {said}" for name, said in list(broken.items())[:1])

    def _send(
        self, name: str, body: bytes, receiver: Receiver, connection: http.client.HTTPConnection, end: float
    ) -> Posted:  # fmt: skip
        """Post one file and forget it once it is stored, also where nobody can read it: a repeat would say no more."""
        if time.monotonic() > end:
            return Posted("the time was up")
        lost = self._given_up()
        posted = post(_with_lost(body, lost), receiver, connection)
        if not posted.why:
            (self.folder / name).unlink(missing_ok=True)
            if lost:
                with suppress(OSError):  # a full disk: then it is told once more
                    self._write(GIVEN_UP, str(max(0, self._given_up() - lost)).encode())
        return posted

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.glob("*.json") if path.name[:-5].isdecimal())

    def _given_up(self) -> int:
        try:
            return int((self.folder / GIVEN_UP).read_text())
        except (OSError, ValueError):
            return 0

    def _write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all, on the disk when this returns."""
        new = self.folder / f".{name}.{os.getpid()}"
        try:
            with new.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.folder / name)
        except OSError:
            new.unlink(missing_ok=True)  # half a file would only keep a full disk full
            raise
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _locked(self, name: str, seconds: float) -> Iterator[None]:
        """Hold a lock of the folder, which ends with this process. Raises BlockingIOError where it stays taken."""
        end = time.monotonic() + seconds
        with (self.folder / f".{name}").open("ab") as file:
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise
                    time.sleep(_WAIT)
            yield


def _with_lost(body: bytes, lost: int) -> bytes:
    """Return a notice that tells how many before it were given up."""
    if not lost:
        return body
    try:
        return json.dumps(json.loads(body) | {"given_up": lost}, ensure_ascii=False).encode()
    except (ValueError, TypeError):
        return body


def post(body: bytes, receiver: Receiver, connection: http.client.HTTPConnection) -> Posted:
    """Post a body; return whether its receiver says that it is stored, and that it can be read."""
    parts = urlsplit(receiver.url)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {receiver.token}"}
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        said = answer.read(65_536)
        if not answer.isclosed():
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return Posted(f"{parts.netloc.rpartition('@')[2]} does not answer: {str(error) or type(error).__name__}")
    if 200 <= answer.status < 300:
        return Posted(unread=_unread(said))
    if answer.status == 401:
        return Posted("the address or its token is wrong (401)")
    return Posted(f"it answers {answer.status}")


def _unread(answer: bytes) -> str:
    """Return why a receiver could not read what it stored, "" where it says nothing of that.

    >>> _unread(b'{"stored": true, "unreadable": "It is no notice."}'), _unread(b"<p>ok"), _unread(b"[]")
    ('It is no notice.', '', '')
    """
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    fault = told.get("unreadable") if isinstance(told, dict) else ""
    return fault[:500] if isinstance(fault, str) else ""
