"""Measure the counts of good and total events, beside a real Prometheus and a real VictoriaMetrics. Decides nothing.

    .venv/bin/python scripts/postgresql.py .venv/bin/python benchmarks/slo.py [--days N] [--rival-days N]
        [--wide-days N] [--only PART,PART] [--postgresql URL] [--json]

Each part runs in a process, a data folder and a database of its own; the rivals are Debian's, on free ports of
loopback, loaded with the same counts. Times of questions are the median of nine, in ms. Without a PostgreSQL only
SQLite is measured; the one of scripts/postgresql.py does not wait for the disk. `--rival-days` loads the rivals with
less, `--only` runs some of the parts narrow, wide, ingest and rival.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _machine import calibration
from _rivals import prometheus, victoria_metrics

SLIS, WIDE = 200, 10_000
WINDOWS = {"5 m": 5, "30 m": 30, "1 h": 60, "6 h": 360, "3 d": 4320, "28 d": 40_320}
START = 29_400_000 // 1440 * 1440
EVENTS = 1_000_000
ROUNDS = 9


def day_of(slis: int, day: int) -> tuple[Any, Any]:
    """Return good and total of one day by the minute, each of shape (slis, 1440); the same every time."""
    chance = np.random.default_rng(day)
    total = chance.poisson(40, (slis, 1440))
    return total - chance.binomial(total, 0.002), total


def hours_of(slis: int, day: int) -> tuple[Any, Any]:
    """Return good and total of one day by the hour, each of shape (slis, 24): sums of minutes as in `day_of`."""
    chance = np.random.default_rng(1000 + day)
    total = chance.poisson(40 * 60, (slis, 24))
    return total - chance.binomial(total, 0.002), total


def median_ms(ask: Callable[[], object]) -> float:
    """Return the median time of several questions after one that warms up."""
    ask()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def peak_mb() -> float:
    """Return the most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def set_up(slis: int) -> tuple[Any, Any]:
    """Make the tables, a team and its series; return the team and the ids."""
    from django.core.management import call_command

    from hortus.access.models import Team
    from hortus.telemetry.counts.models import PUSH, Series

    call_command("migrate", verbosity=0)
    team = Team.objects.create(slug=f"bench-{os.getpid()}", name="Bench")
    Series.objects.bulk_create(Series(team=team, name=f"s{n}", source=PUSH) for n in range(slis))
    return team, np.array(Series.objects.filter(team=team).order_by("id").values_list("id", flat=True))


def load(team: Any, ids: Any, first: int, days: int) -> float:
    """Load so many days by the minute; return the seconds that adding took."""
    from hortus.telemetry.counts.actions import add
    from hortus.telemetry.counts.counting import Counts

    took = 0.0
    for day in range(first, first + days):
        good, total = day_of(len(ids), day)
        for at in range(0, 1440, 240):
            minute = np.arange(START + 1440 * day + at, START + 1440 * day + at + 240)
            cut = slice(at, at + 240)
            counts = Counts(np.repeat(ids, 240), np.tile(minute, len(ids)), good[:, cut].ravel(), total[:, cut].ravel())
            began = time.perf_counter()
            add(team, counts, source="bench")
            took += time.perf_counter() - began
    return took


def bytes_kept() -> int:
    """Return how much room the rows of hours take."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_total_relation_size('counts_hourcounts')")
            return int(cursor.fetchone()[0])
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(connection.settings_dict["NAME"]).stat().st_size


def six_windows(ids: Any, end: int) -> float:
    """Return the time of six windows for all SLIs, ending at a minute that is no full hour."""
    from hortus.telemetry.counts.reading import sums

    asked, spans = ids.tolist(), [(end - length, end) for length in WINDOWS.values()]
    return median_ms(lambda: sums(asked, spans))


def narrow(days: int) -> dict[str, float]:
    """Measure 200 SLIs with minutes for all days."""
    from hortus.telemetry.counts.reading import minutes, sums

    team, ids = set_up(SLIS)
    empty = bytes_kept()
    took = load(team, ids, 0, days)
    cells, end = SLIS * 1440 * days, START + 1440 * days - 7
    found = {"load, s": took, "load, M minutes/s": cells / took / 1e6}
    found["disk per million minutes, MB"] = (bytes_kept() - empty) / cells
    found["six windows, ms"] = six_windows(ids, end)
    for name, length in WINDOWS.items():
        found[f"window of {name}, ms"] = median_ms(lambda length=length: sums(ids.tolist(), [(end - length, end)]))
    found["28 days of one SLI by the minute, ms"] = median_ms(lambda: minutes(int(ids[7]), end - 40_320, end))
    found |= back_test(int(ids[7]), end - 1440 * days, end)
    found["memory at most, MB"] = peak_mb()
    return found


def back_test(series: int, since: int, until: int) -> dict[str, float]:
    """Measure the back-test of one objective over all days, reading its minutes included."""
    from fractions import Fraction

    from hortus.products.slos.rules.alerts import rules, standard_pairs
    from hortus.products.slos.rules.backtest import backtest
    from hortus.products.slos.rules.stretch import Stretch
    from hortus.telemetry.counts.reading import minutes

    pairs = rules(standard_pairs(40_320), Fraction(99, 100), 40_320)

    def ask() -> None:
        found = minutes(series, since, until)
        backtest(Stretch(found.start, found.good, found.total, found.measured), since, pairs)

    return {"back-test of one SLO, ms": median_ms(ask)}


def wide(days: int) -> dict[str, float]:
    """Measure 10,000 SLIs: minutes for some days, hours for the rest of 28."""
    from hortus.telemetry.counts.actions import add
    from hortus.telemetry.counts.counting import Counts
    from hortus.telemetry.counts.thinning import thin
    from hortus.telemetry.counts.tiers import Kept

    team, ids = set_up(WIDE)
    empty = bytes_kept()
    for day in range(28 - days):
        good, total = hours_of(WIDE, day)
        for hour in range(24):
            minute = np.full(WIDE, START + 1440 * day + 60 * hour)
            add(team, Counts(ids, minute, good[:, hour], total[:, hour]), source="bench")
    thin(Kept(max(days, 1), 100))
    took = load(team, ids, 28 - days, days)
    end = START + 1440 * 28 - 7
    found = {"six windows, ms": six_windows(ids, end), "load, M minutes/s": WIDE * 1440 * days / took / 1e6}
    one = Counts(ids, np.full(WIDE, end + 7), np.full(WIDE, 39), np.full(WIDE, 40))
    began = time.perf_counter()
    add(team, one, source="bench")
    found["append one minute, ms"] = (time.perf_counter() - began) * 1000
    return found | {"disk, MB": (bytes_kept() - empty) / 1e6, "memory at most, MB": peak_mb()}


def ingest() -> dict[str, float]:
    """Measure counting a million judged events of one day from files, to the end of the transaction."""
    import duckdb
    from django.utils import timezone

    from hortus.telemetry.counts import bulk, push

    team, _ = set_up(SLIS)
    folder, found = Path(os.environ["HORTUS_DATA_DIR"]), {}
    with duckdb.connect() as con:
        con.execute("SELECT setseed(0.5)")
        con.execute(
            f"CREATE TABLE e AS SELECT 's' || (random() * {SLIS - 1})::INT AS sli, "
            f"TIMESTAMP '2026-01-05' + INTERVAL 1 SECOND * (i * 86400 // {EVENTS}) AS \"at\", random() > 0.01 AS ok "
            f"FROM range({EVENTS}) t(i)"
        )
        con.execute(f"COPY e TO '{folder}/e.parquet' (FORMAT parquet)")
        as_text = "strftime(\"at\", '%Y-%m-%dT%H:%M:%SZ')"
        con.execute(f"COPY (SELECT sli, {as_text} AS \"at\", ok FROM e) TO '{folder}/e.ndjson' (FORMAT json)")
    for name in ("e.ndjson", "e.parquet"):
        began, used = time.perf_counter(), time.process_time()
        read, counts = bulk.read_file(folder / name, push.names_of(team), timezone.now())
        middle = time.perf_counter()
        kept = push.keep(team, read, source="bench", key=name, counts=counts)
        assert kept.accepted == EVENTS, kept
        kind = "NDJSON" if name == "e.ndjson" else "Parquet"
        found[f"1 M events from {kind}, s"] = time.perf_counter() - began
        found[f"  of that reading {kind}, s"] = middle - began
        found[f"  processor time for {kind}, s"] = time.process_time() - used
    return found | {"memory at most, MB": peak_mb()}


def rival(name: str, days: int) -> dict[str, float]:
    """Measure a rival loaded with the same counts."""
    serve = {"Prometheus": prometheus, "VictoriaMetrics": victoria_metrics}[name]
    with serve([day_of(SLIS, day) for day in range(days)], START) as (ask, facts):
        end = (START + 1440 * days) * 60
        found = dict(facts)
        windows = {label: length for label, length in WINDOWS.items() if length <= 1440 * days}
        for label, length in windows.items():
            found[f"window of {label}, ms"] = median_ms(lambda length=length: ask(length, end, SLIS))
        found[f"{len(windows)} windows, ms"] = sum(found[f"window of {label}, ms"] for label in windows)
    return found


PARTS: dict[str, Callable[..., dict[str, float]]] = {"narrow": narrow, "wide": wide, "ingest": ingest, "rival": rival}


@contextlib.contextmanager
def database_beside(url: str) -> Iterator[str]:
    """Make a database on the same server, yield its URL, and drop it; nothing without a URL."""
    if not url:
        yield ""
        return
    import psycopg

    name = f"hortus_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urllib.parse.urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def apart(part: str, *arguments: object, server: str = "") -> dict[str, float]:
    """Run a part in a process, a data folder and a database of its own and return what it found."""
    with tempfile.TemporaryDirectory(prefix="hortus-bench-") as folder, database_beside(server) as database:
        env = os.environ | {
            "HORTUS_DATA_DIR": folder, "HORTUS_SAMPLE": "false", "HORTUS_LOG_LEVEL": "error",
            "HORTUS_DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "hortus.config.settings",
        }  # fmt: skip
        command = [sys.executable, __file__, "--part", json.dumps([part, *arguments])]
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def everything(asked: argparse.Namespace) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield each part's name and figures."""
    yield "machine", {"calibration, k rounds/s": calibration(), "processors": float(os.cpu_count() or 1)}
    for label, url in {"SQLite": "", "PostgreSQL": asked.postgresql}.items():
        if label == "SQLite" or url:
            yield from ours(asked, label, url)
    for name, program in {"Prometheus": "promtool", "VictoriaMetrics": "victoria-metrics"}.items():
        if "rival" not in asked.only:
            break
        if shutil.which(program):
            yield f"{name}, {SLIS} SLIs x {asked.rival_days} d", apart("rival", name, asked.rival_days)
        else:
            print(f"{name} is absent; install it with apt-get to compare.", file=sys.stderr)
    yield "machine again", {"calibration, k rounds/s": calibration()}


def ours(asked: argparse.Namespace, label: str, url: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the parts of Hortus on one kind of database."""
    if "narrow" in asked.only:
        yield f"{SLIS} SLIs x {asked.days} d x 1 minute, {label}", apart("narrow", asked.days, server=url)
    if "wide" in asked.only:
        name = f"{WIDE:,} SLIs x 28 d, minutes for {asked.wide_days} d, {label}"
        yield name, apart("wide", asked.wide_days, server=url)
    if "ingest" in asked.only:
        yield f"ingest, {label}", apart("ingest", server=url)


GOALS = {
    "SLIs x": {"six windows, ms": "< 10", "back-test of one SLO, ms": "< 50"},
    f"{WIDE:,}": {"six windows, ms": "< 100"},
    "ingest": {"1 M events from NDJSON, s": "< 1", "1 M events from Parquet, s": "< 1"},
}


def main() -> None:
    """Read the options, measure, print as it goes."""
    parser = argparse.ArgumentParser(description="Measure the counts of good and total events beside two rivals.")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--rival-days", type=int, default=28)
    parser.add_argument("--wide-days", type=int, default=3)
    server = os.environ.get("HORTUS_DATABASE_URL", "")
    parser.add_argument("--postgresql", default=server, metavar="URL", help="A server where databases may be made.")
    parser.add_argument("--only", default=",".join(PARTS), help="Some of the parts, with commas.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    asked.only = asked.only.split(",")
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"--only takes {', '.join(PARTS)}; got {', '.join(sorted(unknown))}")
    if asked.part:
        part, *arguments = json.loads(asked.part)
        import django

        django.setup()
        print(json.dumps(PARTS[part](*arguments)))
        return
    whole = {}
    for name, figures in everything(asked):
        whole[name] = figures
        if not asked.json:
            goals = next((goal for word, goal in reversed(GOALS.items()) if word in name), {})
            lines = (f"  {what:40}{value:12,.2f}   {goals.get(what, '')}".rstrip() for what, value in figures.items())
            print(f"{name}\n" + "\n".join(lines), flush=True)
    if asked.json:
        print(json.dumps(whole, indent=1))


if __name__ == "__main__":
    main()
