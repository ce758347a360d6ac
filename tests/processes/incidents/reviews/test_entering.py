"""Older texts are entered once, quietly, line by line; what cannot be is refused with its reason."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue.models import Bulletin, Statement
from hortus.cli.incident_import import command
from hortus.ledger.outbox.models import Message
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.models import Promise as Promised
from hortus.processes.incidents.reviews.entering import Entered, enter
from hortus.processes.incidents.reviews.models import Review, Taken
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.incidents.reviews.test_older import LOG, REVIEW  # type: ignore[import-not-found]

FILES = [("2024-03-01-gate.md", REVIEW.encode()), ("log.md", LOG.encode())]


def _told(found: Entered) -> list[tuple[str, str]]:
    return [(line.what, line.outcome) for line in found.lines]


def test_all_that_is_over_is_entered_closed_and_nobody_is_told(team: Team, lead: Person) -> None:
    found = enter(team, FILES, by=lead, door="test", zone="America/Los_Angeles")
    assert _told(found) == [
        ("Nobody could log in", "entered"), ("Storage failed", "entered"), ("Storage failed", "entered"),
        ("Backwards", "refused"), ("Backwards", "refused"), ("Backwards", "refused"), ("Backwards", "entered"),
        ("Planned", "skipped"),
    ]  # fmt: skip
    assert found.heading == "4 incidents entered, 1 skipped, 3 refused"
    assert set(Incident.objects.values_list("state", "entered_later")) == {("closed", True)}
    storage = Review.objects.get(title="Storage failed")
    assert (storage.incidents.count(), storage.state, storage.tags) == (2, "kept", ["beegfs", "jobs"])
    gate = Review.objects.get(title="Nobody could log in")
    assert "The gate refused every key." in gate.how
    assert gate.hard.endswith("No log.")
    for silent in (Message, Bulletin, Statement, Promised):
        assert not silent.objects.exists()


def test_the_same_texts_again_enter_nothing_and_changed_ones_are_named(
    team: Team, lead: Person, member: Person
) -> None:
    enter(team, FILES, by=lead, door="test")
    again = enter(team, FILES, by=member, door="test")
    assert (again.count("entered"), again.count("known")) == (0, 4)
    changed = enter(team, [("gate.md", REVIEW.replace("No log.", "No log at all.").encode())], by=lead, door="test")
    assert [line.outcome for line in changed.lines] == ["changed"]
    assert (Incident.objects.count(), Review.objects.count(), Taken.objects.count()) == (4, 3, 4)


def test_looking_only_keeps_nothing(team: Team, lead: Person) -> None:
    found = enter(team, FILES, by=lead, door="test", is_tried=True)
    assert found.heading.startswith("4 incidents would be entered")
    assert not Incident.objects.exists()
    assert not Taken.objects.exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"%PDF-1.7 ...", "pdftotext"), (b"\xff\xfe\x00", "not a text in UTF-8"), (b"  ", "empty"),
        (b"# 2024-01-01 x\n" + b"y" * 50_000, "too long to keep"), (b"z" * 2_000_001, "at most 2,000,000"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_answered_and_the_rest_is_taken(team: Team, lead: Person, data: bytes, why: str) -> None:
    found = enter(team, [("bad", data), FILES[0]], by=lead, door="test")
    assert [line.outcome for line in found.lines] == ["refused", "entered"]
    assert why in found.lines[0].sentence


def test_a_zone_that_nobody_knows_is_refused(team: Team, lead: Person) -> None:
    for zone in ("Mars/Base", "../../etc/passwd", "x" * 300):
        with pytest.raises(Refused) as refused:
            enter(team, FILES, by=lead, door="test", zone=zone)
        assert refused.value.field == "zone"


def test_the_command_reports_line_by_line(team: Team, lead: Person, tmp_path: Path) -> None:
    path = tmp_path / "log.md"
    path.write_text(LOG)
    run = CliRunner().invoke(command, [str(path), "--team", "rcd", "--zone", "America/Los_Angeles"])
    assert run.exit_code == 1, run.output
    assert "log.md:9: entered: Storage failed" in run.output
    assert "3 incidents entered, 1 skipped, 3 refused." in run.output
    run = CliRunner().invoke(command, [str(path), "--team", "rcd", "--json", "--dry-run"])
    outcomes = [line["outcome"] for line in json.loads(run.output)["lines"]]
    assert outcomes.count("known") == 1  # in another zone the others were at another time; one names its own
    for wrong in (["--zone", "Mars/Base"], ["--by", "nobody@example.org"], ["--team", "nowhere"]):
        assert CliRunner().invoke(command, [str(path), *wrong]).exit_code == 2
    assert CliRunner().invoke(command, [str(tmp_path / "absent.md")]).exit_code == 2


API = "/api/v1/teams/rcd/older-incidents"
TEXTS = [{"name": name, "text": data.decode()} for name, data in FILES]


def test_the_api_takes_the_same_texts_and_reports_line_by_line(team: Team, member: Person, as_member: Client) -> None:
    sent = {"files": TEXTS, "zone": "America/Los_Angeles"}
    tried = as_member.post(API, sent | {"is_tried": True}, "application/json").json()
    assert (tried["is_tried"], tried["heading"]) == (True, "4 incidents would be entered, 1 skipped, 3 refused")
    assert not Incident.objects.exists()
    keyed = {"headers": {"Idempotency-Key": "night-7"}}
    first, second = (as_member.post(API, sent, "application/json", **keyed).json() for _ in range(2))
    assert first == second
    assert (first["heading"], Incident.objects.count()) == ("4 incidents entered, 1 skipped, 3 refused", 4)
    refused = [line for line in first["lines"] if line["outcome"] == "refused"]
    assert {line["file"] for line in refused} == {"log.md"}
    assert all(line["sentence"] and line["line"] and line["incident"] is None for line in refused)
    entered = [line for line in first["lines"] if line["outcome"] == "entered"]
    assert all(line["incident"] and line["review"] for line in entered)
    again = as_member.post(API, sent, "application/json").json()
    assert again["heading"] == "0 incidents entered, 4 known before, 1 skipped, 3 refused"


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"files": []}, 422, "files"),
        ({"files": TEXTS * 51}, 422, "files"),
        ({"files": TEXTS, "zone": "Mars/Base"}, 422, "is not a time zone"),
        ({"files": [{"text": "z" * 2_000_001}]}, 422, "text"),
        ({"files": [{"name": "\x01\n/etc/pass\x01wd", "text": "\x01"}]}, 200, "refused"),
        ({"files": [{"name": "a\x01b", "text": REVIEW.replace("Nobody", "No\x01body")}]}, 200, "entered"),
    ],
)
def test_what_the_api_cannot_take_is_said(
    team: Team, as_member: Client, sent: dict[str, Any], status: int, said: str
) -> None:
    answer = as_member.post(API, sent, "application/json")
    assert (answer.status_code, said in answer.content.decode()) == (status, True), answer.content[:300]


def test_the_api_refuses_whom_the_page_refuses_and_a_key_of_something_else(
    team: Team, member: Person, reader: Person, as_member: Client, as_stranger: Client
) -> None:
    sent = {"files": TEXTS}
    for client in (signed_in(reader), as_stranger):
        assert client.post(API, sent, "application/json").status_code == 404
    key = {"Idempotency-Key": "k1"}
    as_member.post("/api/v1/teams/rcd/incidents", {"sentence": "Down"}, "application/json", headers=key)
    answer = as_member.post(API, sent, "application/json", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "key-used")


def test_a_page_takes_the_same_files(team: Team, lead: Person, as_member: Client, as_stranger: Client) -> None:
    here = "/t/rcd/reviews/+enter/"
    assert as_stranger.get(here).status_code == 404
    assert as_member.get(here).status_code == 200
    files = [SimpleUploadedFile(name, data) for name, data in FILES]
    tried = as_member.post(here, {"texts": files, "zone": "UTC", "try": "1"}).content.decode()
    assert "4 incidents would be entered" in tried
    files = [SimpleUploadedFile(name, data) for name, data in FILES]
    told = as_member.post(here, {"texts": files, "zone": "UTC"}).content.decode()
    assert "4 incidents entered, 1 skipped, 3 refused" in told
    assert "It stops (2024-04-01T10:00:00) before it starts" in told
    wrong = as_member.post(here, {"texts": [SimpleUploadedFile("x.md", b"# x")], "zone": "Mars/Base"})
    assert "is not a time zone" in wrong.content.decode()
    assert "required" in as_member.post(here, {"zone": ""}).content.decode()
