"""`hortus tasks`: what the queue holds, the dead letters, and trying them again."""

import click

from hortus.cli.frame import Answer, table
from hortus.cli.frame import command as declare


@declare("tasks")
@click.option("--dead", is_flag=True, help="Show only tasks that failed for good.")
@click.option("--retry", type=int, multiple=True, help="Let this dead task start over; may be given several times.")
@click.option("--retry-all", is_flag=True, help="Let every dead task start over.")
@click.option("--limit", type=click.IntRange(1, 1000), default=30, show_default=True, help="Tasks to show.")
def command(dead: bool, retry: tuple[int, ...], retry_all: bool, limit: int) -> Answer:
    """Show background tasks, the newest first, and retry those that failed for good."""
    from django.db.models import Count

    from hortus.config import preparation
    from hortus.ledger import queue
    from hortus.ledger.queue_models import QueuedTask

    preparation.refuse_stale()
    wanted = [*retry, *(QueuedTask.objects.dead().values_list("id", flat=True) if retry_all else ())]
    for task_id in wanted:
        queue.retry(task_id)
    counts = dict(QueuedTask.objects.order_by().values_list("state").annotate(n=Count("id")))
    rows = list((QueuedTask.objects.dead() if dead else QueuedTask.objects.all())[:limit])
    data = [
        {"id": r.id, "task": r.path, "state": r.state, "attempts": r.attempts, "made_at": r.made_at.isoformat(),
         "run_after": r.run_after.isoformat(), "error": r.last_error} for r in rows
    ]  # fmt: skip
    lines = [f"{len(wanted)} tasks start over."] if wanted else []
    lines.append(", ".join(f"{n} {state}" for state, n in sorted(counts.items())) or "The queue is empty.")
    lines.append(table([[r.id, r.state, r.attempts, f"{r.made_at:%Y-%m-%d %H:%M}", r.path, r.last_error[:60]]
                        for r in rows], ["id", "state", "tries", "made (UTC)", "task", "last error"]))  # fmt: skip
    return Answer({"retried": wanted, "counts": counts, "tasks": data}, "\n".join(lines if rows else lines[:-1]))
