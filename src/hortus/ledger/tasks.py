"""Background work of the ledger itself: keeping the queue's table small."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger.queue_lease import sweep_ended
from hortus.ledger.queue_periodic import periodic


@task()
def sweep() -> int:
    """Remove tasks that ended long ago."""
    return sweep_ended()


periodic("ledger.sweep", sweep, every=timedelta(days=1), at=timedelta(hours=2, minutes=40))
