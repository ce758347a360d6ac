"""Measure what pages ask of a million jobs, as Hortus asks and with DuckDB's own order of joins. Decides nothing.

Run: .venv/bin/python benchmarks/jobs.py [--jobs N] [--rounds N]
Processor milliseconds, the median of the rounds; the two ways take turns. The jobs are made up and
spread over half a year.
"""

import argparse
import contextlib
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _machine import calibration

DAYS = 28
ORDERS = {"as written, ms": "join_order", "as DuckDB likes, ms": ""}


def fill(jobs: int, folder: Path) -> Any:
    """Import so many jobs of one cluster and derive its promises; return the cluster."""
    from django.core.management import call_command

    from hortus.access.models import Team
    from hortus.products.clusters import actions
    from hortus.telemetry.batch.sample import invent, write_sacct

    call_command("migrate", verbosity=0)
    team = Team.objects.create(slug="bench", name="Bench", zone="Europe/Paris")
    listing = folder / "sacct.psv"
    with listing.open("w") as file:
        write_sacct(invent(jobs=jobs, until=datetime.now(UTC)), file)
    made = actions.receive(team, "reed", listing, by=None, source_name=listing.name, door="cli")
    cluster = made.cluster
    actions.derive(cluster, by=None, door="cli", again=True)
    return cluster


def questions(cluster: Any) -> dict[str, Callable[[], Any]]:
    """Return what pages and objectives ask, by name."""
    from datetime import timedelta

    from hortus.products.clusters import judges, measures, queries
    from hortus.values.evidence import Slice

    known = queries.extent(queries.History.of([cluster]))
    if known is None:
        raise SystemExit("No job was imported.")
    weeks = queries.weeks(cluster, known)
    team, given, page = cluster.team, {"cluster": cluster.name}, Slice(50, 0)
    days = [known.last.date() - timedelta(days=back) for back in range(91)]
    until = judges.minute_of(known.last)
    since = until - DAYS * 1440
    return {
        "waits of 26 weeks": lambda: queries.seen(cluster, weeks, weeks[-4:], queries.Chosen()),
        "late jobs, a page": lambda: queries.jobs(cluster, queries.Filter(late=True), 50, 0),
        "judging 28 days": lambda: judges.starts_in_time(team, given, since, until),
        "judging one hour": lambda: judges.starts_in_time(team, given, until - 60, until),
        "rows behind 28 days": lambda: judges.start_rows(team, given, since, until, page, persons=False),
        "indicator on 91 days": lambda: measures.started_in_time_many(team, days),
    }


def took(ask: Callable[[], Any], rounds: int) -> list[float]:
    """Return the median processor milliseconds of a question, by the order of joins; NaN where memory was too small."""
    from duckdb import OutOfMemoryException

    from hortus.telemetry import history

    connection, found = history._connection(os.getpid()), {name: list[float]() for name in ORDERS}
    for _ in range(rounds):
        for name, disabled in ORDERS.items():
            connection.execute(f"SET disabled_optimizers = '{disabled}'")
            began = time.process_time()
            with contextlib.suppress(OutOfMemoryException):
                ask()
                found[name].append((time.process_time() - began) * 1000)
    return [statistics.median(times or [math.nan]) for times in found.values()]


def measure(jobs: int, rounds: int, folder: Path) -> None:
    """Import, ask, print."""
    import django

    django.setup()
    began = time.perf_counter()
    cluster = fill(jobs, folder)
    print(f"{jobs:,} jobs made up and imported in {time.perf_counter() - began:.0f} s")
    print(f"{'':28}" + "".join(f"{name:>22}" for name in ORDERS))
    for name, ask in questions(cluster).items():
        print(f"{name:28}" + "".join(f"{one:>22,.0f}" for one in took(ask, rounds)))
    print(f"calibration: {calibration():.2f} thousand rounds a second")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in a process and a data folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--here", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        measure(given.jobs, given.rounds, Path(given.here))
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HORTUS_")}
        settings = {"HORTUS_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "hortus.config.settings"}
        command = [sys.executable, __file__, "--here", folder, "--jobs", str(given.jobs), "--rounds", str(given.rounds)]
        subprocess.run(command, env=kept | settings, check=True)


if __name__ == "__main__":
    main()
