"""A finding of `hortus doctor`. Holds no check."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    NOTE = "note"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. mend: repairs it and says what was done; None where a person must."""

    check: str
    state: State
    sentence: str
    mend: Callable[[], str] | None = None


Found = Iterator[Finding]


def ok(check: str, sentence: str) -> Finding:
    return Finding(check, State.OK, sentence)


def trouble(check: str, sentence: str, mend: Callable[[], str] | None = None) -> Finding:
    return Finding(check, State.TROUBLE, sentence, mend)
