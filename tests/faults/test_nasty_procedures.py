"""A procedure that changes during step 7 of a run: two follow it, one in the cellar on a laptop that is killed."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.faults.inside import Inside
from tests.place import HORTUS, Place
from tests.place import until as wait_until

PEOPLE = """
from hortus.access import actions as access
from hortus.access.models import Person, Team
from hortus.access.policy import Role
team, ada = Team.objects.get(), Person.objects.get()
ben = Person.objects.create_user("ben@example.org", "Ben", "a long garden path")
access.add_member(team, ben, Role.MEMBER, by=ada)
answer = [access.make_token(team, one, name="x", scopes=["read", "write"])[1] for one in (ada, ben)]
"""
TEXTS = {
    "one": "Tell the users", "two": "Close the queue", "three": "Wait for jobs", "four": "Drain the node",
    "five": "Stop the daemon", "six": "Copy the state", "seven": "Switch the power off", "eight": "Change the fan",
    "nine": "Write down the number", "ten": "Switch the power on", "eleven": "Open the queue", "twelve": "Look at it",
}  # fmt: skip
CRITICAL = ("eight", "ten")
ENTRIES = "SELECT client_id, key, said, note, number FROM procedures_entry WHERE key <> '' ORDER BY number"


def markdown(texts: dict[str, str]) -> str:
    """Return a procedure with these steps, by their keys."""
    critical = {key: " .critical" if key in CRITICAL else "" for key in texts}
    steps = [f"## {text} {{#{key}{critical[key]}}}\n" for key, text in texts.items()]
    return "\n".join(["---\ntitle: Change a fan\nslug: change-a-fan\nkind: read-do\n---\n", *steps])


def second() -> dict[str, str]:
    """Return the second version: eight in other words, nine left out, one new after seven, twelve before eleven."""
    keys = ["one", "two", "three", "four", "five", "six", "seven", "seven-b", "eight", "ten", "twelve", "eleven"]
    return {key: (TEXTS | {"seven-b": "Wait a minute", "eight": "Change both fans"})[key] for key in keys}


def until(true: Any, why: str) -> Any:
    """Wait longer than most tests: real processes start here while others use the machine, and no time decides."""
    return wait_until(true, 240, why)


class Wire:
    """What lies between the laptop and its server. way: through; cut (before the server hears); swallow (after it did:
    no answer comes); drop (the same, and the line is closed). A request that is held waits for `free`."""

    def __init__(self, url: str) -> None:
        self.way, self.target = "through", urlsplit(url)
        self.held, self.free = threading.Event(), threading.Event()

    def hold(self) -> None:
        self.held.set()
        self.free.wait(240)

    def ask(self, method: str, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        connection = HTTPConnection(self.target.hostname or "", self.target.port, timeout=120)
        connection.request(method, path, body, {"Authorization": token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    @contextmanager
    def as_(self, way: str) -> Iterator[None]:
        """Let the line do something else for a while."""
        self.way = way
        self.held.clear()
        self.free.clear()
        yield
        self.free.set()
        self.way = "through"

    @contextmanager
    def laid(self) -> Iterator[str]:
        """Lay the line; return the address of its near end."""
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if wire.way == "cut":
                    return wire.hold()
                status, told = wire.ask(self.command, self.path, body, self.headers["Authorization"])
                if wire.way == "swallow":
                    return wire.hold()
                if wire.way == "drop":
                    return None
                self.send_response(status)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)
                return None

            do_POST = do_GET  # noqa: N815 -- as the library calls it

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        self.free.set()
        server.shutdown()
        server.server_close()


class Laptop:
    """A machine with the command and a file, and without any database or setting of Hortus."""

    def __init__(self, place: Place, token: str) -> None:
        self.place, self.folder = place, place.scratch / "laptop"
        self.folder.mkdir()
        self.file, self.token = self.folder / "run.jsonl", self.folder / "token"
        self.token.write_text(token)
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "HOME")}
        self.env = kept | {"PYTHONUNBUFFERED": "1"}

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [str(HORTUS), "procedure", *map(str, arguments)], env=self.env, cwd=self.folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.place.started.append(process)
        return process

    def run(self, *arguments: object, text: str = "") -> tuple[int, str]:
        """Run `hortus procedure` to its end; return its exit code and what it printed."""
        process = self.start(*arguments)
        said, _ = process.communicate(text, timeout=240)
        return process.returncode, said

    def sync(self, file: Path | None = None) -> tuple[int, Any]:
        """Sync; return the exit code and the document, the text where there is none."""
        code, said = self.run("sync", file or self.file, "--token-file", self.token, "--json")
        return code, json.loads(said) if said.startswith("{") and code < 2 else said

    def kill_sync(self, wire: Wire, way: str) -> None:
        """Kill a sync with SIGKILL in the moment in which the line holds it."""
        with wire.as_(way):
            process = self.start("sync", self.file, "--token-file", self.token)
            until(wire.held.is_set, f"the sync is held: {way}")
            process.kill()
            process.wait(60)


class Cellar:
    """A Hortus with a run of which Ada is at step 7, and the laptop that Ben took into the cellar."""

    def __init__(self, place: Place) -> None:
        self.place = place.with_team()
        self.ada, ben = Inside(place).do(PEOPLE)
        _, told = place.up()
        self.url = told["url"].rstrip("/")
        self.laptop = Laptop(place, ben)
        self.said: list[tuple[str, str]] = []  # key and digest of all that anybody said

    def ask(self, method: str, path: str, told: Any = None, status: int = 200) -> Any:
        """Have the API do something for Ada."""
        headers = {"Authorization": f"Bearer {self.ada}"}
        url = f"{self.url}/api/v1/teams/alder/{path}"
        answer = httpx.request(method, url, json=told, headers=headers, timeout=120)
        assert answer.status_code == status, answer.text
        return answer.json()

    def say(self, key: str, said: str = "done", note: str = "") -> None:
        """Say something of a step as Ada, as she sees the run now."""
        run = self.ask("GET", "runs/1")
        step = next(one for one in run["steps"] if one["key"] == key)
        self.said.append((key, step["digest"]))
        word = {"id": os.urandom(16).hex(), "key": key, "digest": step["digest"], "said": said, "note": note,
                "seen": run["seen"], "version": run["version"]}  # fmt: skip
        assert self.ask("POST", "runs/1/words", {"words": [word]})["heard"][0]["counts"]

    def publish(self, texts: dict[str, str], base: int) -> None:
        told = {"text": markdown(texts), "base": base, "reason": "The fans are sold in pairs."}
        headers = {"Authorization": f"Bearer {self.ada}"}
        url = f"{self.url}/api/v1/teams/alder/procedures/change-a-fan/versions"
        answer = httpx.post(url, json=told, headers=headers, timeout=120)
        assert answer.status_code < 300, answer.text

    def entries(self) -> list[Any]:
        return self.place.rows(ENTRIES)

    def states(self) -> dict[str, str]:
        """Return how each step stands, in the order of the version."""
        return {step["key"]: step["state"] for step in self.ask("GET", "runs/1")["steps"]}


def test_a_version_during_step_seven_with_one_of_two_offline(place: Place) -> None:
    """One `hortus up` for the whole story, since it takes seconds to start."""
    cellar = Cellar(place)
    _ada_is_at_step_seven(cellar)
    wire = Wire(cellar.url)
    with wire.laid() as address:
        _ben_goes_offline(cellar, address)
        _another_version_is_published_and_ada_moves(cellar)
        _syncs_that_are_killed(cellar, wire)
        before = cellar.laptop.file.read_bytes()
        _the_sync_that_comes_through(cellar)
        _every_word_is_there_once_and_nothing_is_done_in_silence(cellar)
        _the_same_sync_once_more(cellar, before)
        _an_old_form_moves_nothing(cellar)
        _they_come_to_an_end(cellar)


def _ada_is_at_step_seven(cellar: Cellar) -> None:
    file = cellar.place.scratch / "change-a-fan.md"
    file.write_text(markdown(TEXTS))
    by = ("--by", "ada@example.org")
    assert cellar.place.json("procedure", "import", file, *by)["files"][0]["status"] == "current"
    assert cellar.place.json("procedure", "start", "change-a-fan", *by)["number"] == 1
    for key in list(TEXTS)[:6]:
        cellar.say(key)


def _ben_goes_offline(cellar: Cellar, address: str) -> None:
    """He says one word and his laptop dies; the word is there, and he goes on with the next step."""
    laptop = cellar.laptop
    code, said = laptop.run("take", f"{address}/t/alder/runs/1/", "--to", laptop.file, "--token-file", laptop.token)
    assert code == 0, said
    taken = json.loads(laptop.file.read_text().splitlines()[1])["run"]
    digests = {step["key"]: step["digest"] for step in taken["steps"]}
    cellar.said += [(key, digests[key]) for key in ("seven", "eight", "nine", "ten")]
    process = laptop.start("follow", laptop.file)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("d\n")
    process.stdin.flush()
    seen = ""
    while TEXTS["eight"] not in seen:
        seen += process.stdout.read(1) or "(it ended)" + TEXTS["eight"]
    assert "it ended" not in seen
    process.kill()
    process.wait(60)
    code, said = laptop.run("follow", laptop.file, text="o\nOnly one was there.\nd\nd\nq\n")
    assert code == 0, said
    assert TEXTS["seven"] not in said.partition(TEXTS["eight"])[0], "what was acknowledged is not asked again"


def _another_version_is_published_and_ada_moves(cellar: Cellar) -> None:
    cellar.publish(second(), base=1)
    cellar.say("ten", "failed", "The switch is stuck.")
    found = cellar.ask("GET", "procedures/change-a-fan/versions/2/difference?from=1")
    assert {one["key"]: one["how"] for one in found if one["how"] != "same"} == {
        "eight": "changed", "nine": "removed", "seven-b": "added",
    }  # fmt: skip
    assert [one["key"] for one in found if one["has_moved"]] == ["twelve", "eleven"]
    assert cellar.ask("POST", "runs/1/move", {"to": 2, "seen_from": 1})["version"] == 2


def _syncs_that_are_killed(cellar: Cellar, wire: Wire) -> None:
    """Before the server heard, when it had written all down, and where only the answer is lost."""
    laptop, before = cellar.laptop, cellar.laptop.file.read_bytes()
    laptop.kill_sync(wire, "cut")
    assert len(cellar.entries()) == 7
    laptop.kill_sync(wire, "swallow")
    assert len(cellar.entries()) == 11, "the server wrote them down"
    with wire.as_("drop"):
        code, said = laptop.sync()
    assert (code, "does not answer" in said) == (2, True), said
    assert (len(cellar.entries()), laptop.file.read_bytes()) == (11, before)


def _the_sync_that_comes_through(cellar: Cellar) -> None:
    """It says of each word what became of it; exit code 1, because two do not count and one is contradicted."""
    code, told = cellar.laptop.sync()
    assert code == 1, told
    became = {one["key"]: (one["counts"], one["why"]) for one in told["became"]}
    assert became == {
        "seven": (True, ""), "eight": (False, "it was said of another wording"),
        "nine": (False, "the version that is followed now has no such step"), "ten": (True, ""),
    }  # fmt: skip
    assert (told["waiting"], told["run"]["version"]) == ([], 2)


def _every_word_is_there_once_and_nothing_is_done_in_silence(cellar: Cellar) -> None:
    run = cellar.ask("GET", "runs/1")
    assert [step["key"] for step in run["steps"]] == list(second())
    assert cellar.states() == dict.fromkeys(second(), "todo") | dict.fromkeys(list(TEXTS)[:7], "done") | {
        "ten": "contested"
    }
    words = [word for step in run["steps"] for word in (*step["words"], *step["kept"])]
    words += [word for step in run["gone"] for word in step["kept"]]
    assert sorted(word["number"] for word in words) == sorted(number for *_, number in cellar.entries())
    assert sorted(word["key"] for word in words) == sorted(key for key, _ in cellar.said)
    steps = {step["key"]: step for step in run["steps"]}
    (kept,) = steps["eight"]["kept"]
    assert (kept["note"], kept["why"]) == ("Only one was there.", "it was said of another wording")
    assert [(one["text"], one["kept"][0]["said"]) for one in run["gone"]] == [(TEXTS["nine"], "done")]
    assert sorted(word["said"] for word in steps["ten"]["words"]) == ["done", "failed"]
    done = {(key, step["digest"]) for key, step in steps.items() if step["state"] in ("done", "differently", "skipped")}
    assert done <= set(cellar.said), "nothing is done that nobody said of that wording"
    refused = cellar.ask("POST", "runs/1/check", status=422)
    assert refused["code"] == "critical-open"
    assert all(second()[key] in refused["detail"] for key in CRITICAL)


def _the_same_sync_once_more(cellar: Cellar, before: bytes) -> None:
    """From the file as it is now, and from a copy that knows nothing of the one that came through."""
    entries, run = cellar.entries(), cellar.ask("GET", "runs/1")
    copy = cellar.laptop.folder / "copy.jsonl"
    copy.write_bytes(before)
    code, told = cellar.laptop.sync(copy)
    assert (code, [one["is_new"] for one in told["became"]]) == (1, [False] * 4)
    code, told = cellar.laptop.sync()
    assert (code, told["became"]) == (0, [])
    assert (cellar.entries(), cellar.ask("GET", "runs/1")) == (entries, run)


def _an_old_form_moves_nothing(cellar: Cellar) -> None:
    """The form that Ada sent already changes nothing; one from before her move is refused."""
    run = cellar.ask("GET", "runs/1")
    assert cellar.ask("POST", "runs/1/move", {"to": 2, "seen_from": 1}) == run
    cellar.publish(second() | {"one": "Tell all users"}, base=2)
    refused = cellar.ask("POST", "runs/1/move", {"to": 3, "seen_from": 1}, status=422)
    assert refused["code"] == "moved"
    assert cellar.ask("GET", "runs/1")["version"] == 2


def _they_come_to_an_end(cellar: Cellar) -> None:
    """Ben says the changed step again of what he reads now, and Ada, who read both words, says how it is."""
    laptop = cellar.laptop
    assert laptop.run("follow", laptop.file, "--step", "eight", "--said", "done")[0] == 0
    code, told = laptop.sync()
    assert (code, [one["counts"] for one in told["became"]]) == (0, [True])
    cellar.say("ten", "differently", "With the other switch.")
    assert cellar.states() | {"eight": "done", "ten": "differently"} == cellar.states()
    assert cellar.ask("POST", "runs/1/check")["state"] == "checking"
