"""Exclusions as spans of minutes: which of a team's stand, what they reach, and what they take out of a window.

Besides those that somebody entered there is the planned work of the catalogue: what was announced before it began does
not count for objectives of that function or service, unless they say otherwise. What was announced later counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from hortus.access.models import Person, Team
from hortus.catalogue import notice
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.rules import Span as Told
from hortus.products.slos.models import Exclusion, Objective, Sli
from hortus.products.slos.rules import exclusions as rules
from hortus.products.slos.rules.spans import Span
from hortus.values.clocks import zone_named


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
class Announced:
    """Planned work as far as it was announced before it began, in the shape of an exclusion; nobody can withdraw it.

    functions: those for which it was announced with these times.
    """

    work: PlannedWork
    told: Told
    functions: tuple[Function, ...]

    is_announced: ClassVar[bool] = True
    sort: ClassVar[str] = "announced"
    rule: ClassVar[str] = ""
    service: ClassVar[str] = ""
    withdrawn_at: ClassVar[datetime | None] = None

    def get_sort_display(self) -> str:
        """Return why it does not count."""
        return "Announced work"

    @property
    def pk(self) -> UUID:
        """Return the id of the planned work."""
        return self.work.pk

    @property
    def began_at(self) -> datetime:
        """Return when it began."""
        return self.told.begins_at

    @property
    def minutes(self) -> int:
        """Return how long it lasted; a minute that it only touches counts as taken."""
        return self.span[1] - self.span[0]

    @property
    def span(self) -> Span:
        """Return its minutes."""
        return minute_of(self.told.begins_at), -(-int(self.told.ends_at.timestamp()) // 60)

    @property
    def reason(self) -> str:
        """Return what it was announced as."""
        return self.work.title

    @property
    def by(self) -> Person:
        """Return who announced it."""
        return self.work.by

    @property
    def made_at(self) -> datetime:
        """Return when it was announced."""
        return self.work.announced_at or self.work.planned_at

    @property
    def zone(self) -> str:
        """Return the zone in which its times are shown."""
        return self.work.team.zone

    def reaches(self, objective: Objective, sli: Sli) -> bool:
        """Say whether it takes time out of an SLI as one objective counts it."""
        return _touches(self.functions, objective, sli)


def _touches(functions: Sequence[Function], objective: Objective, sli: Sli) -> bool:
    """Say whether an objective leaves work on functions out of an SLI.

    An objective that speaks for a function is touched by work on that function alone; else work on any function of the
    SLI's service touches it.
    """
    if not objective.leaves_out_planned_work:
        return False
    if objective.function:
        return any(one.slug == objective.function for one in functions)
    return bool(sli.service) and any(one.service and one.service.slug == sli.service for one in functions)


@dataclass(frozen=True, slots=True)
class TooLate:
    """Planned work as far as it was not announced before it began, so that it counts. functions: for which it does."""

    work: PlannedWork
    told: Told
    functions: tuple[Function, ...]

    @property
    def why(self) -> str:
        """Return how it came too late."""
        if (self.work.announced_at or self.work.planned_at) >= self.told.begins_at:
            return "announced when it had begun"
        return "added when the work had begun"


Left = Exclusion | Announced


def announced(team: Team) -> Iterator[Announced]:
    """Yield the planned work of a team that was announced before it began, the latest first, in two queries."""
    works = PlannedWork.objects.filter(team=team).standing().exclude(foretold={}).order_by("-begins_at", "-pk")
    for work in works.select_related("team", "by").prefetch_related("functions__service"):
        spans: dict[Told, list[Function]] = {}
        for function in work.functions.all():
            if (told := work.foretold_for(function)) is not None:
                spans.setdefault(told, []).append(function)
        for told, functions in spans.items():
            yield Announced(work, told, tuple(functions))


def too_late(team: Team, within: Span | None = None) -> list[TooLate]:
    """Return the planned work of a team that was not announced before it began, the latest first, in three queries.

    within: read only work that lasts inside a span of minutes, None for all there ever was.
    """
    works = PlannedWork.objects.filter(team=team).standing().order_by("-begins_at", "pk")
    if within is not None:
        since, until = (datetime.fromtimestamp(minute * 60, UTC) for minute in within)
        works = works.ending_after(since).filter(begins_at__lt=until)
    return [
        TooLate(work, one.span, one.functions)
        for work in works.prefetch_related("functions__service")
        for one in notice.of_work(work)
    ]


def too_late_for(objective: Objective, within: Span) -> list[TooLate]:
    """Return what of `too_late` an objective counts inside a span, the latest first; its times are not cut to it."""
    return [
        one for one in too_late(objective.team, within)
        if any(_touches(one.functions, objective, sli) for sli in objective.slis)
        and minute_of(one.told.begins_at) < within[1] and minute_of(one.told.ends_at) > within[0]
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exclusions:
    """All exclusions of a team that stand, read once and asked for many objectives.

    rows: those that were entered. announced: planned work.
    """

    rows: Sequence[tuple[Exclusion, rules.Exclusion]]
    announced: Sequence[tuple[Announced, rules.Exclusion]] = ()

    @classmethod
    def of(cls, team: Team) -> "Exclusions":
        """Return those of a team, in a fixed number of queries."""
        found = Exclusion.objects.filter(team=team).standing().whole()
        return cls(
            [(row, as_rule(row.began_at, row.minutes, row.rule, row.zone)) for row in found],
            [(one, rules.OneOff(*one.span)) for one in announced(team)],
        )

    @property
    def _all(self) -> list[tuple[Left, rules.Exclusion]]:
        return [*self.rows, *self.announced]

    def reaching(self, objective: Objective, sli: Sli) -> tuple[rules.Exclusion, ...]:
        """Return those that take time out of an SLI as an objective counts it."""
        return tuple(rule for row, rule in self._all if row.reaches(objective, sli))

    def marks(self, objective: Objective, within: Span) -> list[tuple[Left, list[Span]]]:
        """Return what reaches any part of an objective, each with its spans inside a span; for charts and lists."""
        found = [
            (row, rules.spans_of([rule], within))
            for row, rule in self._all
            if any(row.reaches(objective, sli) for sli in objective.slis)
        ]
        return [(row, spans) for row, spans in found if spans]
