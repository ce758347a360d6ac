"""`hortus import`: bring accounting records and node events into a cluster."""

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, progress, readable, table, wants_json
from hortus.cli.frame import command as declare
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.access.models import Team
    from hortus.telemetry.models import BatchImport

LINES_SHOWN = 8


@click.group(name="import")
def command() -> None:
    """Import accounting records or node events.

    The same file again adds nothing. Exit code 0: the records were taken; 1: not one record could be used, or with
    --strict some could not; 2: the input cannot be read, and nothing was imported.
    """


def _about(function: Any) -> Any:
    """Add the options that say into what records are imported, and how their times are read."""
    for option in (
        click.option("--zone", default="", help="Time zone of the records, as in Europe/Paris."),
        click.option("--strict", is_flag=True, help="Exit with 1 when any record could not be used."),
        click.option("--cluster", help="Name of the cluster; needed only where there is not exactly one."),
        of_team,
    ):
        function = option(function)
    return function


def _cluster(team: "Team", name: str | None) -> str:
    if name:
        return name
    names = list(team.clusters.values_list("name", flat=True))
    if len(names) == 1:
        return str(names[0])
    known = f"clusters: {', '.join(names)}" if names else "the first import makes it, under the name that you give"
    raise BadInput(f"Name the cluster with --cluster; {known}.", "no-cluster", "cluster")


@contextlib.contextmanager
def _source(path: str) -> Iterator[tuple[Any, str, int | None]]:
    """Give what to read, what to call it, and its size in bytes where it is known."""
    if path == "-":
        yield sys.stdin.buffer, "standard input", None
    else:
        found = readable(path)
        yield found, found.name, found.stat().st_size


def _answer(made: "BatchImport", strict: bool) -> Answer:
    result = made.result
    rejected, usable = result["rejected"], result["new"] + result["known"] + result["updated"]
    trouble = (rejected > 0 and not usable) or (strict and rejected > 0)
    return Answer(_data(made), "" if wants_json() else _text(made), trouble)


def _data(made: "BatchImport") -> dict[str, Any]:
    result: dict[str, Any] = made.result
    return result | {"cluster": made.cluster.name, "team": made.team.slug, "id": str(made.pk)}


def _text(made: "BatchImport") -> str:
    result = made.result
    rows: list[tuple[str, object]] = [
        ("read", result["read"]), ("new", result["new"]), ("already known", result["known"]),
        ("known, further on now", result["updated"]), ("rejected", result["rejected"]),
    ]  # fmt: skip
    rows += [(f"  {reason}", n) for reason, n in result["reasons"].items()]
    rows += [(f"skipped: {what}", n) for what, n in result["skipped"].items()]
    if result.get("steps"):
        rows.append(("job steps, not counted", result["steps"]))
    span = f"From {result['first']} to {result['last']}" if result["first"] else "No record could be used"
    said = [
        f"{made.source_name} into cluster {made.cluster.name} of {made.team.name} ({made.format})",
        table(rows, ("records", "count")), f"{span}, times read in {made.zone}.",
    ]  # fmt: skip
    return "\n".join([*said, *_rejected(result), *result["notes"]])


def _rejected(result: dict[str, Any]) -> Iterator[str]:
    for reason, lines in result["lines"].items():
        shown = ", ".join(str(line) for line in lines[:LINES_SHOWN])
        more = ", …" if result["reasons"].get(reason, 0) > LINES_SHOWN else ""
        yield f"Rejected, {reason}: line {shown}{more}"


def _records(
    kind: str | None, path: str, team: str | None, cluster: str | None, zone: str, **more: Any
) -> "BatchImport":  # fmt: skip
    from hortus.products.clusters.actions import receive

    into = team_named(team)
    name = _cluster(into, cluster)
    with _source(path) as (source, label, size), progress(size, f"Reading {label}") as move:
        return receive(
            into, name, source, by=None, source_name=label, door="cli", zone=zone, format=kind, progress=move, **more
        )


def _columns(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] if text else None


@declare("slurm")
@click.argument("file", required=False, default=None, metavar="FILE|-")
@_about
@click.option("--columns", help="Names of the columns of sacct output without its header line, with commas.")
@click.option("--live", is_flag=True, help="Run sacct and sacctmgr on this machine and read what they print.")
@click.option("--since", type=click.DateTime(), help="With --live: from when on, in UTC.")
def slurm(
    file: str | None, team: str | None, cluster: str | None, strict: bool, zone: str, columns: str | None, live: bool,
    since: datetime | None,
) -> Answer:  # fmt: skip
    """Import what sacct printed with --parsable2 (with or without header) or with --json."""
    if live == (file is not None):
        raise BadInput("Give either a FILE (or - for standard input) or --live.", "what", "file")
    if live:
        return _live(team, cluster, strict, since)
    return _answer(_records(None, str(file), team, cluster, zone, columns=_columns(columns)), strict)


@declare("swf")
@click.argument("file", metavar="FILE|-")
@_about
@click.option("--starts-at", type=click.DateTime(), help="When the trace begins (UTC), for files that do not say it.")
def swf(
    file: str, team: str | None, cluster: str | None, strict: bool, zone: str, starts_at: datetime | None
) -> Answer:  # fmt: skip
    """Import a trace in the Standard Workload Format."""
    at = starts_at.replace(tzinfo=UTC) if starts_at else None
    return _answer(_records("swf", file, team, cluster, zone, starts_at=at), strict)


@declare("pbs")
@click.argument("file", metavar="FILE|-")
@_about
def pbs(file: str, team: str | None, cluster: str | None, strict: bool, zone: str) -> Answer:
    """Import an accounting log of PBS."""
    return _answer(_records("pbs", file, team, cluster, zone), strict)


@declare("sge")
@click.argument("file", metavar="FILE|-")
@_about
def sge(file: str, team: str | None, cluster: str | None, strict: bool, zone: str) -> Answer:
    """Import an accounting file of Grid Engine."""
    return _answer(_records("sge", file, team, cluster, zone), strict)


@declare("nodes")
@click.argument("file", metavar="FILE|-")
@_about
@click.option("--nodes", type=click.IntRange(1, 1_000_000), help="How many nodes the cluster has, if it changed.")
def nodes(
    file: str, team: str | None, cluster: str | None, strict: bool, zone: str, nodes: int | None
) -> Answer:  # fmt: skip
    """Import node events as `sacctmgr show event --parsable2` prints them.

    A listing speaks for the time until it was made: the file's own time, or now for standard input.
    """
    from hortus.telemetry.actions import import_nodes

    into = team_named(team)
    name = _cluster(into, cluster)
    with _source(file) as (source, label, _):
        written = datetime.fromtimestamp(source.stat().st_mtime, UTC) if isinstance(source, Path) else None
        made = import_nodes(
            into, name, source, by=None, source_name=label, door="cli", zone=zone, until=written
        )  # fmt: skip
    if nodes:
        _count_nodes(made, nodes)
    return _answer(made, strict)


def _count_nodes(made: "BatchImport", count: int) -> None:
    from hortus.products.clusters.actions import described

    found = made.cluster
    described(found, service=found.service, zone=found.zone, node_count=count, by=None, door="cli")


def _live(team: str | None, cluster: str | None, strict: bool, since: datetime | None) -> Answer:
    from hortus.products.clusters.live import bring_live

    into = team_named(team)
    begin = since.replace(tzinfo=UTC) if since else None
    name = _cluster(into, cluster)
    with progress(None, "Asking sacct") as move:
        jobs, events = bring_live(into, name, by=None, door="cli", since=begin, progress=move)
    found = _answer(jobs, strict)
    data = found.data | {"nodes": events.result if events else None}
    return Answer(data, found.text + (f"\n\n{_text(events)}" if events else ""), found.trouble)


for _each in (slurm, swf, pbs, sge, nodes):
    command.add_command(_each)
