"""Arithmetic of the outbox: how long to wait after a failure, when to give up, what to fold. No clock, no Django."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(hours=72)
# More than so many that wait for one recipient go as one text.
MOST_SINGLE = 3
# So many are told in one letter at most; those after them go with the next.
MOST_FOLDED = 50
DIGEST_LANE = "digest:"
# Longer than any recipient's list in one incident; a lane is a column of 200 characters.
LONGEST_LANE = 200

Waiting = TypeVar("Waiting")


def wait_after(failures: int, chance: float = 0.5) -> timedelta:
    """Return how long to wait after the `failures`-th failure in a row (1 or more): 15 s, 30 s, 1 min … 1 h.

    chance: number in [0, 1) that spreads the wait by a tenth either way, so that what failed together does not come
    back together. Raises ValueError when failures is below 1.

    >>> [int(wait_after(n).total_seconds()) for n in (1, 2, 3, 9, 10, 80)]
    [15, 30, 60, 3600, 3600, 3600]
    """
    if failures < 1:
        raise ValueError(f"failures must be 1 or more, got {failures}; ask this after a failure")
    factor: int = 2 ** min(failures - 1, 20)
    return min(FIRST_WAIT * factor, LONGEST_WAIT) * (0.9 + 0.2 * chance)


def is_hopeless(due_from: datetime, now: datetime) -> bool:
    """Say whether a message was tried for so long that a person must look at it; both aware.

    >>> from datetime import UTC
    >>> start = datetime(2026, 11, 22, tzinfo=UTC)
    >>> is_hopeless(start, start + timedelta(hours=71)), is_hopeless(start, start + timedelta(hours=72))
    (False, True)
    """
    return now - due_from >= GIVEN_UP_AFTER


def told_together(lane: str, after: Sequence[Waiting]) -> Sequence[Waiting]:
    """Return which of those that wait after the first of a lane, oldest first, go into its letter.

    All when more than three wait, the first counted; in a digest always; else none.

    >>> told_together("email:person:1:incident:7", "bc"), told_together("email:person:1:incident:7", "bcd")
    ('', 'bcd')
    >>> told_together("digest:email:person:1:2", "b")
    'b'
    """
    if lane.startswith(DIGEST_LANE) or len(after) >= MOST_SINGLE:
        return after[:MOST_FOLDED]
    return after[:0]


def lane_of(channel: str, kind: str, id: str, thread: str, message_id: str) -> str:  # noqa: A002 -- a recipient is (kind, id)
    """Return what one recipient gets in order: what belongs to one thread; a message without one is alone.

    >>> lane_of("email", "person", "3", "incident:7", "0c5e")
    'email:person:3:incident:7'
    >>> lane_of("email", "person", "3", "", "0c5e")
    'email:person:3:message:0c5e'
    """
    return f"{channel}:{kind}:{id}:{thread or f'message:{message_id}'}"[:LONGEST_LANE]


def is_again(subject: str, line: str) -> bool:
    """Say whether the first line of a text only says again what stands in its subject, or at its end.

    >>> is_again("Over: Scratch is slow", "Scratch is slow"), is_again("It is slow", "Slow"), is_again("a", "")
    (True, False, False)
    """
    return bool(line) and f" {subject}".endswith(f" {line}")


def task_key(delivery_id: int) -> str:
    """Return the unique key of a delivery's task in the queue.

    >>> task_key(7)
    'delivery:7'
    """
    return f"delivery:{delivery_id}"
