"""`hortus closed-days`: days on which a team is closed, in a terminal and from the calendar of a university."""

from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, readable, table
from hortus.cli.frame import command as declare
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from datetime import date, datetime

    from hortus.access.closed_spans import Span
    from hortus.access.models import ClosedDay, Team

DAY = click.DateTime(["%Y-%m-%d"])


@click.group(name="closed-days")
def command() -> None:
    """Say on which days a team is closed, so that nothing is promised for them."""


def _today(team: "Team") -> "date":
    from django.utils import timezone

    return timezone.now().astimezone(team.zoneinfo).date()


def _data(one: "ClosedDay | Span") -> dict[str, Any]:
    return {"first_on": one.first_on, "last_on": one.last_on, "name": one.name}


@declare("list")
@of_team
@click.option("--all", "is_all", is_flag=True, help="Also those that are over.")
def list_(team: str | None, is_all: bool) -> Answer:
    """List the closed days that lie ahead."""
    from hortus.access.models import ClosedDay

    chosen = team_named(team)
    found = ClosedDay.objects.filter(team=chosen).order_by("first_on", "last_on")
    shown = list(found if is_all else found.filter(last_on__gte=_today(chosen)))
    text = table([(one.first_on, one.last_on, one.name) for one in shown], ("first day", "last day", "what for"))
    data = {"team": chosen.slug, "closed_days": [{"id": str(one.pk)} | _data(one) for one in shown]}
    return Answer(data, text if shown else f"{chosen} has no closed day{'' if is_all else ' ahead'}.")


@declare("add")
@click.argument("first", type=DAY, metavar="FIRST")
@click.argument("last", type=DAY, required=False, metavar="[LAST]")
@click.option("--name", required=True, help="What for, as in: Winter closure.")
@of_team
def add(first: "datetime", last: "datetime | None", name: str, team: str | None) -> Answer:
    """Close a team on a day, or from one day to another, both closed. Days are written as 2026-12-24."""
    from hortus.access import closed_actions

    made = closed_actions.add(team_named(team), first.date(), last.date() if last else None, name, by=None)
    return Answer({"id": str(made.pk)} | _data(made), f"Closed: {made}. Promises that stand already keep their time.")


@declare("remove")
@click.argument("first", type=DAY, metavar="FIRST")
@click.argument("last", type=DAY, required=False, metavar="[LAST]")
@of_team
def remove(first: "datetime", last: "datetime | None", team: str | None) -> Answer:
    """Open a team again on days that were closed: give the same days as when they were added."""
    from hortus.access import closed_actions
    from hortus.access.models import ClosedDay
    from hortus.web.words import span

    chosen, days = team_named(team), (first.date(), (last or first).date())
    found = ClosedDay.objects.select_related("team").filter(team=chosen, first_on=days[0], last_on=days[1]).first()
    if found is None:
        raise BadInput(
            f"{chosen} has no closed days {span(*days)}; see `hortus closed-days list --all`.", "no-closed-day"
        )
    closed_actions.remove(found, by=None)
    return Answer(_data(found), f"Removed: {found}.")


@declare("import")
@click.argument("file")
@of_team
@click.option("--dry-run", is_flag=True, help="Only say what would be added.")
def import_(file: str, team: str | None, dry_run: bool) -> Answer:
    """Add the events of a calendar (.ics) that fill whole days; what is there already stays as it is.

    Says of everything else why it was left out; that alone is no error.
    """
    from hortus.access import closed_actions, closed_calendar

    chosen, path = team_named(team), readable(file)
    with path.open("rb") as opened:
        found = closed_calendar.read(opened.read(closed_calendar.LARGEST + 1), _today(chosen))
    made = [] if dry_run else closed_actions.add_all(chosen, found.spans, by=None)
    count = f"{len(found.spans)} found, nothing added" if dry_run else f"{len(found.spans)} found, {len(made)} new"
    data = {
        "team": chosen.slug, "found": [_data(one) for one in found.spans], "added": len(made),
        "left_out": found.left_out,
    }  # fmt: skip
    return Answer(data, "\n".join([*map(str, found.spans), *found.left_out, f"{count}."]))


for _one in (list_, add, remove, import_):
    command.add_command(_one)
