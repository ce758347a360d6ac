"""Background work of objectives whose counts stay in engines: ask each minute, then evaluate by what was told."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django_tasks import task

from hortus.access.models import Team
from hortus.ledger.queue import enqueue
from hortus.products.slos.elsewhere import hear
from hortus.products.slos.evaluation import evaluate
from hortus.telemetry.engines.keeping import SETTLE_MINUTES, minute_now


@task()
def ask_engines() -> None:
    """Queue one task for each team that has such objectives: no team waits for the engines of another."""
    minute, useful_until = minute_now(), timezone.now() + timedelta(minutes=2)
    teams = Team.objects.filter(slis__series__engine_query__is_kept_here=False).distinct()
    for pk in teams.values_list("pk", flat=True):
        enqueue(ask_for, str(pk), unique_key=f"slos.engines:{pk}@{minute}", lane=f"slos.engines:{pk}",
                useful_until=useful_until)  # fmt: skip


@task()
def ask_for(pk: str) -> None:
    """Ask the engines of one team, and evaluate its objectives; safe to run again."""
    for team in Team.objects.filter(pk=UUID(pk)):
        if hear(team, minute_now() - SETTLE_MINUTES):
            evaluate(team, timezone.now())
