"""Measures of objectives against hand-made counts, and their evidence."""

from datetime import date, timedelta

import pytest
import time_machine
from shelf import DAY, NOW, count, objective, sli, steady

from hortus.access.models import Team
from hortus.catalogue.actions import Details, add
from hortus.products.slos import measures
from hortus.products.slos.models import Objective
from hortus.values.evidence import Slice

TODAY = date(2026, 10, 14)
ALL = Slice(0, 1000)


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def test_objectives_are_counted_by_their_state(team: Team) -> None:
    add(team, Details("Alder", "cluster", "Run jobs."), by=None, door="test")
    add(team, Details("Peat", "storage", "Keep files."), by=None, door="test")
    good, spent, silent = sli(team, "good", service="alder"), sli(team, "spent"), sli(team, "silent")
    for one in (good, spent):
        steady(one)
    count(spent, [(DAY + 100, 1000, 1000)])
    for one in (good, spent, silent):
        objective(one, slug=one.slug)
    Objective.objects.update(made_at=NOW - timedelta(days=60))
    inside, unknown, bare = (
        getattr(measures, name)(team, TODAY) for name in ("inside_budget", "unmeasured", "services_without")
    )
    assert (inside.hits, inside.n) == (1, 2)
    assert (unknown.value, unknown.n) == (1.0, 3)
    assert (bare.value, bare.n) == (1.0, 2)
    assert inside.evidence_until == NOW
    days = [TODAY - timedelta(days=n) for n in range(0, 70, 5)]
    for name in ("inside_budget", "unmeasured", "services_without"):
        many = getattr(measures, f"{name}_many")(team, days)
        assert many == {day: getattr(measures, name)(team, day) for day in days}
    earlier = measures.inside_budget(team, TODAY - timedelta(days=2))
    assert earlier is not None
    assert (earlier.hits, earlier.n) == (2, 2)  # the thousand bad events came on the day after
    assert measures.inside_budget(team, TODAY - timedelta(days=61)) is None


def test_a_budget_that_burns_away_is_not_safe(team: Team) -> None:
    burning = sli(team, "burning")
    steady(burning)
    objective(burning)
    Objective.objects.update(made_at=NOW - timedelta(days=60))
    assert measures.inside_budget(team, TODAY).hits == 1  # type: ignore[union-attr]
    count(burning, [(back, 1, 1) for back in range(1, 61)])
    reading = measures.inside_budget(team, TODAY)
    assert reading is not None
    assert (reading.hits, reading.n) == (0, 1)
    row = measures.inside_budget_evidence(team, TODAY, ALL, persons=False).rows[0]
    assert row[2] == "Critical"
    assert 0.5 < row[6] < 1  # type: ignore[operator]


def test_a_page_over_few_events_is_not_safe_and_few_events_without_one_are_left_out(team: Team) -> None:
    paging, quiet = sli(team, "paging"), sli(team, "quiet")
    for one, found in ((paging, [(30, 2, 2), (2, 2, 3)]), (quiet, [(30, 0, 5)])):
        steady(one, every=DAY, total=1)
        count(one, [(2 * DAY + 1, 0, 62), *found])
        objective(one, slug=one.slug, name=one.slug)
    Objective.objects.update(made_at=NOW - timedelta(days=60))
    reading = measures.inside_budget(team, TODAY)
    assert reading is not None
    assert (reading.hits, reading.n) == (0, 1)
    rows = measures.inside_budget_evidence(team, TODAY, ALL, persons=False).rows
    assert {(row[2], row[6], row[7]) for row in rows} == {
        (state, None, "too few events, 95 of at least 100") for state in ("Critical", "Too few events")
    }


def test_evidence_shows_what_was_counted(team: Team) -> None:
    add(team, Details("Alder", "cluster", "Run jobs."), by=None, door="test")
    assert measures.services_without_evidence(team, TODAY, ALL, persons=False).rows[0][1] == 0
    good = sli(team, "good", service="alder")
    steady(good)
    objective(good)
    objective(sli(team, "silent"), slug="silent")
    rows = measures.inside_budget_evidence(team, TODAY, ALL, persons=False)
    assert rows.total == 2
    assert [row[2] for row in rows.rows] == ["Unmeasured", "Healthy"]
    assert measures.unmeasured_evidence(team, TODAY, Slice(1, 1), persons=False).total == 2
    assert measures.services_without_evidence(team, TODAY, ALL, persons=False).rows[0][1] == 1


def test_without_objectives_there_is_no_reading(team: Team) -> None:
    for name in ("inside_budget", "unmeasured", "services_without"):
        assert getattr(measures, name)(team, TODAY) is None
        assert getattr(measures, f"{name}_evidence")(team, TODAY, ALL, persons=False).total == 0
