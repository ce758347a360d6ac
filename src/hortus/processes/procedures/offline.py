"""A run that is taken along, as one file: it is followed without a network, and what was said is sent later. No Django.

The file is lines of JSON that are only added to: whose run it is, how it stood when it was taken or synced, and each
word that was said since, on the disk before it is acknowledged. So a machine that loses its power loses no word; and
each has an id of its own, so it may be sent as often as one likes. A last line that was cut off was never acknowledged.
"""

import fcntl
import http.client
import json
import os
import re
import ssl
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from hortus.processes.procedures.rules.standing import Said, State
from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused
from hortus.web.calling import Server

FORMAT = 1
LONGEST_NOTE = 300
LARGEST = 20_000_000  # bytes of an answer
AT_ONCE = 500
_PAGE = re.compile(r"(?P<base>.*)/t/(?P<team>[-a-z0-9]+)/runs/(?P<number>[0-9]{1,8})(?:/.*)?\Z")
_BROKEN = (ValueError, KeyError, IndexError, TypeError, RecursionError)
Dict = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Home:
    """Where a run is at home. base: address of the server, without a slash at its end."""

    base: str
    team: str
    number: int

    @classmethod
    def of(cls, address: str) -> "Home":
        """Return the home that the address of a run's page names; raise Refused for any other address."""
        found = _PAGE.match(address.strip().partition("?")[0])
        if found is None:
            raise Refused(
                "bad-url", f"{address[:80]!r} is not the page of a run; copy its address from the browser, as in "
                "https://hortus.example.org/t/alder/runs/12/.", "address",
            )  # fmt: skip
        return cls(found["base"], found["team"], int(found["number"]))

    @property
    def url(self) -> str:
        """Return the address of the run in the API."""
        return f"{self.base}/api/v1/teams/{quote(self.team)}/runs/{self.number}"


class Unwanted(Refused):
    """A server read what was sent, and does not take it as it is."""


@dataclass(slots=True)
class Taken:
    """What a file holds. run: as it was told last. words: all that were said, in their order.

    sent: what became of those that the server knows, by their ids. is_torn: a last line was cut off, and left out.
    """

    home: Home
    journal: str
    run: Dict
    words: list[Dict] = field(default_factory=list)
    sent: dict[str, Dict] = field(default_factory=dict)
    is_torn: bool = False

    @property
    def waiting(self) -> list[Dict]:
        """Return the words that the server is not known to have."""
        return [word for word in self.words if word["id"] not in self.sent]

    @property
    def states(self) -> dict[str, State]:
        """Return how each step stands as far as this file knows: as it was told, then by the words that wait."""
        found = {step["key"]: State(step["state"]) for step in self.run["steps"]}
        return found | {word["key"]: State(word["said"]) for word in self.waiting if word["key"] in found}

    def step(self, key: str) -> Dict:
        """Return a step; raise Refused with the keys that there are."""
        for step in self.run["steps"]:
            if step["key"] == key:
                found: Dict = step
                return found
        keys = ", ".join(step["key"] for step in self.run["steps"])
        raise Refused("no-step", f"There is no step {key[:60]!r}; its steps are {keys}.", "step")

    @property
    def next_open(self) -> Dict | None:
        """Return the first step that somebody has to see to, None when there is none."""
        states = self.states
        return next((step for step in self.run["steps"] if not states[step["key"]].is_finished), None)


class Notebook:
    """The file of a run that was taken along."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, home: Home, run: Dict) -> Taken:
        """Write a new file. Raises Refused where there is one already: what was said in it is not overwritten."""
        lines: list[Dict] = [
            {"hortus": "run", "format": FORMAT, "base": home.base, "team": home.team, "number": home.number,
             "journal": str(uuid.uuid4())},
            {"run": run},
        ]  # fmt: skip
        new = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            with new.open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                _put(file, lines)
            os.link(new, self.path)  # unlike a rename it never takes the place of another file
            _settle(self.path.parent)
        except FileExistsError:
            raise Refused("there-already", f"{self.path} is there already; sync it, or name another file.",
                          "to") from None  # fmt: skip
        finally:
            new.unlink(missing_ok=True)
        return self.read()

    def read(self) -> Taken:
        """Return what the file holds. Raises Refused where it is none of ours, and OSError where it cannot be read."""
        with self._held() as file:
            return _read(file.read(), self.path)

    def say(self, key: str, said: str, note: str = "") -> Taken:
        """Write down what one says of a step; when this returns it is on the disk. Raises Refused."""
        with self._held() as file:
            taken = _read(file.read(), self.path)
            word = _word(taken, key, said, note)
            _cut(file)
            _put(file, [{"word": word}])
            taken.words.append(word)
            return taken

    def heard(self, results: Sequence[Dict], run: Dict) -> Taken:
        """Write down what became of words that were sent, and how the run stands now."""
        with self._held() as file:
            _cut(file)
            _put(file, [{"sent": list(results), "run": run}])
            file.seek(0)
            return _read(file.read(), self.path)

    @contextmanager
    def _held(self) -> Iterator[Any]:
        """Open the file and hold it: two commands write one after the other."""
        with self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _put(file: Any, lines: Sequence[Dict]) -> None:
    """Add lines, and return when they are on the disk."""
    file.seek(0, os.SEEK_END)
    file.write(b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines))
    file.flush()
    os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cut(file: Any) -> None:
    """Take away a last line that was cut off."""
    file.seek(0)
    content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        file.truncate(whole)


def _read(content: bytes, path: Path) -> Taken:
    lines = content.split(b"\n")
    is_torn = bool(lines.pop())
    try:
        head, first = json.loads(lines[0]), json.loads(lines[1])["run"]
        if head["hortus"] != "run" or head["format"] != FORMAT:
            raise ValueError
        taken = Taken(Home(head["base"], head["team"], head["number"]), head["journal"], first, is_torn=is_torn)
    except _BROKEN:
        raise Refused(
            "no-notebook", f"{path} holds no run that was taken along; make one with `hortus procedure take`.", "file"
        ) from None
    for number, line in enumerate(lines[2:], 3):
        try:
            _take(taken, json.loads(line))
        except _BROKEN:
            raise Refused(
                "damaged", f"Line {number} of {path} is damaged. The others may hold words that were not sent: keep "
                "the file, take the line out of a copy, and sync that.", "file",
            ) from None  # fmt: skip
    return taken


def _take(taken: Taken, line: Dict) -> None:
    if "word" in line:
        taken.words.append(line["word"])
    else:
        taken.run, sent = line["run"], {one["id"]: one for one in line["sent"]}
        taken.sent |= sent


def _word(taken: Taken, key: str, said: str, note: str) -> Dict:
    if said not in set(Said):
        raise Refused("unknown-word", f"{said[:40]!r} is not one of {', '.join(Said)}.", "said")
    step, line = taken.step(key), " ".join(note.split())
    if Said(said).needs_note and not line:
        raise Refused("no-note", f"Say in a sentence how or why it was {Said(said).word}.", "note")
    if len(line) > LONGEST_NOTE:
        raise Refused("too-long", f"The note has {len(line)} characters; at most {LONGEST_NOTE} are allowed.", "note")
    refuse_uncarriable(line, "note")
    return {
        "id": str(uuid.uuid4()), "key": key, "digest": step["digest"], "said": said, "note": line,
        "seen": taken.run["seen"], "version": taken.run["version"], "said_at": datetime.now(UTC).isoformat(),
    }  # fmt: skip


def fetch(home: Home, token: str, *, ca_file: str = "", seconds: float = 20) -> Dict:
    """Return the run as its home tells it. Raises Refused where it cannot be had."""
    return _asked(Server(home.url, token, ca_file), "GET", home.url, None, seconds)


@dataclass(slots=True)
class Synced:
    """What came of a sync. taken: what the file holds now. became: what the server says of each word that it has.

    unwanted: of those that it does not take, by their ids: why; they wait on.
    """

    taken: Taken
    became: list[Dict] = field(default_factory=list)
    unwanted: dict[str, str] = field(default_factory=dict)

    @property
    def left(self) -> list[Dict]:
        """Return the words that can still be sent."""
        return [word for word in self.taken.waiting if word["id"] not in self.unwanted]


def sync(notebook: Notebook, token: str, *, ca_file: str = "", seconds: float = 20) -> Synced:
    """Send the words that wait; return what became of each of them.

    Without any the run is only asked for. What was sent before and never answered is sent again with the same ids. A
    word that the server does not take keeps no other waiting. Raises Refused where nothing could be sent; the words
    wait on.
    """
    found, at_once = Synced(notebook.read()), AT_ONCE
    server, url = Server(found.taken.home.url, token, ca_file), found.taken.home.url
    while words := found.left[:at_once]:
        try:
            answer = _asked(server, "POST", f"{url}/words", {"journal": found.taken.journal, "words": words}, seconds)
        except Unwanted as error:
            if len(words) == 1:
                found.unwanted[words[0]["id"]] = error.sentence
            at_once = 1  # it takes all or none; so each by itself from here on
            continue
        found.became += answer["heard"]
        found.taken = notebook.heard(answer["heard"], answer["run"])
    if not found.became:
        found.taken = notebook.heard([], _asked(server, "GET", url, None, seconds))
    return found


def _asked(server: Server, method: str, url: str, body: Dict | None, seconds: float) -> Dict:
    """Ask the API, and return its answer. Raises Refused with a sentence for everything else."""
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        with closing(server.connect(seconds)) as connection:
            connection.request(method, urlsplit(url).path, sent, headers)
            answer = connection.getresponse()
            text = answer.read(LARGEST + 1)
    except ssl.SSLError as error:
        raise Refused("no-trust", f"The certificate of {host} cannot be trusted: {error}.", "ca_file") from None
    except (OSError, http.client.HTTPException) as error:
        why = str(error) or type(error).__name__
        raise Refused("no-answer", f"{host} does not answer: {why}. Nothing is lost; try again later.") from None
    return _told(answer.status, text, host)


def _told(status: int, text: bytes, host: str) -> Dict:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        told = None
    if 200 <= status < 300 and isinstance(told, dict):
        return told
    if status == 401:
        raise Refused("bad-token", f"{host} does not know this token (401); make one on the page of access tokens.",
                      "token")  # fmt: skip
    if status == 404:
        raise Refused("no-run", f"{host} has no such run for this token (404): look at its address, and at whether the "
                      "token is of its team and may write.", "address")  # fmt: skip
    said = str(told.get("detail") or "") if isinstance(told, dict) else ""
    if status == 422:
        raise Unwanted("refused", said or f"{host} does not take it (422).")
    raise Refused("refused", f"{host} answers {status}. {said} Nothing is lost; try again later.".replace("  ", " "))
