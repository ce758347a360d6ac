"""Words and marks for the states of objectives, shared by all their pages. Decides nothing."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from hortus.products.slos.rules.states import BudgetState
from hortus.values.reading import State
from hortus.web.words import day

# The garden's four looks carry the six states: same icon and colour, the budget's own word.
LOOKS: Mapping[BudgetState, State] = {
    BudgetState.HEALTHY: State.THRIVING,
    BudgetState.BURNING: State.CARE,
    BudgetState.CRITICAL: State.OVERGROWN,
    BudgetState.EXHAUSTED: State.OVERGROWN,
    BudgetState.UNMEASURED: State.BARE,
    BudgetState.TOO_FEW: State.BARE,
}
_TOLD = {
    BudgetState.EXHAUSTED: ("has spent its budget", "have spent their budget"),
    BudgetState.CRITICAL: ("is close to spending its budget", "are close to spending their budget"),
    BudgetState.BURNING: ("burns its budget too fast", "burn their budget too fast"),
    BudgetState.UNMEASURED: ("is not measured", "are not measured"),
    BudgetState.TOO_FEW: ("has too few events to tell", "have too few events to tell"),
}
_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


def spelled(count: int) -> str:
    """Return a count as a word up to twelve, as digits beyond.

    >>> spelled(3), spelled(40)
    ('three', '40')
    """
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else f"{count:,}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return an aware instant as a sentence names it, by the clocks of a zone.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 2, 17, 3, tzinfo=UTC), ZoneInfo("America/New_York"))
    '12:03 on 2 Mar 2026'
    """
    local = at.astimezone(zone)
    return f"{local:%H:%M on} {day(local.date())}"


def heading(states: Mapping[BudgetState, int]) -> str:
    """Return the title of the list: the worst that is so, in one sentence.

    >>> heading({BudgetState.EXHAUSTED: 1, BudgetState.HEALTHY: 5})
    'One of six objectives has spent its budget'
    >>> heading({BudgetState.HEALTHY: 2})
    'Both objectives are inside their budget'
    """
    total = sum(states.values())
    for state in sorted(_TOLD, key=lambda one: one.rank):
        if count := states.get(state, 0):
            if total == 1:
                return f"The one objective {_TOLD[state][0]}"
            subject = "All" if count == total else f"{spelled(count).capitalize()} of"
            return f"{subject} {spelled(total)} objectives {_TOLD[state][count > 1]}"
    if not total:
        return "Nothing is promised yet"
    several = "Both" if total == 2 else f"All {spelled(total)}"
    return "The one objective is inside its budget" if total == 1 else f"{several} objectives are inside their budget"
