"""What the two banners ask of the database on every page of a team: one question each, and not for its time."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.queue_models import QueueWorker
from hortus.processes.incidents import actions as incidents

pytestmark = pytest.mark.django_db
SILENT = "No worker was heard of"


def asked(client: Client, page: str) -> list[str]:
    """Return the statements that a page sends to the database."""
    client.get(page)  # what a process asks once in its life
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return [one["sql"] for one in queries.captured_queries]


@pytest.mark.parametrize("page", ["/t/rcd/services/", "/t/rcd/activity/"])
def test_a_page_asks_one_thing_for_each_banner(page: str, team: Team, member: Person, as_member: Client) -> None:
    QueueWorker.objects.create(host="alder", pid=1, beat_at=timezone.now())
    quiet = asked(as_member, page)
    incidents.declare(team, "Nobody can log in", by=member, door="test")
    for statements in (quiet, asked(as_member, page)):
        assert not [one for one in statements if "clock_timestamp" in one]
        assert len([one for one in statements if "ledger_queueworker" in one]) == 1
        assert len([one for one in statements if "incidents_promise" in one]) == 1


def test_a_web_machine_with_a_wrong_clock_tells_of_no_silent_worker(
    team: Team, as_member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's clock has the last word: workers beat by it."""
    now = timezone.now()
    worker = QueueWorker.objects.create(host="alder", pid=1, beat_at=now)
    monkeypatch.setattr(clock, "now", lambda: now)
    with time_machine.travel(now + timedelta(minutes=20)):
        assert SILENT not in as_member.get("/t/rcd/services/").content.decode()
    QueueWorker.objects.filter(pk=worker.pk).update(beat_at=now - timedelta(minutes=5))
    for apart in (timedelta(0), timedelta(minutes=20), timedelta(minutes=-20)):
        with time_machine.travel(now + apart):
            assert f"{SILENT} for 5" in as_member.get("/t/rcd/services/").content.decode()
