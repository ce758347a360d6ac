"""A run in a file: what was acknowledged is there however the machine stopped, and nothing else is made of it."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hortus.processes.procedures.offline import Home, Notebook, fetch
from hortus.values.refused import Refused

HOME = Home("https://hortus.example.org/garden", "alder", 12)
KEYS = ("ask", "drain", "look")


def a_run(**more: Any) -> dict[str, Any]:
    steps = [{"key": key, "digest": key * 2, "text": key, "state": "todo", "is_critical": False} for key in KEYS]
    return {"number": 12, "title": "Drain", "seen": 3, "version": 2, "newer": 0, "steps": steps} | more


WORDS = st.lists(
    st.tuples(
        st.sampled_from(KEYS), st.sampled_from(["done", "skipped", "failed", "todo"]), st.text("ab ü\n", min_size=3)
    ),
    max_size=5,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(WORDS, st.data())
def test_whatever_was_acknowledged_is_there_after_a_cut_anywhere(
    told: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.jsonl"
        notebook = Notebook(path)
        notebook.begin(HOME, a_run())
        ends, said = [path.stat().st_size], []
        for key, word, note in told:
            try:
                taken = notebook.say(key, word, f"n{note}")
            except Refused:
                continue
            ends.append(path.stat().st_size)
            said.append(taken.words[-1]["id"])
        cut = data.draw(st.integers(ends[0], ends[-1]))
        path.write_bytes(path.read_bytes()[:cut])
        found = notebook.read()
        acknowledged = sum(end <= cut for end in ends) - 1
        assert [word["id"] for word in found.words] == said[:acknowledged]
        assert found.is_torn == (cut not in ends)
        again = notebook.say("ask", "done")  # goes on behind what is whole
        assert [word["id"] for word in again.words][:-1] == said[:acknowledged]
        assert not notebook.read().is_torn


def test_a_word_carries_what_its_author_saw(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "run.jsonl")
    notebook.begin(HOME, a_run())
    taken = notebook.say("drain", "differently", "By\nhand. ")
    (word,) = taken.words
    assert {name: word[name] for name in ("key", "digest", "note", "seen", "version")} == {
        "key": "drain", "digest": "draindrain", "note": "By hand.", "seen": 3, "version": 2,
    }  # fmt: skip
    assert (taken.states["drain"].value, taken.next_open and taken.next_open["key"]) == ("differently", "ask")
    newer = notebook.heard([word | {"counts": True}], a_run(seen=4))
    assert (newer.waiting, newer.run["seen"], newer.states["drain"].value) == ([], 4, "todo")
    with pytest.raises(Refused, match="is there already"):
        notebook.begin(HOME, a_run())
    for arguments, says in ((("none", "done", ""), "ask, drain"), (("ask", "well", ""), "one of"), (
        ("ask", "failed", " "), "in a sentence"), (("ask", "failed", "x" * 301), "at most 300")):  # fmt: skip
        with pytest.raises(Refused, match=says):
            notebook.say(*arguments)
    assert len(notebook.read().words) == 1


@pytest.mark.parametrize("content", ["", "x", "{}\n{}\n", '{"hortus": "run", "format": 9}\n{"run": {}}\n', "[]\n[]\n"])
def test_a_file_that_is_none_of_ours_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    with pytest.raises(Refused, match="holds no run"):
        Notebook(path).read()


def test_a_damaged_line_is_named_and_nobody_is_told_to_throw_the_others_away(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "run.jsonl")
    notebook.begin(HOME, a_run())
    notebook.say("ask", "done")
    notebook.say("drain", "done")
    lines = notebook.path.read_bytes().split(b"\n")
    lines[2] = lines[2][:-9]
    notebook.path.write_bytes(b"\n".join(lines))
    with pytest.raises(Refused, match=r"Line 3 of .* is damaged"):
        notebook.read()
    notebook.path.write_bytes(b"\n".join([*lines[:2], *lines[3:]]))
    assert [word["key"] for word in notebook.read().words] == ["drain"]


def test_an_address_names_its_home() -> None:
    page = "https://hortus.example.org/garden/t/alder/runs/12/"
    for address in (page, f" {page}move/?x=1"):
        assert Home.of(address) == HOME
    assert HOME.url == "https://hortus.example.org/garden/api/v1/teams/alder/runs/12"
    for address in ("", "https://hortus.example.org/", "https://hortus.example.org/t/alder/runs/x/"):
        with pytest.raises(Refused, match="not the page of a run"):
            Home.of(address)


def test_nobody_at_home_is_told_in_a_sentence() -> None:
    with pytest.raises(Refused, match=r"does not answer.*Nothing is lost"):
        fetch(Home("http://127.0.0.1:9", "alder", 1), "token", seconds=2)
    with pytest.raises(Refused, match="is no address"):
        fetch(Home("ftp://x", "alder", 1), "token")


def test_the_file_is_lines_that_other_programs_read(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "run.jsonl")
    notebook.begin(HOME, a_run())
    notebook.say("ask", "done")
    head, first, word = map(json.loads, notebook.path.read_text().splitlines())
    assert (head["hortus"], head["team"], first["run"]["number"], word["word"]["said"]) == ("run", "alder", 12, "done")
    assert notebook.path.stat().st_mode & 0o077 == 0
