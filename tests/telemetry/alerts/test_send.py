"""`hortus alert send` on a monitoring host: macros, the spool, and an intake that is away, wrong or slow."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hortus.telemetry.alerts.sending import Receiver, Spool
from tests.place import HORTUS, free_port, until  # type: ignore[import-not-found]

TOKEN = "alerts_abcdefgh_" + "x" * 43


@dataclass
class Intake:
    """A server that answers as it is told and keeps what was posted."""

    port: int
    status: int = 200
    answer: bytes = b"{}"
    bodies: list[bytes] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts/in/x"

    def told(self, name: str) -> list[Any]:
        """Return one field of everything that was stored."""
        return [json.loads(body).get(name) for body in self.bodies]


@pytest.fixture
def intake() -> Iterator[Intake]:
    """An intake on loopback, stopped with the test."""
    held = Intake(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if held.status == 200:
                held.bodies.append(body)
                held.tokens.append(self.headers["Authorization"])
            self.send_response(held.status)
            self.send_header("Content-Length", str(len(held.answer)))
            self.end_headers()
            self.wfile.write(held.answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def send(tmp_path: Path, intake: Intake) -> Any:
    """Run `hortus alert send` as a monitoring program does: without any setting of Hortus."""

    def run(*arguments: str, url: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "HOME")}
        given = {
            "ALERT_INTAKE_URL": url or intake.url,
            "ALERT_INTAKE_TOKEN": TOKEN,
            "ALERT_INTAKE_SPOOL": str(tmp_path),
        }
        return subprocess.run(
            [str(HORTUS), "alert", "send", *arguments], env=kept | given | env, capture_output=True, text=True,
            timeout=60, check=False, cwd=tmp_path,
        )  # fmt: skip

    return run


def test_options_are_posted_with_the_token(send: Any, intake: Intake) -> None:
    done = send(
        "--type", "PROBLEM", "--host", "n1", "--service", "HTTP", "--state", "CRITICAL", "--output", "x" * 20_000
    )
    assert (done.returncode, done.stdout) == (0, "delivered.\n")
    found = json.loads(intake.bodies[0])
    assert found["form"] == "hortus-alert/1"
    assert (found["host"], found["service"], found["state"], len(found["output"])) == ("n1", "HTTP", "CRITICAL", 16_000)
    assert intake.tokens == [f"Bearer {TOKEN}"]


def test_macros_of_the_three_programs_are_read(send: Any, intake: Intake, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    macros = {"NOTIFICATIONTYPE": "RECOVERY", "HOSTNAME": "n2", "SERVICEDESC": "Disk", "SERVICESTATE": "OK"}
    for prefix in ("NOTIFY_", "NAGIOS_", "ICINGA_"):
        done = send(
            "--token-file", str(tmp_path / "token"), **{f"{prefix}{name}": text for name, text in macros.items()}
        )
        assert done.returncode == 0, done.stderr
    assert intake.told("program") == ["checkmk", "nagios", "icinga"]
    assert set(intake.told("state")) == {"OK"}
    done = send(NAGIOS_NOTIFICATIONTYPE="PROBLEM", NAGIOS_HOSTNAME="n3", NAGIOS_SERVICEDESC="$SERVICEDESC$",
                NAGIOS_TIMET="1795600000", NAGIOS_HOSTSTATE="DOWN")  # fmt: skip
    assert done.returncode == 0
    assert (intake.told("service")[3], intake.told("at")[3], intake.told("state")[3]) == (
        None, "2026-11-25T09:46:40+00:00", "DOWN",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "env", "word"),
    [
        ((), {}, "Neither a host nor a service"),
        (("--host", "n1"), {}, "--type"),
        (("--host", "n1", "--type", "NONSENSE"), {}, "give one of PROBLEM, RECOVERY"),
        (("--host", "n1", "--type", "PROBLEM"), {"ALERT_INTAKE_URL": ""}, "--url"),
        (("--host", "n1", "--type", "PROBLEM"), {"ALERT_INTAKE_URL": "ftp://x"}, "is no address"),
        (("--host", "n1", "--type", "PROBLEM"), {"ALERT_INTAKE_TOKEN": ""}, "--token-file"),
        (("--host", "n1", "--type", "PROBLEM", "--token-file", "absent"), {}, "absent"),
    ],
)
def test_bad_input_is_exit_code_2(send: Any, arguments: tuple[str, ...], env: dict[str, str], word: str) -> None:
    done = send(*arguments, **env)
    assert done.returncode == 2
    assert word in done.stderr
    told = json.loads(send(*arguments, "--json", **env).stdout)
    assert word in told["error"]["detail"]


def test_what_cannot_be_sent_is_spooled_and_sent_first_the_next_time(send: Any, intake: Intake) -> None:
    away = f"http://127.0.0.1:{free_port()}/alerts/in/x"
    for name in ("a", "b"):
        done = send("--type", "PROBLEM", "--host", name, url=away)
        assert done.returncode == 0
        assert done.stdout.startswith("spooled: ")
    intake.status = 503
    assert "answers 503. 1 wait" in send("--type", "PROBLEM", "--host", "c").stdout
    intake.status = 401
    assert "token is wrong" in send("--type", "PROBLEM", "--host", "d").stdout
    intake.status = 200
    assert send("--type", "PROBLEM", "--host", "e", "--json").stdout.strip().startswith('{"state": "delivered"')
    assert intake.told("host") == ["c", "d", "e"]  # each address has its own queue
    assert "0 delivered; 2 still spooled" in send("--flush", url=away).stdout
    assert send("--flush").stdout == "0 delivered.\n"


def test_what_is_stored_but_cannot_be_read_is_told_and_not_sent_again(
    send: Any, intake: Intake, tmp_path: Path
) -> None:
    intake.answer = b'{"stored": true, "unreadable": "The body is no list of alerts."}'
    told = "It is stored, but cannot be read as an alert: The body is no list of alerts."
    done = send("--type", "problem", "--host", "n1")
    assert (done.returncode, "delivered" in done.stdout, told in done.stderr) == (1, False, True)
    assert send("--flush").stdout == "0 delivered.\n"
    (tmp_path / "file").write_text("")
    done = send("--type", "RECOVERY", "--host", "n1", "--json", "--spool", str(tmp_path / "file" / "below"))
    assert (done.returncode, json.loads(done.stdout)["state"], told in done.stderr) == (1, "unreadable", True)
    assert len(intake.bodies) == 2


def test_flush_sends_what_waits_in_order(tmp_path: Path, intake: Intake) -> None:
    spool, receiver = Spool(tmp_path, intake.url), Receiver(intake.url, TOKEN)
    for number in range(30):
        spool.put({"n": number})
    found = spool.flush(receiver, 20)
    assert (len(found.sent), found.left, found.why) == (30, 0, "")
    assert intake.told("n") == list(range(30))


def test_a_full_spool_gives_up_the_oldest_and_says_so(tmp_path: Path, intake: Intake) -> None:
    spool = Spool(tmp_path, intake.url, most=3)
    lost = [spool.put({"n": number})[1] for number in range(5)]
    assert lost == [0, 0, 0, 1, 1]
    assert spool.flush(Receiver(intake.url, TOKEN), 20).left == 0
    assert (intake.told("n"), intake.told("given_up")) == ([2, 3, 4], [2, None, None])


def test_a_clock_set_back_does_not_change_the_order(tmp_path: Path, intake: Intake, monkeypatch: Any) -> None:
    spool = Spool(tmp_path, intake.url)
    first, _ = spool.put({"n": 0})
    monkeypatch.setattr("time.time_ns", lambda: 5)
    second, _ = spool.put({"n": 1})
    assert first < second


def test_a_spool_that_cannot_be_written_still_sends(send: Any, intake: Intake, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    spool = ("--spool", str(tmp_path / "file" / "below"))
    done = send("--type", "PROBLEM", "--host", "n1", *spool)
    assert (done.returncode, intake.told("host")) == (0, ["n1"])
    assert "cannot be written" in done.stdout
    intake.status = 503
    done = send("--type", "PROBLEM", "--host", "n1", *spool)
    assert done.returncode == 2
    assert "It is lost" in done.stderr


def test_a_file_that_cannot_be_read_keeps_none_of_the_others_waiting(tmp_path: Path, intake: Intake) -> None:
    spool, receiver = Spool(tmp_path, intake.url), Receiver(intake.url, TOKEN)
    spool.put({"n": 0})
    broken = spool.folder / f"{1:020d}.json"
    broken.mkdir()  # as root reads whatever is a file
    spool.put({"n": 1})
    found = spool.flush(receiver, 20)
    assert intake.told("n") == [0, 1]
    assert (len(found.sent), found.left, found.why) == (2, 1, f"{broken.name} cannot be read: Is a directory")
    assert spool.flush(receiver, 20).left == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_leaves_no_half_files(tmp_path: Path, intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, intake.url)
    spool.put({"n": 0})
    before = sorted(path.name for path in spool.folder.iterdir())

    def full(_file: int) -> None:
        with open("/dev/full", "wb", buffering=0) as disk:
            disk.write(b"x")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        spool.put({"n": 1})
    assert sorted(path.name for path in spool.folder.iterdir()) == before
    monkeypatch.undo()
    assert spool.flush(Receiver(intake.url, TOKEN), 20).left == 0


def test_a_spool_that_cannot_be_looked_at_and_certificates_that_are_none_are_told_in_words(
    send: Any, intake: Intake, tmp_path: Path
) -> None:
    url = intake.url.replace("http:", "https:")
    done = send("--type", "PROBLEM", "--host", "n1", "--ca-file", "/nowhere/ca.pem", url=url)
    assert (done.returncode, "spooled: the certificates to trust cannot be read: /nowhere/ca.pem" in done.stdout) == (
        0, True,
    )  # fmt: skip
    (tmp_path / "file").write_text("")
    lost = send(
        "--type",
        "RECOVERY",
        "--host",
        "n1",
        "--ca-file",
        "/nowhere/ca.pem",
        "--spool",
        str(tmp_path / "file" / "x"),
        url=url,
    )
    assert (lost.returncode, "It is lost: the certificates" in lost.stderr) == (2, True)
    looped = tmp_path / "loop"
    looped.symlink_to(looped)
    assert send("--flush", "--spool", str(looped)).returncode in (0, 2)
    assert "Traceback" not in done.stderr + lost.stderr


def test_many_at_once_are_each_stored_once(send: Any, intake: Intake) -> None:
    threads = [threading.Thread(target=send, args=("--type", "PROBLEM", "--host", f"n{n}")) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: len(intake.bodies) == 6)
    assert sorted(intake.told("host")) == [f"n{n}" for n in range(6)]


def test_it_needs_neither_django_nor_a_database() -> None:
    code = "import sys; import hortus.cli.alert; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"django", "httpx", "ninja", "numpy"} & set(done.stdout.split())
