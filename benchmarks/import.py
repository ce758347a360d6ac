"""Measure importing a million accounting rows, beside polars and DuckDB reading the same file and writing Parquet.

    .venv/bin/python benchmarks/import.py [--rows N] [--rounds N] [--json]

Each run is a process of its own, so that memory is its own; rounds take turns, so that a busy machine is busy for all.
Wall and CPU times are the best of the rounds, memory the worst. The listing is made once and kept in a folder of the
system's for temporary files.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    found: dict[str, Any]


def listing(rows: int) -> Path:
    """Give a listing of so many rows in sacct's format, made once."""
    from hortus.telemetry.batch.sample import invent, write_sacct

    path = Path(tempfile.gettempdir()) / f"hortus-benchmark-{os.getuid()}" / f"sacct-{rows}-v2.psv"
    if not path.exists():
        path.parent.mkdir(exist_ok=True, mode=0o700)
        began = time.perf_counter()
        temporary = path.with_suffix(".tmp")
        with temporary.open("w") as file:
            write_sacct(invent(jobs=rows, until=UNTIL), file)
        temporary.rename(path)
        print(f"Made {path} in {time.perf_counter() - began:.1f} s.", file=sys.stderr)
    return path


def ours(path: Path, folder: Path) -> dict[str, Any]:
    """Import the listing; a second time in the same folder it is known."""
    from tests.telemetry.batch.shelf import Shelf

    report = Shelf(folder).bring(path, cluster="reed")
    return {"read": report.read, "new": report.new, "known": report.known, "rejected": report.rejected}


def with_polars(path: Path, folder: Path) -> dict[str, Any]:
    """Read and write with polars, times parsed."""
    import polars

    absent = ["Unknown", "None"]
    frame = polars.read_csv(path, separator="|", try_parse_dates=True, null_values=absent, quote_char=None)
    frame.write_parquet(folder / "polars.parquet")
    return {"read": len(frame)}


def with_duckdb(path: Path, folder: Path) -> dict[str, Any]:
    """Read and write with DuckDB, times parsed."""
    import duckdb

    con = duckdb.connect()
    options = "delim='|', quote='', nullstr=['Unknown', 'None']"
    con.execute(f"COPY (FROM read_csv('{path}', {options})) TO '{folder}/duckdb.parquet' (FORMAT parquet)")
    return {"read": con.execute(f"SELECT count(*) FROM '{folder}/duckdb.parquet'").fetchall()[0][0]}


def _warm(name: str) -> None:
    """Pay for starting up outside of the measurement, for everybody alike."""
    import duckdb

    duckdb.connect().execute("SELECT 1").fetchall()
    if name == "polars":
        import polars

        polars.DataFrame({"a": [1]})


def _measured(name: str, work: Callable[[Path, Path], dict[str, Any]], path: Path, folder: Path, answer: Any) -> None:
    _warm(name)
    before, began = time.process_time(), time.perf_counter()
    found = work(path, folder)
    wall, cpu = time.perf_counter() - began, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer.send(Cost(wall, cpu, peak, found))


def measure(name: str, work: Callable[[Path, Path], dict[str, Any]], path: Path, folder: Path) -> Cost:
    """Run the work in a process of its own."""
    receiving, sending = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_measured, args=(name, work, path, folder, sending))
    process.start()
    sending.close()
    try:
        cost: Cost = receiving.recv()
    except EOFError:
        raise SystemExit(f"{name} died; its message stands above.") from None
    process.join()
    return cost


def best(costs: list[Cost]) -> Cost:
    """Take the best times and the worst memory."""
    wall, cpu = min(c.wall_seconds for c in costs), min(c.cpu_seconds for c in costs)
    return Cost(wall, cpu, max(c.peak_bytes for c in costs), costs[0].found)


def run(rows: int, rounds: int) -> dict[str, Cost]:
    """Measure everything, in turns."""
    path, costs = listing(rows), dict[str, list[Cost]]()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            turns = {"hortus": ours, "hortus again": ours, "polars": with_polars, "DuckDB": with_duckdb}
            for who, work in turns.items():
                costs.setdefault(who, []).append(measure(who, work, path, folder))
    return {who: best(found) for who, found in costs.items()}


def table(found: dict[str, Cost]) -> str:
    """Lay the results out."""
    rival = min(found["polars"].wall_seconds, found["DuckDB"].wall_seconds)
    lines = [f"{'':<14}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'times the faster rival':>24}   found"]
    for who, cost in found.items():
        ratio = cost.wall_seconds / rival
        counts = ", ".join(f"{key} {value:,}" for key, value in cost.found.items())
        numbers = f"{cost.wall_seconds:>9.2f}{cost.cpu_seconds:>9.2f}{cost.peak_bytes / 1e6:>9.0f}{ratio:>24.2f}"
        lines.append(f"{who:<14}{numbers}   {counts}")
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description="Measure importing accounting rows beside polars and DuckDB.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = run(options.rows, options.rounds)
    print(json.dumps({who: vars(cost) for who, cost in found.items()}) if options.json else table(found))


if __name__ == "__main__":
    main()
