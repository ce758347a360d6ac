"""Arithmetic of reviews: how deep, what follows what, when one is due, how two writers come together. No Django.

Severity is no sign of what can be learned, and no field asks for one cause: both were left out on purpose.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from hortus.values.working_days import Closed, working_day

WORKING_DAYS = 5
REMINDERS = 3  # weekly, the first on the due day; then silence has answered
COMES_BACK_WITHIN = timedelta(days=180)
MANY_FOLLOW_UPS = 5


class Depth(StrEnum):
    """How much work a review is worth."""

    NOTE = "note"
    TALK = "talk"
    STUDY = "study"

    @property
    def words(self) -> str:
        """Return what it takes."""
        return {
            Depth.NOTE: "a note: ten minutes, three questions",
            Depth.TALK: "a talk: one meeting of those who were there",
            Depth.STUDY: "a study: talk with people one by one, then together",
        }[self]


class State(StrEnum):
    """How a review stands. Discussing is optional; kept and waived are ends."""

    WANTED = "wanted"
    WRITING = "writing"
    SHARED = "shared"
    DISCUSSED = "discussed"
    KEPT = "kept"
    WAIVED = "waived"

    @property
    def is_draft(self) -> bool:
        """Say whether it was not shared yet: it is not searched, shown beside others or sent by then."""
        return self in {State.WANTED, State.WRITING}

    @property
    def is_over(self) -> bool:
        """Say whether it does not change any more."""
        return self in {State.KEPT, State.WAIVED}


NEXT: Mapping[State, frozenset[State]] = {
    State.WANTED: frozenset({State.WRITING, State.WAIVED}),
    State.WRITING: frozenset({State.SHARED}),
    State.SHARED: frozenset({State.DISCUSSED, State.KEPT}),
    State.DISCUSSED: frozenset({State.KEPT}),
    State.KEPT: frozenset(),
    State.WAIVED: frozenset(),
}


class Sign(StrEnum):
    """What hints that there is something to learn. The first are read from the incident, the others people tick."""

    SURPRISE = "surprise"
    CAME_BACK = "came-back"
    PROMISE_MISSED = "promise-missed"
    DATA_UNKNOWN = "data-unknown"
    NEAR_MISS = "near-miss"
    MANY_TEAMS = "many-teams"
    WAITED_FOR_ONE = "waited-for-one"
    NO_PROCEDURE = "no-procedure"

    @property
    def words(self) -> str:
        """Return the sign as a sentence."""
        return _SIGNS[self]

    @property
    def is_asked(self) -> bool:
        """Say whether only people can tell."""
        return self in ASKED


_SIGNS = {
    Sign.SURPRISE: "Somebody was surprised.",
    Sign.CAME_BACK: "It came back within 180 days.",
    Sign.PROMISE_MISSED: "A promised update did not come in time.",
    Sign.DATA_UNKNOWN: "For a while nobody could say whether data were safe.",
    Sign.NEAR_MISS: "It was a near miss.",
    Sign.MANY_TEAMS: "More than two teams had to work on it.",
    Sign.WAITED_FOR_ONE: "Everybody waited for one person.",
    Sign.NO_PROCEDURE: "There was no procedure, or it was left.",
}
ASKED = (Sign.MANY_TEAMS, Sign.WAITED_FOR_ONE, Sign.NO_PROCEDURE)


def proposed(signs: Iterable[Sign]) -> Depth:
    """Return how deep to look: a note without any sign, a talk with one or two, a study with three or more.

    >>> proposed([]), proposed([Sign.SURPRISE]), proposed(list(Sign)[:3])
    (<Depth.NOTE: 'note'>, <Depth.TALK: 'talk'>, <Depth.STUDY: 'study'>)
    """
    count = len(set(signs))
    return Depth.NOTE if count == 0 else Depth.TALK if count < 3 else Depth.STUDY


def due_day(wanted_on: date, closed: Closed) -> date:
    """Return the day by which a review is due: five working days later.

    closed: days on which the team is closed; they count no more than Saturdays and Sundays.

    >>> due_day(date(2026, 3, 6), {})  # a Friday
    datetime.date(2026, 3, 13)
    """
    return working_day(wanted_on + timedelta(days=1), closed, WORKING_DAYS)


def is_silent(due_on: date, today: date) -> bool:
    """Say whether three weekly reminders went by, so that silence has answered.

    >>> is_silent(date(2026, 3, 2), date(2026, 3, 22)), is_silent(date(2026, 3, 2), date(2026, 3, 23))
    (False, True)
    """
    return today >= due_on + REMINDERS * timedelta(days=7)


QUESTIONS: Mapping[str, tuple[str, str]] = {
    "how": ("How we got here", "What happened, in the order in which it happened, and what made sense at each step."),
    "surprising": ("What was surprising", "What did not go as somebody expected, and what they had expected."),
    "hard": ("What made it hard", "What was missing, misleading, slow or far away."),
    "helped": ("What helped", "People, tools, habits; and where we were lucky."),
    "believe": ("What we now believe", "What we would tell somebody who meets this next."),
    "unknown": ("What we still do not know", "Open questions are worth as much as answers."),
}
OF_A_NOTE = ("how", "surprising", "believe")


def asked(depth: Depth) -> tuple[str, ...]:
    """Return the names of the questions that a depth asks."""
    return OF_A_NOTE if depth is Depth.NOTE else tuple(QUESTIONS)


@dataclass(frozen=True, slots=True)
class Merged:
    """Two texts brought together: what to save, and the names of what both changed differently."""

    texts: Mapping[str, str]
    clashes: tuple[str, ...]


def merged(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Merged:
    """Bring together what two people wrote from the same beginning, answer by answer.

    Who did not touch an answer takes the other's. What both changed to different words is a clash: there `texts` holds
    mine, and nothing may be saved before somebody has seen both.

    >>> merged({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "3"}).texts
    {'a': '2', 'b': '3'}
    >>> merged({"a": "1"}, {"a": "2"}, {"a": "3"}).clashes
    ('a',)
    """
    texts: dict[str, str] = {}
    clashes = []
    for name, theirs_now in theirs.items():
        before, now = base.get(name, ""), mine.get(name, base.get(name, ""))
        texts[name] = theirs_now if now == before else now
        if now not in {before, theirs_now} and theirs_now != before:
            clashes.append(name)
    return Merged(texts, tuple(clashes))


_SHORTEST_NAME = 3


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return which persons a text names, by full, first or last name: a hint for the writer, never a refusal.

    Capital letters count, so that "mark the node" names nobody.

    >>> names_in("Ada restarted it; mark it.", ["Ada Lindqvist", "Mark Young"])
    ['Ada Lindqvist']
    """
    found = []
    for name in names:
        parts = [name, *(part for part in name.split() if len(part) >= _SHORTEST_NAME)]
        if any(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) for part in parts if part):
            found.append(name)
    return found
