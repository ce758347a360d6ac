"""Measure the garden page on a real server: queries, bytes, CPU, rate, start and memory. Decides nothing.

Run: .venv/bin/python benchmarks/pages.py   (wrk is used for the load when it is installed)
"""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from _machine import calibration

BIN = Path(sys.executable).parent
WEEKS, PEOPLE, SERVICES = 52, 40, 60


def fill() -> str:
    """Create team, people, services and a year of readings; return the session key of a member."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from hortus.access.models import Membership, Person, Team
    from hortus.catalogue.models import Service
    from hortus.garden.indicators import INDICATORS
    from hortus.garden.models import TakenReading

    team = Team.objects.create(slug="bench", name="Bench", zone="Europe/Paris")
    persons = [Person.objects.create_user(f"p{n}@example.org", f"Person {n}") for n in range(PEOPLE)]
    Membership.objects.bulk_create(Membership(team=team, person=p, role="member") for p in persons)
    Service.objects.bulk_create(
        Service(team=team, slug=f"s{n}", name=f"Service {n}", sort="cluster", sentence="It runs.")
        for n in range(SERVICES)
    )
    now = datetime.now(UTC)
    rows = []
    for back in range(7 * WEEKS):
        at = now - timedelta(days=back)
        for i in INDICATORS:
            value = i.target.goal * (1 + 0.2 * ((back * 7919) % 13 - 6) / 6)
            rows.append(
                TakenReading(
                    team=team, indicator=i.slug, day=at.date(), taken_at=at, value=value, n=1000, evidence_until=at,
                    goal=i.target.goal, slack=i.target.slack, earned="care", shown="care",
                )
            )  # fmt: skip
    TakenReading.objects.bulk_create(rows)
    session = SessionStore()
    session[SESSION_KEY] = str(persons[0].pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = persons[0].get_session_auth_hash()
    session.create()
    return str(session.session_key)


def queries(key: str) -> int:
    """Return how many SQL queries one view of the garden takes."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    client.get("/t/bench/")
    with CaptureQueriesContext(connection) as captured:
        answer = client.get("/t/bench/")
    assert answer.status_code == 200, answer.status_code
    return len(captured)


@contextlib.contextmanager
def served(port: int) -> Iterator[tuple[psutil.Process, float]]:
    """Run `hortus up` on a port; yield its process and the seconds until its first answer and its worker."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [BIN / "hortus", "up", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                if get(port, "/healthz")[0] == 200:
                    break
            if process.poll() is not None:
                sys.exit(f"hortus up ended: {process.stderr.read() if process.stderr else ''}")
            if time.perf_counter() - began > 60:
                sys.exit("hortus up was not ready after 60 s")
            time.sleep(0.02)
        yield psutil.Process(process.pid), time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def get(port: int, path: str, cookie: str = "", **headers: str) -> tuple[int, bytes]:
    """Return status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Cookie": cookie, **headers})
    answer = connection.getresponse()
    return answer.status, answer.read()


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all that it started."""
    return [process, *process.children(recursive=True)]


def cpu(processes: list[psutil.Process]) -> float:
    """Return the CPU seconds that these processes used so far."""
    return sum(sum(p.cpu_times()[:2]) for p in processes)


def memory(processes: list[psutil.Process]) -> float:
    """Return the proportional memory of these processes in MB."""
    return sum(p.memory_full_info().pss for p in processes) / 1e6


def load(port: int, path: str, cookie: str, connections: int, seconds: int) -> tuple[float, float]:
    """Return requests a second and the 90th percentile in ms, from wrk when it is there, else from threads."""
    if shutil.which("wrk"):
        command = [
            "wrk",
            f"-t{min(2, connections)}",
            f"-c{connections}",
            f"-d{seconds}s",
            "--latency",
            "-H",
            f"Cookie: {cookie}",
        ]
        text = subprocess.run(
            [*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
        ).stdout
        rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))  # type: ignore[union-attr]
        assert "Non-2xx" not in text, text
        p90 = re.search(r"90%\s+([\d.]+)(ms|s)", text)
        return rate, float(p90.group(1)) * (1000 if p90.group(2) == "s" else 1) if p90 else float("nan")
    taken: list[float] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        while (start := time.perf_counter()) < end:
            assert get(port, path, cookie)[0] == 200
            taken.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(taken) / seconds, statistics.quantiles(taken, n=20)[17]


def main() -> None:
    """Print the figures, as a table or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hortus-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        os.environ.update(HORTUS_DATA_DIR=folder, HORTUS_SAMPLE="false", HORTUS_LOG_LEVEL="error")
        os.environ["DJANGO_SETTINGS_MODULE"] = "hortus.config.settings"
        import django

        django.setup()
        from django.conf import settings
        from django.db import connections

        key = fill()
        with served(port):
            pass  # the first start prepares static files
        found: dict[str, float] = {"queries": queries(key)}
        connections.close_all()
        cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
        with served(port) as (process, ready):
            time.sleep(1)
            found["ready s"] = ready
            _status, body = get(port, "/t/bench/", cookie)
            found["bytes"], found["bytes compressed"] = len(body), len(gzip.compress(body))
            found["calibration before, k rounds/s"] = calibration()
            for connections_, label in ((1, "1 connection"), (8, "8 connections")):
                before = cpu(family(process))
                rate, p90 = load(port, "/t/bench/", cookie, connections_, asked.seconds)
                used = cpu(family(process)) - before
                found[f"requests/s, {label}"] = rate
                found[f"p90 ms, {label}"] = p90
                found[f"CPU ms a page, {label}"] = used * 1000 / (rate * asked.seconds)
            found["calibration after, k rounds/s"] = calibration()
            found["memory of web and worker, MB"] = memory(family(process))
    goals = {"queries": "<= 12", "bytes": "<= 60,000", "CPU ms a page, 1 connection": "<= 40", "ready s": "< 3",
             "requests/s, 8 connections": ">= 50", "memory of web and worker, MB": "< 300"}  # fmt: skip
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    print(f"garden page: {WEEKS} weeks of readings, {PEOPLE} people, {SERVICES} services, SQLite")
    for name, value in found.items():
        print(f"{name:34} {value:12,.2f}   {goals.get(name, '')}")


if __name__ == "__main__":
    main()
