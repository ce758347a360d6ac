"""What the benchmarks share: how fast this machine is at the moment."""

import time


def calibration(seconds: float = 1.0) -> float:
    """Return how many rounds of a fixed pure-Python loop this machine does a second, in thousands."""
    rounds, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(n * n for n in range(1000))
        rounds += 1
    return rounds / seconds / 1000
