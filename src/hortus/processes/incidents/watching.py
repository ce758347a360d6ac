"""What the auditor looks at of incidents: promises that are late and of which nobody was told, and missing ones."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from hortus.ledger.outbox.auditing import Finding, register
from hortus.processes.incidents.models import Incident, Promise
from hortus.processes.incidents.rules_clock import DEPUTY_AFTER, Stage
from hortus.web.words import counted

SLACK = timedelta(minutes=5)  # so long the reminding task may be late itself


def watch() -> None:
    """Have the auditor look at promises; called from AppConfig.ready."""
    register("promises", _promises)


def _promises(now: datetime) -> Iterable[Finding]:
    """Return what is wrong with the promises of every team but the sample, which nobody waits for."""
    return [*_untold(now), *_missing()]


def _untold(now: datetime) -> Iterator[Finding]:
    late = Promise.objects.filter(ended_at=None, due_at__lt=now - DEPUTY_AFTER - SLACK, reminded__lt=Stage.LATE)
    for promise in late.filter(team__is_sample=False).select_related("incident", "team"):
        minutes = int((now - promise.due_at).total_seconds() // 60)
        yield Finding(
            "promises",
            f"A word about incident #{promise.incident.number} is {counted(minutes, 'minute')} late and nobody was "
            "reminded: is a worker running?",
            promise.team,
        )


def _missing() -> Iterator[Finding]:
    standing = Promise.objects.filter(incident=OuterRef("pk"), ended_at=None)
    without = Incident.objects.open().filter(~Exists(standing), team__is_sample=False)
    for incident in without.select_related("team"):
        sentence = f"Incident #{incident.number} is open and promises no next word: write an update."
        yield Finding("promises", sentence, incident.team)
