"""The API of the catalogue: the same verbs as the pages, typed, with refusals that name the field."""

import json
from typing import Any

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from tests.conftest import signed_in  # type: ignore[import-not-found]

BASE = "/api/v1/teams/rcd/services"
GIVEN = {"name": "Alder", "sort": "cluster", "sentence": "Run jobs."}


def _send(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json")


def test_adds_reads_changes_and_retires(as_lead: Client, lead: Person) -> None:
    made = _send(as_lead, "POST", BASE, GIVEN | {"owner": str(lead.pk)})
    assert made.status_code == 201
    assert made.json()["owner"] == {"id": str(lead.pk), "name": "Lena"}
    assert _send(as_lead, "PUT", f"{BASE}/alder", GIVEN | {"name": "Alder two"}).json()["name"] == "Alder two"
    assert _send(as_lead, "POST", f"{BASE}/alder/retirement", {"on": "2026-10-01"}).json()["retired_on"] == "2026-10-01"
    assert _send(as_lead, "POST", f"{BASE}/alder/retirement", {"on": "2026-10-01"}).status_code == 422
    assert _send(as_lead, "DELETE", f"{BASE}/alder/retirement").json()["retired_on"] is None
    assert as_lead.get(BASE).json()["total"] == 1


def test_strangers_and_readers_are_kept_out(team: Team, as_stranger: Client, reader: Person) -> None:
    assert as_stranger.get(BASE).status_code == 404
    assert Client().get(BASE).status_code == 401
    assert signed_in(reader).get(BASE).status_code == 200
    assert _send(signed_in(reader), "POST", BASE, GIVEN).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"sentence": "x" * 301}, "sentence"),
        ({"sort": "castle"}, "sort"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"owner": "00000000-0000-4000-8000-000000000000"}, "owner"),
    ],
)
def test_refusals_name_the_field(as_lead: Client, team: Team, change: dict[str, str], field: str) -> None:
    answer = _send(as_lead, "POST", BASE, GIVEN | change)
    assert (answer.status_code, answer.json().get("field")) == (422, field), answer.content
    assert not Service.objects.exists()


@pytest.mark.parametrize("query", ["limit=-1", "limit=501", "offset=-1", "offset=99999999999999999999999", "limit=x"])
def test_limits_out_of_range_are_refused(as_lead: Client, query: str) -> None:
    assert as_lead.get(f"{BASE}?{query}").status_code == 422
