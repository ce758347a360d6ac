"""What is found in an older text: spans that can be entered as incidents, and what is left out, each with its line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Span:
    """One incident that is over. began_at, ended_at: aware. origin: a value of Incident.Origin."""

    line: int
    began_at: datetime
    ended_at: datetime
    severity: str = ""
    tags: tuple[str, ...] = ()
    origin: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One text and the incidents that it tells of, at least one. answers: by the names of a review's questions."""

    line: int
    title: str
    spans: Sequence[Span]
    answers: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """What was not taken, and why. is_fault: it should have been readable; else it is no incident that is over."""

    line: int
    what: str
    why: str
    is_fault: bool = True


@dataclass(slots=True)
class Read:
    """All of one file, in its order."""

    stories: list[Story] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
