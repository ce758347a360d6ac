"""`hortus procedure` in a terminal: files of Markdown both ways, runs, and its exit codes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hortus.access.models import Person, Team
from hortus.cli import main
from hortus.processes.procedures import runs
from hortus.processes.procedures.models import Procedure, Run, Version
from hortus.processes.procedures.offline import Home, Notebook
from hortus.processes.procedures.shapes import whole_run_as_dict

pytestmark = pytest.mark.django_db
TEXT = "---\nslug: drain\ntitle: Drain a node\n---\n## Ask {#ask}\n## Drain it {#drain .critical}\n"


def run(*arguments: object, text: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["procedure", *map(str, arguments)], input=text)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "drain.md"
    made.write_text(TEXT)
    return made


def test_files_both_ways(team: Team, member: Person, file: Path, tmp_path: Path) -> None:
    assert run("list")[1].startswith("There is no such procedure yet")
    assert run("import", file)[:2] == (0, f"{file}: drain, written\n")
    assert run("import", file)[:2] == (0, f"{file}: drain, unchanged\n")
    assert run("export", "--to", tmp_path / "out")[:2] == (0, f"{tmp_path}/out/drain.md\n")
    out = tmp_path / "out" / "drain.md"
    assert run("import", out)[1].endswith("drain, unchanged\n")
    assert run("export", "drain", "--to", "-")[1] == out.read_text()
    first = out.read_text()
    out.write_text(first.replace("Drain it", "Drain it slowly"))
    code, _, errors = run("import", out)
    assert (code, "change_reason is empty" in errors) == (2, True)
    assert run("import", out, "--reason", "Jobs died.")[1].endswith("drain, version 2 is current\n")
    out.write_text(first + "\n## Look {#look}\n")  # by somebody who knows of the first version only
    code, text, _ = run("import", out, "--reason", "Look.")
    assert (code, "version 3 is proposed: the file was written out at version 1 and version 2 is" in text) == (1, True)
    file.write_text(TEXT + "## Tell {#tell}\n")
    code, text, _ = run("import", file, "--reason", "Tell.")
    assert (code, "version 4 is proposed: the file names no version at its top" in text) == (1, True)
    assert "drain" in run("list")[1]
    assert "It does not say why it is done" in run("show", "drain")[1]
    assert json.loads(run("show", "drain", "--json")[1])["proposals"] == [4, 3]


def test_all_files_or_none(team: Team, member: Person, file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.md"
    faults = {b"# T\n## A {.no}\n": "bad.md: '.no'", b"\xff": "is no text in UTF-8", b"": "bad.md: The title"}
    for content, says in faults.items():
        bad.write_bytes(content)
        code, _, errors = run("import", file, bad)
        assert (code, says in errors) == (2, True), errors
    assert not Procedure.objects.exists()
    assert run("import", tmp_path / "none.md")[0] == 2
    assert run("show", "none")[0] == 2
    assert run("run", 7)[0] == 2


def test_a_run_in_a_terminal(team: Team, member: Person, file: Path) -> None:
    run("import", file)
    assert run("start", "drain", "--key", "k")[1] == "Run #1 of “Drain a node”, version 1.\n"
    assert run("start", "drain", "--key", "k")[1].startswith("Run #1")
    assert "0 of 2" in run("runs")[1]
    found = Run.objects.get()
    step = found.version.content.steps[0]
    runs.say(found, runs.Word("ask", step.digest, "done"), by=member, door="web")
    assert run("run", 1)[1].splitlines()[1:] == ["[x] ask  Ask: done", "[ ] drain  Drain it (critical)"]
    file.write_text(TEXT.replace("## Ask {#ask}\n", ""))
    assert run("import", file, "--reason", "Nobody answers.", "--over")[0] == 0
    assert "kept in the history" in run("move", 1, "--look")[1]
    assert Run.objects.get().version.number == 1
    told = json.loads(run("move", 1, "--json")[1])
    assert (told["version"], told["gone"][0]["text"]) == (2, "Ask")
    assert run("move", 1, "--to", 9)[0] == 2
    assert Version.objects.count() == 2


def test_a_run_that_was_taken_along_is_followed_by_answers(
    team: Team, member: Person, file: Path, tmp_path: Path
) -> None:
    run("import", file)
    run("start", "drain")
    told = json.loads(json.dumps(whole_run_as_dict(_found(team)), default=str))
    path = tmp_path / "run.jsonl"
    Notebook(path).begin(Home("http://127.0.0.1:9", "rcd", 1), told)
    code, text, _ = run("follow", path, text="x\no\nBy telephone.\nn\n")
    assert code == 0
    assert "[x] ask  Ask: done differently" in text
    assert "[ ] drain" in text
    assert "1 not sent yet" in text
    code, text, _ = run("follow", path, text="f\nIt hangs.\n")
    assert "[!] drain  Drain it (critical): failed" in text
    assert run("follow", path, "--step", "drain")[0] == 2
    assert run("follow", path, "--step", "none", "--said", "done")[0] == 2
    assert run("sync", path)[0] == 2  # no token
    (tmp_path / "token").write_text("hortus_x\n")
    code, _, errors = run("sync", path, "--token-file", tmp_path / "token", "--seconds", 1)
    assert (code, "does not answer" in errors) == (2, True)
    assert len(Notebook(path).read().waiting) == 2


def _found(team: Team) -> Run:
    from hortus.processes.procedures import following

    return following.mine(team, team.memberships.get().person).get()
