"""A real Prometheus and a real VictoriaMetrics, filled with events that we know: counts are the truth, exactly."""

from collections.abc import Iterator

import numpy as np
import pytest

from hortus.access.models import Team
from hortus.telemetry.counts.reading import minutes, sums
from hortus.telemetry.engines import actions, asking, keeping
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.telemetry.engines.rules.answers import EngineFault
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]
from tests.telemetry.engines.servers import ENGINES, Held, Truth, holding  # type: ignore[import-not-found]

pytestmark = [pytest.mark.engines, pytest.mark.usefixtures("loopback"), pytest.mark.django_db]

HOURS = 6
WEB = {"sort": "good", "good": 'http_requests_total{code!~"5.."}', "total": "http_requests_total"}
JOBS = {"sort": "bad", "good": 'jobs_total{outcome="lost"}', "total": "jobs_total"}


@pytest.fixture(scope="module", params=sorted(ENGINES))
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with holding(request.param, tmp_path_factory.mktemp("engine"), HOURS) as one:
        yield one


def asked(engine: Engine, truth: Truth, name: str = "requests", **given: object) -> EngineQuery:
    query = actions.ask(engine, name=name, by=None, door="cli", **given)  # type: ignore[arg-type]
    query.first_minute = query.next_minute = truth.first
    query.save()
    actions.check(engine, by=None, door="cli")
    return query


def test_it_is_trusted_after_its_self_check(team: Team, held: Held) -> None:
    engine = engine_at(team, held.url)
    asked(engine, held.truth, **WEB)
    asked(engine, held.truth, "jobs", **JOBS)
    assert [check for check in engine.checks if not check["ok"]] == []
    assert engine.state == Engine.State.TRUSTED
    assert engine.gives_samples
    assert len(engine.checks) == 4 + 2 * 4


@pytest.mark.parametrize("raw", [True, False], ids=["as they were taken", "at whole minutes"])
def test_kept_counts_are_the_truth(team: Team, held: Held, raw: bool) -> None:
    """Two servers, a restart, counters that are made at the first failure, and a time without scrapes."""
    truth = held.truth
    query = asked(engine_at(team, held.url), truth, **WEB)
    query.engine.gives_samples = raw
    end = truth.first + truth.minutes
    keeping.keep(query, end + keeping.SETTLE_MINUTES)
    assert query.finding == ""
    found = minutes(query.series_id, truth.first, end)
    measured = np.array(truth.measured())
    if not raw:  # the engine's look-back fills the first minutes of the silence with the last value
        measured = found.measured
        assert not measured[truth.silence.start + 5 : truth.silence.stop - 1].any()
    everything = np.array(truth.total)
    if raw:
        assert found.measured.tolist() == measured.tolist()
        assert found.total.tolist() == np.where(measured, everything, 0).tolist()
        assert found.good.tolist() == np.where(measured, truth.good, 0).tolist()
        assert query.notes["resets"] == 3  # two counters of all, one of the good ones
        assert query.notes["new_series"] >= 2
    before = slice(0, truth.silence.start)
    assert found.total[before].tolist() == truth.total[before]
    assert found.good[before].tolist() == truth.good[before]


def test_chunks_and_repeats_change_nothing(team: Team, held: Held) -> None:
    truth = held.truth
    query = asked(engine_at(team, held.url), truth, **WEB)
    for end in (7, 8, 130, 131, 133, 201, 202, truth.minutes):
        keeping.keep(query, truth.first + end + keeping.SETTLE_MINUTES)
        stale = EngineQuery.objects.select_related("engine").get(pk=query.pk)
        stale.next_minute = truth.first  # as a second worker would have it that read the row long ago
        keeping.keep(stale, truth.first + end + keeping.SETTLE_MINUTES)
    found = sums([query.series_id], [(truth.first, truth.first + truth.minutes)])
    measured = truth.measured()
    assert found.total.item() == sum(n for n, seen in zip(truth.total, measured, strict=True) if seen)
    assert found.good.item() == sum(n for n, seen in zip(truth.good, measured, strict=True) if seen)
    assert found.measured.item() == sum(measured)


def test_sums_that_are_kept_there_are_the_truth(team: Team, held: Held) -> None:
    truth = held.truth
    query = asked(engine_at(team, held.url), truth, "jobs", is_kept_here=False, **JOBS)
    ends = (truth.minutes, 201, 260)
    lengths = (5, 30, 60, 199)
    spans = [(end - n, end) for end in ends for n in lengths if end - n >= 0]
    found = asking.window_sums(query, [(truth.first + a, truth.first + b) for a, b in spans])
    assert found.total.shape == (1, len(spans))
    assert found.total[0].tolist() == [sum(truth.jobs_total[a:b]) for a, b in spans]
    assert found.good[0].tolist() == [sum(truth.jobs_good[a:b]) for a, b in spans]
    assert found.measured[0].tolist() == [b - a for a, b in spans]
    assert asking.kept_there([query.series_id]) == {query.series_id: query}
    end = truth.first + truth.minutes
    long = asking.window_sums(query, [(end - 40_320, end)])  # more minutes than one subquery may have
    assert long.total.item() == sum(truth.jobs_total)
    assert long.measured.item() == truth.minutes + 1  # the first sample stands for the minute that it ends


def test_a_value_against_a_bound(team: Team, held: Held) -> None:
    truth = held.truth
    given = {"sort": "threshold", "good": "sum(increase(jobs_total[1m])) or vector(0)"}
    engine = engine_at(team, held.url)
    query = asked(engine, truth, "busy", comparison="gte", bound=5, **given)
    keeping.keep(query, truth.first + 100 + keeping.SETTLE_MINUTES)
    found = minutes(query.series_id, truth.first, truth.first + 100)
    assert query.finding == ""
    assert found.total.tolist() == [1] * 100
    assert found.good[1:].tolist() == [int(n >= 5) for n in truth.jobs_total[1:100]]


def test_the_engines_own_words(team: Team, held: Held) -> None:
    engine = engine_at(team, held.url)
    given = {"sort": "threshold", "comparison": "gt", "bound": 0}
    wrong = asked(engine, held.truth, "wrong", good="sum(up", **given)
    keeping.keep(wrong, held.truth.first + 20)
    assert "The engine refused the query (HTTP 4" in wrong.finding
    several = asked(engine, held.truth, "several", good="jobs_total", **given)
    keeping.keep(several, held.truth.first + 20)
    assert "2 series came; put sum(...) around the expression" in several.finding
    empty = asked(engine, held.truth, "empty", sort="good", good="nothing_total", total="nothing_total")
    keeping.keep(empty, held.truth.first + 20)
    assert empty.finding == ""
    assert empty.notes["unmeasured_minutes"] == 18
    found = sums([one.series_id for one in (wrong, several, empty)], [(held.truth.first, held.truth.first + 20)])
    assert found.measured.sum() == 0


def test_selectors_that_do_not_belong_together(team: Team, held: Held) -> None:
    engine = engine_at(team, held.url)
    query = asked(engine, held.truth, "swapped", sort="good", good="http_requests_total", total="jobs_total")
    keeping.keep(query, held.truth.first + 60)
    assert "the second selector must count every event" in query.finding
    assert query.next_minute == held.truth.first
    query.is_kept_here = False
    with pytest.raises(EngineFault, match="the second selector must count every event"):
        asking.window_sums(query, [(held.truth.first, held.truth.first + 60)])


def test_series_and_labels_are_listed(team: Team, held: Held) -> None:
    client = asking.client_of(engine_at(team, held.url))
    span = (held.truth.start, held.truth.start + 3600)
    assert {dict(one)["outcome"] for one in client.series("jobs_total", *span)} == {"ok", "lost"}
    assert {"jobs_total", "http_requests_total"} <= set(client.label_values("__name__"))


def test_an_engine_that_keeps_the_counts_is_asked_for_each_time_in_its_words(team: Team, held: Held) -> None:
    """Lost jobs of all until the change, then good ones of good ones: by sums and by samples."""
    truth = held.truth
    middle = truth.first + 90
    engine = engine_at(team, held.url)
    query = actions.ask(engine, name="jobs", is_kept_here=False, by=None, door="cli", **JOBS)  # type: ignore[arg-type]
    alone = 'jobs_total{outcome="ok"}'
    actions.change_query(query, by=None, door="cli", sort="good", good=alone, total=alone)
    query = EngineQuery.objects.select_related("engine__team").get()
    actions.check(query.engine, by=None, door="cli")
    query.earlier[0]["until"] = middle  # as if it had been changed in what the engine holds
    spans = [(truth.first, middle), (middle - 40, middle + 50), (middle, held.end)]
    found = asking.window_sums(query, spans)
    good = np.array(truth.jobs_good)
    total = np.concatenate([np.array(truth.jobs_total)[:90], good[90:]])
    for place, (since, until) in enumerate(spans):
        cut = slice(since - truth.first, until - truth.first)
        assert (found.good[0, place], found.total[0, place]) == (good[cut].sum(), total[cut].sum())
        assert found.measured[0, place] == until - since
    samples = asking.events(query, middle - 40, middle + 50)
    assert samples.total.tolist() == total[50:140].tolist()
    assert samples.good.tolist() == good[50:140].tolist()
