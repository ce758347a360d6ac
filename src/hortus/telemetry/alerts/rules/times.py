"""Whether the times of a sender can be believed: beside the time at which its words came."""

from datetime import datetime, timedelta

AHEAD = timedelta(minutes=5)  # a clock this wrong is wrong
BEHIND = timedelta(hours=24)


def doubt(starts_at: datetime | None, ends_at: datetime | None, received_at: datetime) -> str:
    """Return why the times of an alert are not to be believed, as a sentence; "" when nothing speaks against them.

    All are aware; what the sender did not tell is None.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> doubt(noon + timedelta(minutes=40), None, noon)
    'It is said to begin 40 minutes after it came: the clock of its sender is ahead.'
    >>> doubt(noon, None, noon), doubt(None, None, noon)
    ('', '')
    """
    if starts_at is not None and starts_at - received_at > AHEAD:
        ahead = _spelled(starts_at - received_at)
        return f"It is said to begin {ahead} after it came: the clock of its sender is ahead."
    if ends_at is not None and ends_at - received_at > AHEAD:
        return f"It is said to end {_spelled(ends_at - received_at)} after it came: the clock of its sender is ahead."
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        return "It is said to end before it began: the clock of its sender was set meanwhile."
    if starts_at is not None and received_at - starts_at > BEHIND:
        behind = _spelled(received_at - starts_at)
        return f"It is said to begin {behind} before it came: late news, or the clock of its sender is behind."
    return ""


def _spelled(span: timedelta) -> str:
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if span >= 2 * unit:
            return f"{span // unit} {name}s"
    return "a minute"
