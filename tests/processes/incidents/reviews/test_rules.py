"""How two writers come together, which way a review goes, when it is due: arithmetic alone."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hortus.processes.incidents.reviews.rules import (
    NEXT,
    QUESTIONS,
    Depth,
    Sign,
    State,
    due_day,
    is_silent,
    merged,
    names_in,
    proposed,
)

TEXTS = st.fixed_dictionaries({name: st.sampled_from(["", "a", "b", "c"]) for name in ("how", "hard", "helped")})


@given(base=TEXTS, mine=TEXTS, theirs=TEXTS)
def test_two_writers_lose_nothing(base: dict[str, str], mine: dict[str, str], theirs: dict[str, str]) -> None:
    found = merged(base, mine, theirs)
    for name in base:
        if name in found.clashes:
            assert mine[name] != base[name] != theirs[name] != mine[name]
        elif mine[name] != base[name]:
            assert found.texts[name] == mine[name]
        else:
            assert found.texts[name] == theirs[name]


@given(base=TEXTS, mine=TEXTS, theirs=TEXTS)
def test_who_comes_first_makes_no_difference(
    base: dict[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    one, other = merged(base, mine, theirs), merged(base, theirs, mine)
    assert set(one.clashes) == set(other.clashes)
    if not one.clashes:
        assert one.texts == other.texts


@given(st.sets(st.sampled_from(list(Sign))))
def test_more_signs_never_ask_for_less(signs: set[Sign]) -> None:
    order = list(Depth)
    for sign in Sign:
        assert order.index(proposed(signs | {sign})) >= order.index(proposed(signs))


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sets(st.integers(0, 20)))
def test_due_in_five_working_days(day: date, shut: set[int]) -> None:
    closed = {day + timedelta(days=n): "Winter closure" for n in shut}
    due_on = due_day(day, closed)
    between = [day + timedelta(days=n) for n in range(1, (due_on - day).days + 1)]
    assert sum(one.weekday() < 5 and one not in closed for one in between) == 5
    assert due_on.weekday() < 5
    assert due_on not in closed
    assert not is_silent(due_on, due_on + timedelta(days=20))
    assert is_silent(due_on, due_on + timedelta(days=21))


class Course(RuleBasedStateMachine):
    """Whatever anybody presses, a review only goes where the table lets it, and its ends are ends."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.seen = State.WANTED, [State.WANTED]

    @rule(to=st.sampled_from(list(State)))
    def somebody_presses(self, to: State) -> None:
        if to in NEXT[self.state]:
            self.state = to
            self.seen.append(to)

    @invariant()
    def never_twice_the_same(self) -> None:
        assert len(self.seen) == len(set(self.seen))
        assert self.state.is_over == (not NEXT[self.state])
        assert State.WAIVED not in self.seen or self.seen == [State.WANTED, State.WAIVED]


TestCourse = Course.TestCase
TestCourse.settings = settings(max_examples=30, stateful_step_count=15)


def test_names_are_found_as_words_only() -> None:
    names = ["Ada Lindqvist", "Bo Å", "Will Young"]
    assert names_in("ADA restarted it; adaptive; will", names) == []
    assert names_in("Lindqvist did, and Will's node", names) == ["Ada Lindqvist", "Will Young"]
    assert names_in("Bo went", names) == []  # two letters are too few to tell


def test_no_question_asks_for_one_cause_or_a_culprit() -> None:
    words = " ".join(f"{name} {label} {hint}" for name, (label, hint) in QUESTIONS.items()).lower()
    assert "root" not in words
    assert "who " not in words.replace("somebody who meets", "")
    assert "why" not in words
