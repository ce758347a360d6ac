"""Which team a command speaks of, and who says so: the options --team and --by, and whom they mean when left out."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from hortus.cli.frame import BadInput

if TYPE_CHECKING:
    from hortus.access.models import Person, Team

option = click.option("--team", help="Slug of the team; needed only where there are several.")
BY = click.option("--by", metavar="EMAIL", help="Who says so; needed where the team has several members.")


def team_named(slug: str | None) -> "Team":
    """Return the team with this slug; without one the only team beside the sample. Raises BadInput with all slugs."""
    from hortus.access.models import Team

    teams = list(Team.objects.order_by("slug"))
    own = [team for team in teams if not team.is_sample] or teams
    if slug is None and len(own) == 1:
        return own[0]
    for team in teams:
        if team.slug == slug:
            return team
    if not teams:
        raise BadInput("There is no team: none yet; make one with `hortus setup`.", "no-team", "team")
    told = f"There is no team {slug!r}" if slug else "There are several teams; name one with --team"
    raise BadInput(f"{told}; teams: {', '.join(team.slug for team in teams)}.", "no-team", "team")


def member_named(email: str | None, people: "Iterable[Person]", team: "Team") -> "Person":
    """Return the person with this address; without one the only person. Raises BadInput with the addresses of all.

    people: the members of the team who may do what is asked.
    """
    found = sorted(people, key=lambda one: one.email)
    if email is None and len(found) == 1:
        return found[0]
    named = [person for person in found if person.email == (email or "").lower()]
    if not named:
        told = f"{email!r} is no member of {team}" if email else "Say who you are with --by"
        raise BadInput(f"{told}; members: {', '.join(one.email for one in found)}.", "no-person", "by")
    return named[0]
