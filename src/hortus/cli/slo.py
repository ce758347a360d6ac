"""`hortus slo`: objectives in a terminal, for scripts and for cron."""

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, readable, table
from hortus.cli.frame import command as declare
from hortus.cli.named import one_named
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.access.models import Team
    from hortus.products.slos.importing import Taken
    from hortus.products.slos.models import Objective
    from hortus.products.slos.standing import Standing

TROUBLED = ("exhausted", "critical", "unmeasured")


@click.group(name="slo")
def command() -> None:
    """Show, check and exchange service level objectives.

    Exit code 0: all is well; 1: a budget is in trouble, or not all of a file was taken; 2: the input cannot be used.
    """


def _objective(team: "Team", slug: str) -> "Objective":
    from hortus.products.slos.models import Objective

    mine = Objective.objects.filter(team=team)
    return one_named(Objective, mine.whole(), slug, listed=mine.kept())


def _left(found: "Standing") -> str:
    return f"not known: {found.unknown}" if found.left_ratio is None else f"{float(found.left_ratio):.1%}"


def _listed(team: "Team") -> tuple[list[dict[str, Any]], list[tuple[object, ...]]]:
    """Return how all objectives stand now, the worst first: as data, and as rows of a table."""
    from django.utils import timezone

    from hortus.products.slos.queries import standings
    from hortus.products.slos.shapes import standing_as_dict

    found = sorted(standings(team, timezone.now()).items(), key=lambda pair: (pair[1].state.rank, pair[0].slug))
    data: list[dict[str, Any]] = [
        {"slug": o.slug, "name": o.name, "service": o.service} | standing_as_dict(s) for o, s in found
    ]
    rows: list[tuple[object, ...]] = [
        (o.slug, s.state.word, _left(s), s.bad, s.events, f"{float(o.target_ratio):.6g}") for o, s in found
    ]
    return data, rows


HEAD = ("objective", "state", "left", "bad", "events", "target")


@declare("list")
@of_team
def list_(team: str | None) -> Answer:
    """List objectives with what is left of their budgets, those in the worst state first."""
    chosen = team_named(team)
    data, rows = _listed(chosen)
    text = table(rows, HEAD) if rows else "There are no objectives yet; make one on the page Objectives."
    return Answer({"team": chosen.slug, "objectives": data}, text)


@declare("check")
@of_team
@click.option("--service", help="Only objectives of this service.")
def check(team: str | None, service: str | None) -> Answer:
    """Exit with 1 when a budget is exhausted, critical or unmeasured; for cron and for deployments.

    What is printed then are those objectives, each with the reason; and last those of which nobody can tell, since too
    few events happened: they are no trouble.
    """
    chosen = team_named(team)
    data = [one for one in _listed(chosen)[0] if service in (None, one["service"])]
    if service and not data:
        raise BadInput(f"No objective speaks of the service {service!r}.", "no-service", "service")
    bad = [one for one in data if one["state"] in TROUBLED]
    lines = [f"{one['slug']}: {one['state']}. {one['sentence']}" for one in bad]
    untold = [f"{one['slug']}: not known: {one['unknown']}." for one in data if one["unknown"] and one not in bad]
    lines = lines or [f"None of {len(data)} budgets is {'known to be ' if untold else ''}in trouble."]
    found = {"team": chosen.slug, "checked": len(data), "in_trouble": bad}
    return Answer(found, "\n".join([*lines, *untold]), trouble=bool(bad))


@declare("show")
@click.argument("objective")
@of_team
def show(objective: str, team: str | None) -> Answer:
    """Show one objective: its state, the worked sum, and how fast its budget burns."""
    from django.utils import timezone

    from hortus.products.slos.queries import standing
    from hortus.products.slos.shapes import standing_as_dict

    chosen = _objective(team_named(team), objective)
    found = standing(chosen, timezone.now())
    data = {
        "slug": chosen.slug, "name": chosen.name, "service": chosen.service, "promise": chosen.promise,
        "leaves_out_planned_work": chosen.leaves_out_planned_work,
    }  # fmt: skip
    return Answer(data | standing_as_dict(found), "\n".join(_told(chosen, found)))


def _told(objective: "Objective", found: "Standing") -> list[str]:
    from hortus.products.slos.shapes import standing_as_dict

    data = standing_as_dict(found)
    lines = [objective.name, *filter(None, [objective.promise]), "", f"{found.state.word}. {found.verdict.sentence}"]
    unit = data["unit"]
    for part in data["parts"] or [data["worked"] | {"sli": objective.slug}]:
        rows = [
            (f"{unit} that count", f"{part['events']:,}"), (f"bad {unit}", f"{part['bad']:,}"),
            ("allowed to be bad", f"{part['allowed']:,.2f}"), ("left", f"{part['left']:,.2f}"),
            ("part left", f"not known: {part['unknown']}" if part["unknown"] else f"{part['left_ratio']:.1%}"),
            (f"excluded {unit}", f"{part['excluded_events']:,}"), ("measured", f"{part['coverage_ratio']:.2%}"),
        ]  # fmt: skip
        lines += ["", f"{part['sli']}, {data['window']['words']}:", table(rows)]
    pairs = [
        (pair["name"], pair["long_minutes"], pair["short_minutes"], f"{pair['factor']:.4g}", _rate(pair["long"]),
         _rate(pair["short"]), {True: "holds", False: "", None: "unmeasured"}[pair["holds"]])
        for pair in data["pairs"]
    ]  # fmt: skip
    return [*lines, "", table(pairs, ("alert", "long (min)", "short", "above", "burns", "burns", ""))]


def _rate(rate: dict[str, Any]) -> str:
    return "no events" if rate["burn_rate"] is None else f"{rate['burn_rate']:.3g}"


@declare("backtest")
@click.argument("objective")
@of_team
@click.option("--days", type=click.IntRange(1, 100), default=28, show_default=True, help="How far back.")
@click.option("--target", help="What if the target were this ratio, as in 0.995.")
@click.option("--set", "changed", multiple=True, metavar="NAME=VALUE", help="What if its judge had this parameter.")
def backtest(objective: str, team: str | None, days: int, target: str | None, changed: tuple[str, ...]) -> Answer:
    """Say how often an objective would have alerted, at which minutes, and what if its target were another."""
    from django.utils import timezone

    from hortus.products.slos.replay import WhatIf, parameters_of
    from hortus.products.slos.replay import backtest as tested
    from hortus.products.slos.shapes import replay_as_dict

    chosen, now = _objective(team_named(team), objective), timezone.now()
    what_if = WhatIf(_ratio(target), parameters_of(changed))
    found = replay_as_dict(tested(chosen, now - timedelta(days=days), now, what_if))
    rows = [
        (pair["name"], pair["long_minutes"], episode["opened_at"], episode["closed_at"] or "still open")
        for pair in found["pairs"] for episode in pair["episodes"]
    ]  # fmt: skip
    head = f"In {days} days: {found['pages']} pages, {found['tickets']} tickets."
    text = [head, f"Budget: {found['standing']['sentence']}"]
    if rows:
        text.append(table(sorted(rows, key=lambda row: str(row[2])), ("alert", "window (min)", "from", "until")))
    return Answer({"slug": chosen.slug, "days": days} | found, "\n".join(text))


def _ratio(given: str | None) -> Decimal | None:
    try:
        return None if given is None else Decimal(given)
    except InvalidOperation:
        raise BadInput(f"--target takes a ratio as in 0.995, got {given!r}.", "bad-ratio", "target") from None


@declare("export")
@click.argument("objectives", nargs=-1)
@of_team
@click.option("--rules", is_flag=True, help="Prometheus rules in the shape of Sloth instead of OpenSLO.")
@click.option("--output", type=click.Path(dir_okay=False, writable=True), help="Write to this file.")
def export(objectives: tuple[str, ...], team: str | None, rules: bool, output: str | None) -> Answer:
    """Write objectives, all when none is named, as OpenSLO v1 or as Prometheus rules."""
    from hortus.products.slos.exporting import as_openslo, as_rules
    from hortus.products.slos.models import Objective

    chosen = team_named(team)
    kept = list(Objective.objects.whole().kept().filter(team=chosen))
    wanted = [_objective(chosen, slug) for slug in objectives] or kept
    findings: list[str] = []
    if rules:
        file = as_rules(chosen, wanted)
        text, findings = file.text, [str(one) for one in file.findings]
    else:
        text = as_openslo(chosen, wanted)
    if output:
        Path(output).write_text(text, encoding="utf-8")
    data = {"objectives": [one.slug for one in wanted], "findings": findings, "file": output, "text": text}
    for finding in findings if not output else []:
        click.echo(finding, err=True)
    said = [f"{len(wanted)} objectives are in {output}.", *findings]
    return Answer(data, "\n".join(said) if output else text.rstrip("\n"))


@declare("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE|-...")
@of_team
@click.option("--strict", is_flag=True, help="Refuse everything when anything breaks the format.")
@click.option("--engine", help="Slug of the engine that is asked; else the one the file names, or the only one.")
@click.option("--keep-in-engine", is_flag=True, help="The counts stay in the engine; else they are copied.")
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
def import_(
    files: tuple[str, ...], team: str | None, strict: bool, engine: str | None, keep_in_engine: bool, dry_run: bool
) -> Answer:
    """Make objectives from OpenSLO (v1, v1alpha) and Sloth files; each is made whole or not at all.

    What could not be taken is told by file, line and column; the rest is made.
    """
    from hortus.products.slos.importing import take
    from hortus.products.slos.shapes import taken_as_dict
    from hortus.telemetry.engines.models import Engine

    chosen = team_named(team)
    texts = [("standard input", sys.stdin.read()) if f == "-" else (f, readable(f).read_bytes()) for f in files]
    asked = one_named(Engine, Engine.objects.filter(team=chosen), engine) if engine else None
    taken = take(
        chosen, texts, by=None, door="cli", is_strict=strict, engine=asked, keep_in_engine=keep_in_engine,
        is_tried=dry_run,
    )  # fmt: skip
    data = taken_as_dict(taken) | {"is_dry_run": taken.is_tried}
    return Answer(data, "\n".join(_told_taken(taken)), not taken.is_whole)


def _told_taken(taken: "Taken") -> list[str]:
    """Return what was found, what became of each objective, and last of the whole."""
    lines = [str(finding) for finding in taken.read.findings]
    made, not_made = ("would be made", "would not be made") if taken.is_tried else ("made", "not made")
    for one in taken.outcomes:
        lines.append(f"{one.name}: {made if one.slug else not_made}")
        lines += [f"  {note}" for note in one.notes]
    if taken.made:
        told = "Would be made: {} of {}; a dry run makes nothing." if taken.is_tried else "Made: {} of {}."
        return [*lines, told.format(taken.made, len(taken.outcomes))]
    why = ": with --strict one error refuses everything" if taken.read.is_refused else ""
    return [*lines, f"Nothing {'would be' if taken.is_tried else 'was'} made{why}."]


@declare("alerts")
@of_team
@click.option("--days", type=click.IntRange(1, 3660), default=28, show_default=True, help="How far back.")
@click.option("--open", "only_open", is_flag=True, help="Only alerts that stand.")
@click.option("--alertmanager", metavar="URL", help="Send what stands to this Alertmanager; what is before /api/v2.")
@click.option("--token-name", default="", help="Of the token for it, in ENGINE_TOKEN_<NAME> of the environment.")
def alerts(team: str | None, days: int, only_open: bool, alertmanager: str | None, token_name: str) -> Answer:
    """List alert episodes, and send those that stand to an Alertmanager, as cron may do every minute.

    Alertmanager takes an alert for over that is not sent again within five minutes. What closed in the last quarter of
    an hour is sent with its end.
    """
    from django.utils import timezone

    from hortus.products.slos.alertmanager import send
    from hortus.products.slos.models import AlertEpisode
    from hortus.products.slos.shapes import alert_as_dict

    chosen, now = team_named(team), timezone.now()
    mine = AlertEpisode.objects.filter(team=chosen, opened_at__lte=now).select_related("objective")
    lately = mine.open() if only_open else mine.open() | mine.filter(closed_at__gt=now - timedelta(days=days))
    found = [alert_as_dict(one) for one in lately]
    rows = [
        (one["objective"], one["severity"], f"{one['long_minutes']}/{one['short_minutes']}", _moment(one["opened_at"]),
         _moment(one["closed_at"]) if one["closed_at"] else "still open")
        for one in found
    ]  # fmt: skip
    text = [table(rows, ("objective", "alert", "windows (min)", "from", "until")) if rows else "There are no alerts."]
    sent = send(chosen, alertmanager, now, token_name=token_name) if alertmanager else None
    if sent is not None:
        text.append(f"Sent to Alertmanager: {sent.firing} that stand, {sent.resolved} that closed lately.")
    told = None if sent is None else {"firing": sent.firing, "resolved": sent.resolved}
    listed = [one | {at: one[at] and _moment(one[at]) for at in ("opened_at", "closed_at")} for one in found]
    return Answer({"team": chosen.slug, "alerts": listed, "sent": told}, "\n".join(text))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


for _each in (list_, show, check, backtest, alerts, import_, export):
    command.add_command(_each)
