"""What is answered at the intake address, and that whatever comes with a valid token is stored."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Message
from hortus.telemetry.alerts import actions, intake, standing
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice
from hortus.telemetry.alerts.rules.reading import READERS, Sort
from tests.telemetry.alerts.conftest import Sender, alert, notice, source_of  # type: ignore[import-not-found]

UGLY = {
    "half-written": b'{"version": "4", "alerts": [{"status": "fir',
    "nul in text": b'{"alerts": [{"status": "firing", "labels": {"alertname": "A\\u0000B\x00"}, "startsAt": "x"}]}',
    "lone surrogate": b'{"alerts": [{"labels": {"alertname": "\\ud800", "\\udfff": "x"}, "startsAt": "\\ud800"}]}',
    "four bytes": '{"alerts": [{"labels": {"alertname": "\U0001f525 𝔣𝔦𝔯𝔢"}}]}'.encode(),
    "no utf-8": b'{"alerts": [{"labels": {"alertname": "\xff\xfe"}}]}',
    "empty list": b'{"alerts": []}',
    "null list": b'{"alerts": null}',
    "null labels": b'{"alerts": [{"labels": null, "annotations": null, "startsAt": null, "fingerprint": null}]}',
    "no alerts": b'{"version": "4"}',
    "a list": b"[]",
    "nothing": b"",
    "deep": b'{"alerts": ' + b"[" * 100_000,
    "odd parts": b'{"alerts": [null, 1, "x", [], {}], "truncatedAlerts": -1e400, "status": {}}',
    "great numbers": b'{"alerts": [{"labels": {"n": 1e999}, "startsAt": 7}], "truncatedAlerts": 1e308}',
    "not json": b"\x00\x01\x02 hello",
    "far times": b'{"alerts": [{"startsAt": "9999-12-31T23:59:59-12:00", "endsAt": "0001-01-01T00:00:00+14:00"}]}',
    "long texts": json.dumps({"alerts": [{"labels": {"a" * 5000: "b" * 50_000}, "fingerprint": "f" * 500}]}).encode(),
    "odd heartbeats": b'{"heartbeat": {"status": [], "monitorID": {}, "time": []}, "monitor": [], "msg": {}}',
    "odd state": b'{"heartbeat": {"status": {"0": 0}}, "monitor": {"tags": {}}, "form": "hortus-alert/1", "host": [1]}',
    "bad link": b'{"alerts": [{"generatorURL": "javascript:alert(1)", "panelURL": "http://a b"}]}',
}


@pytest.mark.parametrize("name", UGLY)
@pytest.mark.parametrize("sort", ["alertmanager", "grafana", "uptime-kuma", "command"])
def test_whatever_comes_is_stored_and_answered(name: str, sort: str, team: Team, member: Person) -> None:
    sender = source_of(team, sort)
    sender.sent(UGLY[name])
    assert sender.last().body == UGLY[name]
    sender.sent(UGLY[name])  # and once more: the sender may repeat it
    assert Notice.objects.filter(source=sender.source).count() == 2


def test_ugly_alerts_are_read_as_far_as_they_can_be(sender: Sender) -> None:
    for name in ("nul in text", "lone surrogate", "four bytes", "null labels", "great numbers"):
        assert sender.sent(UGLY[name])["alerts"] == 1, name
    titles = set(Episode.objects.values_list("title", flat=True))
    assert {"AB", "\U0001f525 𝔣𝔦𝔯𝔢", "An alert without a name"} <= titles
    assert sender.sent(UGLY["odd parts"])["alerts"] == 1
    assert "4 parts of its list" in sender.last().warnings[0]
    sender.sent(UGLY["bad link"])
    assert set(Episode.objects.values_list("url", flat=True)) == {""}


def test_what_cannot_be_read_raises_a_notice_once_an_hour(sender: Sender, member: Person, lead: Person) -> None:
    for _ in range(3):
        assert "no JSON" in sender.sent(UGLY["half-written"])["unreadable"]
    said = Message.objects.get(topic="alert-intake")
    assert [one.recipient_id for one in said.deliveries.all()] == [str(lead.pk)], "who cannot mend it is not told"
    assert "UTC that" not in said.body
    assert sender.source.name not in said.subject
    assert said.path == f"/t/rcd/received-alerts/notices/{Notice.objects.order_by('pk').values_list('pk')[0][0]}/"


def test_a_wrong_token_is_refused_and_counted(sender: Sender, team: Team, as_lead: Client) -> None:
    other = source_of(team, "grafana")
    body = json.dumps(notice(alert())).encode()
    for headers in (
        {}, {"HTTP_AUTHORIZATION": "Bearer x"}, {"HTTP_AUTHORIZATION": f"Basic {sender.token}"},
        {"HTTP_AUTHORIZATION": f"Bearer {other.token}"}, {"HTTP_AUTHORIZATION": f"Bearer {sender.token[:-1]}"},
    ):  # fmt: skip
        assert Client().post(sender.address, body, content_type="application/json", **headers).status_code == 401
    assert Client().post("/alerts/in/11111111-1111-4111-8111-111111111111", body, "application/json").status_code == 401
    assert Client().get(sender.address).status_code == 405
    assert AlertSource.objects.get(pk=sender.source.pk).refused_count == 5
    assert not Notice.objects.exists()
    assert (
        "5 requests came with a wrong token or none"
        in as_lead.get("/t/rcd/alert-sources/the-alertmanager/").content.decode()
    )


def test_a_token_in_the_address_opens_it(sender: Sender) -> None:
    for path in (f"{sender.address}/{sender.token}", f"{sender.address}/"):
        headers = {} if sender.token in path else {"HTTP_AUTHORIZATION": f"bearer  {sender.token}"}
        answer = Client().post(path, json.dumps(notice(alert())), content_type="text/plain", **headers)
        assert answer.status_code == 200, path
    assert sender.one().seen_count == 2


def test_two_tokens_work_while_one_takes_the_place_of_the_other(sender: Sender) -> None:
    made, second = actions.make_token(sender.source, by=None, door="test")
    with pytest.raises(actions.Refused, match="2 tokens that work"):
        actions.make_token(sender.source, by=None, door="test")
    first = sender.source.tokens.exclude(pk=made.pk).get()
    sender.sent(notice(alert()))
    actions.revoke_token(first, by=None, door="test")
    assert sender.send(notice(alert())).status_code == 401
    sender.token = second
    sender.sent(notice(alert()))
    actions.retire_source(sender.source, by=None, door="test")
    assert sender.send(notice(alert())).status_code == 401


def test_no_token_is_written_down(sender: Sender) -> None:
    sender.sent(notice(alert()))
    secret = sender.token.split("_", 2)[2]  # may hold more of them
    for model in (AlertSource, Notice, Episode, Event):
        assert secret not in str(list(model.objects.values()))
    assert secret not in str(list(sender.source.tokens.values()))


def test_a_body_beyond_all_bounds_is_cut_and_said(sender: Sender, member: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr(intake, "MOST_KEPT", 5000)
    body = json.dumps(notice(*[alert(f"A{n}") for n in range(100)])).encode()
    answer = sender.sent(body)
    assert "Only the first 5000 of" in answer["unreadable"]
    assert (sender.last().body, sender.last().size_bytes) == (body[:5000], len(body))


def test_truncated_alerts_are_a_warning_that_can_be_seen(sender: Sender, as_member: Client) -> None:
    sender.sent(notice(alert(), truncatedAlerts=7))
    assert "left 7 alerts out" in sender.last().warnings[0]
    for page in ("received-alerts/", "alert-sources/the-alertmanager/", f"received-alerts/notices/{sender.last().pk}/"):
        assert "alerts out of" in as_member.get(f"/t/rcd/{page}").content.decode(), page


@pytest.mark.django_db(transaction=True)
def test_a_database_that_cannot_write_is_answered_with_503_and_the_repeat_is_taken_once(team: Team) -> None:
    sender = source_of(team)
    forbid, allow = (
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF") if connection.vendor == "sqlite" else
        ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off")
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(forbid)
        try:
            answer = sender.send(notice(alert()))
            assert (answer.status_code, answer["Retry-After"]) == (503, "15")
            sender.token, kept = "alerts_" + "a" * 8 + "_" + "b" * 43, sender.token
            assert sender.send(notice(alert())).status_code == 401  # also where it cannot be counted
        finally:
            cursor.execute(allow)
    sender.token = kept
    sender.sent(notice(alert()))
    assert (sender.one().seen_count, Notice.objects.count()) == (1, 1)


def test_what_listens_hears_all_of_a_notice_at_once_and_cannot_lose_it(sender: Sender, monkeypatch: Any) -> None:
    heard: list[Any] = []

    def listener(team: Team, changes: Any) -> None:
        heard.append([(one.change, one.alert.title) for one in changes])
        Event.objects.all().delete()  # refused by the database: its savepoint is undone

    monkeypatch.setattr(standing, "_LISTENERS", [listener])
    sender.sent(notice(alert("A"), alert("B")))
    sender.sent(notice(alert("A"), alert("B", "resolved")))
    assert heard == [[("opened", "A on n1"), ("opened", "B on n1")], [("ended", "B on n1")]]
    assert Episode.objects.count() == 2


def test_a_fault_of_ours_stores_the_notice_all_the_same(sender: Sender, member: Person, monkeypatch: Any) -> None:
    monkeypatch.setattr("hortus.telemetry.alerts.turning.turn", lambda *_: 1 / 0)
    assert "a fault of Hortus" in sender.sent(notice(alert()))["unreadable"]
    assert sender.last().body
    monkeypatch.undo()
    monkeypatch.setitem(READERS, Sort.ALERTMANAGER, lambda _: 1 / 0)
    assert "a fault of Hortus" in sender.sent(notice(alert()))["unreadable"]
