"""Background work of alerts: senders that fell silent, raw notices that are old."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger import clock
from hortus.ledger.queue_periodic import periodic
from hortus.telemetry.alerts import actions
from hortus.telemetry.alerts.models import AlertSource


@task()
def fall_silent() -> None:
    """Mark the alerts whose senders were not heard of for too long; safe to run again."""
    for source in AlertSource.objects.filter(repeat_interval_seconds__gt=0):
        actions.fall_silent(source)


@task()
def sweep() -> None:
    """Forget raw notices older than a month."""
    actions.sweep(clock.now())


periodic("alerts.silent", fall_silent, every=timedelta(minutes=1), at=timedelta(seconds=40))
periodic("alerts.sweep", sweep, every=timedelta(days=1), at=timedelta(hours=3))
