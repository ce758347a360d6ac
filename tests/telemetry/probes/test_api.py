"""The API of probes: the same verbs as the pages, typed, with refusals that name the field."""

import json
from typing import Any

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.ledger.queue_worker import drain
from hortus.telemetry.probes.models import Probe
from tests.conftest import signed_in  # type: ignore[import-not-found]

BASE = "/api/v1/teams/rcd/probes"
GIVEN: dict[str, Any] = {"name": "Login node", "kind": "ssh", "parameters": {"host": "login.example.org"}}


def send(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json")


def test_adds_reads_changes_pauses_runs_and_removes(as_lead: Client, team: Team, opened: object, port: int) -> None:
    here = GIVEN | {"kind": "tcp", "parameters": {"host": "127.0.0.1", "port": port}, "slug": "door"}
    made = send(as_lead, "POST", BASE, here)
    assert made.status_code == 201
    found = made.json()
    assert (found["slug"], found["state"], found["last"], found["period_seconds"]) == (
        "door",
        "not asked yet",
        None,
        60,
    )
    assert send(as_lead, "POST", f"{BASE}/door/runs").status_code == 202
    drain()
    found = as_lead.get(f"{BASE}/door").json()
    assert (found["state"], found["last"]["code"]) == ("good", "ok")
    assert as_lead.get(f"{BASE}/door/results").json()["results"][0]["counts_as"] == "good"
    changed = send(as_lead, "PUT", f"{BASE}/door", here | {"latency_seconds": 1e-9})
    assert (changed.status_code, changed.json()["state"]) == (200, "slow")
    assert send(as_lead, "POST", f"{BASE}/door/pause").json()["state"] == "paused"
    assert send(as_lead, "POST", f"{BASE}/door/pause").status_code == 422
    assert send(as_lead, "DELETE", f"{BASE}/door/pause").json()["is_paused"] is False
    assert as_lead.get(BASE).json()["total"] == 1
    assert send(as_lead, "DELETE", f"{BASE}/door").status_code == 204
    assert not Probe.objects.exists()


def test_who_may_what(door: Probe, as_member: Client, reader: Person, guest: Person, as_stranger: Client) -> None:
    for client in (as_member, signed_in(reader)):
        assert client.get(BASE).status_code == 200
        assert send(client, "POST", BASE, GIVEN).status_code == 404
        assert send(client, "POST", f"{BASE}/front-door/runs").status_code == 404
    for client in (signed_in(guest), as_stranger):
        assert client.get(BASE).status_code == 404
        assert client.get(f"{BASE}/front-door/results").status_code == 404
    assert Client().get(BASE).status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "smoke"}, "kind"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"service": "nothing"}, "service"),
        ({"parameters": {}}, "host"),
        ({"parameters": {"host": "login.example.org", "hots": "x"}}, "parameters"),
        ({"parameters": {"host": 5}}, "host"),
        ({"parameters": {"host": "login.example.org", "port": -1}}, "port"),
        ({"parameters": {"host": "x" * 300}}, "host"),
        ({"period_seconds": 0}, "period_seconds"),
        ({"limit_seconds": 0}, "limit_seconds"),
        ({"latency_seconds": 0}, "latency_seconds"),
        ({"latency_seconds": 1e300}, "latency_seconds"),
    ],
)
def test_refusals_name_the_field(as_lead: Client, team: Team, change: dict[str, Any], field: str) -> None:
    answer = send(as_lead, "POST", BASE, GIVEN | change)
    assert (answer.status_code, answer.json().get("field")) == (422, field), answer.content
    assert not Probe.objects.exists()


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "offset=-1", "since=soon", "since=2026-01-02&until=2026-01-01",
     "since=2025-01-01&until=2026-01-01", "until=0001-01-01", "since=0001-01-01T00:00:00%2B14:00",
     "since=9999-12-31&until=9999-12-31T23:59:59-12:00"],
)  # fmt: skip
def test_odd_spans_are_refused(as_lead: Client, door: Probe, query: str) -> None:
    assert as_lead.get(f"{BASE}/front-door/results?{query}").status_code == 422


@pytest.mark.parametrize("query", ["since=2026-01-01", "since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00%2B01:00"])
def test_spans_may_name_a_zone_or_none(as_lead: Client, door: Probe, query: str) -> None:
    answer = as_lead.get(f"{BASE}/front-door/results?{query}&until=2026-01-03" if "until" not in query
                         else f"{BASE}/front-door/results?{query}")  # fmt: skip
    assert (answer.status_code, answer.json()["total"]) == (200, 0)
