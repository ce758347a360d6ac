"""Spans that do not count against a budget: planned work and agreed corrections, once or by an iCalendar rule.

They are looked at when a budget is reckoned, never when events are stored; so an exclusion that is written down
today takes effect for last week too, and one that is withdrawn gives its events back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from hortus.products.slos.rules.spans import Span, clipped, without
from hortus.values.clocks import zone_named
from hortus.values.recurrence import checked_rule, starts_between
from hortus.values.refused import Refused

LONGEST = 31 * 1440


@dataclass(frozen=True, slots=True)
class OneOff:
    """One span, in minutes since the epoch, half-open. Raises Refused unless it ends after it begins."""

    since: int
    until: int

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise Refused(
                "bad-exclusion",
                f"An exclusion must end after it begins, got minutes {self.since} to {self.until}.",
                "until",
            )

    def spans(self, within: Span) -> list[Span]:
        """Return the part that lies in a span, as a list of none or one."""
        return clipped([(self.since, self.until)], within)


@dataclass(frozen=True, slots=True)
class Recurring:
    """Spans by an iCalendar rule (RFC 5545): the same time on the wall in one zone, summer and winter.

    starts: the first start, without zone (wall time in `zone`), from 2000 on. minutes: how long each one takes by
    the clock, 1 to 44,640. rule: the text after `RRULE:`, as `FREQ=MONTHLY;BYDAY=2TU`. zone: IANA name.
    skipped: starts that fall out (EXDATE), wall time. A first start that its own rule does not meet falls out too; RFC
    5545 leaves that open. Raises Refused, which names what is allowed.

    >>> tuesday = Recurring(datetime(2026, 1, 13, 8), 120, "FREQ=MONTHLY;BYDAY=2TU", "Europe/Berlin")
    >>> [until - since for since, until in tuesday.spans((29_400_000, 29_600_000))]
    [120, 120, 120]
    """

    starts: datetime
    minutes: int
    rule: str
    zone: str = "UTC"
    skipped: tuple[datetime, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.minutes <= LONGEST:
            raise Refused(
                "bad-exclusion", f"An exclusion takes 1 to {LONGEST} minutes each time, got {self.minutes}.", "minutes"
            )
        zone_named(self.zone)
        checked_rule(self.rule, self.starts, self.zone)

    def spans(self, within: Span) -> list[Span]:
        """Return the parts that lie in a span: disjoint, in order."""
        begins = _starts(self.starts, self.rule, self.zone, within[0] - self.minutes, within[1])
        zone = zone_named(self.zone)
        kept = (begin for begin in begins if begin not in self.skipped)
        at = (int(begin.replace(tzinfo=zone).timestamp()) // 60 for begin in kept)
        return clipped(((minute, minute + self.minutes) for minute in at), within)


Exclusion = OneOff | Recurring


def spans_of(exclusions: Iterable[Exclusion], within: Span) -> list[Span]:
    """Return every excluded minute of a span as disjoint spans in order; what overlaps counts once.

    >>> spans_of([OneOff(2, 5), OneOff(4, 8)], (0, 6))
    [(2, 6)]
    """
    return clipped((span for exclusion in exclusions for span in exclusion.spans(within)), within)


def counted(span: Span, exclusions: Iterable[Exclusion]) -> list[Span]:
    """Return a window minus its exclusions, as the disjoint spans that the store of counts is to sum.

    >>> counted((0, 10), [OneOff(2, 4)])
    [(0, 2), (4, 10)]
    """
    return without(span, spans_of(exclusions, span))


@lru_cache(maxsize=1024)
def _starts(starts: datetime, rule: str, zone: str, since: int, until: int) -> tuple[datetime, ...]:
    """Keep the last answers: a page asks for the same window of the same rule once for each objective."""
    return starts_between(starts, rule, zone, since, until)
