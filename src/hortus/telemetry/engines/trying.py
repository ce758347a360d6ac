"""Asks an engine one expression, once, to see what comes back. Stores nothing."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hortus.telemetry.engines.asking import client_of
from hortus.telemetry.engines.models import Engine
from hortus.telemetry.engines.rules.expressions import expression

MOST_SHOWN = 50
SECONDS, MOST_BYTES = 10.0, 2_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One series: its labels, and its value."""

    labels: dict[str, str]
    value: float

    @property
    def words(self) -> str:
        """Return the labels in one line."""
        return ", ".join(f"{name}={value}" for name, value in self.labels.items()) or "no labels"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came back: how many series, and the first of them by their labels."""

    at: datetime
    count: int
    rows: tuple[Row, ...]


def tried(engine: Engine, asked: str) -> Tried:
    """Evaluate an expression at the last whole minute; the engine need not be trusted.

    Raises Refused with the field "expression" for what is none, EngineFault for what the engine does not answer.
    """
    query = expression(asked, "expression")
    at = int(time.time()) // 60 * 60 - 60
    client = replace(client_of(engine), seconds=SECONDS, max_bytes=MOST_BYTES)
    found = sorted(client.query(query, at).items())
    rows = tuple(Row(dict(labels), value) for labels, value in found[:MOST_SHOWN])
    return Tried(datetime.fromtimestamp(at, UTC), len(found), rows)
