"""An invented cluster with invented people: jobs in the shape of real traces, the same for the same seed. No
real text."""

from hortus.telemetry.batch.sample.trace import Trace, invent
from hortus.telemetry.batch.sample.write import write_events, write_sacct

__all__ = ["Trace", "invent", "write_events", "write_sacct"]
