"""How two versions differ, for people: which texts and which steps, before and after, with the changed words marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from hortus.processes.procedures.rules.content import Content
from hortus.processes.procedures.rules.steps import Difference, How, Step, differences

Piece = tuple[str, bool]
"""Some words, and whether the other version has others in their place."""

_WORD = re.compile(r"\s*\S+")
_TEXTS = {
    "title": "Title", "goal": "What it is for", "why": "Why", "pause_point": "When to use it",
    "good_result": "A good result", "way_back": "The way back",
}  # fmt: skip
_PARTS = {"text": "Step", "body": "In full", "command": "Command", "expected": "Expected", "undo": "Undo"}


@dataclass(frozen=True, slots=True)
class Change:
    """A text that differs, in pieces."""

    label: str
    before: Sequence[Piece]
    after: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class StepChange:
    """What became of a step, and which of its parts differ."""

    difference: Difference
    changes: Sequence[Change] = ()

    @property
    def step(self) -> Step:
        """Return the step as it is afterwards, or as it was where it is removed."""
        found = self.difference.after or self.difference.before
        assert found is not None  # noqa: S101 -- a difference has one of the two
        return found

    @property
    def how(self) -> How:
        """Return what became of it."""
        return self.difference.how


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that differs between two versions."""

    texts: Sequence[Change] = ()
    steps: Sequence[StepChange] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing differs."""
        return not self.texts and all(one.how is How.SAME and not one.difference.has_moved for one in self.steps)


def compared(before: Content, after: Content) -> Comparison:
    """Return how one content differs from an earlier one."""
    texts = [_change(label, getattr(before, name), getattr(after, name)) for name, label in _TEXTS.items()]
    texts.append(_change("How it is followed", before.way.word, after.way.word))
    steps = [
        StepChange(one, list(_in_step(one.before, one.after)) if one.before and one.after else ())
        for one in differences(before.steps, after.steps)
    ]
    return Comparison([one for one in texts if one], steps)


def _in_step(before: Step, after: Step) -> Iterator[Change]:
    pairs = [(label, getattr(before, name), getattr(after, name)) for name, label in _PARTS.items()]
    pairs.append(("Kind", before.kind.word, after.kind.word))
    pairs.append(("Weight", _weight(before), _weight(after)))
    yield from filter(None, (_change(*pair) for pair in pairs))


def _weight(step: Step) -> str:
    return "critical" if step.is_critical else "not critical"


def _change(label: str, before: str, after: str) -> Change | None:
    return None if before == after else Change(label, *marked(before, after))


def marked(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Return two texts in pieces, those marked that the other one does not have there.

    >>> marked("Wait an hour", "Wait a day")
    ([('Wait', False), (' an hour', True)], [('Wait', False), (' a day', True)])
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    first: list[Piece] = []
    second: list[Piece] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        first += [("".join(old[i:j]), tag != "equal")] if i < j else []
        second += [("".join(new[k:m]), tag != "equal")] if k < m else []
    return first, second
