"""Procedures as Markdown: what is written is read back as the same, whatever was read before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.processes.procedures.markdown import Document, read, written
from hortus.processes.procedures.rules.content import Content, checked
from hortus.processes.procedures.rules.steps import StepKind, Way
from hortus.values.refused import Refused

WHOLE = """---
slug: drain-a-node
title: "Drain a node: for repair"
goal: A node that can be opened.
why: Jobs die when a node goes away under them.
good_result: The node is down, and no job was lost.
pause_point: Before anybody touches the hardware.
way_back: Resume the node.
kind: do-confirm
services: [scheduler]
---

## Take the node out of the queue {#drain .script .critical}

Ask **whose** jobs run there first.

```
squeue -w node
```

```sh
scontrol update nodename=$NODE state=drain
```

Expected: the state says DRAINED
within an hour

Undo: state=resume

## Look whether it is empty {.check}

## Look whether it is empty
- one
- two
"""


def again(found: Document) -> str:
    return written(found.content, slug=found.slug, services=found.services or ())


def test_a_whole_text_is_read() -> None:
    found = read(WHOLE)
    assert found.slug == "drain-a-node"
    assert found.services == ("scheduler",)
    said = found.content
    assert said.title == "Drain a node: for repair"
    assert said.way is Way.DO_CONFIRM
    drain, empty, list_ = said.steps
    assert (drain.key, drain.kind, drain.is_critical) == ("drain", StepKind.SCRIPT, True)
    assert drain.command == "scontrol update nodename=$NODE state=drain"
    assert drain.expected == "the state says DRAINED within an hour"
    assert drain.undo == "state=resume"
    assert drain.body == "Ask **whose** jobs run there first.\n\n```\nsqueue -w node\n```"
    assert (empty.key, empty.kind) == ("look-whether-it-is-empty", StepKind.CHECK)
    assert (list_.key, list_.body) == ("look-whether-it-is-empty-2", "- one\n- two")
    assert read(again(found)) == found
    assert again(read(again(found))) == again(found)


def test_a_runbook_as_people_have_it_is_read() -> None:
    found = read(
        "# Drain a node\r\n\r\nSo that it can be opened.\r\n\r\nFirst\r\n-----\r\nAsk.\r\n\r\n## Then\r\n"
    ).content
    assert (found.title, found.goal) == ("Drain a node", "So that it can be opened.")
    assert [(one.key, one.body) for one in found.steps] == [("first", "Ask."), ("then", "")]


# What makes Markdown hard: fences, headings, braces, our own words, in any order.
PIECES = st.sampled_from([
    "## ", "# ", "### ", "```", "```sh", "~~~", "````", "{#a}", "{#a .critical}", "{.wait}", "Expected:", "Undo:",
    "expected: ", "- ", "1. ", "> ", "    ", "\n", "\n\n", "\n\n\n", "---", "===", "word", "a b", "<div>", "<!--",
    "-->", "{x}", "`", "\\", "[a]: b", "\t", "é", "#", "|a|\n|-|",
])  # fmt: skip
MESS = st.lists(PIECES, max_size=25).map("".join)


@given(MESS | st.text(max_size=80), st.booleans())
def test_what_was_read_once_is_read_again_as_the_same(mess: str, has_front: bool) -> None:
    front = "---\ntitle: T\ngoal: G\n---\n" if has_front else "# T\n"
    try:
        found = read(f"{front}\n## First\n\n{mess}\n\n## Last\n\n{mess}")
        checked(found.content)
    except Refused:
        return
    assert read(again(found)).content == found.content
    assert again(read(again(found))) == again(found)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.text(max_size=60))
def test_texts_of_the_front_matter_come_back(why: str, title: str) -> None:
    steps = read("# T\n## One").content.steps
    one = Content(" ".join(title.split()) or "T", why=" ".join(why.split()), steps=steps)
    try:
        checked(one)
    except Refused:
        return
    assert read(written(one, slug="t", services=["a", "b"])) == Document(one, "t", ("a", "b"))


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("", "empty", "title"),
        ("# T", "no-steps", "## Drain the node"),
        ("---\ntitle: T\n", "no-end", "no line ---"),
        ("---\ntitle: [\n---\n## A", "bad-front", "not YAML in line"),
        ("---\n- a\n---\n## A", "bad-front", "no names"),
        ("---\ntitle: {a: b}\n---\n## A", "bad-front", "not a text"),
        ("---\nowner: me\n---\n## A", "unknown-name", "'owner'"),
        ("---\nkind: wish\n---\n## A", "unknown-kind", "read-do"),
        ("---\nservices: a\n---\n## A", "bad-front", "no list"),
        ("---\ntitle: T\ngoal: g\n---\nHello\n## A", "text-before", "below a step"),
        ("# T\n## A {#b}\n## C {#b}", "key-twice", "'b'"),
        ("# T\n## A {.urgent}", "unknown-attribute", ".critical"),
        ("# T\n## A {#Big_One}", "bad-key", "'Big_One'"),
        ("# T\n## {#a}", "empty-step", "Step 1"),
        ("# T\n## A\n# U", "two-titles", "“U”"),
        ("# T\n## A\nx\x00", "control-character", "U+0000"),
        ("# T\n" + "## A\n" * 101, "too-many", "101"),
        ("# T\n## A\n" + "x" * 4001, "too-long", "4001"),
        ("x" * 200_001, "too-long", "200,001"),
        ("---\nwhy: !!python/object:os.system x\n---\n## A", "bad-front", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_answered_in_a_sentence(text: str, code: str, says: str) -> None:
    with pytest.raises(Refused) as caught:
        checked(read(text).content)
    assert caught.value.code == code
    assert says in caught.value.sentence
