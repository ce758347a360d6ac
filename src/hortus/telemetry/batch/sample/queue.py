"""How long the invented jobs wait: first come, first served on a partition of so many processors. Seconds
throughout."""

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def starts(
    ready: NDArray[np.int64], cpus: NDArray[np.int64], run: NDArray[np.int64], capacity: int,
    outages: Sequence[tuple[int, int, int]] = (),
) -> NDArray[np.int64]:  # fmt: skip
    """Give the start of each job, in the order given (by `ready`), on `capacity` processors.

    An outage (from, until, processors) takes processors away as soon as they are free. A job larger than the
    capacity is taken as large as the capacity. Small jobs do not overtake, so waits grow with load as they do
    without backfill.
    """
    size = np.minimum(cpus, capacity)
    coming = sorted((start, end, min(lost, capacity - 1)) for start, end, lost in outages)
    found = np.empty(len(ready), dtype=np.int64)
    busy: list[tuple[int, int]] = []
    free, clock = capacity, 0
    for at, (when, need, lasts) in enumerate(zip(ready.tolist(), size.tolist(), run.tolist(), strict=True)):
        clock = max(clock, when)
        while coming and coming[0][0] <= clock:
            _, end, lost = coming.pop(0)
            if end > clock:
                heapq.heappush(busy, (end, lost))
                free -= lost
        while busy and (busy[0][0] <= clock or free < need):
            end, back = heapq.heappop(busy)
            clock = max(clock, end)
            free += back
        found[at] = clock
        free -= need
        heapq.heappush(busy, (clock + lasts, need))
    return found
