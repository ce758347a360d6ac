"""States of planned work: only listed steps, what the clock adds, and what is due. No database."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hortus.catalogue.rules import Condition, Said, Span, shown
from hortus.catalogue.rules_windows import (
    STEPS,
    Due,
    Phase,
    State,
    Step,
    after,
    is_in_time,
    is_kept,
    phase,
    reminders,
    widens,
    word_due,
)
from hortus.values.refused import Refused

EIGHT = datetime(2026, 10, 14, 8, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = EIGHT + 4 * HOUR
SPAN = Span(EIGHT, NOON)
LISTED = {
    ("planned", "announced"), ("announced", "started"), ("started", "checking"), ("checking", "done"),
    ("planned", "cancelled"), ("announced", "cancelled"),
}  # fmt: skip


class Life(RuleBasedStateMachine):
    """Any person may press anything at any time: what is not listed is refused and changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.steps = State.PLANNED, list[Step]()

    @rule(step=st.sampled_from(Step))
    def press(self, step: Step) -> None:
        before = self.state
        if before not in STEPS[step]:
            with pytest.raises(Refused, match=r"possible now|announce new work"):
                after(step, before)
            return
        self.state = after(step, before)
        self.steps.append(step)
        assert before is self.state or (before.value, self.state.value) in LISTED

    @precondition(lambda self: not self.state.is_open)
    @rule(step=st.sampled_from(Step))
    def the_end_is_the_end(self, step: Step) -> None:
        with pytest.raises(Refused):
            after(step, self.state)

    @invariant()
    def a_replay_tells_the_same(self) -> None:
        state = State.PLANNED
        for step in self.steps:
            state = after(step, state)
        assert state is self.state


TestLife = Life.TestCase


def test_everything_that_is_listed_can_be_reached() -> None:
    ways = {(a.value, b.value) for step in STEPS.values() for a, b in step.items() if a is not b}
    assert ways == LISTED


@pytest.mark.parametrize(
    ("state", "hours", "seen"),
    [
        (State.ANNOUNCED, 7.9, Phase.ANNOUNCED), (State.ANNOUNCED, 8, Phase.UNBEGUN),
        (State.STARTED, 11.9, Phase.STARTED), (State.STARTED, 12, Phase.OVERRUN),
        (State.CHECKING, 13, Phase.CHECKING), (State.DONE, 13, Phase.DONE),
        (State.PLANNED, 9, Phase.PLANNED), (State.CANCELLED, 9, Phase.CANCELLED),
    ],
)  # fmt: skip
def test_the_clock_adds_what_nobody_said(state: State, hours: float, seen: Phase) -> None:
    assert phase(state, SPAN, EIGHT + (hours - 8) * HOUR) is seen


def test_more_is_due_half_an_hour_after_the_end_or_when_it_was_promised() -> None:
    assert word_due(State.ANNOUNCED, NOON, None) is None
    assert word_due(State.STARTED, NOON, None) == NOON + 30 * MINUTE
    assert word_due(State.CHECKING, NOON, NOON + 2 * HOUR) == NOON + 2 * HOUR
    assert is_kept(NOON, NOON + 5 * MINUTE)
    assert not is_kept(NOON, NOON + 5 * MINUTE + timedelta(seconds=1))


def test_notice_is_counted_to_the_beginning_and_surprises_start_it_anew() -> None:
    week = timedelta(days=7)
    assert is_in_time(EIGHT - week, EIGHT, week)
    assert not is_in_time(EIGHT - week + MINUTE, EIGHT, week)
    assert widens(SPAN, Span(EIGHT, NOON + HOUR))
    assert widens(SPAN, Span(EIGHT + HOUR, NOON))
    assert not widens(SPAN, Span(EIGHT, NOON - HOUR))


@given(
    st.sampled_from([State.PLANNED, State.ANNOUNCED, State.STARTED, State.CHECKING, State.DONE, State.CANCELLED]),
    st.lists(st.integers(-40, 260).map(lambda hours: EIGHT + hours * HOUR), min_size=1, max_size=30),
    st.none() | st.integers(0, 10).map(lambda hours: NOON + hours * HOUR),
)
def test_whoever_looks_whenever_gets_each_reminder_once_and_none_that_is_of_no_use(
    state: State, looks: list[datetime], promised: datetime | None
) -> None:
    said: set[tuple[Due, datetime]] = set()
    for now in sorted(looks):
        for one in reminders(state, SPAN, promised, now):
            assert one.since <= now < one.useful_until
            said.add((one.due, one.since))
    assert len(said) == len({due for due, _ in said}), "one of each: the key does not move with the look"
    if not state.is_open or state is State.PLANNED:
        assert not said


def test_a_worker_that_was_silent_for_hours_reminds_once() -> None:
    late = NOON + 3 * HOUR
    assert [one.due for one in reminders(State.STARTED, SPAN, None, late)] == [Due.WORD]


def test_work_that_leaves_all_up_shows_at_risk() -> None:
    said = Said(Condition.WORKING, EIGHT - HOUR)
    risk = Span(EIGHT, NOON, is_risk_only=True)
    assert shown(said, timedelta(days=1), [risk], EIGHT + HOUR).condition is Condition.AT_RISK
    assert shown(said, timedelta(days=1), [risk, SPAN], EIGHT + HOUR).condition is Condition.PLANNED_WORK
