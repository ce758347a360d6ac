"""The course of an incident: its states, which move leads from where to where, and what guards it. Pure, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

REOPENS_FOR = timedelta(days=7)
UNDISMISSES_FOR = timedelta(hours=24)


class State(StrEnum):
    """Where an incident stands."""

    REPORTED = "reported"
    ACTIVE = "active"
    CONTAINED = "contained"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    MERGED = "merged"

    @property
    def is_open(self) -> bool:
        """Say whether harm may still be done, so that somebody leads and the next word is promised."""
        return self in (State.ACTIVE, State.CONTAINED)


class Move(StrEnum):
    """What leads from one state to another, or changes who leads."""

    REPORT = "report"
    ACTIVATE = "activate"
    DISMISS = "dismiss"
    UNDISMISS = "undismiss"
    CONTAIN = "contain"
    REGRESS = "regress"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    CLOSE = "close"
    MERGE = "merge"
    LEAD = "lead"


# From which states a move may be made. None: before there is an incident.
FROM: dict[Move, frozenset[State | None]] = {
    Move.REPORT: frozenset({None}),
    Move.ACTIVATE: frozenset({None, State.REPORTED}),
    Move.DISMISS: frozenset({State.REPORTED}),
    Move.UNDISMISS: frozenset({State.DISMISSED}),
    Move.CONTAIN: frozenset({State.ACTIVE}),
    Move.REGRESS: frozenset({State.CONTAINED}),
    Move.RESOLVE: frozenset({State.ACTIVE, State.CONTAINED}),
    Move.REOPEN: frozenset({State.RESOLVED}),
    Move.CLOSE: frozenset({State.RESOLVED}),
    Move.MERGE: frozenset({State.REPORTED, State.ACTIVE, State.CONTAINED}),
    Move.LEAD: frozenset({State.ACTIVE, State.CONTAINED}),
}
# Where a move leads; who leads may change without any.
TO: dict[Move, State] = {
    Move.REPORT: State.REPORTED, Move.ACTIVATE: State.ACTIVE, Move.DISMISS: State.DISMISSED,
    Move.UNDISMISS: State.REPORTED, Move.CONTAIN: State.CONTAINED, Move.REGRESS: State.ACTIVE,
    Move.RESOLVE: State.RESOLVED, Move.REOPEN: State.ACTIVE, Move.CLOSE: State.CLOSED, Move.MERGE: State.MERGED,
}  # fmt: skip
_NEEDS_LEAD = frozenset({Move.ACTIVATE, Move.REOPEN, Move.LEAD})
_SPANS = {Move.REOPEN: REOPENS_FOR, Move.UNDISMISS: UNDISMISSES_FOR}


class Impossible(Exception):  # noqa: N818 -- an answer, not an error in the program
    """A move that the course does not allow. code: "wrong-state", "too-late" or "no-lead"."""

    def __init__(self, code: str, move: Move, state: State | None) -> None:
        super().__init__(f"{move} from {state}: {code}")
        self.code, self.move, self.state = code, move, state


@dataclass(frozen=True, slots=True)
class Course:
    """Where an incident stands, who leads it ("" while nobody does), and since when (aware) it stands there."""

    state: State | None = None
    lead: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A move that was made: what, when (aware), and the id of who leads from then on, where the move says so."""

    move: Move
    at: datetime
    lead: str = ""


def allowed(course: Course, move: Move, at: datetime) -> str:
    """Return "" where a move may be made now, else the code of why not.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> allowed(Course(State.RESOLVED, since=noon), Move.REOPEN, noon + timedelta(days=8))
    'too-late'
    """
    if course.state not in FROM[move]:
        return "wrong-state"
    span = _SPANS.get(move)
    if span is not None and course.since is not None and at - course.since > span:
        return "too-late"
    return ""


def after(course: Course, step: Step) -> Course:
    """Return where an incident stands after a step. Raises Impossible for one that may not be made.

    >>> from datetime import UTC
    >>> after(Course(), Step(Move.ACTIVATE, datetime(2026, 3, 2, 12, tzinfo=UTC), "mira")).lead
    'mira'
    """
    why_not = allowed(course, step.move, step.at)
    if why_not:
        raise Impossible(why_not, step.move, course.state)
    if step.move in _NEEDS_LEAD and not step.lead:
        raise Impossible("no-lead", step.move, course.state)
    if step.move is Move.LEAD:
        return replace(course, lead=step.lead)
    state = TO[step.move]
    if not state.is_open:
        return Course(state, "", step.at)
    return Course(state, step.lead or course.lead, step.at)


def replay(steps: Iterable[Step]) -> Course:
    """Return where an incident stands after all that happened to it, in its order. Raises as `after`."""
    course = Course()
    for step in steps:
        course = after(course, step)
    return course


def possible(course: Course, at: datetime) -> tuple[Move, ...]:
    """Return the moves that may be made now, in the order of `Move`."""
    return tuple(move for move in Move if not allowed(course, move, at))


def in_order(began_at: datetime, detected_at: datetime, declared_at: datetime) -> bool:
    """Say whether an incident began, was detected and was declared in this order; each may be the same instant."""
    return began_at <= detected_at <= declared_at
