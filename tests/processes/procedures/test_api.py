"""Procedures and runs over HTTP: every verb, what a repeat changes, who may, and what is refused in words."""

import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.processes.incidents import actions as incidents
from hortus.processes.procedures import actions, runs
from hortus.processes.procedures.markdown import read
from hortus.processes.procedures.models import Entry, Procedure, Run
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db
BASE = "/api/v1/teams/rcd"
TEXT = "---\nslug: drain\ntitle: Drain a node\n---\n## Ask {#ask}\n## Drain it {#drain .critical}\n"
OTHER = TEXT.replace("Drain it", "Drain it slowly")


def ask(client: Client, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    answer = client.generic(method, f"{BASE}{path}", _json(body), "application/json", headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def _json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def word(run: Any, key: str, said: str = "done", **more: Any) -> dict[str, Any]:
    step = next(one for one in run["steps"] if one["key"] == key)
    told = {"id": str(uuid.uuid4()), "key": key, "digest": step["digest"], "said": said, "seen": run["seen"]}
    return told | {"version": run["version"]} | more


def test_a_procedure_from_its_first_text_to_its_last_run(
    team: Team, member: Person, lead: Person, as_member: Client, as_lead: Client
) -> None:
    made = ask(as_member, "POST", "/procedures", {"text": TEXT}, 201)
    assert (made["slug"], made["version"], [step["key"] for step in made["current"]["steps"]]) == (
        "drain", 1, ["ask", "drain"]
    )  # fmt: skip
    assert ask(as_member, "POST", "/procedures", {"text": TEXT})["slug"] == "drain"  # sent twice, made once
    assert as_member.get(f"{BASE}/procedures/drain/markdown").content.decode().startswith("---\nslug: drain\n")
    incident = incidents.declare(team, "Nodes are hot", by=lead, door="web")
    about = {"about_kind": "incident", "about_id": str(incident.number), "reason": "A fan."}
    key = {"Idempotency-Key": "k"}
    run = ask(as_member, "POST", "/procedures/drain/runs", about, 201, **key)
    assert ask(as_member, "POST", "/procedures/drain/runs", about, 201, **key)["number"] == run["number"] == 1
    assert Event.objects.about("incident", str(incident.number)).filter(verb="procedure started").count() == 1
    told = {"words": [word(run, "ask"), word(run, "drain", "failed", note="It hangs.")]}
    heard = ask(as_member, "POST", "/runs/1/words", told)
    assert [(one["counts"], one["is_new"]) for one in heard["heard"]] == [(True, True)] * 2
    assert [one["is_new"] for one in ask(as_member, "POST", "/runs/1/words", told)["heard"]] == [False, False]
    assert ask(as_member, "POST", "/runs/1/check", status=422)["code"] == "critical-open"
    revised = {"text": OTHER, "base": 1, "reason": "Jobs died."}
    assert ask(as_lead, "POST", "/procedures/drain/versions", revised)["published"]
    late = ask(as_member, "POST", "/procedures/drain/versions", revised | {"text": TEXT + "## Look {#look}\n"})
    assert (late["published"], late["version"]["status"]) == (False, "proposed")
    differ = ask(as_member, "GET", "/procedures/drain/versions/2/difference?from=1")
    assert [(one["key"], one["how"]) for one in differ] == [("ask", "same"), ("drain", "changed")]
    assert ask(as_member, "POST", "/runs/1/move", {"to": 3, "seen_from": 1}, 422)["code"] == "not-published"
    moved = ask(as_member, "POST", "/runs/1/move", {"to": 2, "seen_from": 1})
    assert {step["key"]: step["state"] for step in moved["steps"]} == {"ask": "done", "drain": "todo"}
    stale = ask(as_member, "POST", "/runs/1/words", {"words": [word(run, "drain")]})["heard"][0]
    assert (stale["counts"], stale["why"]) == (False, "it was said of another wording")
    wait = {"kind": "outside", "what": "the vendor"}
    assert ask(as_member, "POST", "/runs/1/wait", wait)["waiting"] == "outside"
    assert ask(as_member, "POST", "/runs/1/go-on")["state"] == "running"
    assert ask(as_member, "POST", "/runs/1/hand", {"runner": str(lead.pk)})["runner"]["name"] == "Lena"
    ask(as_lead, "POST", "/runs/1/words", {"words": [word(moved, "drain")]})
    assert ask(as_lead, "POST", "/runs/1/check")["state"] == "checking"
    assert ask(as_lead, "POST", "/runs/1/end", {"outcome": "good"})["state"] == "done"
    assert ask(as_member, "GET", "/runs")["total"] == 0
    assert ask(as_member, "GET", "/runs?open=false&procedure=drain")["total"] == 1
    assert ask(as_lead, "POST", "/procedures/drain/versions/3/accept", {"against": 1}, 422)["code"] == "changed"
    left = ask(as_lead, "POST", "/procedures/drain/versions/3/decline", {"reason": "Too much."})
    assert (left["proposals"], left["version"]) == ([], 2)
    assert ask(as_lead, "GET", "/procedures/drain/versions/3")["declined_because"] == "Too much."
    assert ask(as_lead, "PUT", "/procedures/drain/about", {"owner": str(member.pk)})["owner"]["name"] == "Mira"
    assert ask(as_lead, "POST", "/procedures/drain/retire", {"reason": "No nodes."})["reason"] == "No nodes."
    assert ask(as_lead, "GET", "/procedures")["total"] == 0
    assert ask(as_lead, "GET", "/procedures?retired=true")["total"] == 1
    assert ask(as_lead, "POST", "/procedures/drain/revive")["retired_at"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/procedures", {"text": "nothing"}, 422, "empty"),
        ("POST", "/procedures", {"text": TEXT.replace("drain", "other"), "services": ["none"]}, 422, "unknown"),
        ("POST", "/procedures/drain/versions", {"text": OTHER, "base": 1}, 422, "empty"),
        ("POST", "/procedures/drain/versions", {"text": TEXT.replace("drain", "x"), "base": 1}, 422, "other-slug"),
        ("POST", "/procedures/drain/runs", {"about_kind": "incident", "about_id": "9"}, 422, "not-found"),
        ("POST", "/runs/1/words", {"words": []}, 422, "invalid"),
        ("POST", "/runs/1/words", {"words": [{"id": "x"}]}, 422, "invalid"),
        ("POST", "/runs/1/wait", {"kind": "luck"}, 422, "unknown-kind"),
        ("POST", "/runs/1/end", {"outcome": "good"}, 422, "no-way"),
        ("POST", "/runs/1/go-on", None, 422, "no-way"),
        ("POST", "/runs/1/hand", {"runner": str(uuid.uuid4())}, 422, "not-in-team"),
        ("POST", "/runs/1/move", {"to": 7, "seen_from": 1}, 422, "unknown"),
        ("GET", "/runs/7", None, 404, ""),
        ("GET", "/procedures/none", None, 404, ""),
        ("GET", "/procedures/drain/versions/1/difference", None, 422, "invalid"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_and_changes_nothing(
    team: Team, lead: Person, as_lead: Client, method: str, path: str, body: Any, status: int, code: str
) -> None:
    made = actions.write(team, read(TEXT).content, by=lead, door="web", slug="drain")
    runs.plan(made, by=lead, door="web")
    told = ask(as_lead, method, path, body, status)
    assert not code or told["code"] == code
    assert told["detail"]
    assert (Procedure.objects.count(), made.versions.count(), Entry.objects.count()) == (1, 1, 0)


def test_readers_read_and_strangers_find_nothing(team: Team, lead: Person, reader: Person, as_stranger: Client) -> None:
    made = actions.write(team, read(TEXT).content, by=lead, door="web", slug="drain")
    runs.plan(made, by=lead, door="web")
    as_reader = signed_in(reader)
    for path in ("/procedures", "/procedures/drain", "/procedures/drain/versions", "/runs", "/runs/1"):
        ask(as_reader, "GET", path)
        ask(as_stranger, "GET", path, status=404)
    ask(as_reader, "POST", "/procedures", {"text": TEXT}, 404)
    ask(as_reader, "POST", "/runs/1/check", status=404)
    ask(as_stranger, "POST", "/runs/1/check", status=404)


def test_a_list_asks_no_more_for_thirty(team: Team, lead: Person, as_lead: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask(as_lead, "GET", path)
        return len(asked)

    def grow(number: int) -> None:
        made = actions.write(team, read(TEXT).content, by=lead, door="web", slug=f"drain-{number}")
        run = runs.plan(made, by=lead, door="web")
        step = run.version.content.steps[0]
        runs.say(run, runs.Word("ask", step.digest, "done"), by=lead, door="web")

    grow(0)
    for path in ("/procedures", "/runs"):
        ask(as_lead, "GET", path)
    few = [queries(path) for path in ("/procedures", "/runs")]
    for number in range(1, 12):
        grow(number)
    assert [queries(path) for path in ("/procedures", "/runs")] == few
    assert Run.objects.count() == 12
