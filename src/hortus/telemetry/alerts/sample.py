"""The alerts' part of the sample garden: a machine room that reports, with what is over and one alert that stands."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.telemetry.alerts import actions, taking
from hortus.telemetry.alerts.models import Episode, SourceToken

DOOR = "sample"
_NEVER = "0001-01-01T00:00:00Z"
_RULES = "job=metadata => peat/scratch\njob=cooling => alder"
# What fired: name, label job, summary, days before the end of the sample, hours that it lasted (None: it stands).
_PAST = (
    ("MetadataServerSlow", "metadata", "Requests to the metadata server take longer than 5 s", 24.43, 2.9),
    ("CoolingFlowLow", "cooling", "Water flows at 60 % in the second loop", 9.2, 0.4),
    ("MetadataServerSlow", "metadata", "Requests to the metadata server take longer than 5 s", 6.1, 0.2),
    ("CoolingFlowLow", "cooling", "Water flows at 45 % in the second loop", 1.31, None),
)


@transaction.atomic
def plant(team: Team, world: World) -> None:
    """Plant a source and what it sent, at past times. The world needs four persons, the team its catalogue."""
    details = actions.Details(
        "Alertmanager of the machine room", "alertmanager", repeat_interval_seconds=0, mapping=_RULES
    )
    first = world.until - timedelta(days=30)
    source, _ = actions.add_source(team, details, by=world.persons[0], door=DOOR, slug="machine-room", at=first)
    token = SourceToken.objects.select_related("source").get(source=source)
    sent: list[tuple[datetime, dict[str, Any]]] = []
    for name, job, summary, days, hours in _PAST:
        began = world.until - timedelta(days=days)
        ended = None if hours is None else began + timedelta(hours=hours)
        sent += [(at, _alert(name, job, summary, began, end)) for at, end in ((began, None), (ended, ended)) if at]
    for at, alert in sorted(sent, key=lambda pair: pair[0]):
        body = json.dumps({"version": "4", "receiver": "hortus", "alerts": [alert]}).encode()
        taking.take(token, taking.Body(body, len(body)), at=at + timedelta(seconds=30))
    stands = Episode.objects.standing().get(source=source)
    why, at = "The pump is throttled on purpose until its part comes", stands.first_at + timedelta(minutes=20)
    actions.acknowledge(stands, why, by=world.persons[3], door=DOOR, at=at)


def _alert(name: str, job: str, summary: str, began: datetime, ended: datetime | None) -> dict[str, Any]:
    return {
        "status": "resolved" if ended else "firing", "labels": {"alertname": name, "job": job, "severity": "page"},
        "annotations": {"summary": summary}, "startsAt": began.isoformat(),
        "endsAt": ended.isoformat() if ended else _NEVER,
        "generatorURL": f"https://metrics.aldermoor.example/graph?g0.expr={name}",
    }  # fmt: skip
