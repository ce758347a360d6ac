"""Measure the intake of alerts: requests a second and the time to their commit, and 5,000 alerts in one body of 12 MB.

Run: .venv/bin/python benchmarks/alerts.py   (on PostgreSQL: through scripts/postgresql.py). A real `hortus up` answers;
beside it stands Alertmanager's own intake of the same alerts, which keeps them in memory. Decides nothing.
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from _machine import calibration

MANY, NOTICES = 5_000, 400
Post = Callable[[bytes], int]

MAKE = """
import django, json; django.setup()
from hortus.access.models import Team
from hortus.telemetry.alerts import actions
made, token = actions.add_source(Team.objects.get(), actions.Details("x", "alertmanager"), by=None, door="cli")
print(json.dumps([str(made.pk), token]))
"""


def alerts(count: int, begin: int = 0, padding: int = 0) -> list[dict[str, Any]]:
    """Return alerts as Alertmanager sends them, each of a trouble of its own; padding: characters of its text."""
    return [
        {
            "status": "firing", "labels": {"alertname": f"Trouble{n}", "instance": f"n{n}", "job": "node"},
            "annotations": {"summary": f"Node n{n} does not answer", "description": "x" * padding},
            "startsAt": "2026-11-23T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": f"{n:016x}",
            "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
        }
        for n in range(begin, begin + count)
    ]  # fmt: skip


def notice(found: list[dict[str, Any]]) -> bytes:
    """Return a webhook of Alertmanager, version 4."""
    whole = {"version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "hortus"}
    return json.dumps(whole | {"alerts": found}).encode()


def plain(found: list[dict[str, Any]]) -> bytes:
    """Return the same alerts as Alertmanager itself takes them."""
    names = ("labels", "annotations", "startsAt", "generatorURL")
    return json.dumps([{name: one[name] for name in names} for one in found]).encode()


def posting(port: int, path: str, token: str = "") -> Callable[[], Post]:
    """Return what opens a connection and gives the function that posts over it and returns the status."""

    def open_() -> Post:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

        def post(body: bytes) -> int:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status

        return post

    return open_


def rate(open_: Callable[[], Post], bodies: list[bytes], at_once: int) -> str:
    """Post bodies over so many connections at once; return requests a second and how long one takes."""
    waiting, took, wrong = iter(bodies), list[float](), list[int]()
    lock = threading.Lock()

    def work() -> None:
        post = open_()
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            began = time.perf_counter()
            status = post(body)
            took.append(time.perf_counter() - began)
            if status != 200:
                wrong.append(status)

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    took.sort()
    median, worst = took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000
    failed = f", {len(wrong)} not stored" if wrong else ""
    return f"{len(bodies) / seconds:7.1f}/s, median {median:6.1f} ms, p99 {worst:6.1f} ms{failed}"


def once(open_: Callable[[], Post], body: bytes, pid: int) -> str:
    """Post one body; return how long its answer took, and how long the processes of its receiver computed."""
    computed, began = spent(pid), time.perf_counter()
    status = open_()(body)
    took = time.perf_counter() - began
    return f"{took:5.2f} s, {spent(pid) - computed:5.2f} s of them computing, for {len(body) / 1e6:.1f} MB ({status})"


def spent(pid: int) -> float:
    """Return how many seconds a process and all that came from it have computed."""
    parent = psutil.Process(pid)
    times = [one.cpu_times() for one in [parent, *parent.children(recursive=True)]]
    return float(sum(one.user + one.system for one in times))


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens on a port of loopback."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def held(pid: int) -> float:
    """Return the memory that a process and all that came from it hold for themselves, in MB."""
    parent = psutil.Process(pid)
    return float(sum(one.memory_full_info().pss for one in [parent, *parent.children(recursive=True)])) / 1e6


@contextmanager
def hortus(folder: Path) -> Iterator[tuple[Callable[[], Post], int]]:
    """Run `hortus up` in a new data folder with a team and a source."""
    port, program = free_port(), str(Path(sys.executable).with_name("hortus"))
    env = os.environ | {"HORTUS_DATA_DIR": str(folder / "garden"), "HORTUS_SAMPLE": "false",
                        "DJANGO_SETTINGS_MODULE": "hortus.config.settings"}  # fmt: skip
    told = ("--team", "Bench", "--name", "Ada", "--email", "ada@example.org", "--password-file", "-")
    subprocess.run([program, "setup", *told], env=env, input="a long garden path", text=True, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    made = subprocess.run([sys.executable, "-c", MAKE], env=env, capture_output=True, text=True, check=True)
    source, token = json.loads(made.stdout)
    process = subprocess.Popen(
        [program, "up", "--json", "--port", str(port)], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip(), "it did not get ready"
        wait_for(port)
        print(f"web and worker hold {held(process.pid):.0f} MB before", flush=True)
        yield posting(port, f"/alerts/in/{source}", token), process.pid
        print(f"web and worker hold {held(process.pid):.0f} MB after", flush=True)
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def alertmanager(folder: Path) -> Iterator[tuple[Callable[[], Post], int] | None]:
    """Run an Alertmanager that tells nobody; None where it is absent."""
    program = shutil.which("prometheus-alertmanager")
    if program is None:
        yield None
        return
    port = free_port()
    (folder / "manager.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    flags = ["--config.file=manager.yml", "--storage.path=manager", "--cluster.listen-address="]
    process = subprocess.Popen([program, *flags, f"--web.listen-address=127.0.0.1:{port}"], cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        wait_for(port)
        yield posting(port, "/api/v2/alerts"), process.pid
    finally:
        process.terminate()
        process.wait(20)


def measure(
    name: str, receiver: tuple[Callable[[], Post], int], form: Callable[[list[dict[str, Any]]], bytes], count: int
) -> None:  # fmt: skip
    """Print what one intake does."""
    open_, pid = receiver
    open_()(form(alerts(1, 900_000)))  # the first request loads what the others find
    for at_once, begin in ((1, 100_000), (8, 200_000)):
        bodies = [form(alerts(1, begin + n)) for n in range(count)]
        print(f"{name}, one alert each, {at_once} at once: {rate(open_, bodies, at_once)}", flush=True)
    many = form(alerts(MANY, 0, 2_200))
    print(f"{name}, {MANY:,} new alerts in one body: {once(open_, many, pid)}", flush=True)
    print(f"{name}, the same once more: {once(open_, many, pid)}", flush=True)


def main() -> None:
    """Measure both and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=NOTICES)
    count = parser.parse_args().notices
    database = "PostgreSQL" if os.environ.get("HORTUS_DATABASE_URL", "").startswith("postgres") else "SQLite"
    print(f"{os.cpu_count()} cores, calibration {calibration():.1f}")
    with tempfile.TemporaryDirectory() as folder:
        with hortus(Path(folder)) as ours:
            measure(f"Hortus on {database}", ours, notice, count)
        with alertmanager(Path(folder)) as other:
            if other is not None:
                measure("Alertmanager, in memory", other, plain, count)
    print(f"calibration at the end {calibration():.1f}")


if __name__ == "__main__":
    main()
