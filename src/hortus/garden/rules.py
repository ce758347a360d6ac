"""Words and choices of the garden page on plain values: figures, headline, what to tend first. No Django."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from hortus.ledger.queue_rules import latest_due
from hortus.values.reading import Reading, State, Target
from hortus.web import words

READ_EVERY, READ_AT = timedelta(hours=1), timedelta(minutes=7)  # when the worker takes readings
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
    when there is none, so that a ratio and a count can be compared; how far inside the goal does not matter.
    """
    if value is None or state is State.BARE:
        return state.badness, row_rank, 0.0
    miss = max(0.0, value - target.goal if target.at_most else target.goal - value)
    return state.badness, row_rank, miss / (target.slack or abs(target.goal) or 1.0)


def next_reading(last: date | None, now: datetime, zone: tzinfo) -> datetime:
    """Return when the worker takes the next reading that can change a state: of another day than the last one.

    last: the day of the newest reading, None for none. now: aware. zone: of the team, whose days they are.

    >>> from datetime import UTC
    >>> f"{next_reading(date(2026, 3, 2), datetime(2026, 3, 2, 9, tzinfo=UTC), UTC):%d %H:%M}"
    '03 00:07'
    """
    from_ = now
    if last is not None:
        from_ = max(now, datetime.combine(last + timedelta(days=1), datetime.min.time(), zone))
    before = latest_due(from_, READ_EVERY, READ_AT)
    return (before if before == from_ else before + READ_EVERY).astimezone(zone)


def waits(shown: State, earned: State, due: datetime, today: date) -> str:
    """Return why a state is not what its newest reading earned by itself, and when that is decided.

    shown, earned: two different states that are not bare. due: of the next reading, in the team's zone.
    """
    if earned is State.THRIVING:
        said = "The newest reading meets the target again"
    elif shown is State.THRIVING:
        said = "The newest reading misses the target"
    else:
        way = "worse" if earned.badness > shown.badness else "better"
        said = f"The newest reading is {way}: “{earned.word}” by itself"
    return f"{said}. The state changes if the next one, due {_moment(due, today)}, agrees."


def _moment(at: datetime, today: date) -> str:
    ahead = (at.date() - today).days
    return f"{('today', 'tomorrow')[ahead] if ahead in (0, 1) else words.day(at.date(), today)} at {at:%H:%M}"


def why(name: str, shown: str, says: str, goal: str) -> str:
    """Return the reason beside a thing to tend.

    >>> why("Jobs lost to us", "2 %", "of jobs that ended were lost to us", "target ≤ 1 %")
    'Jobs lost to us: 2 % of jobs that ended were lost to us, target ≤ 1 %'
    """
    return f"{name}: {shown} {says}, {goal}"
