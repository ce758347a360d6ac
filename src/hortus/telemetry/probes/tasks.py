"""Background work of probes: the round of each minute, a run that somebody asked for."""

from datetime import timedelta

from django_tasks import task

from hortus.ledger.queue_periodic import periodic
from hortus.telemetry.probes import schedule
from hortus.telemetry.probes.models import Probe
from hortus.telemetry.probes.running import run_now
from hortus.values.refused import Refused


@task()
def begin_round() -> None:
    """Plan the coming minute of runs; safe to run again, because each moment of a probe is taken once."""
    schedule.begin_round()


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


periodic("probes.round", begin_round, every=timedelta(minutes=1))
