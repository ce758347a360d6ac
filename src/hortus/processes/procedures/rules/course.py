"""The course of a run: its states, which move leads from where to where, and what guards the way to its end. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from hortus.processes.procedures.rules.standing import RunStanding
from hortus.processes.procedures.rules.steps import Step


class State(StrEnum):
    """Where a run stands."""

    PLANNED = "planned"
    RUNNING = "running"
    WAITING = "waiting"
    CHECKING = "checking"
    DONE = "done"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Say whether nothing is done in it any more."""
        return self in (State.DONE, State.ABANDONED, State.CANCELLED)


NEXT: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.WAITING, State.CHECKING, State.ABANDONED}),
    State.WAITING: frozenset({State.RUNNING, State.ABANDONED}),
    State.CHECKING: frozenset({State.DONE, State.RUNNING}),
    State.DONE: frozenset(),
    State.ABANDONED: frozenset(),
    State.CANCELLED: frozenset(),
}


class Waiting(StrEnum):
    """What a run waits for."""

    PERSON = "person"
    OUTSIDE = "outside"
    TIME = "time"
    APPROVAL = "approval"

    @property
    def word(self) -> str:
        """Return it in words."""
        return _WAITING_WORDS[self]


_WAITING_WORDS = {
    Waiting.PERSON: "somebody of us", Waiting.OUTSIDE: "somebody outside", Waiting.TIME: "time to pass",
    Waiting.APPROVAL: "an approval",
}  # fmt: skip


class Outcome(StrEnum):
    """Whether the good result came about."""

    GOOD = "good"
    PARTLY = "partly"
    NO = "no"

    @property
    def word(self) -> str:
        """Return it in words."""
        return _OUTCOME_WORDS[self]


_OUTCOME_WORDS = {Outcome.GOOD: "yes", Outcome.PARTLY: "partly", Outcome.NO: "no"}


def missing(steps: Sequence[Step], found: RunStanding) -> list[Step]:
    """Return the critical steps that keep a run from its end, in their order: to do, failed, or contested."""
    return [step for step in steps if step.is_critical and not found.steps[step.key].state.is_finished]
