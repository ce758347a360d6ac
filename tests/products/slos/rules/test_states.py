"""Each state has its sentence, and the order in which they win is the one that is documented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.rules.alerts import Urgency
from hortus.products.slos.rules.budgets import Tally, WorkedSum, worked_sum
from hortus.products.slos.rules.states import BudgetState, Limits, verdict
from hortus.values.refused import Refused
from tests.products.slos.rules.events import pure

DAY = 1440


def _sum(bad: int, events: int, measured: int = DAY, objective: str = "0.99") -> WorkedSum:
    return worked_sum(objective, Tally(bad, events, measured), window_minutes=DAY, elapsed_minutes=DAY)


PAGE, TICKET = (Urgency.PAGE,), (Urgency.TICKET,)


@pytest.mark.parametrize(
    ("worked", "silent", "held", "state", "said"),
    [
        (_sum(0, 0, 0), None, (), "unmeasured", "Nothing was ever measured"),
        (_sum(9, 999), 3000, PAGE, "unmeasured", "Nothing was measured for 50 hours"),
        (_sum(0, 999, 700), 0, (), "unmeasured", "Only 49\u00a0% of the window was measured; 50\u00a0% are needed."),
        (_sum(0, 999, 700), 0, PAGE, "critical", "How much budget is left is not known: Only 49\u00a0%"),
        (_sum(0, 99), 0, (), "too-few-events", "99 events are too few to tell; from 100 on"),
        (_sum(0, 0), 0, (), "too-few-events", "0 events are too few to tell"),
        (_sum(1, 99), 0, TICKET, "burning", "not known: 99 events are too few"),
        (_sum(4, 20), 0, (), "exhausted", "The budget is spent: 4 bad events, 0.2 were allowed."),
        (_sum(10, 1000), 0, PAGE, "exhausted", "10 bad events, 10 were allowed"),
        (_sum(5, 1000), 0, PAGE, "critical", "somebody should act now"),
        (_sum(10, 1001), 0, (), "critical", "Little is left: 0\u00a0% of the budget"),
        (_sum(10, 1001), 0, TICKET, "critical", "Little is left"),
        (_sum(5, 1000), 0, TICKET, "burning", "on a working day"),
        (_sum(5, 1000), 0, (), "healthy", "50\u00a0% of the budget is left."),
        (_sum(0, 100), DAY, (), "healthy", "100\u00a0% of the budget is left."),
    ],
)
def test_the_first_state_that_is_true_wins(
    worked: WorkedSum, silent: int | None, held: tuple[Urgency, ...], state: str, said: str
) -> None:
    found = verdict(worked, silent, held)
    assert found.state == state
    assert said in found.sentence


@pure
@given(
    st.integers(0, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.integers(0, DAY),
    st.one_of(st.none(), st.integers(0, 5000)),
    st.sets(st.sampled_from(list(Urgency))),
    st.sampled_from(["0.9", "0.99", "0.999"]),
)
def test_a_state_never_says_more_than_was_measured(
    counts: tuple[int, int], measured: int, silent: int | None, held: set[Urgency], objective: str
) -> None:
    worked = _sum(*counts, measured, objective)
    found = verdict(worked, silent, held)
    if found.state in (BudgetState.HEALTHY, BudgetState.EXHAUSTED):
        assert silent is not None
        assert worked.coverage >= 0.5
        assert worked.left_ratio is not None
        assert (worked.left_ratio > 0) == (found.state is BudgetState.HEALTHY)
    if found.state is BudgetState.HEALTHY:
        assert not held
        assert worked.allowed >= 1
    assert found.sentence.endswith(".")


def test_states_have_words_and_an_order() -> None:
    assert BudgetState.TOO_FEW.word == "Too few events"
    assert min(BudgetState, key=lambda state: state.rank) is BudgetState.EXHAUSTED
    assert max(BudgetState, key=lambda state: state.rank) is BudgetState.HEALTHY


@pytest.mark.parametrize("name", ["least_coverage", "critical_left"])
def test_what_is_no_limit_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=f"{name} must be 0 to 1, got 1.5"):
        Limits(**{name: 1.5})
    with pytest.raises(Refused, match="silent_minutes must be 1 or more, got 0"):
        Limits(silent_minutes=0)
