"""When probes are due, and what minutes a result speaks for. Plain arithmetic on whole seconds since 1970 in UTC."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

AHEAD_SECONDS = 10  # a round plans from so long after it was due, so that it may begin late
ROUND_SECONDS = 60
LATE_SECONDS = 5.0  # a run that could not begin by then is left out: it would crowd the next one


def shift(key: bytes, period: int) -> int:
    """Return the seconds by which a probe is shifted into its period: always the same, and spread over all probes.

    >>> 0 <= shift(b"door", 60) < 60
    True
    """
    return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") % period


def slots(shifted: int, period: int, since: int, until: int) -> range:
    """Return the moments at which a probe is due from `since` up to but not including `until`.

    >>> list(slots(7, 20, 100, 150))
    [107, 127, 147]
    """
    return range(since + (shifted - since) % period, until, period)


def span_of(now: float) -> tuple[int, int]:
    """Return the span of moments that a round which begins now plans; the spans of two neighbouring rounds meet.

    >>> span_of(120.9), span_of(186)
    ((130, 190), (190, 250))
    """
    begin = int(now) // ROUND_SECONDS * ROUND_SECONDS + AHEAD_SECONDS
    return begin, begin + ROUND_SECONDS


@dataclass(frozen=True, slots=True)
class Claim:
    """What a probe's row says about its runs. slot: the newest that was taken. run: of the one that is under way."""

    slot: int
    run: str | None


def may_take(claim: Claim, slot: int, silent_runs: Iterable[str] = ()) -> bool:
    """Say whether a run may begin for this slot.

    silent_runs: runs of other processes that were watched long enough to know that they will not end. A taken slot
    that lies two rounds or more ahead was taken by a clock that ran wrong, and does not count.
    """
    if claim.run is not None and claim.run not in set(silent_runs):
        return False
    return claim.slot < slot or claim.slot > slot + 2 * ROUND_SECONDS


class Watch:
    """What one process has seen of the runs of others: how long each has been under way, on its own monotonic clock.

    No wall clock decides whether a run has died, so neither a jump of it nor a difference between two machines starts
    a second run of a probe beside a living one.
    """

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def silent(self, running: Iterable[tuple[str, float]], now: float) -> set[str]:
        """Return the runs that will not end any more. running: (run, seconds that it may take); now: monotonic."""
        allowed = dict(running)
        self._since = {run: self._since.get(run, now) for run in allowed}
        return {run for run, seconds in allowed.items() if now - self._since[run] > seconds}


def is_late(shifted: int, period: int, limit: int, known: int, now: int) -> bool:
    """Say whether a probe was not asked though it was due, all in whole seconds.

    known: when it was last asked, added, resumed, or given another period; what comes due before the round after that
    may be left out, because that minute was planned already. A run may take its limit, and a round to begin.

    >>> is_late(7, 60, 10, 127, 250), is_late(7, 60, 10, 127, 320)
    (False, True)
    """
    first = known + AHEAD_SECONDS + ROUND_SECONDS
    return now > slots(shifted, period, first, first + period)[0] + limit + ROUND_SECONDS


def minutes_of(slot: int, period: int) -> tuple[int, int]:
    """Return the minutes, half-open, for which a result speaks: from its own to that of the next one, at least one.

    >>> minutes_of(120, 60), minutes_of(130, 300), minutes_of(119, 10)
    ((2, 3), (2, 7), (1, 2))
    """
    first = slot // 60
    return first, max(first + 1, (slot + period) // 60)


def is_within(seconds: float | None, threshold: float | None) -> bool:
    """Say whether an answer came within a threshold in seconds; without a threshold any answer did.

    >>> is_within(0.4, 0.5), is_within(None, 0.5), is_within(9.0, None)
    (True, False, True)
    """
    return threshold is None or (seconds is not None and seconds <= threshold)


def spans_of(slots: Ints, periods: Ints) -> Ints:
    """Return `minutes_of` of many results at once, as an array of shape (results, 2)."""
    first = slots // 60
    return np.stack([first, np.maximum(first + 1, (slots + periods) // 60)], axis=1)


def merged(spans: Ints) -> list[tuple[int, int]]:
    """Return half-open spans, given in any order with shape (n, 2), ascending and those that touch or overlap as one.

    >>> merged(np.array([(5, 7), (1, 2), (2, 4), (6, 9)]))
    [(1, 4), (5, 9)]
    """
    if not len(spans):
        return []
    begin, end = spans[np.argsort(spans[:, 0], kind="stable")].T
    reached = np.maximum.accumulate(end)
    starts = np.flatnonzero(np.concatenate([[True], begin[1:] > reached[:-1]]))
    ends = reached[np.concatenate([starts[1:] - 1, [len(reached) - 1]])]
    return list(zip(begin[starts].tolist(), ends.tolist(), strict=True))
