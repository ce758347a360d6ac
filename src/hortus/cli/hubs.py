"""`hortus telemetry hubs`: JupyterHubs whose metrics are read."""

from typing import TYPE_CHECKING, Any

import click

from hortus.cli.engines import TOKEN_HELP
from hortus.cli.frame import Answer, table
from hortus.cli.frame import command as declare
from hortus.cli.named import one_named
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.telemetry.engines.models import Hub

WITHIN_HELP = "Seconds within which a notebook opens; an edge of the hub's histogram."


@click.group(name="hubs")
def hubs() -> None:
    """JupyterHubs whose metrics are read every minute.

    Exit code 0: all is well; 1: a hub could not be read the last time; 2: bad input, or a hub that cannot be read when
    it is added. With --json a hub looks as in the API.
    """


def _found(team: str | None, slug: str) -> "Hub":
    from hortus.telemetry.engines.models import Hub

    return one_named(Hub, Hub.objects.filter(team=team_named(team)).select_related("team", "series"), slug)


def _data(hub: "Hub") -> dict[str, Any]:
    from hortus.telemetry.engines.api_sources import HubOut

    return HubOut.from_orm(hub).model_dump(mode="json")


@declare("list")
@of_team
def list_(team: str | None) -> Answer:
    """Show the hubs of a team and what was wrong the last time."""
    from hortus.telemetry.engines.models import Hub

    found = list(Hub.objects.filter(team=team_named(team)).select_related("series"))
    rows = [
        (one.slug, f"{one.threshold_seconds:g} s", one.series.name,
         f"{one.read_at:%Y-%m-%d %H:%M}" if one.read_at else "never", one.finding or "none")
        for one in found
    ]  # fmt: skip
    text = table(rows, ("hub", "opens within", "series", "read (UTC)", "finding")) if rows else "No hub is read yet."
    return Answer([_data(one) for one in found], text, trouble=any(one.finding for one in found))


@declare("add")
@click.argument("name")
@click.argument("url")
@click.option("--within", "threshold_seconds", type=float, default=30.0, show_default=True, help=WITHIN_HELP)
@click.option("--token-name", default="", help=TOKEN_HELP)
@of_team
def add(name: str, url: str, threshold_seconds: float, token_name: str, team: str | None) -> Answer:
    """Have a hub read every minute. URL: of its page of metrics, as in https://hub.example.org/hub/metrics."""
    from hortus.telemetry.engines import actions

    made = actions.add_hub(
        team_named(team), name=name, url=url, threshold_seconds=threshold_seconds, token_name=token_name, by=None,
        door="cli",
    )  # fmt: skip
    return Answer(_data(made), f"{made.name} was added as {made.slug}; it counts into {made.series.name}.")


@declare("change")
@click.argument("hub")
@click.option("--name", help="Another name; the one in addresses stays.")
@click.option("--url", help="Another address of its page of metrics.")
@click.option("--within", "threshold_seconds", type=float, help=WITHIN_HELP)
@click.option("--token-name", help=TOKEN_HELP)
@of_team
def change(hub: str, team: str | None, **given: Any) -> Answer:
    """Change what is said of a hub; what is left out stays, and so does what was counted."""
    from hortus.telemetry.engines import actions

    found = _found(team, hub)
    whole = {key: getattr(found, key) if value is None else value for key, value in given.items()}
    changed = actions.change_hub(found, **whole, by=None, door="cli")
    told = f"Changed: {', '.join(changed)}." if changed else "Nothing changed."
    return Answer(_data(found), f"{found.name}. {told}")


@declare("check")
@click.argument("hub")
@of_team
def check(hub: str, team: str | None) -> Answer:
    """Read a hub now, and count what happened since its last reading."""
    from hortus.telemetry.engines.hub_reading import read_hub

    found = _found(team, hub)
    opened = read_hub(found)
    counted = {"good": opened.good, "total": opened.total} if opened else None
    if found.finding:
        text = f"{found.name} could not be read: {found.finding}"
    elif opened:
        text = f"{found.name}: {opened.good} of {opened.total} notebooks opened in time since the last reading."
    else:
        text = f"{found.name} was read; counting begins with this reading."
    return Answer(_data(found) | {"counted": counted}, text, trouble=bool(found.finding))


@declare("remove")
@click.argument("hub")
@of_team
def remove(hub: str, team: str | None) -> Answer:
    """Read a hub no more; the counts so far stay."""
    from hortus.telemetry.engines import actions

    found = _found(team, hub)
    actions.remove_hub(found, by=None, door="cli")
    return Answer({"removed": found.slug}, f"{found.name} was removed.")


for _each in (list_, add, change, check, remove):
    hubs.add_command(_each)
