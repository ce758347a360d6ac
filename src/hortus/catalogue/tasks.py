"""Background work of the catalogue: what becomes due of planned work, its windows to come, addresses to forget."""

from datetime import timedelta

from django_tasks import task

from hortus.catalogue import subscriptions, window_reminders, window_repeats
from hortus.ledger.in_turn import in_turn
from hortus.ledger.queue_periodic import periodic


@task()
def remind() -> int:
    """Remind of planned work, and keep what was promised and did not come."""
    return window_reminders.run()


@task()
def make_windows() -> list[int]:
    """Make the windows of work that comes back, and move those whose zone has other rules now."""
    steps = (window_repeats.make_ahead, window_repeats.realign)
    return in_turn(steps, lambda step: step(), "{} of planned work failed", lambda step: step.__name__)


@task()
def forget() -> int:
    """Forget the addresses that asked for news and never confirmed it."""
    return subscriptions.sweep()


periodic("catalogue.subscriptions", forget, every=timedelta(hours=1), at=timedelta(minutes=17))
periodic("catalogue.windows", remind, every=timedelta(minutes=1))
periodic("catalogue.repeats", make_windows, every=timedelta(hours=1), at=timedelta(minutes=7), on_first_start=True)
