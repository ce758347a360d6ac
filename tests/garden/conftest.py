"""Readings to look at, and indicators whose measure a test chooses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hortus.access.models import Team
from hortus.garden import indicators
from hortus.garden.indicators import Indicator
from hortus.garden.models import TakenReading
from hortus.values.reading import Reading

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def measured() -> Callable[[float | None], Indicator]:
    """Return the indicator "jobs started in time", measuring what the test says, with fresh evidence."""

    def make(value: float | None, *, evidence_until: datetime | None = None, n: int = 100) -> Indicator:
        def measure(team: Team, day: date) -> Reading | None:
            """What the test says."""
            until = evidence_until or datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=10)
            return None if value is None else Reading(value, n, evidence_until=until)

        return replace(indicators.named("started-in-time"), measure=measure)

    return make


def keep(
    team: Team, slug: str, day: date, value: float | None, state: str = "thriving", **more: object
) -> TakenReading:
    """Store one reading as if it had been taken on that day's noon."""
    at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)
    fields = {
        "taken_at": at,
        "evidence_until": at,
        "n": 100,
        "goal": 0.9,
        "slack": 0.1,
        "earned": state,
        "shown": state,
    }
    return TakenReading.objects.create(team=team, indicator=slug, day=day, value=value, **{**fields, **more})
