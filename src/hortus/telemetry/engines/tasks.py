"""Background work of engines: the minute's polls, the self-checks. One task for each engine, hub and scheduler."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from hortus.ledger.queue import enqueue
from hortus.ledger.queue_periodic import periodic
from hortus.telemetry.engines import actions, keeping, polling
from hortus.telemetry.engines.hub_reading import read_hub
from hortus.telemetry.engines.models import Engine, EngineQuery, Hub, Poll

REST_AFTER_A_FAULT = timedelta(minutes=5)
CHECK_EVERY = timedelta(days=1)
SECONDS_FOR_ONE_ENGINE = 45.0


@task()
def every_minute() -> None:
    """Queue what is to be asked this minute; what one asks never waits for another."""
    now, minute = timezone.now(), keeping.minute_now()
    useful_until = now + timedelta(minutes=2)
    due = EngineQuery.objects.filter(is_kept_here=True, next_minute__lt=minute - keeping.SETTLE_MINUTES)
    awake = due.filter(Q(finding="") | Q(asked_at=None) | Q(asked_at__lte=now - REST_AFTER_A_FAULT))
    for pk in awake.values_list("engine", flat=True).order_by().distinct():
        enqueue(keep_engine, str(pk), unique_key=f"engines.keep:{pk}@{minute}", lane=f"engine:{pk}",
                useful_until=useful_until)  # fmt: skip
    for pk in Hub.objects.values_list("pk", flat=True):
        enqueue(read_one_hub, str(pk), unique_key=f"engines.hub:{pk}@{minute}", lane=f"hub:{pk}",
                useful_until=useful_until)  # fmt: skip
    for pk in [held.pk for held in Poll.objects.all() if held.is_due(now)]:
        enqueue(poll_one, str(pk), unique_key=f"engines.poll:{pk}@{minute}", lane=f"poll:{pk}",
                useful_until=useful_until)  # fmt: skip


@task()
def keep_engine(pk: str) -> None:
    """Copy the counts of the queries of one engine; safe to run again. Those that lag most come first."""
    found = EngineQuery.objects.filter(engine_id=UUID(pk), is_kept_here=True).select_related("engine__team", "series")
    began = timezone.now()
    for query in found.order_by("next_minute"):
        left = SECONDS_FOR_ONE_ENGINE - (timezone.now() - began).total_seconds()
        if left <= 0:
            break
        keeping.keep(query, keeping.minute_now(), seconds=left)


@task()
def read_one_hub(pk: str) -> None:
    """Read one hub; safe to run again."""
    for hub in Hub.objects.filter(pk=pk).select_related("team", "series"):
        read_hub(hub)


@task()
def poll_one(pk: str) -> None:
    """Ask one scheduler; safe to run again."""
    for held in Poll.objects.filter(pk=pk).select_related("team", "cluster__team"):
        polling.poll(held)


@task()
def check_engines() -> None:
    """Queue the self-check of engines that were not checked for a day, or are not trusted."""
    old = Q(checked_at=None) | Q(checked_at__lt=timezone.now() - CHECK_EVERY)
    for pk in Engine.objects.filter(old | ~Q(state=Engine.State.TRUSTED)).values_list("pk", flat=True):
        enqueue(check_one, str(pk), unique_key=f"engines.check:{pk}@{keeping.minute_now()}", lane=f"engine:{pk}")


def check_soon(engine: Engine) -> None:
    """Queue the self-check of one engine: it may take longer than a page can wait."""
    enqueue(check_one, str(engine.pk), lane=f"engine:{engine.pk}")


def read_soon(hub: Hub) -> None:
    """Queue a reading of one hub."""
    enqueue(read_one_hub, str(hub.pk), lane=f"hub:{hub.pk}")


def poll_soon(held: Poll) -> None:
    """Queue a question to one scheduler."""
    enqueue(poll_one, str(held.pk), lane=f"poll:{held.pk}")


@task()
def check_one(pk: str) -> None:
    """Check one engine; safe to run again."""
    for engine in Engine.objects.filter(pk=pk).select_related("team"):
        actions.check(engine, by=None, door="worker")


periodic("engines.minute", every_minute, every=timedelta(minutes=1), at=timedelta(seconds=20))
periodic("engines.check", check_engines, every=timedelta(minutes=10), at=timedelta(minutes=3))
