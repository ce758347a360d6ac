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


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pair says at evaluations in a row. held: it holds; known: that is known. bool, shape (evaluations,)."""

    rule: Rule
    held: Flags
    known: Flags

    @classmethod
    def once(cls, rule: Rule, holds: bool | None) -> "Seen":
        """Return one evaluation; holds: None where it is not known."""
        return cls(rule, np.array([bool(holds)]), np.array([holds is not None], np.bool_))

    def since(self, skipped: int) -> "Seen":
        """Return the same without the first evaluations."""
        return Seen(self.rule, self.held[skipped:], self.known[skipped:])

    def track(self, since: int) -> Track:
        """Return the episodes of these evaluations, the first of them at minute `since`."""
        episodes = run(since, self.held, self.known, self.rule.pair.keeps)
        return Track(self.rule, tuple(episodes), int((self.held & self.known).sum()))


def seen(stretch: Stretch, since: int, rules: Sequence[Rule], little: Little | None = None) -> tuple[Seen, ...]:
    """Return what each pair says at every evaluation from minute `since` to the end of the stretch.

    stretch: after exclusions; it should begin one long window before `since` (`lead_in`), for what lies before its
    start counts nothing. An evaluation at minute t sees the minutes before t; the last is at `stretch.until`.
    Raises ValueError unless since lies in the stretch.
    """
    if not stretch.start <= since <= stretch.until:
        raise ValueError(f"since must lie between {stretch.start} and {stretch.until}, got {since}")
    sums, first = Cumulative.of(stretch), since - stretch.start
    return tuple(Seen(rule, *sums.evaluated(rule, first, little)) for rule in rules)


def backtest(stretch: Stretch, since: int, rules: Sequence[Rule], little: Little | None = None) -> tuple[Track, ...]:
    """Return what each pair would have done at every evaluation from `since` on; arguments and errors as of `seen`."""
    return tuple(one.track(since) for one in seen(stretch, since, rules, little))


def lead_in(rules: Sequence[Rule]) -> int:
    """Return how many minutes a stretch must begin before the first evaluation: the longest window."""
    return max((rule.pair.long_minutes for rule in rules), default=0)


@dataclass(frozen=True, slots=True)
class Cumulative:
    """Sums of everything before each minute of a stretch, shape (minutes + 1,)."""

    bad: Counts
    events: Counts
    measured: Counts
    excluded: Counts | None

    @classmethod
    def of(cls, stretch: Stretch) -> "Cumulative":
        """Sum a stretch up."""
        watched = stretch.measured | (stretch.total > 0)
        bad, events, measured = (_summed(part) for part in (stretch.bad, stretch.total, watched))
        return cls(bad, events, measured, None if stretch.excluded is None else _summed(stretch.excluded))

    def evaluated(self, rule: Rule, first: int, little: Little | None) -> tuple[Flags, Flags]:
        """Return where the pair holds and where that is known, for the evaluations from index `first` on."""
        long = self.window(rule.pair.long_minutes, first)
        short = self.window(rule.pair.short_minutes, first)
        known = (short[2] > 0) | self.is_out(rule.pair.short_minutes, first)
        return holding(rule, Sums(*long[:2], *short[:2]), little), known

    def is_out(self, minutes: int, first: int) -> Flags:
        """Say where a window is excluded from end to end: nothing burns there, and that is known."""
        if self.excluded is None:
            return np.zeros(len(self.events) - first, np.bool_)
        found: Flags = _windows(self.excluded, minutes, first) == minutes
        return found

    def window(self, minutes: int, first: int) -> tuple[Counts, Counts, Counts]:
        """Return bad and all events and measured minutes of the windows that end at each index from `first` on."""
        bad, events, measured = (_windows(part, minutes, first) for part in (self.bad, self.events, self.measured))
        return bad, events, measured


def _summed(part: Counts | Flags) -> Counts:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(part, dtype=np.int64)])


def _windows(sums: Counts, minutes: int, first: int) -> Counts:
    """Return sums[at] - sums[at - minutes] for each index from `first` on, by slices; nothing lies before index 0."""
    found = sums[first:].copy()
    begins = max(0, minutes - first)
    found[begins:] -= sums[first + begins - minutes : max(0, len(sums) - minutes)]
    return found
