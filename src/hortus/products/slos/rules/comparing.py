"""Comparing a ratio of whole numbers with a fraction exactly, for arrays, without overflow."""

from fractions import Fraction

import numpy as np

from hortus.products.slos.rules.stretch import Counts, Flags

_MOST = 2**62


def is_above(part: Counts, whole: Counts, threshold: Fraction) -> Flags:
    """Say where part / whole is strictly above a threshold; never where whole is 0, as NaN in Prometheus.

    part, whole: int64, any one shape, 0 <= part <= whole. threshold: >= 0.

    >>> is_above(np.array([1, 2, 0]), np.array([1000, 1000, 0]), Fraction(1, 1000))
    array([False,  True, False])
    """
    up, down = threshold.numerator, threshold.denominator
    largest = int(whole.max(initial=0)) * max(up, down)
    if largest > _MOST:
        part, whole = part.astype(object), whole.astype(object)
    return np.asarray(part * down > whole * up, dtype=np.bool_)
