"""Evidence: the rows that a figure was counted from, in a shape that any page, CSV or JSON can show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Sort(StrEnum):
    """How the cells of a column are shown."""

    TEXT = "text"
    COUNT = "count"
    DURATION = "duration"
    MOMENT = "moment"
    DAY = "day"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads somewhere: the text, and a path inside Hortus."""

    text: str
    path: str


Cell = str | int | float | datetime | date | Link | None


@dataclass(frozen=True, slots=True)
class Head:
    """A column: key (JSON and CSV), label (page), sort."""

    key: str
    label: str
    sort: Sort = Sort.TEXT


@dataclass(frozen=True, slots=True)
class Evidence:
    """One page of rows, how many there are in all, and one sentence that says how they were counted.

    Durations are in seconds, ratios run 0 to 1, moments are aware.
    """

    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    total: int
    counted: str

    def __post_init__(self) -> None:
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError(f"every row must have {len(self.heads)} cells, one for each head")


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows are wanted: from `offset`, at most `limit`.

    >>> Slice.page(3, 50)
    Slice(offset=100, limit=50)
    """

    offset: int = 0
    limit: int = 50

    @classmethod
    def page(cls, number: int, size: int = 50) -> "Slice":
        """Return the slice of page `number`, counted from 1."""
        return cls((max(number, 1) - 1) * size, size)
