"""What the API says of bodies that it does not take, in the one shape of all refusals."""

import json

import pytest
from django.conf import settings
from django.test import Client, override_settings

from hortus.access.models import Team


def test_a_body_beyond_the_limit_is_refused_in_words(as_member: Client, team: Team) -> None:
    body = json.dumps({"sentence": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    answer = as_member.post(f"/api/v1/teams/{team.slug}/incidents", body, content_type="application/json")
    assert answer.status_code == 413
    said = answer.json()
    assert (said["code"], said["field"]) == ("too-large", "")
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes" in said["detail"]


@pytest.mark.parametrize(
    ("body", "status", "code", "field", "words"),
    [
        (b'{"sentence": "a\\u0000b"}', 422, "control-character", "sentence", "U+0000 cannot be shown"),
        (b'{"services": ["a", "b\\u0000"]}', 422, "control-character", "services", "U+0000"),
        (b'{"a\\u0000": 1}', 422, "control-character", "", "U+0000"),
        (b'{"sentence": ', 400, "unreadable", "", "line 1, column 14"),
        (b'{"sentence": "\xff"}', 400, "unreadable", "", "no text in UTF-8"),
        (b"[" * 100_000, 400, "unreadable", "", "nested too deeply"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_a_body_that_cannot_be_used_is_told_in_words(
    as_member: Client, team: Team, body: bytes, status: int, code: str, field: str, words: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        answer = as_member.post(f"/api/v1/teams/{team.slug}/incidents", body, content_type="application/json")
    assert answer.status_code == status
    said = answer.json()
    assert (said["code"], said["field"]) == (code, field)
    assert words in said["detail"]


def test_absent_and_forbidden_and_unknown_have_the_same_shape(
    as_member: Client, as_stranger: Client, client: Client, team: Team
) -> None:
    absent = as_member.get(f"/api/v1/teams/{team.slug}/incidents/99")
    forbidden = as_stranger.get(f"/api/v1/teams/{team.slug}/incidents")
    assert (absent.status_code, absent.json()) == (404, forbidden.json())
    assert absent.json()["code"] == "not-found"
    unknown = client.get(f"/api/v1/teams/{team.slug}/incidents", headers={"Authorization": "Bearer nothing"})
    assert (unknown.status_code, unknown.json()["code"]) == (401, "not-signed-in")
    assert {"code", "detail", "field"} == set(unknown.json())


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v2/teams", "/api/"])
def test_an_address_that_leads_nowhere_is_told_as_every_refusal(as_member: Client, path: str) -> None:
    answer = as_member.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
    assert "<html" in as_member.get("/nothing/").content.decode()
