"""Alert episodes: from when to when a pair held. State comes in and goes out, so restarts lose nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hortus.products.slos.rules.stretch import Flags

_UNKNOWN = np.int8(-1)


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that a pair held. Minutes since the epoch.

    opened_at: the minute at which it was first seen to hold. last_held_at: the last one.
    quiet_since: the first minute of the present quiet, None while it holds or nothing is known.
    closed_at: when it closed, None while it is open.
    """

    opened_at: int
    last_held_at: int
    quiet_since: int | None = None
    closed_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Say whether the episode goes on."""
        return self.closed_at is None


def step(episode: Episode | None, now: int, holds: bool | None, keep_firing: int = 0) -> Episode | None:
    """Return the episode after one evaluation: a new one, the same, the same closed, or None.

    episode: the open one, None when none is (a closed one counts as none). now: later than what it saw last.
    holds: what the pair says; None when nothing was measured, which neither opens nor closes and starts the quiet anew.
    keep_firing: minutes of known quiet that it takes to close; 0 closes at the first quiet minute.

    >>> opened = step(None, 100, True)
    >>> step(opened, 101, None) == opened, step(opened, 101, False).closed_at
    (True, 101)
    """
    if episode is not None and not episode.is_open:
        episode = None
    if holds:
        if episode is None:
            return Episode(now, now)
        return replace(episode, last_held_at=now, quiet_since=None)
    if episode is None:
        return None
    if holds is None:
        return replace(episode, quiet_since=None)
    quiet_since = now if episode.quiet_since is None else episode.quiet_since
    closed_at = now if now - quiet_since >= keep_firing else None
    return replace(episode, quiet_since=quiet_since, closed_at=closed_at)


def run(start: int, holds: Flags, known: Flags, keep_firing: int = 0, episode: Episode | None = None) -> list[Episode]:
    """Return the episodes of many minutes in a row, the last one perhaps open; the same as `step` minute by minute.

    holds, known: shape (minutes,), for the evaluations at start, start + 1, ...; holds counts only where known.
    episode: the open one from before.
    """
    found: list[Episode] = []
    before = episode if episode is not None and episode.is_open else None
    opened_at = before.opened_at if before else None
    held_at, quiet_since = (before.last_held_at, before.quiet_since) if before else (start, None)
    for first, last, code in _runs(np.where(known, holds.astype(np.int8), _UNKNOWN), start):
        if code == _UNKNOWN:
            quiet_since = None
        elif code:
            opened_at, held_at, quiet_since = first if opened_at is None else opened_at, last, None
        elif opened_at is not None:
            quiet_since = first if quiet_since is None else quiet_since
            closed_at = max(first, quiet_since + keep_firing)
            if closed_at <= last:
                found.append(Episode(opened_at, held_at, quiet_since, closed_at))
                opened_at = quiet_since = None
    return found if opened_at is None else [*found, Episode(opened_at, held_at, quiet_since)]


def _runs(codes: NDArray[np.int8], start: int) -> Iterator[tuple[int, int, int]]:
    """Yield (first minute, last minute, value) of each run of equal values."""
    if not len(codes):
        return
    edges = np.flatnonzero(np.diff(codes)) + 1
    firsts, lasts = np.append(0, edges), np.append(edges, len(codes)) - 1
    yield from zip((firsts + start).tolist(), (lasts + start).tolist(), codes[firsts].tolist(), strict=True)
