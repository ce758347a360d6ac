"""The API of the status: the same verbs as the pages, typed, with refusals that name the field."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hortus.access import actions
from hortus.access.models import Person, Team
from hortus.catalogue import proposals
from hortus.catalogue.models import Function, PlannedWork, Statement
from tests.catalogue.speech import a_function, a_work, opened, said  # type: ignore[import-not-found]
from tests.conftest import signed_in  # type: ignore[import-not-found]

BASE = "/api/v1/teams/rcd"
SCRATCH = f"{BASE}/functions/scratch"
GIVEN = {"name": "Scratch", "sentence": "Read and write fast files.", "confirm_every_seconds": 3600}
DEGRADED = {"condition": "degraded", "cannot": "Write files."}


@pytest.fixture
def scratch(team: Team, member: Person) -> Function:
    return a_function(team)


def send(client: Client, method: str, path: str, body: Any = None, **extra: str) -> Any:
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json", **extra)


def test_adds_changes_retires_and_lists_again(as_lead: Client, team: Team) -> None:
    made = send(as_lead, "POST", f"{BASE}/functions", GIVEN | {"slug": "scratch"})
    assert made.status_code == 201
    assert made.json()["condition"] == "not-confirmed"
    assert made.json()["last"] is None
    again = send(as_lead, "POST", f"{BASE}/functions", GIVEN | {"slug": "scratch"})
    assert (again.status_code, again.json()["code"]) == (422, "taken")
    assert send(as_lead, "PUT", SCRATCH, GIVEN | {"name": "Fast files"}).json()["name"] == "Fast files"
    assert send(as_lead, "POST", f"{SCRATCH}/retirement", {"on": "2026-10-01"}).status_code == 200
    assert as_lead.get(f"{BASE}/status").json()["functions"] == []
    assert send(as_lead, "DELETE", f"{SCRATCH}/retirement").status_code == 200
    assert len(as_lead.get(f"{BASE}/status").json()["functions"]) == 1


def test_says_confirms_and_lists(as_member: Client, scratch: Function) -> None:
    due = (timezone.now() + timedelta(hours=2)).isoformat()
    told = send(as_member, "POST", f"{SCRATCH}/statements", DEGRADED | {"next_update_at": due})
    assert told.status_code == 201
    assert told.json()["cannot"] == "Write files."
    assert send(as_member, "POST", f"{SCRATCH}/confirmation").json()["is_confirmation"] is True
    listed = as_member.get(f"{SCRATCH}/statements?limit=1").json()
    assert listed["total"] == 2
    assert [one["is_confirmation"] for one in listed["statements"]] == [True]
    found = as_member.get(SCRATCH).json()
    assert (found["condition"], found["last"]["next_update_at"][:16]) == ("degraded", due[:16])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"condition": "glorious"}, "condition"),
        ({"cannot": ""}, "cannot"),
        ({"condition": "working"}, "cannot"),
        ({"can": "x" * 301}, "can"),
        ({"instead": "\u0007"}, "instead"),
        ({"next_update_at": "2020-01-01T00:00:00Z"}, "next_update_at"),
        ({"next_update_at": "2027-01-01T00:00:00"}, "next_update_at"),
        ({"next_update_at": "9999-12-31T23:59:59-23:00"}, "next_update_at"),
        ({"next_update_at": "0001-01-01T00:00:00+23:00"}, "next_update_at"),
        ({"condition": 7}, "condition"),
    ],
)
def test_bad_words_name_their_field(as_member: Client, scratch: Function, change: dict[str, Any], field: str) -> None:
    answer = send(as_member, "POST", f"{SCRATCH}/statements", DEGRADED | change)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert Statement.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"confirm_every_seconds": 299}, "confirm_every_seconds"),
        ({"confirm_every_seconds": 10**18}, "confirm_every_seconds"),
        ({"place": 10_000}, "place"),
        ({"service": "nothing"}, "service"),
        ({"slug": "Not A Slug"}, "slug"),
    ],
)
def test_a_bad_function_names_its_field(as_member: Client, team: Team, change: dict[str, Any], field: str) -> None:
    answer = send(as_member, "POST", f"{BASE}/functions", GIVEN | change)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert Function.objects.count() == 0


def test_planned_work_is_announced_changed_and_cancelled_once(as_member: Client, scratch: Function) -> None:
    given = {
        "title": "Maintenance", "functions": ["scratch"], "begins_at": "2030-01-01T08:00:00+01:00",
        "ends_at": "2030-01-01T17:00:00+01:00",
    }  # fmt: skip
    far = send(as_member, "POST", f"{BASE}/planned-work", given)
    assert (far.status_code, far.json()["field"]) == (422, "begins_at")
    soon = timezone.now() + timedelta(days=1)
    given |= {"begins_at": soon.isoformat(), "ends_at": (soon + timedelta(hours=8)).isoformat()}
    made = send(as_member, "POST", f"{BASE}/planned-work", given).json()
    place = f"{BASE}/planned-work/{made['id']}"
    assert send(as_member, "PUT", place, given | {"title": "Rest"}).json()["sequence"] == 1
    assert send(as_member, "PUT", place, given | {"title": "Rest"}).json()["sequence"] == 1
    assert send(as_member, "POST", f"{place}/cancellation").json()["sequence"] == 2
    assert send(as_member, "POST", f"{place}/cancellation").status_code == 422
    assert send(as_member, "PUT", place, given).status_code == 422
    unknown = send(as_member, "POST", f"{BASE}/planned-work", given | {"functions": ["nothing"]})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "functions")
    assert PlannedWork.objects.count() == 1


def test_who_may_call(
    scratch: Function, member: Person, lead: Person, reader: Person, guest: Person, as_stranger: Client, team: Team
) -> None:
    work = a_work(scratch, member)
    for person in (reader, guest):
        client = signed_in(person)
        assert client.get(f"{BASE}/status").status_code == 200
        assert client.get(f"{SCRATCH}/statements").status_code == 200
        for path in (f"{SCRATCH}/statements", f"{SCRATCH}/confirmation", f"{BASE}/planned-work/{work.pk}/cancellation"):
            assert send(client, "POST", path, DEGRADED).status_code == 404
    assert as_stranger.get(f"{BASE}/status").status_code == 404
    assert Client().get(f"{BASE}/status").status_code == 401
    assert send(signed_in(member), "POST", f"{SCRATCH}/retirement", {"on": "2026-10-01"}).status_code == 404


def test_a_token_speaks_only_with_its_scope(scratch: Function, member: Person, team: Team) -> None:
    for scope, status in (("read", 404), ("write", 201)):
        _, text = actions.make_token(team, member, name="x", scopes=[scope])
        header = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
        assert Client().get(f"{BASE}/status", **header).status_code == 200  # type: ignore[arg-type]
        assert send(Client(), "POST", f"{SCRATCH}/statements", DEGRADED, **header).status_code == status


def test_the_public_json_is_what_the_api_says(scratch: Function, member: Person, as_member: Client, team: Team) -> None:
    opened(team)
    said(scratch, member, "degraded")
    a_work(scratch, member)
    ours, public = as_member.get(f"{BASE}/status").json(), Client().get("/status/rcd.json").json()

    def seconds(told: Any) -> Any:
        return json.loads(json.dumps(told), object_hook=lambda d: {k: _moment(v) for k, v in d.items()})

    ours.pop("as_of")
    public.pop("as_of")
    assert seconds(ours) == seconds(public)


def _moment(value: Any) -> Any:
    """Cut fractions of a second, which the two writers spell differently."""
    return value[:19] if isinstance(value, str) and value[4:5] == "-" and value[10:11] == "T" else value


def test_a_source_takes_the_place_of_one_with_its_name(team: Team) -> None:
    now = timezone.now()
    try:
        proposals.register("test", lambda _: [], lambda _: {"a": now})
        proposals.register("test", lambda _: [], lambda _: {"b": now})
        proposals.register("other", lambda _: [], lambda _: {"b": now + timedelta(hours=1)})
        assert proposals.confirmed_until(team) == {"b": now + timedelta(hours=1)}
    finally:
        proposals.unregister("test")
        proposals.unregister("other")
