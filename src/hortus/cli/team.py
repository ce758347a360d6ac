"""Which team a command speaks of: the option --team, and the team where only one can be meant."""

from typing import TYPE_CHECKING

import click

from hortus.cli.frame import BadInput

if TYPE_CHECKING:
    from hortus.access.models import Team

option = click.option("--team", help="Slug of the team; needed only where there are several.")


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
