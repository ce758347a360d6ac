"""The API of objectives, as members, leads, readers and strangers see it."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from shelf import NOW, count, exclude, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.products.slos.models import Objective
from tests.conftest import signed_in

API = "/api/v1/teams/rcd"


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def send(client: Client, path: str, body: Any, method: str = "post") -> Any:
    return getattr(client, method)(f"{API}/{path}", body, content_type="application/json")


def test_an_objective_from_its_sli_to_its_retirement(team: Team, as_member: Client, as_lead: Client) -> None:
    made = send(as_member, "slis", {"name": "Portal answers", "sentence": "It answers in two seconds."})
    assert made.status_code == 201, made.content
    slug = made.json()["slug"]
    assert made.json()["source"] == "push"
    given = {"name": "The portal answers", "parts": [{"sli": slug}], "target_ratio": "0.995"}
    found = send(as_member, "objectives", given)
    assert found.status_code == 201, found.content
    assert found.json()["standing"]["state"] == "unmeasured"
    path = f"objectives/{found.json()['slug']}"
    softer = given | {"target_ratio": 0.9}
    refused = send(as_member, path, softer, "put")
    assert (refused.status_code, refused.json()["field"]) == (422, "reason")
    assert send(as_member, path, softer | {"reason": "Agreed."}, "put").json()["target_ratio"] == 0.9
    assert send(as_member, f"{path}/retirement", {"reason": "Gone."}).status_code == 404
    assert send(as_lead, f"{path}/retirement", {"reason": "Gone."}).json()["retired_at"]
    assert as_member.get(f"{API}/objectives").json() == []
    assert len(as_member.get(f"{API}/objectives?retired=true").json()) == 1


@pytest.mark.parametrize("field", ["name", "promise", "reason"])
def test_no_text_of_an_objective_takes_the_feed_from_the_team(team: Team, as_member: Client, field: str) -> None:
    one = objective(sli(team), promise="Nearly always.")
    given = {"name": one.name, "parts": [{"sli": "answers"}], "target_ratio": "0.9", "reason": "Agreed."}
    refused = send(as_member, "objectives/answers", given | {field: "a\x01b"}, "put")
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert "U+0001 cannot be shown" in refused.json()["detail"]
    assert send(as_member, "objectives/answers", given | {field: "a\n\tb"}, "put").status_code == 200
    assert as_member.get("/t/rcd/activity.atom").status_code == 200


def test_standing_back_test_and_alerts(team: Team, as_member: Client) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    objective(one)
    found = as_member.get(f"{API}/objectives/answers").json()
    worked = found["standing"]["worked"]
    assert worked["left"] == pytest.approx(worked["allowed"] - worked["bad"])
    assert found["standing"]["state"] == "exhausted"
    tested = as_member.get(f"{API}/objectives/answers/backtest?days=7&target_ratio=0.6").json()
    assert tested["pages"] >= 1
    assert tested["standing"]["target_ratio"] == 0.6
    alerts = as_member.get(f"{API}/alerts?open=true").json()
    assert {alert["urgency"] for alert in alerts} == {"page", "ticket"}
    for wrong in ("target_ratio=99.5", "target_ratio=nan", "until=0001-01-01T00:00:00Z", "parameters=x", "days=0"):
        assert as_member.get(f"{API}/objectives/answers/backtest?{wrong}").status_code == 422


def test_exclusions_are_made_by_members_and_withdrawn_by_leads(team: Team, as_member: Client, as_lead: Client) -> None:
    one = sli(team)
    count(one, [(30, 5, 10)])
    objective(one)
    given = {
        "sort": "agreed", "began_at": "2026-10-14T11:00:00Z", "minutes": 60, "reason": "Our own probe failed.",
        "objectives": ["answers"],
    }  # fmt: skip
    made = send(as_member, "exclusions", given)
    assert made.status_code == 201, made.content
    assert as_member.get(f"{API}/objectives/answers").json()["standing"]["worked"]["excluded_bad"] == 5
    path = f"exclusions/{made.json()['id']}/withdrawal"
    assert send(as_member, path, {"reason": "No."}).status_code == 404
    assert send(as_lead, path, {"reason": "It did fail."}).status_code == 200
    assert as_member.get(f"{API}/objectives/answers").json()["standing"]["worked"]["bad"] == 5
    wrong = send(as_member, "exclusions", given | {"rule": "FREQ=HOURLY"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "rule")


def test_files_go_out_and_come_in(team: Team, as_member: Client) -> None:
    objective(sli(team))
    text = as_member.get(f"{API}/objective-files/openslo").json()["text"]
    assert "openslo/v1" in text
    assert "groups" in as_member.get(f"{API}/objective-files/rules").json()["text"]
    changed = text.replace("name: answers", "name: other")
    tried = send(as_member, "objective-files", {"files": [{"text": changed}], "is_tried": True}).json()
    assert tried["objectives"][0]["slug"] == "other"
    assert Objective.objects.count() == 1
    assert send(as_member, "objective-files", {"files": [{"text": changed}]}).json()["is_whole"]
    assert Objective.objects.count() == 2


def test_a_reader_reads_and_a_stranger_finds_nothing(team: Team, reader: Person, as_stranger: Client) -> None:
    objective(sli(team))
    exclude(team, 60, 30)
    as_reader = signed_in(reader)
    for path in ("slis", "objectives", "objectives/answers", "exclusions", "alerts", "objective-files/openslo"):
        assert as_reader.get(f"{API}/{path}").status_code == 200
        assert as_stranger.get(f"{API}/{path}").status_code == 404
    body = {"name": "X", "parts": [{"sli": "answers"}], "target_ratio": 0.9}
    for client in (as_reader, as_stranger):
        assert send(client, "objectives", body).status_code == 404
        assert send(client, "objective-files", {"files": [{"text": "x"}]}).status_code == 404


def test_the_list_takes_as_many_queries_for_thirty_as_for_one(team: Team, as_member: Client) -> None:
    objective(sli(team))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert as_member.get(f"{API}/objectives").status_code == 200
        return len(seen)

    few = queries()
    for number in range(29):
        objective(sli(team, f"s{number}"), slug=f"o{number}")
    assert queries() == few
