"""Background work of the ledger itself: keeping the queue's table small."""

from django_tasks import task

from hortus.ledger.queue_lease import sweep_ended
from hortus.ledger.queue_periodic import daily, periodic


@task()
def sweep() -> int:
    """Remove tasks that ended long ago."""
    return sweep_ended()


periodic("ledger.sweep", sweep, daily("02:40"))
