"""Steps of a procedure, what makes two of them the same, and how two versions differ. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class StepKind(StrEnum):
    """What a step asks of who follows it."""

    DO = "do"
    CHECK = "check"
    DECIDE = "decide"
    WAIT = "wait"
    SCRIPT = "script"

    @property
    def word(self) -> str:
        """Return it in words."""
        return _KIND_WORDS[self]


_KIND_WORDS = {
    StepKind.DO: "do", StepKind.CHECK: "check", StepKind.DECIDE: "decide", StepKind.WAIT: "wait",
    StepKind.SCRIPT: "run a command",
}  # fmt: skip


class Way(StrEnum):
    """How a procedure is followed: read a step then do it, do it then confirm, or by and by as one knows it."""

    READ_DO = "read-do"
    DO_CONFIRM = "do-confirm"
    RECIPE = "recipe"

    @property
    def word(self) -> str:
        """Return it in words."""
        return _WAY_WORDS[self]


_WAY_WORDS = {
    Way.READ_DO: "read a step, then do it", Way.DO_CONFIRM: "do it, then confirm each step",
    Way.RECIPE: "a recipe, followed by and by",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One step. key: its name in all versions, 1 to 40 of a-z, 0-9 and hyphens.

    text: one line. body: Markdown that tells more. expected: what one sees when it went well. undo: how it is taken
    back. command: shown for copying, never run by a server. is_critical: a run cannot end well without it.
    """

    key: str
    text: str
    body: str = ""
    kind: StepKind = StepKind.DO
    expected: str = ""
    is_critical: bool = False
    undo: str = ""
    command: str = ""

    @property
    def digest(self) -> str:
        """Return what tells its wording from any other: 16 hexadecimal digits of SHA-256. The key is no part of it.

        >>> Step("a", "Drain it").digest == Step("b", "Drain it").digest
        True
        >>> Step("a", "Drain it").digest == Step("a", "Drain it", is_critical=True).digest
        False
        """
        told = {name: value for name, value in as_dict(self).items() if name != "key"}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def as_dict(step: Step) -> dict[str, Any]:
    """Return a step as it is stored and sent."""
    return asdict(step) | {"kind": step.kind.value}


def from_dict(told: dict[str, Any]) -> Step:
    """Return the step that `as_dict` told."""
    return Step(**(told | {"kind": StepKind(told["kind"])}))


class How(StrEnum):
    """What became of a step from one version to another."""

    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one step. before is None for an added one, after for a removed one. has_moved: it has another
    place among those that both versions have."""

    key: str
    how: How
    before: Step | None
    after: Step | None
    has_moved: bool = False


def differences(before: Sequence[Step], after: Sequence[Step]) -> list[Difference]:
    """Return what became of each step, in the order of the later version; removed ones stand where they stood.

    >>> [(d.key, d.how.value) for d in differences([Step("a", "Drain"), Step("b", "Wait")], [Step("b", "Wait longer")])]
    [('a', 'removed'), ('b', 'changed')]
    """
    old, new = {step.key: step for step in before}, {step.key: step for step in after}
    shared_before = [step.key for step in before if step.key in new]
    shared_after = [step.key for step in after if step.key in old]
    elsewhere = {then for then, now in zip(shared_before, shared_after, strict=True) if then != now}
    found = [
        Difference(
            step.key, _how(old.get(step.key), step), old.get(step.key), step, step.key in elsewhere
        )
        for step in after
    ]  # fmt: skip
    place = 0
    for step in before:
        if step.key in new:
            place = next(i for i, one in enumerate(found) if one.key == step.key) + 1
        else:
            found.insert(place, Difference(step.key, How.REMOVED, step, None))
            place += 1
    return found


def _how(before: Step | None, after: Step) -> How:
    if before is None:
        return How.ADDED
    return How.SAME if before.digest == after.digest else How.CHANGED
