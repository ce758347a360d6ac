"""Incidents over HTTP: every verb, its key, and what is refused in words."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hortus.access import actions as access
from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.processes.incidents.models import Incident, Update
from tests.conftest import signed_in
from tests.processes.incidents.course_of import a_function, an_alert, declared

pytestmark = pytest.mark.django_db
BASE = "/api/v1/teams/rcd/incidents"


def post(client: Client, path: str, body: dict[str, Any], key: str = "", status: int = 200) -> Any:
    answer = client.post(f"{BASE}{path}", body, "application/json", headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code == status, answer.content
    return answer.json()


def test_an_incident_from_its_first_sentence_to_its_last(
    team: Team, member: Person, lead: Person, reader: Person, as_member: Client, as_lead: Client
) -> None:
    scratch = a_function(team, member)
    made = post(as_member, "", {"sentence": "Scratch does not answer"}, "k1", 201)
    assert made["number"] == post(as_member, "", {"sentence": "Scratch does not answer"}, "k1", 201)["number"] == 1
    assert made["lead"]["name"] == "Mira"
    said = {
        "cannot": "reach scratch.", "trying": "We restart it.", "is_public": True, "data_safe": "yes",
        "conditions": [{"function": "scratch", "condition": "unavailable"}],
    }  # fmt: skip
    told = post(as_member, "/1/updates", said, "k2", 201)
    assert told == post(as_member, "/1/updates", said, "k2", 201)
    assert Update.objects.count() == 1
    question = post(signed_in(reader), "/1/questions", {"text": "Is my data safe?"}, status=201)
    assert question["answer_by"] == told["update"]["next_due"]
    answered = post(as_member, f"/1/questions/{question['id']}/answer", {"text": "Yes."})
    assert (answered["answer"], answered["answerer"]["name"]) == ("Yes.", "Mira")
    assert post(as_member, "/1/moves", {"move": "contain"})["state"] == "contained"
    assert post(as_lead, "/1/lead", {"act": "take"})["lead"]["name"] == "Lena"
    assert post(signed_in(reader), "/1/lead", {"act": "command"})["lead"]["name"] == "Rhea"
    assert post(as_member, "/1/roles", {"role": "deputy", "person": str(lead.pk)})["roles"][-1]["role"] == "deputy"
    post(as_member, "/1/surprises", {"sentence": "It had no spare"}, status=201)
    post(as_member, "/1/links", {"url": "https://chat.example.org/1"}, status=201)
    last = {"can": "reach scratch.", "is_public": True, "then": "resolve",
            "conditions": [{"function": "scratch", "condition": "working"}]}  # fmt: skip
    assert post(as_member, "/1/updates", last, status=201)["moved"] == "resolve"
    late = post(as_lead, "/1/updates", {"trying": "I write late", "then": "resolve"}, status=201)
    assert late["update"]["is_note"]
    assert "Your words are kept" in late["why_not"]
    whole = as_member.get(f"{BASE}/1").json()
    assert (whole["state"], whole["functions"], len(whole["updates"])) == ("resolved", [scratch.slug], 3)
    assert [one["state"] for one in whole["promises"]] == ["kept", "kept"]
    verbs = [line["verb"] for line in as_member.get(f"{BASE}/1/timeline").json()]
    assert verbs[0] == "declared"
    assert {"updated", "question asked", "command taken", "resolved"} <= set(verbs)


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        ("", {"sentence": " "}, "empty", "sentence"),
        ("", {"sentence": "x", "services": ["nothing"]}, "unknown", "services"),
        ("", {"sentence": "x", "alert_kind": "alert", "alert_id": "9"}, "no-alert", "alert_id"),
        ("", {"sentence": "x", "alert_kind": "alert"}, "no-alert", "alert_id"),
        ("/1/updates", {}, "says-nothing", "trying"),
        ("/1/updates", {"trying": "x", "then": "close"}, "unknown-move", "then"),
        ("/1/updates", {"trying": "x", "is_public": True, "conditions": [{"function": "x", "condition": "working"}]},
         "unknown", "conditions"),
        ("/1/moves", {"move": "explode"}, "unknown", "move"),
        ("/1/moves", {"move": "close"}, "wrong-state", ""),
        ("/1/lead", {"act": "offer"}, "not-in-team", "to"),
        ("/1/merge", {"into": 9}, "no-incident", "into"),
        ("/1/merge", {"into": 1}, "no-incident", "into"),
        ("/1/questions", {"text": "x", "urgency": "now"}, "unknown-urgency", "urgency"),
        ("/1/links", {"url": "ftp://x"}, "bad-url", "url"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said(
    team: Team, member: Person, as_member: Client, path: str, body: dict[str, Any], code: str, field: str
) -> None:
    declared(team, member)
    answer = post(as_member, path, body, status=422)
    assert (answer["code"], answer["field"]) == (code, field)
    assert answer["detail"].endswith(".")


def test_an_alert_gives_what_is_left_out(team: Team, member: Person, as_member: Client) -> None:
    Service.objects.create(team=team, slug="alder", name="Alder", sort="cluster", sentence="Runs jobs.")
    alert = {"alert_kind": "alert-episode", "alert_id": str(an_alert(team, member, service="alder").pk)}
    made = post(as_member, "", alert, status=201)
    assert (made["title"], made["services"], len(made["links"])) == ("Log-in node is down", ["alder"], 1)
    made = post(as_member, "", {"sentence": "Nobody can log in", "services": [], "reported": True} | alert, status=201)
    assert (made["title"], made["services"], made["state"]) == ("Nobody can log in", [], "reported")


def test_who_may_only_read_may_watch_but_not_with_a_token_that_only_reads(
    team: Team, member: Person, reader: Person, guest: Person
) -> None:
    incident = declared(team, member)
    path, mine = f"{BASE}/1/watching", incident.roles.now().filter(role="observer")
    for watches in (True, True, False, False, True):
        answer = signed_in(reader).put(path, {"watches": watches}, "application/json")
        assert (answer.status_code, mine.filter(person=reader).count()) == (200, int(watches))
    assert signed_in(guest).put(path, {"watches": True}, "application/json").status_code == 404
    assert signed_in(reader).put(path, {}, "application/json").status_code in (400, 422)
    _, text = access.make_token(team, member, name="x", scopes=["read"])
    answer = Client().put(path, {"watches": True}, "application/json", headers={"Authorization": f"Bearer {text}"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-allowed")
    assert not mine.filter(person=member).exists()


def test_facts_and_pace_are_corrected(team: Team, member: Person, as_member: Client) -> None:
    incident = declared(team, member)
    began = (incident.began_at - timedelta(minutes=5)).isoformat()
    answer = as_member.patch(f"{BASE}/1", {"began_at": began, "tags": ["disk"], "is_long": True}, "application/json")
    assert answer.status_code == 200, answer.content
    assert (answer.json()["tags"], answer.json()["is_long"]) == (["disk"], True)
    answer = as_member.patch(f"{BASE}/1", {"began_at": began, "origin": "gremlins"}, "application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, "origin")


def test_the_list_takes_a_state_and_costs_the_same_for_many(
    team: Team, member: Person, as_member: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        declared(team, member, sentence=f"Trouble {number}")
    Incident.objects.filter(number__lte=2).update(state="closed")
    assert as_member.get(f"{BASE}?state=open").json()["total"] == 10
    assert as_member.get(f"{BASE}?state=nothing").status_code == 422
    with django_assert_max_num_queries(14):
        found = as_member.get(f"{BASE}?limit=12").json()
    assert [one["number"] for one in found["incidents"]] == list(range(12, 0, -1))


def test_a_merge_is_offered_and_agreed_by_the_same_call(
    team: Team, member: Person, lead: Person, as_member: Client, as_lead: Client
) -> None:
    declared(team, member)
    declared(team, lead)
    assert post(as_member, "/1/merge", {"into": 2}) == {"merged": False}
    assert post(as_lead, "/1/merge", {"into": 2}) == {"merged": True}
    assert as_member.get(f"{BASE}/1").json()["merged_into"] == 2
