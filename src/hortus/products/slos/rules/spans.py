"""Spans of whole minutes since 1970-01-01 UTC, half-open: merge them, take some out of others, count them."""

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same minutes as disjoint spans in order; what overlaps or touches becomes one, empty spans go.

    >>> merged([(5, 9), (1, 3), (3, 4), (6, 7), (8, 8)])
    [(1, 4), (5, 9)]
    """
    found: list[Span] = []
    for since, until in sorted(span for span in spans if span[0] < span[1]):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def clipped(spans: Iterable[Span], within: Span) -> list[Span]:
    """Return the parts of spans that lie in one span, merged and in order.

    >>> clipped([(0, 4), (8, 20)], (2, 10))
    [(2, 4), (8, 10)]
    """
    since, until = within
    return merged((max(begin, since), min(end, until)) for begin, end in spans)


def without(span: Span, taken: Iterable[Span]) -> list[Span]:
    """Return what is left of a span when others are taken out: disjoint, in order.

    >>> without((0, 10), [(2, 4), (3, 5), (9, 12)])
    [(0, 2), (5, 9)]
    """
    left, reached = [], span[0]
    for since, until in clipped(taken, span):
        left.append((reached, since))
        reached = until
    return [(since, until) for since, until in [*left, (reached, span[1])] if since < until]


def length(spans: Iterable[Span]) -> int:
    """Return how many minutes disjoint spans hold.

    >>> length([(0, 2), (5, 9)])
    6
    """
    return sum(until - since for since, until in spans)
