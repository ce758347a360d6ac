"""Back-test: what alert pairs would have done, at every minute of a stretch, by cumulative sums; and what-if."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hortus.products.slos.rules.alerts import Rule, Sums, holding
from hortus.products.slos.rules.episodes import Episode, run
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.stretch import Counts, Flags, Stretch


@dataclass(frozen=True, slots=True)
class Track:
    """What one pair would have done. minutes_held: at how many evaluations it held. episodes: oldest first."""

    rule: Rule
    episodes: tuple[Episode, ...]
    minutes_held: int


def backtest(
    stretch: Stretch,
    since: int,
    rules: Sequence[Rule],
    little: Little | None = None,
    keep_firing: int = 0,
) -> tuple[Track, ...]:
    """Return what each pair would have done at every evaluation from minute `since` to the end of the stretch.

    stretch: after exclusions; it should begin one long window before `since` (`lead_in`), for what lies before its
    start counts nothing. An evaluation at minute t sees the minutes before t; the last is at `stretch.until`.
    Raises ValueError unless since lies in the stretch.
    """
    if not stretch.start <= since <= stretch.until:
        raise ValueError(f"since must lie between {stretch.start} and {stretch.until}, got {since}")
    sums = Cumulative.of(stretch)
    first = since - stretch.start
    tracks = []
    for rule in rules:
        held, known = sums.evaluated(rule, first, little)
        episodes = run(since, held, known, keep_firing)
        tracks.append(Track(rule, tuple(episodes), int((held & known).sum())))
    return tuple(tracks)


def lead_in(rules: Sequence[Rule]) -> int:
    """Return how many minutes a stretch must begin before the first evaluation: the longest window."""
    return max((rule.pair.long_minutes for rule in rules), default=0)


@dataclass(frozen=True, slots=True)
class Cumulative:
    """Sums of everything before each minute of a stretch, shape (minutes + 1,)."""

    bad: Counts
    events: Counts
    measured: Counts

    @classmethod
    def of(cls, stretch: Stretch) -> "Cumulative":
        """Sum a stretch up."""
        watched = stretch.measured | (stretch.total > 0)
        bad, events, measured = (
            np.concatenate([np.zeros(1, np.int64), np.cumsum(part, dtype=np.int64)])
            for part in (stretch.bad, stretch.total, watched)
        )
        return cls(bad, events, measured)

    def evaluated(self, rule: Rule, first: int, little: Little | None) -> tuple[Flags, Flags]:
        """Return where the pair holds and where that is known, for the evaluations from index `first` on."""
        long = self.window(rule.pair.long_minutes, first)
        short = self.window(rule.pair.short_minutes, first)
        return holding(rule, Sums(*long[:2], *short[:2]), little), short[2] > 0

    def window(self, minutes: int, first: int) -> tuple[Counts, Counts, Counts]:
        """Return bad and all events and measured minutes of the windows that end at each index from `first` on."""
        bad, events, measured = (_windows(part, minutes, first) for part in (self.bad, self.events, self.measured))
        return bad, events, measured


def _windows(sums: Counts, minutes: int, first: int) -> Counts:
    """Return sums[at] - sums[at - minutes] for each index from `first` on, by slices; nothing lies before index 0."""
    found = sums[first:].copy()
    begins = max(0, minutes - first)
    found[begins:] -= sums[first + begins - minutes : max(0, len(sums) - minutes)]
    return found
