"""Little traffic: when a handful of events is evidence, and when it is chance.

At 30 events a day one failure fills a one-hour window: its bad ratio is 1, the burn rate 100, and the standard alert
pages for every single failure of a healthy service. So an alert needs, in its long window, besides the burn rate:

1. at least `least_bad` bad events (4), and
2. unless it holds `ample_bad` bad events (100): a lower confidence bound of the true bad ratio above half the alert's
   threshold, and no less than the objective allows (`alerts.Rule.sure_ratio`); one-sided, at `confidence` (0.99),
   exact as in Clopper and Pearson (Biometrika 26, 1934, 404-413).

Half: asking for the whole threshold makes modest objectives wait for hours (at 90 % and 30 events a day more than six,
for good), asking only for more than is allowed makes busier ones page for nothing; the decision record has the figures.

The bound lies above a ratio exactly when so many bad events or more would be rarer than 1 - confidence if the true
ratio were that; so the rule sums a binomial tail and inverts nothing. The exact bound is taken, not
Wilson's (1927), because Wilson's is known to err on the wrong side for few events and small ratios, which is this case.
From 100 bad events on the observed ratio is sure to about a tenth (1/sqrt(100)); then the rule says nothing more, and
alerts stand at the same minutes as those of Prometheus.

What it cannot know: events that fail together (one job array on one bad node) count as if each were evidence of its
own.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from hortus.products.slos.rules.stretch import Counts, Flags
from hortus.values.refused import Refused

Ratios = NDArray[np.float64]
_NEGLIGIBLE = 1e-15
_AT_ONCE = 32
_MOST_STEPS, _NEAR = 50, 1e-12
MOST_AMPLE = 10_000


@dataclass(frozen=True, slots=True)
class Little:
    """The rule for little traffic. Raises Refused for numbers that mean nothing.

    least_bad: bad events that the long window must hold, 1 to 1,000.
    confidence: 0.5 to 0.9999, of the one-sided lower bound. ample_bad: from so many bad events on no bound is asked.
    """

    least_bad: int = 4
    confidence: float = 0.99
    ample_bad: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.least_bad <= 1000:
            raise Refused("bad-rule", f"least_bad must be 1 to 1000, got {self.least_bad}; most take 4.", "least_bad")
        if not 0.5 <= self.confidence <= 0.9999:
            raise Refused(
                "bad-rule", f"confidence must be 0.5 to 0.9999, got {self.confidence}; most take 0.99.", "confidence"
            )
        if not self.least_bad <= self.ample_bad <= MOST_AMPLE:
            raise Refused(
                "bad-rule", f"ample_bad must be {self.least_bad} to {MOST_AMPLE}, got {self.ample_bad}.", "ample_bad"
            )

    def is_evidence(self, bad: Counts, events: Counts, threshold: Fraction) -> Flags:
        """Say where counts are evidence that the true bad ratio lies above a threshold.

        bad, events: int64 of any one shape, 0 <= bad <= events. threshold: 0 < ratio < 1.

        >>> Little().is_evidence(np.array([1, 4, 4]), np.array([1, 8, 80]), Fraction(56, 1000))
        array([False,  True, False])
        """
        found = bad >= self.least_bad
        unsure = found & (bad < self.ample_bad)
        if unsure.any():
            most = _most_events(bad[unsure], events[unsure], float(threshold), 1 - self.confidence)
            found[unsure] = events[unsure] <= most
        return found


def _most_events(bad: Counts, events: Counts, ratio: float, risk: float) -> Counts:
    """Return for each pair among how many events its bad ones would still be rarer than `risk`; shapes (pairs,).

    The tail grows with the events, so one number for each count of bad events decides for all pairs that have it;
    it is looked for, by halving, only between the fewest and the most events that such a pair has.
    """
    levels, back = np.unique(bad, return_inverse=True)
    low, high = np.full(len(levels), events.max()), np.zeros(len(levels), np.int64)
    np.minimum.at(low, back, events)
    np.maximum.at(high, back, events)
    low, high = low - 1, high + 1
    while (high - low > 1).any():
        middle = np.maximum((low + high) // 2, levels)
        is_rare = binomial_tail(levels, middle, ratio) < risk
        is_open = high - low > 1
        low, high = np.where(is_open & is_rare, middle, low), np.where(is_open & ~is_rare, middle, high)
    return low[back]


def binomial_tail(bad: Counts, events: Counts, ratio: float | Ratios) -> Ratios:
    """Return P(X >= bad) for X binomial (events, ratio). Shapes (pairs,); ratio may be one number for all.

    0 <= bad <= events, 0 < ratio < 1. Good to 12 digits and more, for it sums the shorter tail term by term.

    >>> binomial_tail(np.array([3, 0]), np.array([3, 5]), 0.5)
    array([0.125, 1.   ])
    """
    ratios = np.broadcast_to(np.asarray(ratio, np.float64), bad.shape)
    is_upper = bad > events * ratios
    least = np.where(is_upper, bad, np.minimum(events - bad + 1, events))
    tail = _sum_from(least, events, np.where(is_upper, ratios, 1 - ratios))
    return np.where(bad == 0, 1.0, np.where(is_upper, tail, 1 - tail))


def _sum_from(least: Counts, events: Counts, ratios: Ratios) -> Ratios:
    """Return the sum of the binomial terms from `least` on, each got from the last; past the mean they shrink."""
    term = np.exp(_log_choose(events, least) + least * np.log(ratios) + (events - least) * np.log1p(-ratios))
    total, odds, first = term.copy(), ratios / (1 - ratios), least.astype(np.float64)
    while (term > total * _NEGLIGIBLE).any():
        at = first[:, None] + np.arange(_AT_ONCE)
        terms = term[:, None] * np.cumprod(np.maximum(events[:, None] - at, 0) / (at + 1) * odds[:, None], axis=1)
        total += terms.sum(axis=1)
        term, first = terms[:, -1], first + _AT_ONCE
    return total


def _log_choose(events: Counts, some: Counts) -> Ratios:
    """Return the logarithm of how many ways there are to choose some of all events."""
    pairs = zip(events.tolist(), some.tolist(), strict=True)
    return np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for n, k in pairs])


def lower_bound(bad: Counts, events: Counts, risk: float) -> Ratios:
    """Return the one-sided lower Clopper-Pearson bound of the true bad ratio; shapes (pairs,). 0 where bad is 0.

    The ratio at which P(X >= bad) is `risk`: Newton's steps on the logarithms of both. The curve bends down, so that
    from the first step on they come from below and never pass the bound.

    >>> lower_bound(np.array([3]), np.array([3]), 0.125).round(9).item()
    0.5
    """
    found = np.zeros(len(bad))
    pairs, back = np.unique(np.stack([bad[bad > 0], events[bad > 0]]), axis=1, return_inverse=True)
    b, n = pairs
    log_slope = _log_choose(n, b) + np.log(b)
    at = np.log(b / (n + 1.0))
    for _ in range(_MOST_STEPS):
        ratios = np.exp(at)
        tail = binomial_tail(b, n, ratios)
        slope = np.exp(log_slope + b * at + (n - b) * np.log1p(-ratios)) / tail
        step = np.log(tail / risk) / slope
        at = at - step
        if (np.abs(step) < _NEAR).all():
            break
    found[bad > 0] = np.exp(at)[back.reshape(-1)]
    return found
