"""What one version of a procedure says, as a whole, and what is refused in it. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields

from hortus.processes.procedures.rules.steps import Step, Way, as_dict
from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused

KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
LONGEST_KEY = 40
LONGEST_LINE = 200
LONGEST_TEXT = 4_000  # characters of a step's body, and of a command
MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Content:
    """What a version says. goal: what it is for. good_result: how one sees that it went well. pause_point: when it is
    used. way_back: how one gets back when it goes wrong."""

    title: str
    goal: str = ""
    why: str = ""
    good_result: str = ""
    pause_point: str = ""
    way_back: str = ""
    way: Way = Way.READ_DO
    steps: tuple[Step, ...] = ()

    @property
    def digest(self) -> str:
        """Return what tells it from any other content: SHA-256 in hexadecimal digits."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "steps"}
        text = json.dumps([told, [as_dict(step) for step in self.steps]], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


LINES = ("title", "goal", "why", "good_result", "pause_point", "way_back")


def checked(content: Content) -> Content:
    """Return a content as it is kept. Raises Refused with the field, and in words the step, that it is about."""
    if not content.title.strip():
        raise Refused("empty", f"The title is empty; write one of up to {LONGEST_LINE} characters.", "title")
    for name in LINES:
        _fits(getattr(content, name), name, f"The {name.replace('_', ' ')}", LONGEST_LINE if name == "title" else 1000)
    if not content.steps:
        raise Refused("no-steps", "There is no step; write each below a heading of its own: ## Drain the node", "text")
    if len(content.steps) > MOST_STEPS:
        raise Refused("too-many", f"There are {len(content.steps)} steps; at most {MOST_STEPS} are allowed.", "text")
    for place, step in enumerate(content.steps, 1):
        _check_step(place, step)
    twice = _twice(step.key for step in content.steps)
    if twice:
        raise Refused("key-twice", f"Two steps have the key {twice!r}; give one of them another.", "text")
    return content


def _check_step(place: int, step: Step) -> None:
    if len(step.key) > LONGEST_KEY or not KEY.match(step.key):
        raise Refused(
            "bad-key", f"Step {place} has the key {step.key[:60]!r}; write up to {LONGEST_KEY} of a-z, 0-9 and "
            "hyphens, as in {#drain-node}.", "text",
        )  # fmt: skip
    if not step.text.strip():
        raise Refused("empty-step", f"Step {place} says nothing; write in a line what is to be done.", "text")
    _fits(step.text, "text", f"Step {place}", LONGEST_LINE)
    for name in ("expected", "undo"):
        _fits(getattr(step, name), "text", f"What step {place} says as “{name}”", 1000)
    for name in ("body", "command"):
        _fits(getattr(step, name), "text", f"The {name} of step {place}", LONGEST_TEXT)


def _fits(text: str, field: str, about: str, longest: int) -> None:
    if len(text) > longest:
        raise Refused("too-long", f"{about} has {len(text)} characters; at most {longest} are allowed.", field)
    refuse_uncarriable(text, field)


def _twice(keys: Iterable[str]) -> str:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return ""
