"""`hortus sample`: plant the sample garden."""

import click

from hortus.cli.frame import Answer, BadInput
from hortus.cli.frame import command as declare


@declare("sample")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the sample; today when left out.")
def command(until: object) -> Answer:
    """Plant the sample garden: an invented team with a cluster, services and 26 weeks of jobs."""
    from datetime import UTC, datetime

    from hortus.access.models import Team
    from hortus.garden import sample

    if Team.objects.filter(slug=sample.SLUG).exists():
        raise BadInput(f"The sample garden stands already, as the team “{sample.SLUG}”.", code="planted-already")
    end = until.replace(hour=12, tzinfo=UTC) if isinstance(until, datetime) else None
    team = sample.plant(end)
    return Answer(data={"team": team.slug, "name": team.name}, text=f"Planted {team.name} (team {team.slug}).")
