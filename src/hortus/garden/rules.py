"""Words and choices of the garden page on plain values: figures, headline, what to tend first. No Django."""

from collections.abc import Sequence
from dataclasses import dataclass

from hortus.values.reading import Reading, State, Target
from hortus.web import words

NUMERALS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def figure(ratio: bool, reading: Reading) -> str:
    """Return the big figure of a reading: "94 %", "3 of 4" for few, a plain number for a count.

    >>> figure(True, Reading(0.75, 4, 3)), figure(False, Reading(12, 1))
    ('3 of 4', '12')
    """
    if not ratio:
        return words.number(reading.value)
    if reading.hits is not None:
        return words.share(reading.hits, reading.n)
    return words.percent(reading.value)


def goal_text(ratio: bool, target: Target) -> str:
    """Return the target as it stands below a sparkline.

    >>> goal_text(False, Target(2, 1, at_most=True))
    'target ≤ 2'
    """
    amount = words.percent(target.goal) if ratio else words.number(target.goal)
    return f"target {'≤' if target.at_most else '≥'} {amount}"


@dataclass(frozen=True, slots=True)
class Headline:
    """The title of the garden page and the sentence below it."""

    title: str
    sub: str


def headline(states: Sequence[State]) -> Headline:
    """Return the sentence that counts the states of the nine plots.

    >>> headline([State.THRIVING] * 4 + [State.OVERGROWN] * 2 + [State.CARE] * 2 + [State.BARE])
    Headline(title='Four plots thrive, two are overgrown', sub='Two need care and one is still bare.')
    >>> headline([State.BARE] * 9).title
    'Nine plots are still bare'
    """
    verbs = {
        State.THRIVING: ("thrives", "thrive"),
        State.OVERGROWN: ("is overgrown", "are overgrown"),
        State.CARE: ("needs care", "need care"),
        State.BARE: ("is still bare", "are still bare"),
    }
    counts = [(count, verbs[state]) for state in verbs if (count := list(states).count(state))]
    if not counts:
        return Headline("No plots yet", "")
    phrases = [f"{NUMERALS[n]} {verb[n > 1]}" for n, verb in counts]
    first, *others = phrases
    number, _, rest = first.partition(" ")
    title = f"{number} plot{'s' if counts[0][0] > 1 else ''} {rest}"
    if others:
        title += f", {_lower(others.pop(0))}"
    return Headline(title, f"{_lower_after_first(others)}." if others else "")


def _lower(phrase: str) -> str:
    return phrase[0].lower() + phrase[1:]


def _lower_after_first(phrases: Sequence[str]) -> str:
    return " and ".join([phrases[0], *(_lower(p) for p in phrases[1:])])


def urgency(state: State, row_rank: int, value: float | None, target: Target) -> tuple[int, int, float]:
    """Return a sort key (largest first) for what to tend: worse state, then lower row, then farther past the goal.

    row_rank: 0 for growth, 1 for care, 2 for urgent. The distance is in units of the slack, or of the goal
    when there is none, so that a ratio and a count can be compared; it does not matter while the goal is met.
    """
    if value is None or state in (State.BARE, State.THRIVING):
        return state.badness, row_rank, 0.0
    miss = value - target.goal if target.at_most else target.goal - value
    return state.badness, row_rank, miss / (target.slack or abs(target.goal) or 1.0)


def why(name: str, shown: str, says: str, goal: str) -> str:
    """Return the reason beside a thing to tend.

    >>> why("Jobs lost to us", "2 %", "of jobs that ended were lost to us", "target ≤ 1 %")
    'Jobs lost to us: 2 % of jobs that ended were lost to us, target ≤ 1 %'
    """
    return f"{name}: {shown} {says}, {goal}"
