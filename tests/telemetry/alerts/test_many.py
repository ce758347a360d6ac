"""Thousands of alerts at once: lists come in pages, and no page reads or shows all of them."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.ledger import clock
from hortus.ledger.models import Event
from hortus.processes.incidents import actions
from hortus.processes.incidents.models import Incident, Link
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.models import AlertSource, Episode
from hortus.telemetry.alerts.refs import episode_ref
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.telemetry.alerts.conftest import NOON, Sender, alert, notice, source_of  # type: ignore[import-not-found]

ALERTS, DECLARE, API = "/t/rcd/received-alerts/", "/t/rcd/incidents/+declare/", "/api/v1/teams/rcd/"
MANY = 130


def big(count: int, status: str = "firing", service: str = "") -> list[dict[str, Any]]:
    """Return alerts of one name, each of a node of its own."""
    return [
        alert("Big", status, labels={"alertname": "Big", "instance": f"n{n}", "service": service},
              annotations={"summary": f"Big on n{n}"}, fingerprint=f"{n:016x}")
        for n in range(count)
    ]  # fmt: skip


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def rows(page: str) -> int:
    return len(re.findall(r'<th [^>]*scope="row"', page))


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        read(client, path)
    return sum("clock_timestamp" not in one["sql"] for one in asked.captured_queries)


def test_what_stands_comes_in_pages_of_fifty(sender: Sender, as_member: Client) -> None:
    sender.sent(notice(*big(MANY)))
    pages = [read(as_member, f"{ALERTS}?page={number}") for number in (1, 2, 3)]
    assert [rows(page) for page in pages] == [50, 50, 30]
    assert all("130 alerts stand" in page for page in pages)
    assert "51 to 100 of 130 alerts" in pages[1]
    told = [set(re.findall(r"Big on n(\d+)</a>", page)) for page in pages]
    assert len(set.union(*told)) == MANY
    assert "There is no page 4" in read(as_member, f"{ALERTS}?page=4")
    assert rows(read(as_member, f"{ALERTS}?page=x&show=nothing")) == 50


def test_silent_ones_and_those_that_are_over_have_pages_of_their_own(sender: Sender, as_member: Client) -> None:
    sender.sent(notice(*big(60)))
    sender.sent(notice(*big(60, "resolved")))
    quiet = source_of(sender.source.team, "grafana", repeat_interval_seconds=60)
    quiet.sent(notice(*big(70)))
    Episode.objects.filter(source=quiet.source).update(seen_at=clock.now() - timedelta(hours=1))
    page = read(as_member, ALERTS)
    assert "Of 70 alerts nobody hears any more" in page
    assert rows(page) == 20
    assert "All 70 that are silent" in page
    assert "All 60 that are over" in page
    assert [rows(read(as_member, f"{ALERTS}?show=silent&page={n}")) for n in (1, 2)] == [50, 20]
    assert [rows(read(as_member, f"{ALERTS}?show=over&page={n}")) for n in (1, 2)] == [50, 10]


def test_silence_is_the_same_to_the_database_as_to_the_rules(sender: Sender, team: Team) -> None:
    found = [sender, source_of(team, "grafana", repeat_interval_seconds=60), source_of(team, "command")]
    for one in found:
        one.sent(notice(*big(3)) if one is not found[2] else {"alerts": []})
    AlertSource.objects.filter(pk=sender.source.pk).update(repeat_interval_seconds=0)
    for number, one in enumerate(Episode.objects.order_by("pk")):
        Episode.objects.filter(pk=one.pk).update(seen_at=clock.now() - timedelta(minutes=2 * number))
    whole = standing.standing(team)
    stand = standing.Reader(team)
    known = stand.counts
    assert (known.total, known.silent) == (len(whole), sum(one.is_silent for one in whole))
    for is_silent in (True, False):
        some = stand.some(0, 100, is_silent=is_silent)
        assert {one.ref.id for one in some} == {one.ref.id for one in whole if one.is_silent == is_silent}


def test_an_alert_of_an_incident_shows_its_number(
    sender: Sender, team: Team, member: Person, as_member: Client, as_stranger: Client
) -> None:
    sender.sent(notice(*big(2)))
    first, second = Episode.objects.order_by("title")
    incident = actions.declare(team, "It is big", by=member, door="web", from_alert=episode_ref(first))
    page = read(as_member, ALERTS)
    assert f'<a href="/t/rcd/incidents/{incident.number}/">#{incident.number}</a>' in page
    assert f"?alert=alert-episode:{first.pk}" not in page
    assert f"?alert=alert-episode:{second.pk}" in page
    own = read(as_member, f"{ALERTS}{first.pk}/")
    assert "It belongs to" in own
    assert "+declare/?alert=" not in own
    Incident.objects.update(state="resolved")
    over = read(as_member, ALERTS)
    assert "#1</a>, over" in over
    assert f"?alert=alert-episode:{first.pk}" in over
    Incident.objects.update(state="dismissed")
    assert "#1" not in read(as_member, ALERTS)
    assert as_stranger.get(ALERTS).status_code == 404


def test_declaring_shows_ten_lines_at_most_and_one_for_alerts_of_a_name(
    sender: Sender, team: Team, member: Person, as_member: Client, clock_at: Callable[[datetime], None]
) -> None:
    clock_at(NOON)  # what began long before it came counts from when it came
    Service.objects.create(team=team, slug="peat", name="Peat", sort="storage", sentence="Keeps data.", owner=member)
    sender.sent(notice(*big(MANY, service="peat"), *[alert(f"Other{n}") for n in range(4)]))
    page = read(as_member, DECLARE)
    assert "Big: 130" in page
    assert "all of peat" in page
    assert page.count("?alert=alert-episode:") == 5
    assert "Other3" in page
    sender.sent(notice(*[alert(f"{n}th", start="2026-11-23T11:00:00Z") for n in range(12)]))
    page = read(as_member, DECLARE)
    assert page.count("?alert=alert-episode:") == 10
    assert "Big: 130" not in page  # the newest come first
    assert "All 146 alerts" in page


@pytest.mark.parametrize("path", [ALERTS, DECLARE, f"{API}standing-alerts", f"{API}received-alerts"])
def test_many_alerts_cost_no_more_queries_than_few(path: str, sender: Sender, as_member: Client) -> None:
    sender.sent(notice(*big(2)))
    read(as_member, path)
    few = queries(as_member, path)
    sender.sent(notice(*big(MANY)))
    assert queries(as_member, path) <= few + 1
    assert few <= 30


def test_the_api_gives_slices_with_how_many_there_are(sender: Sender, as_member: Client) -> None:
    sender.sent(notice(*big(MANY)))
    for name in ("standing-alerts", "received-alerts"):
        slices = [json.loads(read(as_member, f"{API}{name}?limit=60&offset={start}")) for start in (0, 60, 120)]
        assert [(one["total"], len(one["alerts"])) for one in slices] == [(MANY, 60), (MANY, 60), (MANY, 10)]
        assert len({one["id"] for part in slices for one in part["alerts"]}) == MANY
        assert len(json.loads(read(as_member, f"{API}{name}"))["alerts"]) == 100
        for wrong in ("limit=0", "limit=501", "offset=-1", "limit=x"):
            assert as_member.get(f"{API}{name}?{wrong}").status_code == 422


def test_thousands_join_one_incident_with_a_line_and_leave_it_with_one(team: Team, member: Person) -> None:
    Service.objects.create(team=team, slug="peat", name="Peat", sort="storage", sentence="Keeps data.", owner=member)
    sender = source_of(team, proposes=True)
    sender.sent(notice(*big(MANY, service="peat")))
    incident = Incident.objects.get()
    assert Link.objects.count() == MANY
    sender.sent(notice(*big(MANY, "resolved", service="peat")))
    whole = json.loads(read(signed_in(member), f"{API}incidents/1"))
    assert (len(whole["links"]), whole["link_count"]) == (100, MANY)
    told = Event.objects.about("incident", "1").order_by("id").values_list("verb", "payload")
    assert [verb for verb, _ in told] == ["reported", "link added", "alert ended"]
    assert told[2][1]["words"].startswith("130 alerts, such as Big")
    page = read(signed_in(member), f"/t/rcd/incidents/{incident.number}/")
    assert len(re.findall(r"<small>alert</small>", page)) == 10
    assert "130 alerts are linked; these are the newest" in page
    page = read(signed_in(member), f"/t/rcd/incidents/{incident.number}/?whole=1")
    assert len(re.findall(r"<small>alert</small>", page)) == MANY
