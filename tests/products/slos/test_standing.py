"""How objectives stand: the worked sum against counting by hand, states, exclusions, composites, slices."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shelf import DAY, HOUR, MINUTE, NOW, count, draft, exclude, now, objective, sli, steady

from hortus.access.models import Team
from hortus.products.slos.queries import standings
from hortus.products.slos.replay import preview
from hortus.products.slos.rules.states import BudgetState
from hortus.products.slos.shapes import standing_as_dict
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def test_the_sum_is_what_was_counted(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(3 * DAY, 30, 30), (29 * DAY, 500, 500)])
    found = now(objective(one))
    assert (found.events, found.bad) == (28 * 144 * 10 + 30, 30)
    assert found.worked.left == Fraction(40350, 100) - 30
    assert found.state is BudgetState.HEALTHY
    assert found.worked.coverage == 1.0


def test_an_exclusion_takes_exactly_its_minutes_and_gives_them_back(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(3 * DAY, 30, 30), (3 * DAY + 1, 7, 7)])
    held = exclude(team, 3 * DAY, 10)
    promise = objective(one)
    found = now(promise)
    assert (found.bad, found.events, found.excluded_minutes) == (7, 28 * 1440 - 10 + 7, 10)
    assert found.worked.excluded.events == 40
    from hortus.products.slos import actions

    actions.withdraw(held, why="It was another day.", by=None, door="test")
    assert now(promise).bad == 37


def test_an_exclusion_reaches_what_it_names_only(team: Team) -> None:
    first, second = sli(team, "first"), sli(team, "second")
    promises = [objective(one, slug=one.slug) for one in (first, second)]
    other = objective(first, slug="other")
    for one in (first, second):
        count(one, [(HOUR, 5, 10)])
    exclude(team, HOUR, 5, objectives=[promises[0]])
    assert [now(p).bad for p in (*promises, other)] == [0, 5, 5]
    exclude(team, HOUR, 5, slis=[first])
    assert [now(p).bad for p in (*promises, other)] == [0, 5, 0]
    exclude(team, HOUR, 5)
    assert [now(p).bad for p in (*promises, other)] == [0, 0, 0]


def test_a_recurring_exclusion_keeps_its_time_of_day(team: Team) -> None:
    """The team is in New York: 08:00 there is 12:00 UTC now; the rule takes 07:00 to 08:00 of each day."""
    one = sli(team)
    count(one, [(day * DAY + 30, 1, 1) for day in range(20)] + [(day * DAY + 90, 1, 1) for day in range(20)])
    exclude(team, 20 * DAY + HOUR, 60, rule="FREQ=DAILY")
    found = now(objective(one))
    assert (found.bad, found.excluded_minutes) == (20, 21 * 60)


def test_silence_is_unmeasured_and_never_good(team: Team) -> None:
    never, gone = sli(team, "never"), sli(team, "gone")
    steady(gone)
    assert now(objective(never, slug="never")).state is BudgetState.UNMEASURED
    promise = objective(gone, slug="gone")
    assert now(promise).state is BudgetState.HEALTHY
    late = now(promise, NOW + timedelta(days=2))
    assert late.state is BudgetState.UNMEASURED
    assert "2 days" in late.verdict.sentence


def test_few_events_are_said_to_be_few(team: Team) -> None:
    one = sli(team)
    count(one, [(back, 0, 1) for back in range(1, 28 * DAY, DAY)])
    steady(one, every=DAY, total=1)
    assert now(objective(one)).state is BudgetState.TOO_FEW


def test_an_outage_pages_and_exhausts(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 50)])
    found = now(objective(one))
    assert found.state is BudgetState.EXHAUSTED
    assert {pair.rule.pair.urgency.value for pair in found.holding} == {"page", "ticket"}
    assert [rate.minutes for rate in found.rates] == [5, 30, 60, 120, 360, 1440, 4320]


def test_a_composite_adds_burn_rates_with_weights(team: Team) -> None:
    first, second = sli(team, "first"), sli(team, "second")
    steady(first)
    steady(second)
    count(first, [(3 * DAY, 201, 202)])
    promise = objective(first, second)
    found = now(promise)
    alone = Fraction(201, 40320 + 202) * 100
    assert found.worked.burn_rate == alone / 2
    assert found.worked.left_ratio == 1 - alone / 2
    assert [part.sli.slug for part in found.parts] == ["first", "second"]
    assert found.state is BudgetState.HEALTHY
    count(second, [(3 * DAY, 700, 700)])
    assert now(promise).state is BudgetState.EXHAUSTED


@pytest.mark.parametrize("is_previewed", [False, True])
def test_a_part_does_not_tell_of_its_neighbours_silence(team: Team, is_previewed: bool) -> None:
    gone, heard = sli(team, "gone"), sli(team, "heard")
    steady(heard)
    cells = Counts.of([(gone.series_id, MINUTE - back, 10, 10) for back in range(2 * DAY + 10, 26 * DAY, 10)])
    add(team, cells, source="test", measured=[(gone.series_id, MINUTE - 28 * DAY, MINUTE - 2 * DAY)])
    found = preview(team, draft(gone, heard), NOW).standing if is_previewed else now(objective(gone, heard))
    assert found.state is BudgetState.UNMEASURED
    why = "nothing was measured for 2 days"
    assert (found.unknown, found.left_ratio) == (why, None)
    told = standing_as_dict(found)["parts"]
    assert [(part["unknown"], part["left_ratio"]) for part in told] == [(why, None), ("", 1)]
    never = now(objective(heard, sli(team, "never"), slug="never"))
    assert [part.unknown for part in never.parts] == ["", "never measured"]
    assert never.unknown == "never measured"


def test_slices_count_time(team: Team) -> None:
    one, other = sli(team), sli(team, "other")
    steady(one, days=7)
    steady(other, days=7)
    count(one, [(DAY, 5, 5)])
    count(other, [(DAY + 1, 5, 5)])
    given = {"window_days": 1, "slice_minutes": 10, "slice_target_ratio": Decimal("0.9")}
    found = now(objective(one, **given))
    assert (found.events, found.bad) == (144, 1)
    both = now(objective(one, other, slug="both", **given))
    assert (both.events, both.bad) == (144, 1)  # the other one's bad minute lies a slice before the window
    every = now(objective(one, slug="every", **given | {"slice_target_ratio": Decimal(1)}))
    assert every.bad == 1
    exclude(team, DAY, 10)
    assert now(objective(one, slug="cut", **given)).bad == 0


def test_a_calendar_window_begins_in_the_teams_zone(team: Team) -> None:
    """The first of October began at 04:00 UTC in New York."""
    one = sli(team)
    begin = 13 * DAY + 8 * HOUR  # minutes back to the first of October, 04:00 UTC
    count(one, [(begin, 1, 1), (begin + 1, 1, 1)])
    found = now(objective(one, window_days=None, calendar_unit="month"))
    assert found.bad == 1
    assert found.worked.elapsed_minutes == begin
    assert found.case.whole[0] == MINUTE - begin


def test_as_many_queries_for_thirty_as_for_one(team: Team) -> None:
    one = sli(team)
    steady(one, days=2)
    exclude(team, HOUR, 5)
    objective(one)
    objective(sli(team, "silent"), slug="silent")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            standings(team, NOW)
        return len(seen)

    few = queries()
    for number in range(28):
        objective(sli(team, f"s{number}"), slug=f"o{number}")
    assert queries() == few
