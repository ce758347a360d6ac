"""Pushing events over HTTP: forms, findings, keys, and who may."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from hortus.access import actions as access
from hortus.access.models import Membership, Person, Team
from hortus.cli import main
from hortus.telemetry.counts.models import Batch, Series
from hortus.telemetry.counts.reading import sums
from tests.conftest import signed_in

URL = "/api/v1/sli/events"
AT = datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
MINUTE = int(AT.timestamp() // 60)


@pytest.fixture
def series(team: Team) -> Series:
    return Series.objects.create(team=team, name="web", source="push")


def token(person: Person, team: Team, *scopes: str) -> str:
    return access.make_token(team, person, name="t", scopes=list(scopes or ("import",)))[1]


def send(bearer: str, body: Any, *, lines: bool = False, key: str = "", client: Client | None = None) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    if lines and not isinstance(body, str | bytes):
        text = "\n".join(json.dumps(one) for one in body)
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    if key:
        headers["Idempotency-Key"] = key
    kind = "application/x-ndjson" if lines else "application/json"
    return (client or Client()).post(URL, text, content_type=kind, headers=headers)


def held(series: Series) -> tuple[int, int, int]:
    found = sums([series.pk], [(MINUTE - 60, MINUTE + 60)])
    return int(found.good[0, 0]), int(found.total[0, 0]), int(found.measured[0, 0])


@pytest.mark.parametrize("lines", [False, True])
def test_every_form_counts(team: Team, member: Person, series: Series, lines: bool) -> None:
    given = [
        {"sli": "web", "at": "2026-11-20T10:15:30Z", "ok": True},
        {"sli": "web", "at": "2026-11-20T11:15:59.5+01:00", "ok": False, "host": "alder"},
        {"sli": "web", "at": AT.timestamp(), "good": 7, "total": 9},
        {"sli": "web", "minute": MINUTE + 1, "bad": 1, "total": 4},
        {"sli": "web", "minute": MINUTE + 5, "good": 0, "total": 0},
    ]
    answer = send(token(member, team), given, lines=lines)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"accepted": 5, "repeated": 0, "refused": 0, "findings": [], "rows": []}
    assert held(series) == (11, 15, 3)


WRONG: list[tuple[str, Any]] = [
    ("unknown-sli", {"sli": "nobody", "minute": MINUTE, "ok": True}),
    ("fed-otherwise", {"sli": "probed", "minute": MINUTE, "ok": True}),
    ("no-sli", {"minute": MINUTE, "ok": True}),
    ("no-sli", {"sli": 7, "minute": MINUTE, "ok": True}),
    ("bad-time", {"sli": "web", "ok": True}),
    ("bad-time", {"sli": "web", "at": "yesterday", "ok": True}),
    ("bad-time", {"sli": "web", "at": "2026-11-20T10:15:30", "ok": True}),
    ("bad-time", {"sli": "web", "at": True, "ok": True}),
    ("bad-time", {"sli": "web", "minute": -4, "ok": True}),
    ("bad-time", {"sli": "web", "minute": 1.5, "ok": True}),
    ("in-the-future", {"sli": "web", "at": 10**400, "ok": True}),
    ("in-the-future", {"sli": "web", "minute": MINUTE * 2, "ok": True}),
    ("bad-ok", {"sli": "web", "minute": MINUTE, "ok": 1}),
    ("no-count", {"sli": "web", "minute": MINUTE, "good": 1}),
    ("no-count", {"sli": "web", "minute": MINUTE, "total": 1}),
    ("no-count", {"sli": "web", "minute": MINUTE, "good": 1, "bad": 1, "total": 2}),
    ("good-above-total", {"sli": "web", "minute": MINUTE, "good": 5, "total": 4}),
    ("good-above-total", {"sli": "web", "minute": MINUTE, "bad": 5, "total": 4}),
    ("bad-count", {"sli": "web", "minute": MINUTE, "good": float("nan"), "total": 4}),
    ("bad-count", {"sli": "web", "minute": MINUTE, "good": 1, "total": float("inf")}),
    ("bad-count", {"sli": "web", "minute": MINUTE, "good": -1, "total": 4}),
    ("bad-count", {"sli": "web", "minute": MINUTE, "good": 0.5, "total": 4}),
    ("bad-count", {"sli": "web", "minute": MINUTE, "good": "1", "total": 4}),
    ("bad-count", {"sli": "web", "minute": MINUTE, "good": 1, "total": 10**400}),
    ("unreadable", ["web"]),
]


@pytest.mark.parametrize(("reason", "event"), WRONG, ids=[f"{n}-{reason}" for n, (reason, _) in enumerate(WRONG)])
def test_what_cannot_be_counted_is_told_and_the_rest_counts(
    team: Team, member: Person, series: Series, reason: str, event: Any
) -> None:
    Series.objects.create(team=team, name="probed", source="probe")
    good = {"sli": "web", "minute": MINUTE, "ok": True}
    told = send(token(member, team), [good, event, good]).json()
    assert (told["accepted"], told["refused"]) == (2, 1)
    (finding,) = told["findings"]
    assert (finding["reason"], finding["count"], finding["lines"]) == (reason, 1, [2])
    assert finding["sentence"].startswith("The event ")
    assert len(finding["given"]) <= 80
    assert told["rows"] == [{key: finding[key] for key in ("reason", "sentence", "given")} | {"line": 2}]
    assert held(series) == (2, 2, 1)


def test_lines_are_numbered_as_sent_and_twenty_are_told(team: Team, member: Person, series: Series) -> None:
    good = json.dumps({"sli": "web", "minute": MINUTE, "ok": True})
    told = send(token(member, team), "\n".join([good, "", "{oops", good, *["[]"] * 30]), lines=True).json()
    assert (told["accepted"], told["refused"]) == (2, 31)
    assert told["findings"][0]["lines"] == [3, *range(5, 24)]
    assert [row["given"] for row in told["rows"][:2]] == ["{oops", "[]"]
    assert [row["line"] for row in told["rows"]] == [3, *range(5, 24)]


def test_each_refused_event_is_told_with_its_own_line_and_fault(team: Team, member: Person, series: Series) -> None:
    wrong = [{"sli": "one", "minute": MINUTE}, {"sli": "web", "ok": True}, {"sli": "two"}, 7, {"sli": "one"}]
    told = send(token(member, team), wrong, lines=True).json()
    assert [(row["line"], row["reason"], row["given"]) for row in told["rows"]] == [
        (1, "unknown-sli", "one"), (2, "bad-time", "null"), (3, "unknown-sli", "two"), (4, "unreadable", "7"),
        (5, "unknown-sli", "one"),
    ]  # fmt: skip
    assert {found["reason"]: found["count"] for found in told["findings"]} == {
        "unknown-sli": 3, "bad-time": 1, "unreadable": 1,
    }  # fmt: skip


def test_the_command_lists_what_was_refused(team: Team, series: Series) -> None:
    def ingest(*wrong: Any) -> list[str]:
        good = {"sli": "web", "minute": MINUTE, "ok": True}
        text = "\n".join(json.dumps(one) for one in [good, *wrong])
        return CliRunner().invoke(main, ["telemetry", "ingest", "-"], input=text).stdout.splitlines()

    lines = ingest({"sli": "\x1b[31m\n"}, {"sli": "web", "at": "yesterday"})
    assert lines[-3:] == [
        "line  given      why it was refused",
        "   2  \N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}     "
        "The event names an SLI that the team does not have.",
        "   3  yesterday  The event has no time that can be read; write at as in 2026-11-23T10:15:00Z or as seconds "
        "since 1970, or minute as whole minutes since 1970.",
    ]
    lines = ingest(*[{"sli": "nobody"}] * 5, *[7] * 30)
    assert [line.split()[0] for line in lines[7:27]] == [str(n) for n in range(2, 22)]
    assert lines[27:] == [
        "and 15 more. Of all that were refused:", "", "events  why",
        "     5  The event names an SLI that the team does not have.", "    30  The event is no JSON object.",
    ]  # fmt: skip


def test_a_long_line_that_is_no_json_is_cut_between_letters(team: Team, member: Person, series: Series) -> None:
    good = json.dumps({"sli": "web", "minute": MINUTE, "ok": True})
    (row,) = send(token(member, team), f"{good}\n{'é' * 90}", lines=True).json()["rows"]
    assert row["given"] == "é" * 77 + "..."


def test_a_key_counts_once(team: Team, member: Person, lead: Person, series: Series) -> None:
    bearer, given = token(member, team), [{"sli": "web", "minute": MINUTE, "ok": True}]
    assert send(bearer, given, key="a").json()["accepted"] == 1
    assert send(token(lead, team), given, key="a").json() == {
        "accepted": 0, "repeated": 1, "refused": 0, "findings": [], "rows": []
    }  # fmt: skip
    assert send(bearer, given, key="b").json()["accepted"] == 1
    assert send(bearer, given).json()["accepted"] == 1
    assert held(series) == (3, 3, 1)
    assert send(bearer, given, key="x" * 201).status_code == 422


@pytest.mark.parametrize("body", ["", "{", "7", '"a"', '{"events": 5}', b"\xff\xfe", "[" * 100_000])
def test_a_body_that_is_no_list_is_refused(team: Team, member: Person, series: Series, body: Any) -> None:
    answer = send(token(member, team), body, key="k")
    assert answer.status_code == 422
    assert answer.json()["field"] == "body"
    assert not Batch.objects.exists()


def test_a_clock_a_little_ahead_is_believed(team: Team, member: Person, series: Series) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=9)).isoformat()
    late = (datetime.now(UTC) + timedelta(minutes=12)).isoformat()
    told = send(token(member, team), [{"sli": "web", "at": at, "ok": True} for at in (soon, late)]).json()
    assert (told["accepted"], told["findings"][0]["given"]) == (1, late)


def test_who_may_push(
    team: Team, other_team: Team, member: Person, lead: Person, reader: Person, guest: Person, stranger: Person,
    series: Series,
) -> None:  # fmt: skip
    event = [{"sli": "web", "minute": MINUTE, "ok": True}]
    for person in (member, lead):
        assert send(token(person, team), event).status_code == 200
        assert send(token(person, team, "write"), event).status_code == 200
        assert send(token(person, team, "read"), event).status_code == 404
    for person in (reader, guest):
        assert send(token(person, team), event).status_code == 404
    told = send(token(stranger, other_team), event).json()
    assert told["findings"][0]["reason"] == "unknown-sli"
    assert send("", event).status_code == 401
    assert send("hortus_nonsense", event).status_code == 401
    left = token(member, team)
    Membership.objects.filter(person=member).delete()
    assert send(left, event).status_code == 404
    assert held(series)[1] == 4


def test_a_session_is_told_to_use_a_token(member: Person, series: Series) -> None:
    answer = send("", [{"sli": "web", "minute": MINUTE, "ok": True}], client=signed_in(member))
    assert answer.status_code == 404
    assert "token" in answer.json()["detail"]
