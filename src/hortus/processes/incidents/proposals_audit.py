"""What the auditor looks at of proposals: alerts of a source that proposes incidents, of which no incident knows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from hortus.ledger.outbox.auditing import Finding, register
from hortus.processes.incidents.models import Link
from hortus.telemetry.alerts.models import AlertSource, Episode
from hortus.telemetry.alerts.refs import EPISODE
from hortus.web.words import counted

CHECK = "proposed incidents"
UNSEEN = timedelta(minutes=15)
_STEP = 5000  # ids in one question; SQLite takes 32,766


def watch() -> None:
    """Have the auditor look at proposals; called from AppConfig.ready."""
    register(CHECK, _forgotten)


def _forgotten(now: datetime) -> Iterator[Finding]:
    """Tell of each source but the sample's whose alerts stand while no incident, however it ended, links them.

    What somebody acknowledged was looked at, so it is left out. Asks twice, and once more for each 5,000 alerts.
    """
    waiting = Episode.objects.standing().filter(
        source__proposes=True, source__retired_at=None, team__is_sample=False, is_superseded=False,
        changed_at__lte=now - UNSEEN, acknowledged_at=None,
    )  # fmt: skip
    found: dict[UUID, list[datetime]] = {}
    for some in _parts(list(waiting.order_by().values_list("pk", "source", "changed_at"))):
        ids = [str(pk) for pk, *_ in some]
        linked = set(Link.objects.filter(object_kind=EPISODE, object_id__in=ids).values_list("object_id", flat=True))
        for pk, source, since in some:
            if str(pk) not in linked:
                found.setdefault(source, []).append(since)
    for one in AlertSource.objects.filter(pk__in=found).select_related("team") if found else ():
        yield _finding(one, found[one.pk])


def _parts(rows: list[tuple[UUID, UUID, datetime]]) -> Iterator[list[tuple[UUID, UUID, datetime]]]:
    for first in range(0, len(rows), _STEP):
        yield rows[first : first + _STEP]


def _finding(source: AlertSource, since: list[datetime]) -> Finding:
    stand = "stands" if len(since) == 1 else "stand"
    return Finding(
        CHECK,
        f"{counted(len(since), 'alert')} of {source.name} in {source.team.name} {stand}, the oldest since "
        f"{min(since):%Y-%m-%d %H:%M} UTC, and no incident is linked, although {source.name} proposes incidents: "
        "declare one from the alert, or acknowledge it.",
        source.team,
    )
