"""A case: one objective, kept or drafted, at one minute, with the spans that are asked for to judge it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hortus.products.slos.exclusions import Exclusions
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.rules.composites import Member, members
from hortus.products.slos.rules.exclusions import spans_of
from hortus.products.slos.rules.spans import Span, clipped, merged, without
from hortus.products.slos.terms import LIMITS, Terms


@dataclass(frozen=True, slots=True)
class CasePart:
    """One SLI of a case. share: of all weights, they sum to 1. out: what does not count, inside `Case.hull`."""

    sli: Sli
    share: Fraction
    out: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged at one minute; the last minute that counts is the one before it."""

    terms: Terms
    parts: tuple[CasePart, ...]
    minute: int

    @classmethod
    def of(cls, objective: Objective, terms: Terms, minute: int, exclusions: Exclusions) -> "Case":
        """Return the case of an objective that is kept."""
        weighted = [(part.sli, part.weight) for part in objective.parts.all()]
        return cls.made(objective, terms, weighted, minute, exclusions)

    @classmethod
    def made(
        cls, objective: Objective, terms: Terms, weighted: Sequence[tuple[Sli, Decimal]], minute: int,
        exclusions: Exclusions, *, since: int | None = None,
    ) -> "Case":  # fmt: skip
        """Return a case from SLIs with weights, which need not be those that the objective has in its table.

        since: the earliest minute whose exclusions are wanted, where that lies before the hull.
        """
        whole = sum((weight for _, weight in weighted), Decimal(0))
        hull = _hull(terms, minute)
        reach = (hull[0] if since is None else min(since, hull[0]), hull[1])
        parts = [
            CasePart(
                sli, Fraction(weight) / Fraction(whole), tuple(spans_of(exclusions.reaching(objective, sli), reach))
            )
            for sli, weight in weighted
        ]
        return cls(terms, tuple(parts), minute)

    @property
    def whole(self) -> Span:
        """Return the whole window, which reaches beyond the minute for a calendar period."""
        return self.terms.window.span(self.minute)

    @property
    def elapsed(self) -> Span:
        """Return the part of the window that lies in the past."""
        return self.terms.window.elapsed(self.minute)

    def back(self, minutes: int) -> Span:
        """Return the last so many minutes."""
        return self.minute - minutes, self.minute

    @property
    def silence(self) -> Span:
        """Return the span in which something must have been measured."""
        return self.back(LIMITS.silent_minutes)

    @property
    def windows(self) -> tuple[Span, ...]:
        """Return every span that is asked for, each once."""
        backs = [self.back(minutes) for minutes in self.terms.look_backs]
        return tuple(sorted({self.elapsed, self.silence, *backs}))

    @property
    def hull(self) -> Span:
        """Return the span that holds the window and everything asked for."""
        return _hull(self.terms, self.minute)

    @property
    def out_of_any(self) -> tuple[Span, ...]:
        """Return what is excluded from any part."""
        return tuple(merged(span for part in self.parts for span in part.out))

    @property
    def members(self) -> tuple[Member, ...]:
        """Return the parts of a composite as the arithmetic reads them."""
        return members([(part.share, self.terms.target) for part in self.parts])


def pieces(window: Span, out: Sequence[Span]) -> list[Span]:
    """Return a window cut at what is excluded from it: what remains, then what is excluded.

    >>> pieces((0, 10), [(2, 4)])
    [(0, 2), (4, 10), (2, 4)]
    """
    return [*without(window, out), *clipped(out, window)]


def _hull(terms: Terms, minute: int) -> Span:
    since, until = terms.window.span(minute)
    back = max([LIMITS.silent_minutes, *terms.look_backs])
    return min(since, minute - back), max(until, minute)
