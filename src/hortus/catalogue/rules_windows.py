"""States of planned work: which step leads from which to which, what is late, and when something is due. No clock.

Time alone changes no state. That a start or an end has passed is seen from the state and the time together, so that a
worker that was silent for hours misses nothing, and nothing is said that nobody said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hortus.catalogue.rules import Span
from hortus.values.clocks import instant, instants
from hortus.values.refused import Refused

NOTICE = timedelta(days=7)
"""How long before it begins work is announced, where a service says nothing else."""
LONGEST_NOTICE = timedelta(days=90)
WORD_WITHIN = timedelta(minutes=30)
"""After the end that was told, researchers hear more within this time, unless somebody promised another."""
GRACE = timedelta(minutes=5)
EARLIEST_START = timedelta(hours=24)


class Sort(StrEnum):
    """What the work does to what researchers use."""

    OUTAGE = "outage"
    AT_RISK = "at-risk"

    @property
    def word(self) -> str:
        """Return the words people read."""
        return {"outage": "it is down meanwhile", "at-risk": "it stays up, at risk"}[self.value]


class State(StrEnum):
    """Where planned work stands, as persons said it."""

    PLANNED = "planned"
    ANNOUNCED = "announced"
    STARTED = "started"
    CHECKING = "checking"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Say whether something is still to come of it."""
        return self not in (State.DONE, State.CANCELLED)

    @property
    def is_going_on(self) -> bool:
        """Say whether somebody said that it began, and nobody yet that it is over."""
        return self in (State.STARTED, State.CHECKING)


class Step(StrEnum):
    """What a person does with planned work."""

    ANNOUNCE = "announce"
    MOVE = "move"
    CHANGE = "change"
    CANCEL = "cancel"
    START = "start"
    SAY_MORE = "say-more"
    CHECK = "check"
    FINISH = "finish"


STEPS: dict[Step, dict[State, State]] = {
    Step.ANNOUNCE: {State.PLANNED: State.ANNOUNCED},
    Step.MOVE: {State.PLANNED: State.PLANNED, State.ANNOUNCED: State.ANNOUNCED},
    Step.CHANGE: {one: one for one in (State.PLANNED, State.ANNOUNCED, State.STARTED)},
    Step.CANCEL: {State.PLANNED: State.CANCELLED, State.ANNOUNCED: State.CANCELLED},
    Step.START: {State.ANNOUNCED: State.STARTED},
    Step.SAY_MORE: {State.STARTED: State.STARTED, State.CHECKING: State.CHECKING},
    Step.CHECK: {State.STARTED: State.CHECKING},
    Step.FINISH: {State.CHECKING: State.DONE},
}
_DONE_ALREADY = {
    State.PLANNED: "is a draft that nobody announced yet", State.ANNOUNCED: "is announced and has not begun",
    State.STARTED: "has begun already", State.CHECKING: "is being checked already", State.DONE: "is over already",
    State.CANCELLED: "was cancelled already",
}  # fmt: skip


def after(step: Step, state: State, name: str = "This work") -> State:
    """Return the state that a step leads to. Raises Refused, with what is so and what can be done, for a wrong one.

    >>> after(Step.START, State.ANNOUNCED)
    <State.STARTED: 'started'>
    """
    if (found := STEPS[step].get(state)) is not None:
        return found
    possible = [one.value.replace("-", " ") for one, ways in STEPS.items() if state in ways and one is not Step.MOVE]
    then = f"possible now: {', '.join(possible)}" if possible else "announce new work instead"
    code = {State.CANCELLED: "cancelled", State.DONE: "over"}.get(state, "wrong-state")
    raise Refused(code, f"{name} {_DONE_ALREADY[state]}; {then}.")


class Phase(StrEnum):
    """What people see of it at a time: the state, and what the clock adds to it."""

    PLANNED = "planned"
    ANNOUNCED = "announced"
    UNBEGUN = "unbegun"
    STARTED = "started"
    OVERRUN = "overrun"
    CHECKING = "checking"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def word(self) -> str:
        """Return the words people read."""
        return {
            "planned": "draft", "unbegun": "should have begun", "started": "going on", "overrun": "overrunning",
            "checking": "being checked", "done": "over",
        }.get(self.value, self.value)  # fmt: skip


def phase(state: State, span: Span, now: datetime) -> Phase:
    """Return what is seen at a time. span: from when to when it was told to last.

    >>> from datetime import UTC
    >>> eight, noon = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> phase(State.STARTED, Span(eight, noon), noon)
    <Phase.OVERRUN: 'overrun'>
    """
    if state is State.ANNOUNCED and now >= span.begins_at:
        return Phase.UNBEGUN
    if state is State.STARTED and now >= span.ends_at:
        return Phase.OVERRUN
    return Phase(state.value)


def word_due(state: State, ends_at: datetime, promised_at: datetime | None) -> datetime | None:
    """Return by when researchers must hear more of work that goes on beyond its end; None while it does not go on.

    promised_at: what somebody promised last, if anybody did.
    """
    if not state.is_going_on:
        return None
    return promised_at or ends_at + WORD_WITHIN


def is_kept(due: datetime, said_at: datetime) -> bool:
    """Say whether a word that came at a time keeps the promise for another."""
    return said_at <= due + GRACE


def is_in_time(told_at: datetime, begins_at: datetime, needed: timedelta) -> bool:
    """Say whether work was told of as long before it began as its services ask."""
    return begins_at - told_at >= needed


def widens(before: Span | None, said: Span) -> bool:
    """Say whether a change of times takes researchers by surprise: another beginning, or a later end.

    >>> from datetime import UTC
    >>> eight, noon = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> widens(Span(eight, noon), Span(eight, noon - timedelta(hours=1)))
    False
    """
    return before is None or said.begins_at != before.begins_at or said.ends_at > before.ends_at


@dataclass(frozen=True, slots=True)
class Wall:
    """What clocks on a wall show when something is meant to happen. shown: naive, to the microsecond.

    is_second: the second coming of an hour that comes twice. It stays what was meant, whatever becomes of the zone.
    """

    shown: datetime
    is_second: bool = False

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo) -> "Wall":
        """Return what the clocks of a zone show at an instant (aware).

        >>> from datetime import UTC
        >>> str(Wall.of(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), ZoneInfo("America/New_York")))
        '2026-11-01T01:30:00 second'
        """
        shown = at.astimezone(zone)
        return cls(shown.replace(tzinfo=None, fold=0), bool(shown.fold))

    @classmethod
    def read(cls, text: str) -> "Wall":
        """Return what `str` wrote."""
        at, _, second = text.partition(" ")
        return cls(datetime.fromisoformat(at), bool(second))

    def __str__(self) -> str:
        return self.shown.isoformat() + (" second" if self.is_second else "")

    def at(self, zone: ZoneInfo) -> datetime:
        """Return the instant (UTC); for a time that never comes the first instant after it."""
        return instant(self.shown, zone, is_second=self.is_second)

    def is_skipped(self, zone: ZoneInfo) -> bool:
        """Say whether the clocks of a zone leave it out."""
        return not instants(self.shown, zone)


class Due(StrEnum):
    """What a reminder reminds of."""

    TOMORROW = "tomorrow"
    BEGIN = "begin"
    END = "end"
    WORD_SOON = "word-soon"
    WORD = "word"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that is due: what of, the instant it goes back to, and until when it is of use."""

    due: Due
    since: datetime
    useful_until: datetime


def reminders(state: State, span: Span, promised_at: datetime | None, now: datetime) -> list[Reminder]:
    """Return the reminders of which it is time, each once however often it is asked: its key is (due, since).

    They follow from the state: whoever was silent for hours and asks now gets what is still of use, and no more.
    """
    return [one for one in _all_reminders(state, span, promised_at) if one.since <= now < one.useful_until]


def _all_reminders(state: State, span: Span, promised_at: datetime | None) -> Iterable[Reminder]:
    begins_at, ends_at = span.begins_at, span.ends_at
    if state is State.ANNOUNCED:
        yield Reminder(Due.TOMORROW, begins_at - timedelta(days=1), begins_at)
        yield Reminder(Due.BEGIN, begins_at, ends_at)
        yield Reminder(Due.UNTOLD, ends_at, ends_at + timedelta(days=7))
    if state.is_going_on:
        if state is State.STARTED:
            yield Reminder(Due.END, ends_at - min(timedelta(minutes=15), (ends_at - begins_at) / 4), ends_at)
        due = word_due(state, ends_at, promised_at) or ends_at
        yield Reminder(Due.WORD_SOON, due - timedelta(minutes=5), due)
        yield Reminder(Due.WORD, due, due + timedelta(days=1))
