"""Background work of the counts: the daily thinning of what is old."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from hortus.ledger.queue_periodic import periodic
from hortus.telemetry.counts import thinning


@task()
def thin() -> int:
    """Let old minutes become hours and old hours days; safe to run again."""
    thinning.forget_keys(timezone.now())
    return thinning.thin(thinning.kept())


periodic("counts.thin", thin, every=timedelta(days=1), at=timedelta(hours=3, minutes=10))
