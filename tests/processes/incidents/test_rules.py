"""The course of an incident: only listed moves lead anywhere, and what happened tells where it stands."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hortus.processes.incidents.rules import (
    FROM,
    REOPENS_FOR,
    TO,
    UNDISMISSES_FOR,
    Course,
    Impossible,
    Move,
    State,
    Step,
    after,
    allowed,
    possible,
    replay,
)  # fmt: skip

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

# The table of the specification, written out by hand: from, to.
LISTED = {
    (None, "reported"), (None, "active"), ("reported", "active"), ("reported", "dismissed"), ("reported", "merged"),
    ("active", "contained"), ("contained", "active"), ("active", "resolved"), ("contained", "resolved"),
    ("resolved", "active"), ("resolved", "closed"), ("dismissed", "reported"), ("active", "merged"),
    ("contained", "merged"),
}  # fmt: skip


def test_the_table_holds_what_is_listed_and_nothing_else() -> None:
    found = {(state, TO[move].value) for move in TO for state in FROM[move]}
    assert found == LISTED
    assert set(FROM) == set(Move)


@pytest.mark.parametrize("state", [State.CLOSED, State.MERGED])
def test_nothing_leads_out_of_the_last_states(state: State) -> None:
    assert possible(Course(state, since=NOON), NOON) == ()


@pytest.mark.parametrize(
    ("state", "move", "span"),
    [(State.RESOLVED, Move.REOPEN, REOPENS_FOR), (State.DISMISSED, Move.UNDISMISS, UNDISMISSES_FOR)],
)
def test_a_way_back_closes(state: State, move: Move, span: timedelta) -> None:
    course = Course(state, since=NOON)
    assert allowed(course, move, NOON + span) == ""
    assert allowed(course, move, NOON + span + timedelta(seconds=1)) == "too-late"


@pytest.mark.parametrize("move", [Move.ACTIVATE, Move.REOPEN, Move.LEAD])
def test_nobody_is_no_lead(move: Move) -> None:
    state = next(iter(FROM[move] - {None}))
    with pytest.raises(Impossible) as refused:
        after(Course(state, "ada", NOON), Step(move, NOON))
    assert refused.value.code == "no-lead"


@given(st.lists(st.tuples(st.sampled_from(Move), st.integers(0, 3), st.sampled_from(["ada", "bo", ""])), max_size=30))
def test_what_is_refused_changes_nothing(tried: list[tuple[Move, int, str]]) -> None:
    """The course is the same whether the refused steps are among those told again or left out."""
    course, made, at = Course(), [], NOON
    for move, days, lead in tried:
        at += timedelta(days=days)
        step = Step(move, at, lead)
        try:
            course = after(course, step)
            made.append(step)
        except Impossible:
            continue
    assert replay(made) == course


class Incidents(RuleBasedStateMachine):
    """Any person makes any move at any time; the table of the specification is kept beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.course, self.at = Course(), NOON
        self.steps: list[Step] = []

    @rule(move=st.sampled_from(Move), lead=st.sampled_from(["ada", "bo", "cy"]))
    def move(self, move: Move, lead: str) -> None:
        before, step = self.course, Step(move, self.at, lead)
        try:
            self.course = after(before, step)
        except Impossible:
            assert move not in possible(before, self.at)
            return
        self.steps.append(step)
        state = before.state.value if before.state else None
        if move is Move.LEAD:
            assert self.course.state is before.state
            assert self.course.lead == lead
        else:
            assert self.course.state is not None
            assert (state, self.course.state.value) in LISTED

    @rule(hours=st.integers(0, 200))
    def wait(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @invariant()
    def somebody_leads_exactly_while_it_is_open(self) -> None:
        is_open = self.course.state is not None and self.course.state.is_open
        assert bool(self.course.lead) is is_open

    @invariant()
    def the_steps_tell_where_it_stands(self) -> None:
        assert replay(self.steps) == self.course


TestIncidents = Incidents.TestCase
