"""`hortus probe`: list the probes, and run them at once."""

from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.telemetry.probes.models import Probe, ProbeResult
    from hortus.values.refused import Refused


@click.group(name="probe")
def command() -> None:
    """List probes, or run them at once.

    The worker runs them on their schedule; a run by hand is written down too. Exit code of a run 0: all are good; 1:
    at least one is not; 2: bad input.
    """


@declare("list")
@of_team
def list_(team: str | None) -> Answer:
    """Show the probes of a team with what each asks and what it found last."""
    from hortus.telemetry.probes import reading
    from hortus.telemetry.probes.models import Probe

    probes = list(Probe.objects.filter(team=team_named(team)).select_related("team"))
    newest = reading.newest(probes)
    rows = [(probe, newest.get(probe.pk)) for probe in probes]
    lines = [
        [probe.slug, probe.sort.name, probe.period_seconds, "paused" if probe.is_paused else _word(probe, last),
         f"{last.at:%Y-%m-%d %H:%M}" if last else "never", probe.question]
        for probe, last in rows
    ]  # fmt: skip
    text = table(lines, ["probe", "kind", "every s", "state", "last run (UTC)", "asks"])
    return Answer([_data(probe, last) for probe, last in rows], text if rows else "There is no probe yet.")


@declare("run")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--all", "is_all", is_flag=True, help="Run every probe that is not paused.")
@of_team
def run(slugs: tuple[str, ...], is_all: bool, team: str | None) -> Answer:
    """Run probes now, at most eight at a time, and show what they found."""
    from hortus.telemetry.probes import running
    from hortus.telemetry.probes.models import Probe, ProbeResult

    if is_all == bool(slugs):
        raise BadInput("Name the probes to run, or give --all.", "which", "slug")
    mine = {probe.slug: probe for probe in Probe.objects.filter(team=team_named(team)).select_related("team")}
    unknown = [slug for slug in slugs if slug not in mine]
    if unknown:
        names = ", ".join(mine) or "none yet"
        raise BadInput(f"There is no probe {unknown[0]!r}; probes: {names}.", "no-probe", "slug")
    wanted = [mine[slug] for slug in dict.fromkeys(slugs)] or [p for p in mine.values() if not p.is_paused]
    found = list(zip(wanted, running.run_many(wanted), strict=True))
    text = "\n".join(_line(probe, result) for probe, result in found) or "There is no probe to run."
    good = [isinstance(result, ProbeResult) and result.is_good(probe.latency_seconds) for probe, result in found]
    return Answer([_data(probe, result) for probe, result in found], text, trouble=not all(good))


def _word(probe: "Probe", result: "ProbeResult | None") -> str:
    if result is None or result.ok is None:
        return "not measured"
    if result.ok:
        return "good" if result.is_good(probe.latency_seconds) else "slow"
    return "bad"


def _line(probe: "Probe", result: "ProbeResult | Refused") -> str:
    if isinstance(result, Exception):
        return f"{probe.slug}: {result}"
    took = f" ({result.value_seconds:.3f} s)" if result.value_seconds is not None else ""
    return f"{probe.slug}: {_word(probe, result)}. {result.sentence}{took}"


def _data(probe: "Probe", result: "ProbeResult | Refused | None") -> dict[str, Any]:
    facts: dict[str, Any] = {
        "probe": probe.slug, "name": probe.name, "kind": probe.kind, "service": probe.service,
        "asks": probe.question, "period_seconds": probe.period_seconds, "limit_seconds": probe.limit_seconds,
        "latency_seconds": probe.latency_seconds, "is_paused": probe.is_paused,
    }  # fmt: skip
    if isinstance(result, Exception):
        return facts | {"state": "not run", "sentence": str(result)}
    found = {"at": result.at.isoformat(), "ok": result.ok, "value_seconds": result.value_seconds,
             "code": result.code, "sentence": result.sentence} if result else {}  # fmt: skip
    return facts | {"state": _word(probe, result)} | found


for _each in (list_, run):
    command.add_command(_each)
