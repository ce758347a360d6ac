"""Background work of objectives: evaluate every minute."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from hortus.access.models import Team
from hortus.ledger.queue_periodic import periodic
from hortus.products.slos.evaluation import evaluate


@task()
def evaluate_all() -> None:
    """Evaluate the objectives of every team that has any; safe to run again."""
    for team in Team.objects.filter(objectives__isnull=False).distinct():
        evaluate(team, timezone.now())


periodic("slos.evaluate", evaluate_all, every=timedelta(minutes=1), on_first_start=True)
