"""`hortus telemetry engines`: metric engines, their self-checks, and what they are asked."""

from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.named import one_named
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hortus.telemetry.engines.models import Engine, EngineQuery

TOKEN_HELP = "METRICS for the variable ENGINE_TOKEN_METRICS, which holds the server and the token."  # noqa: S105
KIND_HELP = "prometheus, victoriametrics, thanos, mimir, greptimedb or other."


@click.group(name="engines")
def engines() -> None:
    """Prometheus-compatible engines that are asked for counts.

    An engine is checked when it is added or changed. Exit code 0: it is trusted; 1: it is not, or not with sums; 2: bad
    input. With --json an engine looks as in the API.
    """


def _found(team: str | None, slug: str) -> "Engine":
    from hortus.telemetry.engines.models import Engine

    return one_named(Engine, Engine.objects.filter(team=team_named(team)).select_related("team"), slug)


def _query(engine: "Engine", series: str) -> "EngineQuery":
    queries: Iterable[EngineQuery] = engine.queries.select_related("series", "engine__team")
    asked = {one.series.name: one for one in queries}
    if series not in asked:
        names = ", ".join(asked) or "none yet"
        raise BadInput(f"{engine.name} is not asked for {series!r}; it is for: {names}.", "no-query", "series")
    return asked[series]


def _data(engine: "Engine") -> dict[str, Any]:
    from hortus.telemetry.engines.api import EngineOut

    return EngineOut.from_orm(engine).model_dump(mode="json")


def _checked(engine: "Engine", did: str = "") -> Answer:
    """Check an engine now and answer with what was found."""
    from hortus.telemetry.engines import actions

    checked = actions.check(engine, by=None, door="cli")
    failed = [f"{one['name']}: {one['sentence']}" for one in checked.checks if not one["ok"]]
    told = f"{checked.name} is {checked.get_state_display()}."
    text = "\n".join([*([did] if did else []), told, *failed])
    return Answer(_data(checked), text, trouble=checked.state != checked.State.TRUSTED)


@declare("list")
@of_team
def list_(team: str | None) -> Answer:
    """Show the engines of a team: what the last self-check found, how many queries, how many with a finding."""
    from hortus.telemetry.engines.models import Engine

    found = list(Engine.objects.filter(team=team_named(team)).prefetch_related("queries"))
    rows = [
        (one.slug, one.kind, one.state, f"{one.checked_at:%Y-%m-%d %H:%M}" if one.checked_at else "never",
         len(one.queries.all()), sum(bool(query.finding) for query in one.queries.all()))
        for one in found
    ]  # fmt: skip
    text = table(rows, ("engine", "kind", "state", "checked (UTC)", "queries", "with a finding"))
    return Answer([_data(one) for one in found], text if rows else "No engine is asked yet.")


@declare("add")
@click.argument("name")
@click.argument("url")
@click.option("--kind", default="prometheus", show_default=True, help=KIND_HELP)
@click.option("--token-name", default="", help=TOKEN_HELP)
@of_team
def add(name: str, url: str, kind: str, token_name: str, team: str | None) -> Answer:
    """Add an engine and check it. URL: what stands before /api/v1."""
    from hortus.telemetry.engines import actions

    made = actions.add_engine(
        team_named(team), name=name, url=url, kind=kind, token_name=token_name, by=None, door="cli"
    )  # fmt: skip
    return _checked(made, f"{made.name} was added as {made.slug}.")


@declare("change")
@click.argument("engine")
@click.option("--name", help="Another name; the one in addresses stays.")
@click.option("--url", help="Another address.")
@click.option("--kind", help=KIND_HELP)
@click.option("--token-name", help=TOKEN_HELP)
@of_team
def change(engine: str, team: str | None, **given: str | None) -> Answer:
    """Change what is said of an engine, and check it; what is left out stays."""
    from hortus.telemetry.engines import actions

    found = _found(team, engine)
    whole = {key: getattr(found, key) if value is None else value for key, value in given.items()}
    actions.change_engine(found, **whole, by=None, door="cli")
    return _checked(found)


@declare("check")
@click.argument("engine")
@of_team
def check(engine: str, team: str | None) -> Answer:
    """Check an engine now and show what did not hold."""
    return _checked(_found(team, engine))


@declare("remove")
@click.argument("engine")
@of_team
def remove(engine: str, team: str | None) -> Answer:
    """Forget an engine and its queries; the counts that were copied stay."""
    from hortus.telemetry.engines import actions

    found = _found(team, engine)
    actions.remove_engine(found, by=None, door="cli")
    return Answer({"removed": found.slug}, f"{found.name} was removed.")


@declare("queries")
@click.argument("engine")
@of_team
def queries(engine: str, team: str | None) -> Answer:
    """Show what an engine is asked, and what was wrong the last time. Exit code 1 where something was."""
    from hortus.telemetry.engines.api import QueryOut

    asked = list(_found(team, engine).queries.select_related("series"))
    rows = [
        (one.series.name, one.sort, f"{one.kept_until:%Y-%m-%d %H:%M}" if one.kept_until else "in the engine",
         one.finding or "none")
        for one in asked
    ]  # fmt: skip
    data = [QueryOut.from_orm(one).model_dump(mode="json") for one in asked]
    text = table(rows, ("series", "sort", "kept until (UTC)", "finding")) if rows else "Nothing is asked yet."
    return Answer(data, text, trouble=any(one.finding for one in asked))


@declare("ask")
@click.argument("engine")
@click.argument("name")
@click.option("--good", required=True, help="Counter of good events (of bad ones for the sort bad), or the value.")
@click.option("--total", default="", help="Counter of all events.")
@click.option("--sort", default="good", show_default=True, help="good, bad or threshold.")
@click.option("--comparison", default="", help="For threshold: lt, lte, gt or gte.")
@click.option("--bound", type=float, help="For threshold: what the value is compared with.")
@click.option("--kept-there", is_flag=True, help="Leave the counts in the engine and ask it for sums.")
@click.option("--backfill-days", type=int, default=28, show_default=True, help="Days of history to copy, 0 to 400.")
@of_team
def ask(engine: str, name: str, team: str | None, kept_there: bool, **given: Any) -> Answer:
    """Have an engine asked for counts; NAME becomes the series that objectives use."""
    from hortus.telemetry.engines import actions
    from hortus.telemetry.engines.api import QueryOut

    found = _found(team, engine)
    made = actions.ask(found, name=name, is_kept_here=not kept_there, by=None, door="cli", **given)
    text = f"{found.name} is asked for {made.series.name} from now on."
    return Answer(QueryOut.from_orm(made).model_dump(mode="json"), text)


@declare("ask-otherwise")
@click.argument("engine")
@click.argument("series")
@click.option("--good", help="Counter of good events (of bad ones for the sort bad), or the value.")
@click.option("--total", help="Counter of all events.")
@click.option("--sort", help="good, bad or threshold.")
@click.option("--comparison", help="For threshold: lt, lte, gt or gte.")
@click.option("--bound", type=float, help="For threshold: what the value is compared with.")
@of_team
def ask_otherwise(engine: str, series: str, team: str | None, **given: Any) -> Answer:
    """Ask otherwise for a series from now on; what is left out stays, and what was counted stays as it was counted."""
    from hortus.telemetry.engines import actions
    from hortus.telemetry.engines.api import QueryOut

    query = _query(_found(team, engine), series)
    whole = {key: getattr(query, key) if value is None else value for key, value in given.items()}
    changed = actions.change_query(query, **whole, by=None, door="cli")
    query.refresh_from_db()
    said = f"{query.engine.name} is asked otherwise for {series} from now on." if changed else "Nothing changes."
    return Answer(QueryOut.from_orm(query).model_dump(mode="json"), said)


@declare("try")
@click.argument("engine")
@click.argument("expression")
@of_team
def try_(engine: str, expression: str, team: str | None) -> Answer:
    """Evaluate an expression once, at the last whole minute. Exit code 1 when no series came back."""
    from hortus.telemetry.engines.api import TriedOut
    from hortus.telemetry.engines.trying import tried

    found = tried(_found(team, engine), expression)
    text = table([(row.words, row.value) for row in found.rows], ("labels", "value")) or "No series came back."
    data = TriedOut.from_orm(found).model_dump(mode="json")
    return Answer(data, text if found.rows else "No series came back.", trouble=not found.rows)


@declare("drop")
@click.argument("engine")
@click.argument("series")
@of_team
def drop(engine: str, series: str, team: str | None) -> Answer:
    """Ask an engine no more for a series; the series and what was copied stay."""
    from hortus.telemetry.engines import actions

    query = _query(_found(team, engine), series)
    actions.drop(query, by=None, door="cli")
    return Answer({"dropped": series}, f"{query.engine.name} is not asked for {series} any more.")


for _each in (list_, add, change, check, remove, queries, try_, ask, ask_otherwise, drop):
    engines.add_command(_each)
