"""Real engines on loopback, filled with counters whose events we know, and Alertmanager; each stopped by its id."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from tests.place import free_port, until

PROGRAMS = {
    "prometheus": ("prometheus", "promtool"), "victoria-metrics": ("victoria-metrics",),
    "alertmanager": ("prometheus-alertmanager",),
}  # fmt: skip
Key = tuple[tuple[str, str], ...]


@dataclass
class Truth:
    """What really happened: events by the minute, and what scrapes at the end of each minute saw of it.

    Two web servers write requests by code; the counter for failures is made at the first failure, as client libraries
    do. One of them restarts. For a while nobody scrapes. A second metric, jobs, has no such traps but one reset.
    """

    start: int
    minutes: int
    restart: int = 200
    silence: range = range(120, 136)
    good: list[int] = field(default_factory=list)
    total: list[int] = field(default_factory=list)
    jobs_good: list[int] = field(default_factory=list)
    jobs_total: list[int] = field(default_factory=list)
    samples: dict[Key, list[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.good, self.total = [0] * self.minutes, [0] * self.minutes
        self.jobs_good, self.jobs_total = [0] * self.minutes, [0] * self.minutes
        chance = Random(4)
        for instance in ("a:80", "b:80"):
            self._web(instance, chance)
        self._jobs(chance)

    def _see(self, minute: int, **labels: str) -> list[tuple[int, int]]:
        return self.samples.setdefault(tuple(sorted(labels.items())), [])

    def _web(self, instance: str, chance: Random) -> None:
        held = {"200": 5_000}  # it ran for long before anybody scraped it
        for minute in range(-1, self.minutes):
            if instance == "b:80" and minute == self.restart:
                held = {"200": 0}
            if minute >= 0:
                happened = {"200": chance.randrange(0, 40), "500": 1 if chance.random() < 0.05 else 0}
                for code, n in happened.items():
                    if n or code in held:
                        held[code] = held.get(code, 0) + n
                    self.total[minute] += n
                    self.good[minute] += n if code == "200" else 0
            if minute not in self.silence:
                for code, value in held.items():
                    labels = {"__name__": "http_requests_total", "job": "web", "instance": instance, "code": code}
                    self._see(minute, **labels).append((self.start + (minute + 1) * 60, value))

    def _jobs(self, chance: Random) -> None:
        held = {"ok": 0, "lost": 0}
        for minute in range(-1, self.minutes):
            if minute == self.restart:
                held = {"ok": 0, "lost": 0}
            if minute >= 0:
                for outcome, most in (("ok", 9), ("lost", 2)):
                    n = chance.randrange(0, most)
                    held[outcome] += n
                    self.jobs_total[minute] += n
                    self.jobs_good[minute] += n if outcome == "ok" else 0
            for outcome, value in held.items():
                labels = {"__name__": "jobs_total", "job": "sched", "instance": "s", "outcome": outcome}
                self._see(minute, **labels).append((self.start + (minute + 1) * 60, value))

    @property
    def first(self) -> int:
        """Return the first minute since 1970."""
        return self.start // 60

    def measured(self) -> list[bool]:
        """Return which minutes somebody watched: those with a scrape at both ends."""
        blind = range(self.silence.start, self.silence.stop + 1)
        return [minute not in blind for minute in range(self.minutes)]


@dataclass(frozen=True)
class Held:
    """A running engine and what it holds."""

    url: str
    truth: Truth

    @property
    def end(self) -> int:
        """Return the minute since 1970 at which what it holds ends."""
        return self.truth.first + self.truth.minutes


@contextmanager
def holding(program: str, folder: Path, hours: int) -> Iterator[Held]:
    """Start an engine that holds the last hours; skip where its program is absent."""
    needs(program)
    truth = Truth(last_hour() - hours * 3600, hours * 60)
    with ENGINES[program](folder, truth) as url:
        yield Held(url, truth)


def needs(program: str) -> None:
    """Skip where a program is absent."""
    for name in PROGRAMS[program]:
        if not shutil.which(name):
            pytest.skip(f"{name} is absent; Debian has a package of that name")


@contextmanager
def running(command: list[str], ready: str, folder: Path) -> Iterator[None]:
    """Run a program in a folder from when its address `ready` answers until the block ends."""
    said = folder / f"{command[0]}.log"
    with said.open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        until(lambda: _answers(ready), 60, f"{command[0]} never got ready: {said.read_text()[-2000:]}")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def prometheus(folder: Path, truth: Truth) -> Iterator[str]:
    """Start a Prometheus that holds the truth and give its URL."""
    lines = []
    by_name = sorted(truth.samples.items(), key=lambda item: dict(item[0])["__name__"])
    for key, rows in by_name:
        labels = dict(key)
        name = labels.pop("__name__")
        if f"# TYPE {name[:-6]} counter" not in lines:
            lines.append(f"# TYPE {name[:-6]} counter")
        told = ",".join(f'{k}="{v}"' for k, v in labels.items())
        lines += [f"{name}{{{told}}} {value} {at}" for at, value in rows]
    (folder / "text").write_text("\n".join([*lines, "# EOF", ""]))
    (folder / "config.yml").write_text("global: {}\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "text", "data"], cwd=folder, check=True,
        capture_output=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        "prometheus", "--config.file=config.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=90d",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]  # fmt: skip
    with running(command, f"{url}/-/ready", folder):
        yield url


@contextmanager
def victoria_metrics(folder: Path, truth: Truth) -> Iterator[str]:
    """Start a VictoriaMetrics that holds the truth and give its URL."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        "victoria-metrics", "-storageDataPath=data", f"-httpListenAddr={url.removeprefix('http://')}",
        "-retentionPeriod=12",
    ]  # fmt: skip
    with running(command, f"{url}/health", folder):
        lines = [
            json.dumps({"metric": dict(key), "values": [v for _, v in rows], "timestamps": [t * 1000 for t, _ in rows]})
            for key, rows in truth.samples.items()
        ]
        asked = urllib.request.Request(f"{url}/api/v1/import", data="\n".join(lines).encode(), method="POST")
        urllib.request.urlopen(asked, timeout=20).close()
        urllib.request.urlopen(f"{url}/internal/force_flush", timeout=20).close()
        yield url


@contextmanager
def alertmanager(folder: Path, config: str) -> Iterator[str]:
    """Start an Alertmanager with a configuration and give its URL; skip where it is absent."""
    needs("alertmanager")
    (folder / "alertmanager.yml").write_text(config)
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        "prometheus-alertmanager", "--config.file=alertmanager.yml", "--storage.path=alertmanager-data",
        "--cluster.listen-address=", f"--web.listen-address={url.removeprefix('http://')}",
    ]  # fmt: skip
    with running(command, f"{url}/-/ready", folder):
        yield url


ENGINES = {"prometheus": prometheus, "victoria-metrics": victoria_metrics}


def last_hour() -> int:
    """Return the last whole hour that ended at least five minutes ago, in seconds."""
    return int(time.time() - 300) // 3600 * 3600
