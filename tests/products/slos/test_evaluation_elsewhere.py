"""Alerts over counts that stay in an engine: kept firing by what it told minute by minute, once each."""

import pytest
import time_machine
from shelf import MINUTE, NOW, objective

from hortus.access.models import Team
from hortus.products.slos import slis
from hortus.products.slos.case import Case
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.elsewhere import needed
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import AlertEpisode, Objective
from hortus.products.slos.proposals import instant
from hortus.products.slos.terms import Terms
from hortus.telemetry.engines import actions as engines
from hortus.telemetry.engines.models import EngineQuery, Telling

PAIR = {"name": "page", "urgency": "page", "budget_share": "0.005", "long_minutes": 30, "short_minutes": 3}
QUERY = {"sort": "good", "good": "good_total", "total": "events_total"}


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def tell(promise: Objective, query: EngineQuery, minute: int, failing: range) -> None:
    """Keep what an engine told at a minute: two events a minute, which all fail in some."""
    team = promise.team
    case = Case.of(promise, Terms.of(promise, team.zone), minute, Exclusions.of(team))
    sums = []
    for since, until in needed(case, case.parts[0]):
        bad = 2 * len(range(max(since, failing.start), min(until, failing.stop)))
        sums.append([since, until, 2 * (until - since) - bad, 2 * (until - since), until - since])
    Telling.objects.update_or_create(
        query=query, day=instant(minute).date(), defaults={"team": team, "minute": minute, "sums": sums}
    )


def test_it_closes_when_the_pair_was_quiet_for_long_enough(team: Team) -> None:
    engine = engines.add_engine(
        team, name="Metrics", url="https://metrics.example.org", kind="prometheus", by=None, door="test"
    )
    made = engines.ask(engine, name="there", is_kept_here=False, by=None, door="test", **QUERY)
    one = slis.create(team, SliDraft("There", "It answers.", series="there"), by=None, door="test", slug="there")
    pair = PAIR | {"keep_firing_minutes": 4}
    promise = Objective.objects.whole().get(pk=objective(one, window_days=7, pairs=[pair]).pk)
    for minute in range(MINUTE, MINUTE + 14):
        tell(promise, made, minute, range(MINUTE + 2, MINUTE + 5))
        for late in (0, 1):  # it stands for the next minute, too, and counts once
            evaluate(team, instant(minute + late))
    found = [
        tuple(at and minute_of(at) - MINUTE for at in (row.opened_at, row.closed_at))
        for row in AlertEpisode.objects.filter(objective=promise)
    ]
    # Held from minute 4 on, with four bad events, up to 7, when its short window saw the last of them.
    assert found == [(4, 12)]
