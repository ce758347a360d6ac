"""Background work of alerts: senders that fell silent, who could not be told, the search, raw notices that are old."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger import clock
from hortus.ledger.in_turn import in_turn
from hortus.ledger.queue_periodic import periodic
from hortus.telemetry.alerts import actions, findable
from hortus.telemetry.alerts.models import AlertSource, Episode


@task()
def fall_silent() -> None:
    """Mark the alerts whose senders were not heard of for too long; safe to run again."""
    sources = AlertSource.objects.filter(repeat_interval_seconds__gt=0).select_related("team")
    failure = "the alerts of {} cannot be marked as silent"
    in_turn(sources, actions.fall_silent, failure, _name)


def _name(source: AlertSource) -> str:
    return f"{source.team.slug}/{source.slug}"


@task()
def tell_again() -> int:
    """Tell once more what who listens could not be told; safe to run again. Return of how many alerts."""
    keys = Episode.objects.untold().order_by().values("source").distinct()
    sources, failure = AlertSource.objects.filter(pk__in=keys), "nobody can be told of the alerts of {}"
    return sum(in_turn(sources.select_related("team"), actions.tell_again, failure, _name))


@task()
def make_findable() -> int:
    """Have the search find the alerts that are new or say something else; safe to run again. Return how many."""
    keys = Episode.objects.filter(is_findable=False).order_by().values("source").distinct()
    sources, failure = AlertSource.objects.filter(pk__in=keys), "the search cannot take the alerts of {}"
    return sum(in_turn(sources.select_related("team"), findable.catch_up, failure, _name))


@task()
def sweep() -> None:
    """Forget raw notices older than a month."""
    actions.sweep(clock.now())


periodic("alerts.silent", fall_silent, every=timedelta(minutes=1), at=timedelta(seconds=40))
periodic("alerts.untold", tell_again, every=timedelta(minutes=1), at=timedelta(seconds=45))
periodic("alerts.findable", make_findable, every=timedelta(minutes=1), at=timedelta(seconds=50))
periodic("alerts.sweep", sweep, every=timedelta(days=1), at=timedelta(hours=3))
