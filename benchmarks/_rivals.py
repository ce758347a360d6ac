"""Real servers that the benchmarks compare with: started on free ports of loopback, loaded, asked, stopped."""

import contextlib
import json
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil

Day = tuple[Any, Any]
Ask = Callable[[int, int, int], None]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(command: Sequence[str], url: str) -> Iterator[psutil.Process]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).read()
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"{command[0]} was not ready after 60 s.")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _totals(days: Sequence[Day]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each day with its counters: running totals of shape (slis, 1440)."""
    before = {"good_total": 0, "events_total": 0}
    for number, (good, total) in enumerate(days):
        totals = {
            name: np.cumsum(part, axis=1) + before[name]
            for name, part in (("good_total", good), ("events_total", total))
        }
        before = {name: part[:, -1:] for name, part in totals.items()}
        yield number, totals


def _asker(base: str, extra: str = "") -> Ask:
    def ask(minutes: int, end_seconds: int, slis: int) -> None:
        query = f"1 - increase(good_total[{minutes}m]) / increase(events_total[{minutes}m])"
        asked = urllib.parse.urlencode({"query": query, "time": end_seconds})
        with urllib.request.urlopen(f"{base}/api/v1/query?{asked}{extra}", timeout=120) as answer:
            found = json.load(answer)["data"]["result"]
        assert len(found) == slis, f"{len(found)} series answered"

    return ask


def _facts(seconds: float, folder: Path, days: Sequence[Day], process: psutil.Process) -> dict[str, float]:
    cells = sum(total.size for _, total in days)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "load, s": seconds, "load, M samples/s": 2 * cells / seconds / 1e6,
        "disk per million minutes, MB": size / cells, "memory, MB": process.memory_info().rss / 1e6,
    }  # fmt: skip


@contextlib.contextmanager
def prometheus(days: Sequence[Day], start: int) -> Iterator[tuple[Ask, dict[str, float]]]:
    """Run a Prometheus that holds these days; yield how to ask it, and what loading took.

    It is back-filled day by day: one call reads its whole input once for each block.
    """
    with tempfile.TemporaryDirectory(prefix="hortus-prometheus-") as name:
        folder, port, took = Path(name), _free_port(), 0.0
        (folder / "config.yml").write_text("global: {scrape_interval: 1m}\n")
        for number, totals in _totals(days):
            text = folder / "day.txt"
            _write_openmetrics(text, totals, start + 1440 * number)
            command = ["promtool", "tsdb", "create-blocks-from", "--max-block-duration=24h", "openmetrics", str(text)]
            began = time.perf_counter()
            subprocess.run([*command, str(folder / "data")], check=True, stdout=subprocess.DEVNULL)
            took += time.perf_counter() - began
            text.unlink()
        command = [
            "prometheus", f"--config.file={folder}/config.yml", f"--storage.tsdb.path={folder}/data",
            "--storage.tsdb.retention.time=20y", f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        with _running(command, f"http://127.0.0.1:{port}/-/ready") as process:
            yield _asker(f"http://127.0.0.1:{port}"), _facts(took, folder / "data", days, process)


def _write_openmetrics(path: Path, totals: dict[str, Any], first: int) -> None:
    seconds = [60 * (first + minute + 1) for minute in range(1440)]
    with path.open("w") as file:
        for name, table in totals.items():
            file.write(f"# TYPE {name.removesuffix('_total')} counter\n")
            for sli, row in enumerate(table.tolist()):
                head = f'{name}{{sli="s{sli}"}}'
                file.writelines(f"{head} {value} {at}\n" for value, at in zip(row, seconds, strict=True))
        file.write("# EOF\n")


@contextlib.contextmanager
def victoria_metrics(days: Sequence[Day], start: int) -> Iterator[tuple[Ask, dict[str, float]]]:
    """Run a VictoriaMetrics that holds these days; yield how to ask it, and what loading took."""
    with tempfile.TemporaryDirectory(prefix="hortus-victoria-") as name:
        port, took = _free_port(), 0.0
        base = f"http://127.0.0.1:{port}"
        command = [
            "victoria-metrics", f"-storageDataPath={name}", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=20y",
        ]  # fmt: skip
        with _running(command, f"{base}/health") as process:
            for number, totals in _totals(days):
                body = _json_lines(totals, start + 1440 * number)
                began = time.perf_counter()
                urllib.request.urlopen(f"{base}/api/v1/import", body, timeout=120).read()
                took += time.perf_counter() - began
            urllib.request.urlopen(f"{base}/internal/force_flush", timeout=60).read()
            yield _asker(base, "&nocache=1"), _facts(took, Path(name), days, process)


def _json_lines(totals: dict[str, Any], first: int) -> bytes:
    at = [60_000 * (first + minute + 1) for minute in range(1440)]
    lines = (
        json.dumps({"metric": {"__name__": name, "sli": f"s{sli}"}, "values": row, "timestamps": at})
        for name, table in totals.items()
        for sli, row in enumerate(table.tolist())
    )
    return "\n".join(lines).encode()
