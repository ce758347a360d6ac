"""Background work of objectives: evaluate every minute, ask engines for the counts that stay in them."""

import logging
from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from hortus.access.models import Team
from hortus.ledger.queue_periodic import periodic
from hortus.products.slos.engine_tasks import ask_engines
from hortus.products.slos.evaluation import evaluate

log = logging.getLogger(__name__)


@task()
def evaluate_all() -> None:
    """Evaluate the objectives of every team that has any; safe to run again."""
    failed = []
    for team in Team.objects.filter(objectives__isnull=False).distinct():
        try:
            evaluate(team, timezone.now())
        except Exception:
            log.exception("the objectives of %s cannot be evaluated", team.slug)
            failed.append(team.slug)
    if failed:  # after the others had their turn
        raise RuntimeError(f"the objectives of {', '.join(failed)} could not be evaluated; the log says why")


periodic("slos.evaluate", evaluate_all, every=timedelta(minutes=1), on_first_start=True)
periodic("slos.engines", ask_engines, every=timedelta(minutes=1), at=timedelta(seconds=10), on_first_start=True)
