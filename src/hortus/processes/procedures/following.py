"""What the page of a run shows: each step with how it stands, who said what of it, and what a move would do to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch

from hortus.access.models import Person, Team
from hortus.processes.procedures.comparing import StepChange, compared
from hortus.processes.procedures.models import Entry, Run, RunQuerySet, Version
from hortus.processes.procedures.rules.course import State as Course
from hortus.processes.procedures.rules.course import Waiting
from hortus.processes.procedures.rules.standing import Kept, State, StepStanding
from hortus.processes.procedures.rules.steps import How, Step

ENDED = 50  # the newest that are over


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A word that is kept and does not count."""

    entry: Entry
    why: Kept


@dataclass(frozen=True, slots=True)
class Shown:
    """A step of a run. words: those that count. kept: those that do not."""

    place: int
    step: Step
    state: State
    words: Sequence[Entry]
    kept: Sequence[Uncounted]

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to see to it."""
        return not self.state.is_finished

    @property
    def surprises(self) -> bool:
        """Say whether a word does not count for another reason than that somebody said more later."""
        return any(one.why is not Kept.LATER for one in self.kept)


@dataclass(frozen=True, slots=True)
class Gone:
    """A step that the version does not have, of which something was said."""

    text: str
    kept: Sequence[Uncounted]


@dataclass(frozen=True, slots=True)
class Followed:
    """A run as its page shows it."""

    steps: Sequence[Shown]
    gone: Sequence[Gone]
    finished: int

    @property
    def contested(self) -> int:
        """Return of how many steps two say different things."""
        return sum(one.state is State.CONTESTED for one in self.steps)

    @property
    def next_open(self) -> str:
        """Return the key of the first step that somebody has to see to, "" for none."""
        return next((one.step.key for one in self.steps if one.is_open), "")


def mine(team: Team, person: Person) -> RunQuerySet:
    """Return the runs of a team that a person may read, with what pages show of each in a fixed number of queries."""
    current = Version.objects.filter(status=Version.Status.CURRENT)
    rows: RunQuerySet = Run.objects.visible_to(person).filter(team=team).shown().select_related("began_with")
    return rows.prefetch_related(Prefetch("procedure__versions", current, to_attr="currents"))


def newer(run: Run) -> Version | None:
    """Return the version that is current by now where an open run follows another; of a run that `mine` found."""
    currents: list[Version] = run.procedure.currents  # type: ignore[attr-defined]
    is_pinned = run.stands is not Course.PLANNED and not run.stands.is_over
    return next((one for one in currents if one.pk != run.version_id), None) if is_pinned else None


def followed(run: Run) -> Followed:
    """Return a run as its page shows it."""
    found = run.standing
    entries = {entry.number: entry for entry in run.entries.all()}
    steps = [
        _shown(place, step, found.steps[step.key], entries) for place, step in enumerate(run.version.content.steps, 1)
    ]
    gone = [Gone(_text(key, one, entries), _kept(one, entries)) for key, one in found.gone.items() if one.kept]
    return Followed(steps, gone, found.finished)


def _shown(place: int, step: Step, one: StepStanding, entries: Mapping[int, Entry]) -> Shown:
    words = [entries[mark.number] for mark in one.heads]
    return Shown(place, step, one.state, words, _kept(one, entries))


def _kept(one: StepStanding, entries: Mapping[int, Entry]) -> list[Uncounted]:
    return [Uncounted(entries[mark.number], why) for mark, why in one.kept]


def _text(key: str, one: StepStanding, entries: Mapping[int, Entry]) -> str:
    """Return what the step said to whoever spoke of it last, its key where no version tells."""
    steps = entries[one.kept[-1][0].number].version.content.steps
    return next((step.text for step in steps if step.key == key), key)


@dataclass(frozen=True, slots=True)
class Line:
    """A run as a list shows it."""

    run: Run
    finished: int
    whole: int
    newer: Version | None


def line(run: Run) -> Line:
    """Return a run of `mine` as a list shows it."""
    found = run.standing
    return Line(run, found.finished, len(found.steps), newer(run))


def in_flight(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Return open runs by what they wait for, those that wait first, the oldest first in each."""
    groups = [(f"Waiting for {one.word}", Course.WAITING, one.value) for one in Waiting]
    groups += [("Is the result good?", Course.CHECKING, ""), ("Being followed", Course.RUNNING, "")]
    groups += [("Planned", Course.PLANNED, "")]
    told = [
        (words, [one for one in lines if one.run.stands is state and one.run.waiting == kind])
        for words, state, kind in groups
    ]
    return [(words, sorted(some, key=lambda one: one.run.state_since)) for words, some in told if some]


def moves(run: Run, to: Version) -> list[tuple[StepChange, str]]:
    """Return for each step what it becomes when a run moves to another version, and what of what was said."""
    found = run.standing.steps
    steps = compared(run.version.content, to.content).steps
    return [(one, _becomes(one.how, found.get(one.difference.key))) for one in steps]


def _becomes(how: How, one: StepStanding | None) -> str:
    was_said, is_finished = bool(one and one.heads), bool(one and one.state.is_finished)
    told: dict[How, Any] = {
        How.SAME: f"stays {one.state.word}" if one and (is_finished or was_said) else "is still to do",
        How.CHANGED: "is to do again: its wording changed" if was_said else "is still to do, in other words",
        How.ADDED: "is new and to do",
        How.REMOVED: "goes; what was said of it is kept in the history" if was_said else "goes",
    }
    return str(told[how])
