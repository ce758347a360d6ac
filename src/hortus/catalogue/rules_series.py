"""Rules of work that comes back when it is changed: which of its old times becomes which new one. No clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta

NEAR = timedelta(days=3)
"""How far a time may move and still be the same one, in wall time; what is farther away is cancelled, and made anew."""


def paired(old: Sequence[datetime], new: Sequence[datetime]) -> dict[int, int]:
    """Return which old time (place in `old`) becomes which new one (place in `new`).

    old, new: naive wall times, each ascending. A time goes to the new one of the same day; of what is left over, each
    goes to the next one that is at most `NEAR` away, in their order. No time is taken twice.

    >>> tuesday = datetime(2026, 12, 8, 8)
    >>> paired([tuesday, tuesday + timedelta(days=7)], [tuesday + timedelta(days=7, hours=2)])
    {1: 0}
    >>> paired([tuesday], [tuesday + timedelta(days=1)])
    {0: 0}
    """
    days = {at.date(): place for place, at in reversed(list(enumerate(new)))}
    found: dict[int, int] = {}
    for place, at in enumerate(old):
        if (same := days.get(at.date())) is not None and same not in found.values():
            found[place] = same
    rest = [place for place in range(len(old)) if place not in found]
    free = [place for place in range(len(new)) if place not in found.values()]
    while rest and free:
        away = new[free[0]] - old[rest[0]]
        if abs(away) <= NEAR:
            found[rest.pop(0)] = free.pop(0)
        elif away > NEAR:
            rest.pop(0)
        else:
            free.pop(0)
    return dict(sorted(found.items()))


def rule_after(rule: str, gone: int) -> str:
    """Return a rule of iCalendar as it goes on after `gone` of its times; only a COUNT changes.

    >>> rule_after("FREQ=WEEKLY;COUNT=10", 4)
    'FREQ=WEEKLY;COUNT=6'
    >>> rule_after("FREQ=WEEKLY", 4)
    'FREQ=WEEKLY'
    """
    parts = [part.partition("=") for part in rule.split(";")]
    return ";".join(
        f"{name}={max(1, int(value) - gone)}" if name == "COUNT" else f"{name}{equals}{value}"
        for name, equals, value in parts
    )
