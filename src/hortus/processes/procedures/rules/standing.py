"""How the steps of a run stand, worked out anew from what was said of them and the moves to other versions. Pure.

Nothing that anybody said is ever changed or thrown away, so no step can be lost; and a step stands as done only by the
word of somebody who saw the wording that it has now, so none is done in silence. Words of several people who did not
know of each other stand beside one another, as in a register of many values (Shapiro and others, 2011): when they
agree the step stands as they say, when they do not it is contested until somebody who saw them all says how it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hortus.processes.procedures.rules.steps import Step


class Said(StrEnum):
    """What somebody says of a step."""

    TODO = "todo"
    DONE = "done"
    DIFFERENTLY = "differently"
    SKIPPED = "skipped"
    FAILED = "failed"

    @property
    def word(self) -> str:
        """Return it in words."""
        return _WORDS[self]

    @property
    def needs_note(self) -> bool:
        """Say whether it has to be told how or why."""
        return self in (Said.DIFFERENTLY, Said.SKIPPED, Said.FAILED)


_WORDS = {
    Said.TODO: "not done after all", Said.DONE: "done", Said.DIFFERENTLY: "done differently", Said.SKIPPED: "skipped",
    Said.FAILED: "failed",
}  # fmt: skip
FINISHED = frozenset({Said.DONE, Said.DIFFERENTLY, Said.SKIPPED})


class State(StrEnum):
    """How a step stands: as it was said, or contested."""

    TODO = "todo"
    DONE = "done"
    DIFFERENTLY = "differently"
    SKIPPED = "skipped"
    FAILED = "failed"
    CONTESTED = "contested"

    @property
    def word(self) -> str:
        """Return it in words."""
        return _STATE_WORDS.get(self) or Said(self.value).word

    @property
    def is_finished(self) -> bool:
        """Say whether nobody has to do it any more."""
        return self in (State.DONE, State.DIFFERENTLY, State.SKIPPED)


_STATE_WORDS = {State.TODO: "to do", State.CONTESTED: "two say different things"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody said of a step. number: its place among all entries of the run, from 1.

    digest: of the wording that they saw. seen: the last entry that they knew of. journal: what tells one offline
    record from others, "" for what was said on line. is_late: it came when the run was over.
    """

    number: int
    key: str
    digest: str
    said: Said
    seen: int = 0
    journal: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """The run follows other steps from here on."""

    number: int
    steps: Sequence[Step]


class Kept(StrEnum):
    """Why a word about a step does not count, though it is kept."""

    LATER = "somebody said more later"
    REWORDED = "it was said of another wording"
    REOPENED = "the step changed afterwards"
    REMOVED = "the version that is followed now has no such step"
    OVER = "it came when the run was over"


@dataclass(slots=True)
class StepStanding:
    """How one step stands. heads: the words that count. kept: those that do not, with why, in their order."""

    heads: list[Mark] = field(default_factory=list)
    kept: list[tuple[Mark, Kept]] = field(default_factory=list)

    @property
    def state(self) -> State:
        """Return how it stands. Done, and done differently, do not contradict each other."""
        said = {mark.said for mark in self.heads}
        if not said:
            return State.TODO
        if len(said) == 1:
            return State(said.pop().value)
        return State.DIFFERENTLY if said == {Said.DONE, Said.DIFFERENTLY} else State.CONTESTED

    def hear(self, mark: Mark) -> None:
        """Let a word count: it stands in the place of those that its author knew."""
        known = [one for one in self.heads if one.number <= mark.seen or (mark.journal and one.journal == mark.journal)]
        self.put_by(known, Kept.LATER)
        self.heads.append(mark)

    def put_by(self, marks: Sequence[Mark], why: Kept) -> None:
        """Let words count no more."""
        self.kept.extend((mark, why) for mark in marks)
        self.heads = [mark for mark in self.heads if mark not in marks]


@dataclass(frozen=True, slots=True)
class RunStanding:
    """How a run stands. steps: those of the version that is followed now, by their keys, in their order.

    gone: steps that this version does not have, of which something was said.
    """

    steps: Mapping[str, StepStanding]
    gone: Mapping[str, StepStanding]

    @property
    def finished(self) -> int:
        """Return how many steps nobody has to do any more."""
        return sum(one.state.is_finished for one in self.steps.values())

    def why_kept(self, number: int) -> Kept | None:
        """Return why the word with this number does not count, None when it does."""
        for one in (*self.steps.values(), *self.gone.values()):
            for mark, why in one.kept:
                if mark.number == number:
                    return why
        return None


def standing(steps: Sequence[Step], entries: Iterable[Mark | Move]) -> RunStanding:
    """Return how a run stands that began with these steps, after these entries in the order of their numbers.

    >>> a, b = Step("a", "Drain it"), Step("a", "Drain it and wait")
    >>> standing([a], [Mark(1, "a", a.digest, Said.DONE)]).steps["a"].state.value
    'done'
    >>> standing([a], [Mark(1, "a", a.digest, Said.DONE), Move(2, [b])]).steps["a"].state.value
    'todo'
    """
    digests = {step.key: step.digest for step in steps}
    found: dict[str, StepStanding] = {step.key: StepStanding() for step in steps}
    for entry in entries:
        if isinstance(entry, Move):
            digests = _moved(found, digests, {step.key: step.digest for step in entry.steps})
        else:
            _heard(found.setdefault(entry.key, StepStanding()), entry, digests.get(entry.key))
    gone = {key: one for key, one in found.items() if key not in digests}
    return RunStanding({key: found[key] for key in digests}, gone)


def _heard(step: StepStanding, mark: Mark, digest: str | None) -> None:
    why = Kept.OVER if mark.is_late else Kept.REMOVED if digest is None else Kept.REWORDED
    if mark.is_late or mark.digest != digest:
        step.kept.append((mark, why))
    else:
        step.hear(mark)


def _moved(found: dict[str, StepStanding], before: Mapping[str, str], after: dict[str, str]) -> dict[str, str]:
    for key, digest in before.items():
        if after.get(key) != digest:
            found[key].put_by(list(found[key].heads), Kept.REOPENED if key in after else Kept.REMOVED)
    for key in after:
        found.setdefault(key, StepStanding())
    return after
