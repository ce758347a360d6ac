"""The doors for records: upload page and API, with good, bad and too much input."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from handmade import Job, bring, listing

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.telemetry.models import BatchImport, Cluster, NodeOutage
from tests.conftest import signed_in  # type: ignore[import-not-found]

API = "/api/v1/teams/rcd/clusters/alder/imports"
EVENTS = b"Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User\nalder|n1|2026-10-05T10:00:00|Unknown|DOWN|x|root(0)\n"


@pytest.fixture(autouse=True)
def _folder(data_dir: Path) -> None:
    """Every test has a data folder of its own."""


def page(name: str = "import", *more: object) -> str:
    return reverse(f"clusters:{name}", args=["rcd", *more])


def upload(client: Client, data: bytes, name: str = "jobs.txt", **more: str) -> Any:
    given = {"file": SimpleUploadedFile(name, data), "cluster": "alder", "format": "", "zone": "UTC", "columns": ""}
    return client.post(page(), given | more)


def test_an_upload_leads_to_its_findings(as_lead: Client, lead: Person, as_member: Client, as_stranger: Client) -> None:
    answer = upload(as_lead, gzip.compress(listing(Job(1), Job(2)) + b"3|3|too short\n"), "jobs.gz")
    made = BatchImport.objects.get()
    assert answer.headers["Location"] == page("import-result", made.pk)
    text = as_member.get(answer.headers["Location"]).content.decode()
    assert "2 jobs are new" in text
    assert made.by == lead
    assert (made.result["read"], made.result["new"], made.result["rejected"]) == (3, 2, 1)
    assert "4" in text.split("Lines, the first 20")[1]
    assert as_stranger.get(answer.headers["Location"]).status_code == 404
    assert Event.objects.get(verb="imported").source == "web"


def test_a_member_imports_into_a_cluster_that_is_there_but_makes_none(team: Team, as_member: Client) -> None:
    answer = upload(as_member, listing(Job(1)))
    assert answer.status_code == 422
    assert b"a lead or an admin" in answer.content
    assert not Cluster.objects.exists()
    bring(team, Job(1))
    assert upload(as_member, listing(Job(2))).status_code == 302


def test_node_events_come_in_by_the_same_form(as_lead: Client) -> None:
    assert upload(as_lead, EVENTS, format="node_events").status_code == 302
    assert NodeOutage.objects.get().node == "n1"


BAD = [
    b"\x00\x01\x02\xff" * 500,
    gzip.compress(listing(*(Job(n) for n in range(500))))[:-60],
    b"one|two|three\n1|2|3\n",
    "Größe und Höhe".encode("latin-1"),
    b"\n\n\n",
    b"{",
    b"PK\x03\x04" + b"\x00" * 100,
]


@pytest.mark.parametrize("data", [b"", *BAD])
def test_bad_files_are_told_beside_the_field_and_change_nothing(as_lead: Client, data: bytes) -> None:
    answer = upload(as_lead, data)
    assert answer.status_code == 422
    assert b'role="alert"' in answer.content
    assert not Cluster.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize("more", [{"cluster": "../etc"}, {"cluster": ""}, {"zone": "Mars"}, {"format": "xls"}])
def test_wrong_fields_keep_the_form(as_lead: Client, more: dict[str, str]) -> None:
    assert upload(as_lead, listing(Job(1)), **more).status_code == 422
    assert not Cluster.objects.exists()


def test_who_may_not_import_finds_no_form(team: Team, reader: Person, guest: Person, as_stranger: Client) -> None:
    for client in (signed_in(reader), signed_in(guest), as_stranger):
        assert client.get(page()).status_code == 404
        assert upload(client, listing(Job(1))).status_code == 404
        assert client.post(API, listing(Job(1)), content_type="text/plain").status_code == 404
    assert not BatchImport.objects.exists()


def test_an_upload_needs_its_csrf_token(team: Team, lead: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert upload(client, listing(Job(1))).status_code == 403
    client.get(page())
    token = client.cookies["hortus_csrf"].value
    given = {"file": SimpleUploadedFile("j", listing(Job(1))), "cluster": "alder", "csrfmiddlewaretoken": token}
    assert client.post(page(), given).status_code == 302


def test_too_much_is_refused_before_it_is_read(as_lead: Client) -> None:
    answer = as_lead.post(page(), b"x", content_type="text/plain", CONTENT_LENGTH=str(600 << 20))
    assert answer.status_code == 413
    assert b"at most 512" in answer.content
    answer = as_lead.post(API, b"x", content_type="text/plain", CONTENT_LENGTH=str(600 << 20))
    assert (answer.status_code, answer.json()["field"]) == (422, "file")


def test_the_api_answers_what_the_command_prints(as_lead: Client) -> None:
    answer = as_lead.post(API, listing(Job(1), Job(2)), content_type="text/plain", QUERY_STRING="zone=UTC")
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert list(told)[:7] == ["read", "new", "known", "rejected", "reasons", "first", "last"]
    assert (told["read"], told["new"], told["first"]) == (2, 2, "2026-10-14T12:00:00Z")
    again = as_lead.post(API, {"file": SimpleUploadedFile("j", listing(Job(1), Job(2)))}, QUERY_STRING="zone=UTC")
    assert (again.status_code, again.json()["known"]) == (201, 2)
    events = as_lead.post(API, EVENTS, content_type="text/plain", QUERY_STRING="format=node_events&zone=UTC")
    assert events.json()["new"] == 1
    listed = as_lead.get("/api/v1/teams/rcd/imports?limit=2").json()
    assert (listed["total"], len(listed["imports"])) == (3, 2)
    one = as_lead.get(f"/api/v1/teams/rcd/imports/{told['id']}")
    assert json.loads(one.content)["result"]["new"] == 2


@pytest.mark.parametrize("data", [b"", *BAD])
def test_the_api_refuses_bad_input_with_one_sentence(as_lead: Client, data: bytes) -> None:
    answer = as_lead.post(API, data, content_type="text/plain")
    assert answer.status_code == 422
    assert answer.json()["detail"].rstrip().endswith(".")
    assert not Cluster.objects.exists()
