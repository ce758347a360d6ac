"""Numbers and times that no database or calendar holds: refused or not found, never an error of ours."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hortus.access.models import Team
from hortus.telemetry.engines import actions, tasks
from hortus.telemetry.engines.models import EngineQuery, Poll
from hortus.telemetry.models import Cluster
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]

pytestmark = pytest.mark.django_db

API = "/api/v1/teams/rcd"


@pytest.fixture
def alder(team: Team) -> Cluster:
    return Cluster.objects.create(team=team, name="alder")


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 10**30])
def test_a_series_of_any_number(team: Team, as_lead: Client, number: int) -> None:
    engine = engine_at(team, "http://metrics.example.org")
    actions.ask(engine, name="x", sort="good", good="x", total="x", by=None, door="cli")
    assert as_lead.get(reverse("engines:drop", args=["rcd", "metrics", number])).status_code == 404
    assert as_lead.delete(f"{API}/engines/metrics/queries/{number}").status_code == 404
    assert EngineQuery.objects.count() == 1


@pytest.mark.parametrize(
    "since", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1969-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"]
)
def test_polling_begins_within_ten_years(alder: Cluster, as_lead: Client, since: str) -> None:
    given = json.dumps({"source": "sacct", "since": since})
    answer = as_lead.put(f"{API}/schedulers/alder", given, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, "since"), answer.content
    page = as_lead.post(
        reverse("engines:poll-add", args=["rcd"]),
        {"cluster": "alder", "source": "sacct", "period_minutes": "10", "since": since[:16]},
    )
    assert page.status_code == 200  # the form once more
    assert not Poll.objects.exists()


def test_ten_years_back_is_allowed(alder: Cluster) -> None:
    held = actions.set_poll(
        alder, source="sacct", period_minutes=10, since=timezone.now() - timedelta(days=3650), by=None, door="cli"
    )
    assert held.finding == ""


def test_what_nobody_foresaw_is_the_finding_of_a_poll(alder: Cluster, caplog: pytest.LogCaptureFixture) -> None:
    """A row from before there were bounds: the task ends, the page tells, the log has it all."""
    held = actions.set_poll(alder, source="sacct", period_minutes=10, by=None, door="cli")
    Poll.objects.filter(pk=held.pk).update(since=datetime(1, 1, 1, tzinfo=UTC))
    with caplog.at_level(logging.ERROR, "hortus.engines"):
        tasks.poll_one.func(str(held.pk))
    held.refresh_from_db()
    assert "not foreseen (OverflowError)" in held.finding
    assert held.asked_at is not None
    assert held.polled_until is None
    assert caplog.records[0].exc_info is not None
