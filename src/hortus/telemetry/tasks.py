"""Background work of telemetry: the daily sweep of segment files that no longer count."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger.queue_periodic import periodic
from hortus.telemetry import actions


@task()
def sweep_segments() -> None:
    """Remove replaced and orphaned segment files; safe to run again."""
    actions.sweep()


periodic("telemetry.sweep", sweep_segments, every=timedelta(days=1), at=timedelta(hours=2, minutes=40))
