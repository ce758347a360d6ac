"""`hortus telemetry`: count files of good and total events, check what was counted, and say what is asked for more."""

import contextlib
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hortus.cli.engines import engines
from hortus.cli.frame import Answer, BadInput, progress, readable, table, wants_json
from hortus.cli.frame import command as declare
from hortus.cli.hubs import hubs
from hortus.cli.polls import polls
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.access.models import Team
    from hortus.telemetry.counts.push import Pushed


@click.group(name="telemetry")
def command() -> None:
    """Count good and total events from files, check what was counted, and say what is asked for more."""


@contextlib.contextmanager
def _file(path: str) -> Iterator[tuple[Path, str]]:
    """Give a file to read and what to call it; standard input is written to a file first."""
    if path != "-":
        found = readable(path)
        yield found, found.name
        return
    with tempfile.NamedTemporaryFile(prefix="hortus-events-") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name), "standard input"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()


@declare("ingest")
@click.argument("file", metavar="FILE|-")
@of_team
@click.option("--source", default="push", show_default=True, help="Who sends the events; a key counts once a source.")
@click.option("--key", help="Idempotency key; the digest of the file when left out.")
def ingest(file: str, team: str | None, source: str, key: str | None) -> Answer:
    """Count the events of a file: NDJSON, JSON, CSV with a header, or Parquet.

    Each event has sli, at or minute, and ok, or good or bad with total. The same file again adds nothing. Exit code 0:
    all was counted; 1: some events were not, and it says why; 2: the file cannot be read, and nothing was counted.
    """
    from django.utils import timezone

    from hortus.telemetry.counts import bulk, push

    into = team_named(team)
    if not 1 <= len(source) <= push.LONGEST_SOURCE:
        told = f"A source has 1 to {push.LONGEST_SOURCE} characters, got {len(source)}."
        raise BadInput(told, "bad-source", "source")
    with _file(file) as (path, label), progress(path.stat().st_size, f"Reading {label}") as move:
        found, counts = bulk.read_file(path, push.names_of(into), timezone.now(), move)
        pushed = push.keep(into, found, source=source, key=key or _digest(path), counts=counts)
        move(path.stat().st_size)
    data = pushed.as_json() | {"team": into.slug, "source": source}
    return Answer(data, "" if wants_json() else _told(label, into, pushed), bool(pushed.refused))


def _told(label: str, team: "Team", pushed: "Pushed") -> str:
    from hortus.telemetry.counts.events import sentence

    rows = [("counted", pushed.accepted), ("counted before", pushed.repeated), ("refused", pushed.refused)]
    lines = [f"{label} into {team.name}", table(rows, ("events", "count"))]
    if pushed.rows:
        told = [(row.line, _printable(row.given), sentence(row.reason)) for row in pushed.rows]
        lines += ["", table(told, ("line", "given", "why it was refused"))]
    if pushed.refused > len(pushed.rows):
        lines += [f"and {pushed.refused - len(pushed.rows):,} more. Of all that were refused:", ""]
        lines.append(table([(found.count, sentence(found.reason)) for found in pushed.findings], ("events", "why")))
    return "\n".join(lines)


def _printable(given: str) -> str:
    """Return what a file gave without what would steer a terminal or break the table."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in given)


@declare("verify")
@click.option("--team", help="Slug of a team; all teams when left out.")
@click.option("--mend", is_flag=True, help="Write the recounted totals where they differ.")
def verify(team: str | None, mend: bool) -> Answer:
    """Recount all running totals from the minutes, and say where they differ.

    Exit code 0: all agree, or were mended; 1: they differ. Series that share rows with those of a team are checked too.
    """
    from hortus.telemetry.counts.checking import check, shelves

    which = shelves(team_named(team) if team else None)
    findings, rows = [], 0
    with progress(len(which), "Recounting") as move:
        for done, shelf in enumerate(which, 1):
            checked = check(shelf, mend=mend)
            findings += checked.findings
            rows += checked.rows
            move(done)
    left = [found for found in findings if not found.is_mended]
    data: dict[str, Any] = {"rows": rows, "mended": len(findings) - len(left),
                            "findings": [found.as_json() for found in findings]}  # fmt: skip
    text = "\n".join([*(found.sentence for found in findings), f"{rows} rows recounted, {len(findings)} differ."])
    return Answer(data, text, bool(left))


for _each in (ingest, verify, engines, hubs, polls):
    command.add_command(_each)
