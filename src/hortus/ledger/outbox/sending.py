"""Putting deliveries into the queue: one task each, in the share of the queue that messages have for themselves."""

from collections.abc import Sequence

from django_tasks import task

from hortus.ledger import queue
from hortus.ledger.outbox import delivering, rules
from hortus.ledger.outbox.models import Delivery, Urgency

PRIORITIES = {Urgency.NORMAL: 0, Urgency.PRESSING: 10, Urgency.SAFETY: 20}


# It ends in failure only when workers die of it; how often a mail server may say no is decided in `delivering`.
@task(queue_name="outbox", max_attempts=1000, limit_seconds=300)
def deliver(delivery_id: int) -> str:
    """Send one delivery, or say why not."""
    return delivering.deliver(delivery_id)


def enqueue(deliveries: Sequence[Delivery], urgency: str) -> None:
    """Write one task for each delivery that has no open one, in the caller's transaction."""
    calls = [
        queue.Call([one.pk], rules.task_key(one.pk), lane=one.lane, run_after=one.not_before,
                   priority=PRIORITIES[Urgency(urgency)])
        for one in deliveries
    ]  # fmt: skip
    queue.enqueue_many(deliver, calls)
