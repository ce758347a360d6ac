"""A shelf for tests of objectives: SLIs with counts that are easy to reckon by hand, drafts, a fixed now."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hortus.access.models import Person, Team
from hortus.products.slos import actions, slis
from hortus.products.slos.drafts import ExclusionDraft, SliDraft
from hortus.products.slos.exclusions import minute_of
from hortus.products.slos.models import Exclusion, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.queries import standing
from hortus.products.slos.standing import Standing
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts

NOW = datetime(2026, 10, 14, 12, 0, tzinfo=UTC)
MINUTE = minute_of(NOW)
HOUR, DAY = 60, 1440


def sli(team: Team, slug: str = "answers", **given: Any) -> Sli:
    """Make an SLI that programs send events to."""
    draft = SliDraft(given.pop("name", slug.capitalize()), given.pop("sentence", "It answers."), **given)
    return slis.create(team, draft, by=None, door="test", slug=slug)


def count(one: Sli, cells: Iterable[tuple[int, int, int]]) -> None:
    """Add (minutes before now, bad, total) to an SLI."""
    rows = [(one.series_id, MINUTE - back, total - bad, total) for back, bad, total in cells]
    add(one.team, Counts.of(rows), source="test")


def steady(one: Sli, days: int = 28, every: int = 10, total: int = 10, bad: int = 0) -> None:
    """Count `total` events each `every` minutes for some days up to now, all minutes measured; some bad."""
    rows = [(one.series_id, MINUTE - back, total - bad, total) for back in range(every, days * DAY + 1, every)]
    span = (one.series_id, MINUTE - days * DAY, MINUTE)
    add(one.team, Counts.of(rows), source="test", measured=[span])


def draft(*slis: Sli, **given: Any) -> ObjectiveDraft:
    """Return a draft of an objective over SLIs, each with weight 1."""
    facts: dict[str, Any] = {"name": "It answers", "target_ratio": Decimal("0.99")} | given
    return ObjectiveDraft(parts=[(one, Decimal(1)) for one in slis], **facts)


def objective(*slis: Sli, slug: str = "answers", **given: Any) -> Objective:
    """Make an objective."""
    return actions.create(slis[0].team, draft(*slis, **given), by=None, door="test", slug=slug)


def exclude(team: Team, back: int, minutes: int, **given: Any) -> Exclusion:
    """Take out some minutes that began so many minutes before now, entered when they began if not now."""
    facts: dict[str, Any] = {"sort": "planned", "reason": "The first Tuesday."} | given
    began = NOW - timedelta(minutes=back)
    made = ExclusionDraft(began_at=began, minutes=minutes, **facts)
    return actions.exclude(team, made, by=None, door="test", at=min(began, NOW))


def now(one: Objective, at: datetime = NOW) -> Standing:
    """Return how an objective stands."""
    return standing(Objective.objects.whole().get(pk=one.pk), at)


def is_member(person: Person) -> bool:
    """Say whether somebody belongs to a team."""
    return person.memberships.exists()
