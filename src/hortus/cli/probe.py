"""`hortus probe`: list the probes, run them at once, add and change them, and read what they found."""

from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.named import one_named
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.telemetry.probes.models import Probe, ProbeResult
    from hortus.values.refused import Refused


@click.group(name="probe")
def command() -> None:
    """List, run, add and change probes, and read what they found.

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
        [probe.slug, probe.sort.name, probe.period_seconds, _state(probe, last),
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
    mine = Probe.objects.filter(team=team_named(team)).select_related("team")
    known = {probe.slug: probe for probe in mine}
    named = [known.get(slug) or one_named(Probe, mine, slug, about="slug") for slug in dict.fromkeys(slugs)]
    wanted = list(mine.active()) if is_all else named
    found = list(zip(wanted, running.run_many(wanted), strict=True))
    text = "\n".join(_line(probe, result) for probe, result in found) or "There is no probe to run."
    good = [isinstance(result, ProbeResult) and result.is_good(probe.latency_seconds) for probe, result in found]
    return Answer([_data(probe, result) for probe, result in found], text, trouble=not all(good))


def _state(probe: "Probe", last: "ProbeResult | None") -> str:
    if probe.is_paused:
        return "paused"
    return _word(probe, last) + (", late" if _is_late(probe, last) else "")


def _is_late(probe: "Probe", last: "ProbeResult | None") -> bool:
    from django.utils import timezone

    return probe.is_late(last, timezone.now())


def _word(probe: "Probe", result: "ProbeResult | None") -> str:
    from hortus.telemetry.probes.judging import verdict

    return verdict(result.ok, result.value_seconds, probe.latency_seconds) if result else "not measured"


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
        return facts | {"is_late": _is_late(probe, None), "state": "not run", "sentence": str(result)}
    facts["is_late"] = _is_late(probe, result)
    found = {"at": result.at.isoformat(), "ok": result.ok, "value_seconds": result.value_seconds,
             "code": result.code, "sentence": result.sentence} if result else {}  # fmt: skip
    return facts | {"state": _word(probe, result)} | found


def _found(team: str | None, slug: str) -> "Probe":
    from hortus.telemetry.probes.models import Probe

    mine = Probe.objects.filter(team=team_named(team)).select_related("team", "series")
    return one_named(Probe, mine, slug, about="slug")


def _parameters(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return key=value options as a mapping. Raises BadInput."""
    for pair in pairs:
        if "=" not in pair:
            raise BadInput(f"Write --set {pair[:40]}=VALUE, as in --set host=login.example.org.", "bad-set", "set")
    return dict(pair.split("=", 1) for pair in pairs)


def _stands(probe: "Probe", text: str) -> Answer:
    from hortus.telemetry.probes import reading

    return Answer(_data(probe, reading.newest([probe]).get(probe.pk)), text)


def _about(function: Any) -> Any:
    """Add the options that say how a probe asks."""
    for option in (
        of_team,
        click.option("--slower-than", "latency_seconds", type=float, help="Seconds; what takes longer is bad."),
        click.option("--limit", "limit_seconds", type=int, help="Seconds that one run may take."),
        click.option("--every", "period_seconds", type=int, help="Seconds from one run to the next."),
        click.option("--service", help="Slug of the service that it watches."),
        click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="A parameter of its kind."),
    ):
        function = option(function)
    return function


@declare("add")
@click.argument("kind")
@click.argument("name")
@_about
def add(kind: str, name: str, pairs: tuple[str, ...], service: str | None, team: str | None, **given: Any) -> Answer:
    """Add a probe. KIND: http, tcp, tls, dns, ssh, file_system or batch; the worker asks from the next minute on."""
    from hortus.telemetry.probes import actions

    details = actions.Details(name=name, service=service or "", parameters=_parameters(pairs), **given)
    made = actions.add(team_named(team), kind, details, by=None, door="cli")
    return _stands(made, f"{made.name} was added as {made.slug}. {made.question}")


@declare("change")
@click.argument("slug")
@click.option("--name", help="Another name; the one in addresses stays.")
@click.option("--any-time", is_flag=True, help="Let any answer within the limit be good.")
@_about
def change(
    slug: str, name: str | None, any_time: bool, pairs: tuple[str, ...], team: str | None, **given: Any
) -> Answer:  # fmt: skip
    """Change a probe; what is left out stays. A changed threshold judges all of its history anew."""
    from hortus.telemetry.probes import actions

    found = _found(team, slug)
    if any_time and given["latency_seconds"] is not None:
        raise BadInput("Give either --slower-than or --any-time.", "which", "latency_seconds")
    whole = {key: getattr(found, key) if value is None else value for key, value in given.items()}
    whole["latency_seconds"] = None if any_time else whole["latency_seconds"]
    parameters = found.parameters | _parameters(pairs)
    details = actions.Details(name=name or found.name, parameters=parameters, **whole)
    changed = actions.change(found, details, by=None, door="cli")
    return _stands(found, f"{found.name}. Changed: {', '.join(changed) or 'nothing'}.")


@declare("pause")
@click.argument("slug")
@of_team
def pause(slug: str, team: str | None) -> Answer:
    """Stop asking until it is resumed; the time between is not measured."""
    from hortus.telemetry.probes import actions

    found = _found(team, slug)
    actions.pause(found, by=None, door="cli")
    return _stands(found, f"{found.name} is paused.")


@declare("resume")
@click.argument("slug")
@of_team
def resume(slug: str, team: str | None) -> Answer:
    """Ask again."""
    from hortus.telemetry.probes import actions

    found = _found(team, slug)
    actions.resume(found, by=None, door="cli")
    return _stands(found, f"{found.name} is asked again.")


@declare("remove")
@click.argument("slug")
@of_team
def remove(slug: str, team: str | None) -> Answer:
    """Remove a probe with its results; what objectives counted from them stays."""
    from hortus.telemetry.probes import actions

    found = _found(team, slug)
    actions.remove(found, by=None, door="cli")
    return Answer({"removed": slug}, f"{found.name} was removed.")


@declare("results")
@click.argument("slug")
@click.option("--days", type=click.IntRange(1, 400), default=1, show_default=True, help="How far back.")
@click.option("--only-bad", is_flag=True, help="Leave out what is good.")
@of_team
def results(slug: str, days: int, only_bad: bool, team: str | None) -> Answer:
    """Show what a probe found, the newest first, by the threshold of now."""
    from datetime import timedelta

    from django.utils import timezone

    from hortus.telemetry.probes import pictures, reading

    found, now = _found(team, slug), timezone.now()
    told = reading.told(found, now - timedelta(days=days), now + timedelta(minutes=1))
    shown = [one for one in pictures.judged(told, found.latency_seconds) if not only_bad or one[1] != "good"]
    rows = [(f"{one.at:%Y-%m-%d %H:%M:%S}", verdict, took, one.sentence) for one, verdict, took in shown]
    data = [
        {"at": one.at.isoformat(), "ok": one.ok, "value_seconds": one.seconds, "code": one.code,
         "sentence": one.sentence, "counts_as": verdict}
        for one, verdict, _ in shown
    ]  # fmt: skip
    return Answer(data, table(rows, ("asked (UTC)", "counts as", "took", "found")) if rows else "Nothing was found.")


for _each in (list_, run, add, change, pause, resume, remove, results):
    command.add_command(_each)
