"""Background work of reviews: the hour's reminders, and the week's old review."""

from datetime import timedelta

from django_tasks import task

from hortus.access.models import Team
from hortus.ledger import clock
from hortus.ledger.queue_periodic import periodic
from hortus.processes.incidents.reviews import resurfacing, telling


@task()
def remind() -> int:
    """Remind writers in all teams, and bring up an old review where none was this week; safe to run again."""
    now, teams = clock.now(), list(Team.objects.order_by("slug"))
    brought = sum(resurfacing.resurface(team, now) is not None for team in teams)
    return brought + sum(telling.remind(team, now) for team in teams)


periodic("reviews.remind", remind, every=timedelta(hours=1), at=timedelta(minutes=7))
