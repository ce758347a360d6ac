"""`hortus doctor`: say what is wrong with this place, and mend what is safe to mend."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from hortus.cli.frame import Answer
from hortus.cli.frame import command as declare

if TYPE_CHECKING:
    from hortus.config.finding import Finding

_MARKS = {"ok": ("✔", "green"), "note": ("·", "yellow"), "trouble": ("✖", "red")}


@declare("doctor")
@click.option("--fix", is_flag=True, help="Mend what is safe to mend.")
@click.option("--quiet", is_flag=True, help="Show only what is not in order.")
def command(fix: bool, quiet: bool) -> Answer:
    """Examine settings, disk, database, worker, queue, files and proxy; exit code 1 when there is trouble."""
    from hortus.config import doctor

    found = [_mended(finding) if fix else finding for finding in doctor.examine()]
    troubles = [f for f in found if f.state == "trouble"]
    data = [{"check": f.check, "state": f.state, "sentence": f.sentence, "can_fix": bool(f.mend)} for f in found]
    shown = [f for f in found if f.state != "ok"] if quiet else found
    if any(f.mend for f in shown) and not fix:
        tail = "`hortus doctor --fix` mends what is marked (can be mended)."
    else:
        tail = "" if troubles or quiet else "All is well."
    text = "\n".join([*(_line(f) for f in shown), *([tail] if tail else [])])
    return Answer({"healthy": not troubles, "findings": data}, text, trouble=bool(troubles))


def _mended(finding: "Finding") -> "Finding":
    from hortus.config.finding import State

    return replace(finding, state=State.OK, sentence=finding.mend(), mend=None) if finding.mend else finding


def _line(finding: "Finding") -> str:
    mark, colour = _MARKS[finding.state]
    mend = " (can be mended)" if finding.mend else ""
    return f"{click.style(mark, fg=colour)} {finding.check}: {finding.sentence}{mend}"
