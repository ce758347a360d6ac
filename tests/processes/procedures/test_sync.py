"""A file is synced with a real server: a word that nothing can be made of keeps no other waiting, and limits hold."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from hortus.access import actions as access
from hortus.access.models import Person, Team
from hortus.cli import main
from hortus.processes.procedures import runs
from hortus.processes.procedures.models import Entry, Procedure, Run
from hortus.processes.procedures.offline import Home, Notebook, fetch, sync
from hortus.values.refused import Refused

BASE = "/api/v1/teams/rcd"


@pytest.mark.django_db(transaction=True)
def test_a_word_that_is_not_taken_keeps_no_other_waiting(
    team: Team, member: Person, drain: Procedure, live_server: Any, tmp_path: Path
) -> None:
    """As after a restore of last night's backup: the version that the word is about is not there any more."""
    runs.plan(drain, by=member, door="web")
    _, token = access.make_token(team, member, name="x", scopes=["read", "write"])
    home = Home(live_server.url, "rcd", 1)
    notebook = Notebook(tmp_path / "run.jsonl")
    notebook.begin(home, fetch(home, token))
    for key in ("ask", "drain", "look"):
        notebook.say(key, "done")
    lines = notebook.path.read_text().splitlines()
    lines[3] = lines[3].replace('"version": 1', '"version": 99')
    notebook.path.write_text("\n".join([*lines, ""]))
    found = sync(notebook, token)
    assert [one["key"] for one in found.became] == ["ask", "look"]
    assert [word["key"] for word in found.taken.waiting] == ["drain"]
    assert "no version 99" in "".join(found.unwanted.values())
    (tmp_path / "token").write_text(token)
    arguments = ["procedure", "sync", str(notebook.path), "--token-file", str(tmp_path / "token")]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, "drain: done; not taken, it waits" in result.stdout) == (1, True)
    assert Entry.objects.count() == 2


def test_a_note_that_no_server_takes_is_refused_before_it_is_written(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "run.jsonl")
    step = {"key": "ask", "digest": "0" * 16, "state": "todo", "text": "Ask", "is_critical": False}
    notebook.begin(Home("http://127.0.0.1:9", "rcd", 1), {"seen": 0, "version": 1, "newer": 0, "steps": [step]})
    for note in ("a\x1b[0m", "half \ud83d a pair", "a\0b"):
        with pytest.raises(Refused) as caught:
            notebook.say("ask", "done", note)
        assert (caught.value.code, caught.value.field) == ("control-character", "note")
    assert notebook.read().words == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("words", {"said_at": "0001-01-01T00:00:00+14:00"}), ("words", {"said_at": "9999-12-31T23:59:59-12:00"}),
        ("words", {"said_at": "2026-03-02T10:00:00"}), ("words", {"digest": "\x07"}), ("words", {"key": "a b"}),
        ("words", {"version": 10**12}), ("versions", {"base": -1}), ("versions", {"base": 10**30}),
        ("move", {"to": 10**30, "seen_from": 1}), ("move", {"to": 1, "seen_from": -1}),
    ],
)  # fmt: skip
def test_what_no_table_holds_is_refused(run: Run, as_member: Client, path: str, told: dict[str, Any]) -> None:
    step = run.version.content.steps[0]
    bodies: dict[str, Any] = {
        "words": {"words": [{"id": str(uuid.uuid4()), "key": "ask", "digest": step.digest, "said": "done"} | told]},
        "versions": {"text": "# T\n## A\n", "reason": "x", "propose": True} | told, "move": told,
    }  # fmt: skip
    where = "procedures/drain-a-node/versions" if path == "versions" else f"runs/{run.number}/{path}"
    answer = as_member.post(f"{BASE}/{where}", json.dumps(bodies[path]), "application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.content
    assert not Entry.objects.exists()


def test_a_clock_that_stands_at_its_beginning_is_kept(run: Run, as_member: Client) -> None:
    step = run.version.content.steps[0]
    word = {"id": str(uuid.uuid4()), "key": "ask", "digest": step.digest, "said": "done"}
    told = {"words": [word | {"said_at": "1970-01-01T00:00:07Z"}]}
    answer = as_member.post(f"{BASE}/runs/{run.number}/words", json.dumps(told), "application/json")
    assert answer.json()["heard"][0]["said_at"].startswith("1970-01-01T00:00:07")


def test_a_whole_run_costs_the_same_with_many_words(
    run: Run, member: Person, as_member: Client, django_assert_max_num_queries: Any
) -> None:
    step = run.version.content.steps[0]
    for _ in range(30):
        runs.say(run, runs.Word("ask", step.digest, "done"), by=member, door="web")
    with django_assert_max_num_queries(13):
        found = as_member.get(f"{BASE}/runs/{run.number}").json()
    assert found["seen"] == 30
