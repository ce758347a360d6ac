"""Long tables in pages: which page of how many, evidence as cells, and the same as CSV that no spreadsheet runs."""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from hortus.values.evidence import Cell, Evidence, Link, Sort
from hortus.web import words

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def page_number(text: str) -> int:
    """Return a page's number from an address; 1 for whatever is none.

    >>> page_number("3"), page_number("-1"), page_number("x"), page_number("9" * 5000)
    (3, 1, 1, 1)
    """
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page of how many: what `web/parts/pagination.html` asks of a page, for rows that are fetched by slice."""

    number: int
    size: int
    count: int

    @property
    def paginator(self) -> "Pages":
        """Return itself: the part asks for page.paginator.num_pages."""
        return self

    @property
    def num_pages(self) -> int:
        """Return how many pages there are."""
        return math.ceil(self.count / self.size)

    @property
    def is_beyond(self) -> bool:
        """Say whether there are pages, but none of this number."""
        return self.number > self.num_pages > 0

    @property
    def has_previous(self) -> bool:
        """Say whether there is an earlier page."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Say whether there is a later page."""
        return self.number < self.num_pages

    @property
    def previous_page_number(self) -> int:
        """Return the number of the page before."""
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        """Return the number of the page after."""
        return self.number + 1

    @property
    def start_index(self) -> int:
        """Return the number of the first row on this page, counted from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def end_index(self) -> int:
        """Return the number of the last row on this page."""
        return min(self.number * self.size, self.count)


def table_rows(evidence: Evidence) -> list[list[tuple[str, str]]]:
    """Return the cells as (text, path); path is "" for a cell that leads nowhere."""
    sorts = [head.sort for head in evidence.heads]
    return [[_cell(cell, sort) for cell, sort in zip(row, sorts, strict=True)] for row in evidence.rows]


def _cell(cell: Cell, sort: Sort) -> tuple[str, str]:
    if isinstance(cell, Link):
        return cell.text, cell.path
    if cell is None:
        return "", ""
    if isinstance(cell, datetime):
        return f"{timezone.localtime(cell):%Y-%m-%d %H:%M}", ""
    if isinstance(cell, str | date):
        return str(cell), ""
    if sort is Sort.DURATION:
        return words.duration(cell), ""
    return words.percent(cell) if sort is Sort.RATIO else words.number(cell), ""


def csv_rows(evidence: Evidence) -> Iterator[list[Any]]:
    """Return the cells as plain values: links by their text, moments as ISO 8601, numbers in base units."""
    for row in evidence.rows:
        yield [cell.text if isinstance(cell, Link) else cell for cell in row]


def safe_cell(cell: Any) -> Any:
    """Return a cell of a CSV file: moments as ISO 8601, nothing for None, and no text that a spreadsheet takes for a
    formula.

    >>> safe_cell("=1+1"), safe_cell(-1)
    ("'=1+1", -1)
    """
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else "" if cell is None else cell


def as_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Return rows as a CSV file of UTF-8; times in ISO 8601, durations in seconds."""
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(answer)
    writer.writerow(heads)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return answer
