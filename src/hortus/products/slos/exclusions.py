"""Exclusions as spans of minutes: which of a team's stand, what they reach, and what they take out of a window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hortus.access.models import Team
from hortus.products.slos.models import Exclusion, Objective, Sli
from hortus.products.slos.rules import exclusions as rules
from hortus.products.slos.rules.spans import Span
from hortus.products.slos.rules.windows import zone_named


def minute_of(at: datetime) -> int:
    """Return the whole minute since 1970 in UTC that an aware instant lies in."""
    return int(at.timestamp()) // 60


def as_rule(began_at: datetime, minutes: int, rule: str, zone: str) -> rules.Exclusion:
    """Return an exclusion in the form that the arithmetic reads. began_at: aware. Raises Refused for a bad rule."""
    begin = minute_of(began_at)
    if not rule:
        zone_named(zone)
        return rules.OneOff(begin, begin + minutes)
    return rules.Recurring(began_at.astimezone(zone_named(zone)).replace(tzinfo=None), minutes, rule, zone)


@dataclass(frozen=True, slots=True)
class Exclusions:
    """All exclusions of a team that stand, read once and asked for many objectives."""

    rows: Sequence[tuple[Exclusion, rules.Exclusion]]

    @classmethod
    def of(cls, team: Team) -> "Exclusions":
        """Return those of a team, in three queries."""
        found = Exclusion.objects.filter(team=team).standing().whole()
        return cls([(row, as_rule(row.began_at, row.minutes, row.rule, row.zone)) for row in found])

    def reaching(self, objective: Objective, sli: Sli) -> tuple[rules.Exclusion, ...]:
        """Return those that take time out of an SLI as an objective counts it."""
        return tuple(rule for row, rule in self.rows if row.reaches(objective, sli))

    def marks(self, objective: Objective, within: Span) -> list[tuple[Exclusion, list[Span]]]:
        """Return what reaches any part of an objective, each with its spans inside a span; for charts and lists."""
        found = [
            (row, rules.spans_of([rule], within))
            for row, rule in self.rows
            if any(row.reaches(objective, sli) for sli in objective.slis)
        ]
        return [(row, spans) for row, spans in found if spans]
