"""`hortus incident import`: incidents that are over, from older post-incident texts and a centre's log."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hortus.cli.frame import Answer, BadInput, readable
from hortus.cli.frame import command as declare
from hortus.cli.team import option as of_team
from hortus.cli.team import team_named

if TYPE_CHECKING:
    from hortus.access.models import Person, Team


def _person(team: "Team", address: str | None) -> "Person":
    """Return the member with an address, without one the first lead by name."""
    from hortus.access.models import Membership
    from hortus.access.policy import Action, Kind, roles_that

    roles = [role.value for role in roles_that(Action.CREATE, Kind.INCIDENT)]
    found = Membership.objects.filter(team=team, role__in=roles, person__is_active=True).select_related("person")
    chosen = found.filter(person__email=address.lower()) if address else found.filter(role="lead")
    one = chosen.order_by("person__name", "person__pk").first()
    if one is None:
        told = f"No member of {team} has the address {address!r}" if address else f"{team} has no lead"
        raise BadInput(f"{told}; say with --by whose doing it is.", "no-person", "by")
    person: Person = one.person
    return person


@declare("import")
@click.argument("files", nargs=-1, required=True)
@of_team
@click.option("--zone", default="", help="Zone of times that name none, as in Europe/Paris; the team's when left out.")
@click.option("--by", "address", help="Address of the member whose doing it is; the team's lead when left out.")
@click.option("--dry-run", is_flag=True, help="Only say what would be entered.")
def command(files: tuple[str, ...], team: str | None, zone: str, address: str | None, dry_run: bool) -> Answer:
    """Enter incidents that are over from older texts: post-incident reviews in Markdown, or a centre's log.

    Nothing is told or published. The same text again enters nothing. Exit code 1: something was refused.
    """
    from hortus.processes.incidents.reviews.entering import enter

    chosen = team_named(team)
    given = [(path, Path(readable(path)).read_bytes()) for path in files]
    found = enter(chosen, given, by=_person(chosen, address), door="cli", zone=zone, is_tried=dry_run)
    rows = [
        f"{one.file}:{one.line}: {one.outcome}: {one.what}" + (f". {one.sentence}" if one.sentence else "")
        for one in found.lines
    ]
    data = {"team": chosen.slug} | found.as_dict
    return Answer(data, "\n".join([*rows, "", f"{found.heading}."]), trouble=bool(found.count("refused")))
