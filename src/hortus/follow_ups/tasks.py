"""Background work of follow-ups: the hour's reminders."""

from datetime import timedelta

from django_tasks import task

from hortus.access.models import Team
from hortus.follow_ups import telling
from hortus.ledger import clock
from hortus.ledger.in_turn import in_turn
from hortus.ledger.queue_periodic import periodic


@task()
def remind() -> int:
    """Remind owners in all teams; safe to run again. Return how many messages were new."""
    now = clock.now()
    teams, failure = Team.objects.order_by("slug"), "the owners of follow-ups of {} cannot be reminded"
    return sum(in_turn(teams, lambda team: telling.remind(team, now), failure, lambda team: team.slug))


periodic("follow-ups.remind", remind, every=timedelta(hours=1), at=timedelta(minutes=4))
