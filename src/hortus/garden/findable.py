"""What the search finds of the garden: the table of indicators, the same in every team."""

from collections.abc import Iterable
from functools import cache

from hortus.garden.indicators import INDICATORS, Indicator, bed
from hortus.ledger.search import Document


def _document(indicator: Indicator) -> Document:
    where = f"{bed(indicator.plot).name} ({indicator.plot})."
    body = f"{indicator.definition} {where} What it cannot tell you: {indicator.cannot_tell}"
    return Document(indicator.slug, indicator.name, body)


@cache
def documents() -> Iterable[Document]:
    """Return what can be found of every indicator."""
    return tuple(map(_document, INDICATORS))
