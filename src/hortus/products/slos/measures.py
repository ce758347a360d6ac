"""Measures of objectives: what the team promises and keeps, as readings and as the rows behind them. Judges nothing.

Each is read as of the end of a day in the team's zone, or now while the day lasts. Budgets are exact for past days too:
they are counted anew, with the objectives and exclusions of today.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from hortus.access.models import Team
from hortus.catalogue.models import Service
from hortus.ledger import refs
from hortus.products.slos.elsewhere import Elsewhere
from hortus.products.slos.exclusions import Exclusions
from hortus.products.slos.models import Objective
from hortus.products.slos.queries import standings
from hortus.products.slos.rules.states import BudgetState
from hortus.products.slos.standing import Standing
from hortus.values.evidence import Cell, Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

OUTSIDE = (BudgetState.EXHAUSTED, BudgetState.CRITICAL)  # a budget that burns away tonight is not safe


def inside_budget(team: Team, day: date) -> Reading | None:
    """Return the share of objectives that are safe inside their error budget: neither exhausted nor critical.

    Ratio over the objectives of which one can tell; n is how many those are. Critical are those whose page stands, or
    which have less than a tenth left. Left out: where nobody can tell what is left (not measured, too few events) and
    no page stands. Source: the counts of good and total events.
    """
    return inside_budget_many(team, [day])[day]


def unmeasured(team: Team, day: date) -> Reading | None:
    """Return how many objectives are not measured.

    Count; n is the number of objectives. Not measured means nothing for a day, or less than half of the window.
    Source: the spans in which the sources were watching.
    """
    return unmeasured_many(team, [day])[day]


def services_without(team: Team, day: date) -> Reading | None:
    """Return how many services have no objective at all.

    Count; n is the number of services that are offered. A service that comes into a composite with others has one.
    Source: the catalogue and the table of objectives, as they are now.
    """
    return services_without_many(team, [day])[day]


def inside_budget_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `inside_budget` for many days."""
    return {day: _inside(found, at) for day, (found, at) in _looked(team, days).items()}


def _inside(found: Mapping[Objective, Standing], at: datetime) -> Reading | None:
    # Of what cannot be told a page that stands is known all the same: such a budget is not safe, whatever is left.
    known = [one for one in found.values() if not one.unknown or one.state in OUTSIDE]
    return Reading.share(sum(one.state not in OUTSIDE for one in known), len(known), at)


def unmeasured_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `unmeasured` for many days."""
    return {
        day: Reading(float(_count(found, BudgetState.UNMEASURED)), len(found), evidence_until=at) if found else None
        for day, (found, at) in _looked(team, days).items()
    }


def _count(found: Mapping[Objective, Standing], state: BudgetState) -> int:
    return sum(one.state is state for one in found.values())


def services_without_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `services_without` for many days, in three queries."""
    services = list(Service.objects.filter(team=team))
    held = [(one, {sli.service for sli in one.slis}) for one in Objective.objects.whole().filter(team=team)]
    return {day: _without(services, held, day, _end(team, day)) for day in days}


def _without(
    services: Sequence[Service], held: Sequence[tuple[Objective, set[str]]], day: date, at: datetime
) -> Reading | None:  # fmt: skip
    offered = [one.slug for one in services if one.retired_on is None or one.retired_on > day]
    promised = set().union(
        *(slugs for one, slugs in held if one.made_at <= at and (one.retired_at is None or one.retired_at > at))
    )
    bare = sum(slug not in promised for slug in offered)
    return Reading(float(bare), len(offered), evidence_until=at) if offered else None


def _end(team: Team, day: date) -> datetime:
    """Return the end of a day in the team's zone, or now while the day lasts."""
    midnight = datetime.combine(day + timedelta(days=1), time(), team.zoneinfo)
    return min(midnight, timezone.now()).astimezone(UTC)


def _looked(team: Team, days: Iterable[date]) -> dict[date, tuple[dict[Objective, Standing], datetime]]:
    """Return how the objectives that held then stood at the end of each day."""
    held = list(Objective.objects.whole().filter(team=team))
    exclusions, elsewhere, found = Exclusions.of(team), Elsewhere.of(team), {}
    for day in days:
        at = _end(team, day)
        then = [one for one in held if one.made_at <= at and (one.retired_at is None or one.retired_at > at)]
        found[day] = (standings(team, at, then, exclusions, elsewhere), at)
    return found


_HEADS = (
    Head("objective", "Objective"), Head("service", "Service"), Head("state", "State"),
    Head("target", "Target", Sort.RATIO), Head("events", "Events", Sort.COUNT), Head("bad", "Bad", Sort.COUNT),
    Head("left", "Budget left", Sort.RATIO), Head("unknown", "Not known because"),
    Head("measured", "Measured", Sort.RATIO),
)  # fmt: skip


def inside_budget_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the objectives that `inside_budget` counted, those with the least left first."""
    told = "Each row is an objective; one whose budget is not known is not counted, unless its page stands."
    return _evidence(team, day, part, told)


def unmeasured_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the objectives that `unmeasured` counted, those in the worst state first."""
    return _evidence(team, day, part, "Each row is an objective; those in the state unmeasured are counted.")


def _evidence(team: Team, day: date, part: Slice, counted: str) -> Evidence:
    found = _looked(team, [day])[day][0]
    rows = [_row(team, objective, one) for objective, one in sorted(found.items(), key=lambda pair: _order(pair[1]))]
    return Evidence(_HEADS, rows[part.offset : part.offset + part.limit], len(rows), counted)


def _order(one: Standing) -> tuple[int, float]:
    return one.state.rank, float(one.left_ratio or 0)


def _row(team: Team, objective: Objective, one: Standing) -> Sequence[Cell]:
    left = one.left_ratio
    return (
        Link(objective.name, refs.link(team, "objective", objective.slug)), objective.service, one.state.word,
        float(one.case.terms.target), one.events, one.bad, None if left is None else float(left), one.unknown,
        one.worked.coverage,
    )  # fmt: skip


def services_without_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the services that `services_without` looked at, those without an objective first."""
    at = _end(team, day)
    held = [
        one for one in Objective.objects.whole().filter(team=team)
        if one.made_at <= at and (one.retired_at is None or one.retired_at > at)
    ]  # fmt: skip
    counts = {
        service: sum(service.slug in {sli.service for sli in one.slis} for one in held)
        for service in Service.objects.filter(team=team)
        if service.retired_on is None or service.retired_on > day
    }
    rows = [
        (Link(service.name, refs.link(team, "service", service.slug)), count)
        for service, count in sorted(counts.items(), key=lambda pair: (pair[1], pair[0].name))
    ]
    heads = [Head("service", "Service"), Head("objectives", "Objectives", Sort.COUNT)]
    told = "Each row is a service that is offered; those with no objective are counted."
    return Evidence(heads, rows[part.offset : part.offset + part.limit], len(rows), told)
