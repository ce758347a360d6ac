"""The nine plots: three columns by three rows, as words and slugs. Holds no indicator."""

from dataclasses import dataclass
from enum import StrEnum


class Column(StrEnum):
    """What is tended."""

    PEOPLE = "people"
    PRODUCTS = "products"
    PROCESSES = "processes"

    @property
    def label(self) -> str:
        """Return the word shown above the column."""
        return self.value.capitalize()


class Row(StrEnum):
    """How it is tended."""

    GROWTH = "growth"
    CARE = "care"
    URGENT = "urgent"

    @property
    def label(self) -> str:
        """Return the name of the row."""
        return {"growth": "Nurture growth", "care": "Maintenance care", "urgent": "Urgent weed control"}[self.value]

    @property
    def hint(self) -> str:
        """Return the half sentence below the name."""
        return {
            "growth": "What we grow for later",
            "care": "What we tend every week",
            "urgent": "What must be pulled now",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Plot:
    """One of the nine plots.

    >>> Plot.named("products-care").row
    <Row.CARE: 'care'>
    """

    column: Column
    row: Row

    @property
    def slug(self) -> str:
        """Return the plot's name in URLs and in the ledger: column, dash, row."""
        return f"{self.column.value}-{self.row.value}"

    @classmethod
    def named(cls, slug: str) -> "Plot":
        """Return the plot with this slug; raise ValueError for any other word."""
        for plot in PLOTS:
            if plot.slug == slug:
                return plot
        raise ValueError(f"plot must be one of {', '.join(p.slug for p in PLOTS)}, got {slug!r}")

    def __str__(self) -> str:
        return f"{self.column.label}, {self.row.label.lower()}"


PLOTS: tuple[Plot, ...] = tuple(Plot(column, row) for row in Row for column in Column)
"""All nine, row by row as the page shows them."""
