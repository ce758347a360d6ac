"""Pages and API of alerts and their sources, as members, leads, readers and strangers meet them."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue import actions
from hortus.ledger.models import Event
from hortus.ledger.outbox import auditing
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice
from hortus.telemetry.alerts.rules.lives import Life
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.telemetry.alerts.conftest import Sender, alert, notice, source_of  # type: ignore[import-not-found]

SOURCES, ALERTS = "/t/rcd/alert-sources/", "/t/rcd/received-alerts/"
FORM = {"name": "Cluster alerts", "sort": "alertmanager", "group_interval_seconds": 300, "mapping": ""}


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_source_is_added_and_its_token_shown_once(as_lead: Client, team: Team) -> None:
    page = as_lead.post(f"{SOURCES}+add/", FORM).content.decode().replace("<wbr>", "")
    token = re.search(r"alerts_[a-z0-9]{8}_[\w-]{43}", page)
    assert token is not None
    made = AlertSource.objects.get()
    assert (made.slug, made.repeat_interval_seconds) == ("cluster-alerts", 14_400)
    assert f"http://testserver/alerts/in/{made.pk}" in page
    again = read(as_lead, f"{SOURCES}cluster-alerts/")
    assert token[0] not in again
    assert token[0][:15] in again
    Sender(made, token[0]).sent(notice(alert()))
    assert "nothing wrong" in read(as_lead, f"{SOURCES}cluster-alerts/")


@pytest.mark.parametrize(
    ("sort", "lines"),
    [
        ("alertmanager", ["send_resolved: true", "credentials_file: /etc/prometheus/hortus.token"]),
        ("grafana", ["authorization_scheme: Bearer", "authorization_credentials: alerts_"]),
        ("uptime-kuma", ['Additional Headers: {"Authorization": "Bearer alerts_']),
        ("command", ["ALERT_INTAKE_TOKEN_FILE=/etc/hortus-alerts.token", "hortus alert send --type PROBLEM"]),
    ],
)
def test_the_page_holds_the_lines_to_paste(as_lead: Client, team: Team, sort: str, lines: list[str]) -> None:
    page = unescape(as_lead.post(f"{SOURCES}+add/", FORM | {"sort": sort}).content.decode())
    place = f"http://testserver/alerts/in/{AlertSource.objects.get().pk}"
    text = page[page.index("<pre>") : page.index("</pre>")]
    assert all(one in text for one in [place, *lines])
    assert "alerts_" not in read(as_lead, f"{SOURCES}cluster-alerts/").partition("<pre>")[2].partition("</pre>")[0]


def test_the_form_names_services_and_functions(as_lead: Client, team: Team, member: Person) -> None:
    actions.add(team, actions.Details("Peat, the store", "storage", "Keep files."), by=member, door="web", slug="peat")
    assert '<option value="peat">Peat, the store (peat)</option>' in read(as_lead, f"{SOURCES}+add/")


def test_a_source_is_changed_gets_a_second_token_and_is_retired(as_lead: Client, sender: Sender) -> None:
    place = f"{SOURCES}the-alertmanager/"
    wrong = as_lead.post(f"{place}change/", FORM | {"mapping": "job=x => nothing"}).content.decode()
    assert "There is no service" in wrong
    assert as_lead.post(f"{place}change/", FORM | {"repeat_interval_seconds": 60, "proposes": "on"}).status_code == 302
    held = AlertSource.objects.get()
    assert (held.name, held.repeat_interval_seconds, held.proposes) == ("Cluster alerts", 60, True)
    assert "Copy the token now" in as_lead.post(f"{place}+token/").content.decode()
    assert "2 tokens that work" in as_lead.post(f"{place}+token/", follow=True).content.decode()
    first = held.tokens.order_by("pk").first()
    assert first is not None
    as_lead.post(f"{place}tokens/{first.pk}/revoke/")
    assert sender.send(notice(alert())).status_code == 401
    as_lead.post(f"{place}retire/")
    assert "retired since" in read(as_lead, place)
    assert "Cluster alerts" in read(as_lead, SOURCES)
    verbs = Event.objects.filter(object_kind="alert-source").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["added", "got a token", "changed", "got a token", "lost a token", "retired"]


def test_alerts_are_listed_with_the_way_to_an_incident(sender: Sender, as_member: Client, reader: Person) -> None:
    assert "No alert stands" in read(as_member, ALERTS)
    sender.sent(notice(alert("Disk <b>"), alert("Other", "resolved")))
    found = Episode.objects.get(life=Life.FIRING)
    page = read(as_member, ALERTS)
    assert "1 alert stands" in page
    assert "Disk &lt;b&gt;" in page
    assert f"/t/rcd/incidents/+declare/?alert=alert-episode:{found.pk}" in page
    assert read(as_member, f"/t/rcd/incidents/+declare/?alert=alert-episode:{found.pk}").count("Disk &lt;b&gt; on n1")
    as_reader = read(signed_in(reader), ALERTS)
    assert "Disk &lt;b&gt;" in as_reader
    assert "+declare" not in as_reader
    assert "alert-sources" not in as_reader


def test_an_alert_is_acknowledged_and_closed_with_a_reason(sender: Sender, as_member: Client) -> None:
    sender.sent(notice(alert()))
    place = f"{ALERTS}{sender.one().pk}/"
    assert "This field is required" in as_member.post(f"{place}acknowledge/", {"reason": ""}).content.decode()
    assert as_member.post(f"{place}acknowledge/", {"reason": "On order"}).status_code == 302
    assert "Mira" in read(as_member, ALERTS)
    assert as_member.post(f"{place}close/", {"reason": "A test"}).status_code == 302
    page = read(as_member, place)
    assert "was closed" in page
    assert "A test" in page
    assert "is over already" in as_member.post(f"{place}close/", {"reason": "again"}).content.decode()


def test_what_came_is_shown_as_it_came(sender: Sender, as_member: Client, member: Person) -> None:
    sender.sent(b'{"alerts": "<script>alert(1)</script>"}')
    place = f"{ALERTS}notices/{sender.last().pk}/"
    assert "1 notice could not be read" in read(as_member, ALERTS)
    page = read(as_member, place)
    assert "no list" in page
    assert "<script>alert(1)" not in page
    raw = as_member.get(f"{place}raw")
    assert raw.content == b'{"alerts": "<script>alert(1)</script>"}'
    assert raw["Content-Disposition"].startswith("attachment")
    assert raw["Content-Type"] == "application/octet-stream"
    assert [one.check for one in auditing.findings() if one.team] == ["alerts received"]
    as_member.post(f"{place}looked-at/")
    assert "could not be read" not in read(as_member, ALERTS)
    assert "Mira looked at it" in read(as_member, place)
    assert not [one for one in auditing.findings() if one.check == "alerts received"]


def test_other_times_of_the_same_trouble_are_listed(sender: Sender, as_member: Client) -> None:
    for hour in range(3):
        sender.sent(notice(alert(start=f"2026-11-23T0{hour}:00:00Z")))
    page = read(as_member, f"{ALERTS}{Episode.objects.get(is_superseded=False).pk}/")
    assert page.count("silent</li>") == 2


@pytest.mark.parametrize("path", [ALERTS, SOURCES, f"{SOURCES}the-alertmanager/"])
def test_strangers_see_nothing(path: str, sender: Sender, as_stranger: Client, client: Client) -> None:
    assert as_stranger.get(path).status_code == 404
    assert client.get(path).status_code == 302


def test_lists_cost_as_much_with_thirty_as_with_one(
    sender: Sender, as_member: Client, django_assert_max_num_queries: Any
) -> None:
    sender.sent(notice(*[alert(f"A{n}") for n in range(30)], *[alert(f"B{n}", "resolved") for n in range(30)]))
    for _ in range(5):
        sender.sent(b"x")
    for path in (ALERTS, SOURCES, f"{SOURCES}the-alertmanager/", f"{ALERTS}notices/{sender.last().pk}/"):
        with django_assert_max_num_queries(30):
            read(as_member, path)


def call(client: Client, method: str, path: str, body: Any = None) -> Any:
    data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    answer = getattr(client, method)(f"/api/v1/teams/rcd/{path}", **data)
    return answer.status_code, (json.loads(answer.content) if answer.content else None)


def test_the_api_does_what_the_pages_do(as_lead: Client, team: Team) -> None:
    status, made = call(as_lead, "post", "alert-sources", {"name": "Uptime", "sort": "uptime-kuma"})
    assert (status, made["source"]["repeat_interval_seconds"]) == (201, 0)
    sender = Sender(AlertSource.objects.get(), made["token"])
    assert made["source"]["address"] == sender.address
    assert call(as_lead, "post", "alert-sources", {"name": "x", "sort": "y"})[1]["field"] == "sort"
    sender.sent(
        {"heartbeat": {"monitorID": 1, "status": 0, "time": "2026-11-23 10:00:00"}, "monitor": {"name": "Door"}}
    )
    (found,) = call(as_lead, "get", "received-alerts?only_standing=true")[1]["alerts"]
    assert (found["title"], found["life"], found["source"]) == ("Door is down", "firing", "uptime")
    assert call(as_lead, "get", "standing-alerts")[1]["alerts"][0]["id"] == found["id"]
    assert (
        call(as_lead, "post", f"received-alerts/{found['id']}/acknowledgement", {"reason": "known"})[1]["reason"]
        == "known"
    )
    assert call(as_lead, "post", f"received-alerts/{found['id']}/closure", {"reason": "over"})[1]["life"] == "closed"
    assert call(as_lead, "post", f"received-alerts/{found['id']}/closure", {"reason": "over"})[0] == 422
    assert call(as_lead, "get", f"received-alerts/{found['id']}")[1]["annotations"] == {"message": ""}
    assert call(as_lead, "get", "alert-notices")[1]["notices"][0]["alert_count"] == 1
    status, second = call(as_lead, "post", "alert-sources/uptime/tokens")
    assert status == 201
    tokens = call(as_lead, "get", "alert-sources/uptime/tokens")[1]
    assert tokens[0]["id"] == second["id"]
    assert call(as_lead, "delete", f"alert-sources/uptime/tokens/{second['id']}")[0] == 204
    changed = call(as_lead, "put", "alert-sources/uptime", {"name": "Uptime 2", "sort": "uptime-kuma"})[1]
    assert changed["name"] == "Uptime 2"
    assert call(as_lead, "delete", "alert-sources/uptime")[0] == 204
    assert call(as_lead, "get", "alert-sources/uptime")[1]["retired_at"]


def test_uptime_kuma_down_and_up_are_one_episode(team: Team) -> None:
    sender = source_of(team, "uptime-kuma")
    for status, time in ((1, "09:00"), (0, "10:00"), (2, "10:01"), (0, "10:05"), (1, "10:20"), (0, "11:00")):
        sender.sent({"heartbeat": {"monitorID": 1, "status": status, "time": f"2026-11-23 {time}:00"}, "monitor": None})
    found = [(one.life, one.seen_count) for one in Episode.objects.order_by("first_at", "starts_at")]
    assert found == [("resolved", 4), ("firing", 1)]
    assert Notice.objects.count() == 6
