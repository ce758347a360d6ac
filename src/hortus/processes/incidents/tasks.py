"""Background work of incidents: look every minute whether somebody is to be reminded."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger.queue_periodic import periodic
from hortus.processes.incidents import reminders


@task()
def keep_promises() -> None:
    """Send the reminders that are right now, and find out which promises were missed; safe to run again."""
    reminders.keep_all()


periodic("incidents.promises", keep_promises, every=timedelta(minutes=1), at=timedelta(seconds=5), on_first_start=True)
