"""Background work of the outbox: the delivering task, which the queue must know, and the auditor every five minutes."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger.outbox import auditing
from hortus.ledger.outbox.sending import deliver
from hortus.ledger.queue_periodic import periodic

__all__ = ["audit", "deliver"]


@task(max_attempts=2)
def audit() -> dict[str, int]:
    """Re-make lost tasks, look at everything that might be forgotten, and say outside that all is well if it is."""
    return auditing.audit()


periodic("outbox.audit", audit, every=timedelta(minutes=5), on_first_start=True)
