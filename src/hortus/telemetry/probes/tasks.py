"""Background work of probes: the round of each minute, a run that somebody asked for."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger.queue_periodic import periodic
from hortus.telemetry.probes import archive, feeding, schedule
from hortus.telemetry.probes.models import Probe
from hortus.telemetry.probes.running import run_now
from hortus.values.refused import Refused


@task()
def begin_round() -> None:
    """Plan the coming minute of runs and tell of what was found; safe to run again: each moment is taken once."""
    schedule.begin_round()
    feeding.tell_changes()


@task()
def run_one(pk: str) -> str:
    """Ask one probe because somebody wants to know; return the code of what was found."""
    probe = Probe.objects.select_related("team").filter(pk=pk).first()
    if probe is None:
        return "gone"
    try:
        return run_now(probe).code
    except Refused as refused:
        return refused.code


@task()
def judge_anew(pk: str) -> None:
    """Judge all that a probe found by its threshold of now; safe to run again."""
    probe = Probe.objects.filter(pk=pk).first()
    if probe is not None:
        feeding.judge_anew(probe)


@task()
def tidy() -> int:
    """Compact results of days gone by and forget old ones; safe to run again."""
    return archive.tidy()


periodic("probes.tidy", tidy, every=timedelta(days=1), at=timedelta(hours=3, minutes=10))
periodic("probes.round", begin_round, every=timedelta(minutes=1))
