"""Up to when a day is measured: its end where the team lives, or now while it lasts."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from hortus.access.models import Team
from hortus.ledger.clock import as_of

BERLIN = Team(slug="compute", name="Compute", zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "ends_at"),
    [
        pytest.param(date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC), id="winter"),
        pytest.param(date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC), id="a day of 23 hours"),
        pytest.param(date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC), id="a day of 25 hours"),
    ],
)
def test_a_day_ends_at_midnight_of_the_team(day: date, ends_at: datetime) -> None:
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        assert as_of(BERLIN, day) == ends_at


def test_a_day_that_lasts_ends_now() -> None:
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        assert as_of(BERLIN, date(2026, 11, 1)) == now
        assert as_of(BERLIN, date(2026, 11, 9)) == now, "a day to come has not been measured further than now"


@pytest.mark.django_db
def test_a_year_of_days_asks_the_database_nothing(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(0):
        assert len({as_of(BERLIN, date.fromordinal(date(2026, 1, 1).toordinal() + n)) for n in range(200)}) == 200
