"""Little traffic: when a handful of events is evidence, and when it is chance.

At 30 events a day one failure fills a one-hour window: its bad ratio is 1, the burn rate 100, and the standard alert
pages for every single failure of a healthy service. So an alert needs, in its long window, besides the burn rate:

1. at least `least_bad` bad events (4), and
2. unless it holds `ample_bad` bad events (100): a lower confidence bound of the true bad ratio above the alert's
   threshold, one-sided, at `confidence` (0.99), exact as in Clopper and Pearson (Biometrika 26, 1934, 404-413).

The bound lies above the threshold exactly when so many bad events or more would be rarer than 1 - confidence if the
true ratio were the threshold; so the rule sums a binomial tail and inverts nothing. The exact bound is taken, not
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
        if self.ample_bad < self.least_bad:
            raise Refused(
                "bad-rule",
                f"ample_bad must be at least least_bad = {self.least_bad}, got {self.ample_bad}.",
                "ample_bad",
            )

    def is_evidence(self, bad: Counts, events: Counts, threshold: Fraction) -> Flags:
        """Say where counts are evidence that the true bad ratio lies above a threshold.

        bad, events: int64 of any one shape, 0 <= bad <= events. threshold: 0 < ratio < 1.

        >>> Little().is_evidence(np.array([1, 4, 4]), np.array([1, 8, 80]), Fraction(56, 1000))
        array([False,  True, False])
        """
        enough = bad >= self.least_bad
        unsure = enough & (bad < self.ample_bad) & (events > 0)
        if unsure.any():
            pairs, back = np.unique(np.stack([bad[unsure], events[unsure]]), axis=1, return_inverse=True)
            rare = tail_is_below(pairs[0], pairs[1], float(threshold), 1 - self.confidence)
            enough = enough.copy()
            enough[unsure] = rare[back.reshape(-1)]
        return enough


def tail_is_below(bad: Counts, events: Counts, ratio: float, risk: float) -> Flags:
    """Say where P(X >= bad) < risk for X binomial (events, ratio). Shapes (pairs,); 0 < ratio < 1, 0 < risk < 1.

    >>> tail_is_below(np.array([3]), np.array([3]), 0.5, 0.126)  # 1 in 8
    array([ True])
    """
    return binomial_tail(bad, events, ratio) < risk


def binomial_tail(bad: Counts, events: Counts, ratio: float) -> NDArray[np.float64]:
    """Return P(X >= bad) for X binomial (events, ratio); shapes (pairs,).

    bad: 0 <= bad <= events. The lower tail is summed and taken from 1 where it is the shorter to sum, else the upper.
    """
    mean = events * ratio
    upper = bad > mean
    return np.where(
        upper,
        _sum_from(np.where(upper, bad, events), events, ratio),
        1 - _sum_from(np.where(upper, events, events - bad + 1), events, 1 - ratio) * (bad > 0),
    )


def _sum_from(least: Counts, events: Counts, ratio: float) -> NDArray[np.float64]:
    """Return the sum of the terms from `least` on, each got from the last; past the mean they shrink."""
    log_ratio, log_rest = math.log(ratio), math.log1p(-ratio)
    term = np.array(
        [
            math.exp(
                math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * log_ratio + (n - k) * log_rest
            )
            for k, n in zip(least.tolist(), events.tolist(), strict=True)
        ]
    )
    total, at = term.copy(), least.astype(np.float64)
    odds = ratio / (1 - ratio)
    while (term > total * 1e-17).any():
        term = term * np.maximum(events - at, 0) / (at + 1) * odds
        total += term
        at += 1
    return total


def lower_bound(bad: Counts, events: Counts, risk: float) -> NDArray[np.float64]:
    """Return the one-sided lower Clopper-Pearson bound of the true bad ratio; shapes (pairs,). 0 where bad is 0.

    The ratio at which P(X >= bad) is `risk`, found by halving (60 times; the bound is good to about 1e-17).

    >>> lower_bound(np.array([3]), np.array([3]), 0.125).round(6).item()
    0.5
    """
    low, high = np.zeros(len(bad)), np.where(events > 0, bad / np.maximum(events, 1), 0.0)
    for _ in range(60):
        middle = (low + high) / 2
        is_rare = np.array(
            [b > 0 and _tail_at(b, n, p) < risk for b, n, p in zip(bad.tolist(), events.tolist(), middle, strict=True)],
            dtype=np.bool_,
        )
        low, high = np.where(is_rare, middle, low), np.where(is_rare, high, middle)
    return np.where(bad > 0, low, 0.0)


def _tail_at(bad: int, events: int, ratio: float) -> float:
    return float(binomial_tail(np.array([bad]), np.array([events]), ratio)[0])
