"""Background work of reviews: the hour's reminders, and the week's old review."""

from datetime import datetime, timedelta

from django_tasks import task

from hortus.access.models import Team
from hortus.ledger import clock
from hortus.ledger.in_turn import in_turn
from hortus.ledger.queue_periodic import periodic
from hortus.processes.incidents.reviews import resurfacing, telling


@task()
def remind() -> int:
    """Remind writers in all teams, and bring up an old review where none was this week; safe to run again."""
    now, teams = clock.now(), Team.objects.order_by("slug")
    failure = "the writers of reviews of {} cannot be reminded"
    return sum(in_turn(teams, lambda team: _remind(team, now), failure, lambda team: team.slug))


def _remind(team: Team, now: datetime) -> int:
    return (resurfacing.resurface(team, now) is not None) + telling.remind(team, now)


periodic("reviews.remind", remind, every=timedelta(hours=1), at=timedelta(minutes=7))
