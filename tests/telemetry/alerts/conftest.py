"""What the tests of alerts share: a source of each sort, its token, notices, and how they are sent."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from hortus.access.models import Team
from hortus.telemetry.alerts import actions
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice

START = "2026-11-23T10:00:00.123456789Z"
NEVER = "0001-01-01T00:00:00Z"


@dataclass
class Sender:
    """A source with its token, which sends to the intake address."""

    source: AlertSource
    token: str

    @property
    def address(self) -> str:
        return f"/alerts/in/{self.source.pk}"

    def send(self, body: object, **headers: str) -> HttpResponse:
        """Post a body, JSON where it is no bytes, with the token."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"HTTP_AUTHORIZATION": f"Bearer {self.token}"} | headers
        return Client().post(self.address, data, content_type="application/json", **headers)

    def sent(self, body: object) -> dict[str, Any]:
        """Send a body, expect that it is stored, and return the answer."""
        answer = self.send(body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def one(self) -> Episode:
        """Return the only episode."""
        return Episode.objects.select_related("source").get(source=self.source)

    def last(self) -> Notice:
        """Return the newest notice."""
        found = Notice.objects.filter(source=self.source).order_by("-pk").first()
        assert found is not None
        return found


def source_of(team: Team, sort: str = "alertmanager", **more: Any) -> Sender:
    """Add a source to a team."""
    details = actions.Details(f"The {sort}", sort, **more)
    return Sender(*actions.add_source(team, details, by=None, door="test"))


@pytest.fixture
def sender(team: Team) -> Sender:
    """An Alertmanager that sends."""
    return source_of(team)


def alert(name: str = "DiskFull", status: str = "firing", start: Any = START, **more: Any) -> dict[str, Any]:
    """Return an alert as Alertmanager sends it."""
    found = {
        "status": status, "labels": {"alertname": name, "instance": "n1"}, "annotations": {"summary": f"{name} on n1"},
        "startsAt": start, "endsAt": NEVER if status == "firing" else "2026-11-23T10:30:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=up", "fingerprint": f"{abs(hash_of(name)):016x}",
    }  # fmt: skip
    return found | more


def hash_of(name: str) -> int:
    """Return a number that is the same in every process."""
    return int.from_bytes(name.encode()[:7].ljust(7), "big")


def notice(*alerts: Any, **more: Any) -> dict[str, Any]:
    """Return a notice of Alertmanager, version 4."""
    states = {one.get("status") for one in alerts if isinstance(one, dict)}
    return {
        "version": "4", "groupKey": '{}:{alertname="DiskFull"}', "truncatedAlerts": 0,
        "status": "firing" if "firing" in states else "resolved", "receiver": "hortus\\.example", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager.example.org",
        "notification_reason": "first notification", "routeLabels": {}, "alerts": list(alerts),
    } | more  # fmt: skip


@pytest.fixture
def clock_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the one clock of messages and alerts."""

    def set_to(at: datetime) -> None:
        monkeypatch.setattr("hortus.ledger.clock.now", lambda: at)

    return set_to


NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
