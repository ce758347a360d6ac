"""Objectives whose counts stay in a real engine: the same as counted here; a dead or lying one is unmeasured."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from shelf import draft, objective, sli

from hortus.access.models import Person, Team
from hortus.ledger.queue_models import QueuedTask
from hortus.products.slos import actions, slis, stretches
from hortus.products.slos.drafts import ExclusionDraft, SliDraft
from hortus.products.slos.elsewhere import Elsewhere, faults, hear
from hortus.products.slos.engine_tasks import ask_engines, ask_for
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective, Part, Sli
from hortus.products.slos.queries import standings
from hortus.products.slos.replay import backtest, burn_down, preview
from hortus.products.slos.rows_asked import written
from hortus.products.slos.rules.states import BudgetState
from hortus.products.slos.shapes import standing_as_dict
from hortus.products.slos.standing import Standing
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.thinning import thin
from hortus.telemetry.counts.tiers import Kept
from hortus.telemetry.engines import actions as engines
from hortus.telemetry.engines.keeping import minute_now
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.telemetry.engines.servers import ENGINES, Held, Truth, holding, last_hour, needs  # type: ignore[import-not-found]
from tests.telemetry.engines.test_lying_engines import Fake, vector  # type: ignore[import-not-found]
from tests.web.fetch_servers import drip, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.engines, pytest.mark.django_db]

HOURS = 30
JOBS = {"sort": "bad", "good": 'jobs_total{outcome="lost"}', "total": "jobs_total"}


@pytest.fixture(autouse=True)
def loopback(settings) -> None:  # type: ignore[no-untyped-def]
    settings.HORTUS = settings.HORTUS.model_copy(update={"fetch_networks": "127.0.0.0/8"})


@pytest.fixture(scope="module", params=sorted(ENGINES))
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with holding(request.param, tmp_path_factory.mktemp("engine"), HOURS) as one:
        yield one


def there(team: Team, url: str, slug: str = "there", **given: Any) -> Sli:
    """Make an SLI whose counts stay in an engine."""
    engine = Engine.objects.filter(team=team, url=url.rstrip("/")).first() or engines.add_engine(
        team, name="Metrics", url=url, kind="prometheus", by=None, door="cli"
    )
    engines.ask(engine, name=slug, is_kept_here=False, by=None, door="cli", **(JOBS | given))
    engines.check(engine, by=None, door="cli")
    return slis.create(team, SliDraft(slug, "It is not lost.", series=slug), by=None, door="cli", slug=slug)


def here(team: Team, held: Held, slug: str = "here") -> Sli:
    """Make an SLI that counts the same events here."""
    made, truth = sli(team, slug), held.truth
    rows = [
        (made.series_id, truth.first + at, good, total)
        for at, (good, total) in enumerate(zip(truth.jobs_good, truth.jobs_total, strict=True))
    ]
    # An engine counts the minute that its first sample ends as measured.
    add(team, Counts.of(rows), source="test", measured=[(made.series_id, truth.first - 1, held.end)])
    return made


def instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def figures(found: Standing) -> tuple[object, ...]:
    pairs = [(pair.rule.pair, pair.long, pair.short, pair.holds) for pair in found.pairs]
    return found.worked, found.state, found.excluded_minutes, found.rates, pairs, found.verdict, found.minute


TERMS: dict[str, dict[str, Any]] = {
    "good": {"target_ratio": Decimal("0.5"), "window_days": 1},
    "spent": {"target_ratio": Decimal("0.99"), "window_days": 1},
    "calendar": {"target_ratio": Decimal("0.9"), "window_days": None, "calendar_unit": "month"},
}  # fmt: skip


def compare(team: Team, at: int, pairs: Sequence[tuple[Objective, Objective]]) -> None:
    """Ask the engine about a minute; then everything is as it is where the same events are counted here."""
    assert hear(team, at)
    standings_ = standings(team, instant(at))
    for ours, other in pairs:
        expected, found = standings_[ours], standings_[other]
        assert found.unasked == ""
        assert figures(found) == figures(expected)
        points, wanted = burn_down(other, found), burn_down(ours, expected)
        assert points[-1:] == wanted[-1:]
        assert [point.minute for point in points] == [point.minute for point in wanted]
        left, wanted_left = [point.left_ratio for point in points], [point.left_ratio for point in wanted]
        # It is drawn in steps of at most a fortieth of the window, which burn when they end.
        late = -(-len(points) // 40) + 1
        slack = 1e-9
        assert all(a >= b - slack for a, b in zip(left, wanted_left, strict=True))
        assert all(a <= b + slack for a, b in zip(left[late:], wanted_left, strict=False))


def state(team: Team, one: Objective, at: int) -> Standing:
    """Evaluate as the worker does, and return how an objective stands; what is kept says the same."""
    evaluate(team, instant(at))
    found = standings(team, instant(at))[one]
    kept = Evaluation.objects.get(objective=one)
    assert (kept.state, kept.standing["sentence"]) == (found.state, found.verdict.sentence)
    return found


def test_it_stands_as_if_it_were_counted_here(team: Team, held: Held) -> None:
    mine, theirs = here(team, held), there(team, held.url)
    pairs = [
        (objective(mine, slug=f"{name}-here", **terms), objective(theirs, slug=f"{name}-there", **terms))
        for name, terms in TERMS.items()
    ]  # fmt: skip
    compare(team, held.end - 200, pairs)
    for back, minutes in ((1000, 90), (20, 7), (2, 1)):
        cut = ExclusionDraft("agreed", instant(held.end - back), minutes, "The chiller.")
        actions.exclude(team, cut, by=None, door="test")
    compare(team, held.end, pairs)
    found = standings(team, instant(held.end))[pairs[0][1]]
    assert found.events > 5000
    assert found.worked.excluded.events > 300


def test_a_back_test_reads_the_samples_of_the_engine(team: Team, held: Held) -> None:
    mine, theirs = here(team, held), there(team, held.url)
    terms = {"target_ratio": Decimal("0.95"), "window_days": 1}
    ours, other = objective(mine, slug="ours", **terms), objective(theirs, slug="other", **terms)
    whole = Objective.objects.whole()
    span = instant(held.end - 400), instant(held.end)
    expected, found = (backtest(whole.get(pk=one.pk), *span) for one in (ours, other))
    assert found.tracks == expected.tracks
    assert found.pages + found.tickets > 0
    assert figures(found.standing)[:4] == figures(expected.standing)[:4]
    seen = preview(team, draft(theirs, **terms), instant(held.end))
    assert seen.standing.worked == found.standing.worked


def test_an_engine_that_dies_is_unmeasured_until_it_is_back(team: Team, tmp_path: Path) -> None:
    needs("victoria-metrics")
    truth = Truth(last_hour() - HOURS * 3600, HOURS * 60)
    with ENGINES["victoria-metrics"](tmp_path, truth) as url:
        held = Held(url, truth)
        mine, theirs = here(team, held), there(team, url)
        terms = {"target_ratio": Decimal("0.5"), "window_days": 1}
        local = objective(mine, slug="local", **terms)
        alone, mixed = objective(theirs, slug="alone", **terms), objective(mine, theirs, slug="mixed", **terms)
        first = state(team, alone, held.end)
        assert first.state is BudgetState.UNMEASURED
        assert "was not asked" in first.unasked
        assert hear(team, held.end - 3)
        assert state(team, alone, held.end - 3).state is BudgetState.HEALTHY
        assert state(team, mixed, held.end - 3).state is BudgetState.HEALTHY
        assert state(team, mixed, held.end).minute == held.end - 3  # as of the minute that was asked about
    assert hear(team, held.end - 2)
    assert "does not take connections on port" in EngineQuery.objects.get().finding
    for one in (alone, mixed):
        gone = state(team, one, held.end)
        assert gone.state is BudgetState.UNMEASURED
        assert (
            gone.verdict.sentence.removeprefix("there: ") == "Metrics is out of reach; the page of the engine says why."
        )
        assert not gone.holding
        assert burn_down(one, gone) == []
    assert state(team, local, held.end).state is BudgetState.HEALTHY
    with ENGINES["victoria-metrics"](tmp_path, truth) as url:
        Engine.objects.update(url=url)
        assert hear(team, held.end - 1)
        assert EngineQuery.objects.get().finding == ""
        back = state(team, mixed, held.end)
        assert (back.state, back.unasked, back.minute) == (BudgetState.HEALTHY, "", held.end - 1)
        Engine.objects.update(url=held.url)
        with pytest.raises(Refused, match="Metrics is out of reach"):
            backtest(Objective.objects.whole().get(pk=alone.pk), instant(held.end - 60), instant(held.end))


@pytest.fixture
def fake(team: Team) -> Iterator[tuple[Fake, Sli]]:
    """An engine by its contract that is trusted, and an SLI whose counts stay in it: two good events a minute."""
    one = Fake()
    with serving(one) as server:
        yield one, there(team, server.url(""), sort="good", good="events_total", total="events_total")


def hang(path: str, given: dict[str, str]) -> Iterator[bytes]:
    return drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")


SAID = "expanding series: rpc error: dial tcp 10.20.30.40:10901: connection refused"


def forward(path: str, given: dict[str, str]) -> bytes:
    """Refuse in the words of what lies behind the engine."""
    body = json.dumps({"status": "error", "errorType": "execution", "error": SAID}).encode()
    return b"HTTP/1.1 422 Unprocessable\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


LIES = {
    "words of a store behind it": (forward, "Metrics refused the question; the page of the engine says why."),
    "nonsense": (
        lambda path, given: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
        "did not answer the question as it should",
    ),
    "more good than all": (
        lambda path, given: vector(int(given["time"]), "50" if "good_total" in given["query"] else "2"),
        "tells of 49 good",
    ),
    "not a number": (lambda path, given: vector(int(given["time"]), "NaN"), "A number is expected"),
    "huge": (lambda path, given: vector(int(given["time"]), "1e300"), "gave what counts no events; the page of"),
    "hanging": (hang, "is out of reach"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LIES))
def test_one_that_lies_is_unmeasured_and_holds_nobody_up(team: Team, name: str) -> None:
    lie, sentence = LIES[name]
    engine, at = Fake(), minute_now() - 2
    with serving(engine) as server, serving(Fake()) as other:
        bad = there(team, server.url(""), "bad", sort="good", good="good_total", total="events_total")
        made = engines.add_engine(team, name="Honest", url=other.url(""), kind="prometheus", by=None, door="cli")
        assert made.slug == "honest"
        good = there(team, other.url(""), "good", sort="good", good="events_total", total="events_total")
        lied, honest = objective(bad, slug="lied", window_days=7), objective(good, slug="honest", window_days=7)
        engine.lie = lie
        began = time.monotonic()
        assert hear(team, at, seconds=0.9 if name == "hanging" else 60)
        assert time.monotonic() - began < 30, "one that hangs held a round up"
    found = state(team, lied, at)
    assert found.state is BudgetState.UNMEASURED
    assert sentence in found.verdict.sentence
    if name == "words of a store behind it":
        assert "10.20.30.40" not in json.dumps(Evaluation.objects.get(objective=lied).standing)
        assert SAID in EngineQuery.objects.get(series__name="bad").finding
    assert (found.events, found.worked.left_ratio) == (0, None)
    if name != "hanging":  # there the time is too short for some machines to hear everything of the honest one
        assert state(team, honest, at).events == 7 * 1440 * 2


def test_nobody_reads_on_an_objective_what_an_engine_says_of_others(
    team: Team, fake: tuple[Fake, Sli], guest: Person
) -> None:  # fmt: skip
    one = objective(fake[1], slug="one", window_days=7)
    fake[0].lie = forward
    shown = signed_in(guest).get(reverse("slos:backtest", args=["rcd", one.slug])).content.decode()
    assert "Metrics refused the question; the page of the engine says why." in shown
    assert "10.20.30.40" not in shown


def test_a_fault_that_somebody_met_is_kept_until_the_engine_tells_again(
    team: Team, fake: tuple[Fake, Sli], as_member: Client, guest: Person, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Between two rounds of the worker its page, the list of sources and the objective say what was wrong, and when."""
    one, at = objective(fake[1], slug="one", window_days=7), minute_now() - 2
    assert hear(team, at)
    assert faults(team, one.slis) == []
    fake[0].lie = forward
    backtest_page = reverse("slos:backtest", args=["rcd", one.slug])
    assert "Metrics refused the question" in signed_in(guest).get(backtest_page).content.decode()
    query = EngineQuery.objects.get()
    assert SAID in query.finding
    assert query.failed_at is not None
    (said,) = faults(team, one.slis)
    assert re.fullmatch(
        r"Asked Metrics; it failed at \d\d:\d\d on \d+ \w+ \d{4}: Metrics refused the question; .*", said
    )
    assert "10.20.30.40" not in said
    listed = as_member.get(reverse("engines:engines", args=["rcd"])).content.decode()
    assert "1 source is asked, 1 with something to look at" in listed
    for page in (listed, as_member.get(reverse("engines:engine", args=["rcd", "metrics"])).content.decode()):
        assert SAID in page
    assert as_member.get("/api/v1/teams/rcd/engines/metrics/queries").json()[0]["failed_at"] is not None
    shown = signed_in(guest).get(reverse("slos:objective", args=["rcd", one.slug])).content.decode()
    assert said in shown
    assert "10.20.30.40" not in shown
    assert state(team, one, at).unasked == ""  # it stands as it was told a minute ago
    fake[0].lie = lambda path, given: None
    monkeypatch.setattr(stretches, "_recent", stretches.Recent())  # as a minute later
    assert "Metrics refused the question" not in signed_in(guest).get(backtest_page).content.decode()
    assert EngineQuery.objects.get().failed_at is None, "an answer ends a fault, whoever asked"
    EngineQuery.objects.update(finding="It is gone.", fault_code="gone", failed_at=datetime.now(UTC))
    assert hear(team, at + 1)
    assert faults(team, one.slis) == []
    kept = EngineQuery.objects.get()
    assert (kept.finding, kept.fault_code, kept.failed_at) == ("", "", None)


def test_the_worker_asks_each_minute_and_evaluates(team: Team, fake: tuple[Fake, Sli]) -> None:
    one = objective(fake[1], window_days=7)
    ask_engines.func()
    ask_engines.func()
    queued = QueuedTask.objects.get(path__endswith="ask_for")
    ask_for.func(*queued.args)
    kept = Evaluation.objects.get(objective=one)
    assert kept.state == "unmeasured"  # an hour is measured by the fake, seven days are asked for
    assert kept.standing["events"] == 7 * 1440 * 2
    fake[0].paths.clear()
    ask_for.func(*queued.args)
    assert 0 < len(fake[0].paths) < 60  # what had ended long before is not asked again


def test_it_says_what_was_not_asked(team: Team, fake: tuple[Fake, Sli]) -> None:
    at = minute_now() - 2
    one = objective(fake[1], window_days=7)
    assert hear(team, at)
    assert state(team, one, at).unasked == ""
    cut = ExclusionDraft("agreed", instant(at - 3000), 60, "Agreed.")
    actions.exclude(team, cut, by=None, door="test")
    assert "was not asked since the objective or its exclusions changed" in state(team, one, at).unasked
    assert hear(team, at + 1)
    assert state(team, one, at + 1).worked.excluded.events == 120
    assert "is a worker running?" in state(team, one, at + 100).unasked
    sliced = {"window_days": 1, "slice_minutes": 5, "slice_target_ratio": Decimal("0.9")}
    late = Objective.objects.create(
        team=team, slug="late", name="Late", target_ratio=Decimal("0.9"), **sliced
    )  # as a row of before this was refused
    Part.objects.create(objective=late, sli=fake[1])
    assert "Time slices are judged by the minute" in state(team, Objective.objects.whole().get(pk=late.pk), at).unasked


def test_a_part_is_known_while_its_neighbour_was_not_told(team: Team, fake: tuple[Fake, Sli]) -> None:
    """The whole is unmeasured then; but of what is counted here everything is known."""
    at, mine = minute_now() - 2, sli(team, "here")
    cells = Counts.of([(mine.series_id, at - 60, 900, 1000)])
    add(team, cells, source="test", measured=[(mine.series_id, at - 1440, at)])
    both = objective(mine, fake[1], window_days=1, target_ratio=Decimal("0.8"))
    found = state(team, both, at)
    assert found.unasked.startswith("there: Metrics keeps the counts")
    assert [part.unknown for part in found.parts] == ["", "the engine did not tell"]
    ours, other = standing_as_dict(found)["parts"]
    assert (ours["bad"], ours["left_ratio"], other["left_ratio"]) == (100, 0.5, None)
    assert hear(team, at)
    assert state(team, both, at).parts[0].unknown == ""


def test_rows_say_that_the_engine_itself_gave_the_sum(
    team: Team, fake: tuple[Fake, Sli], as_member: Client
) -> None:  # fmt: skip
    """Whatever else is kept by the hour on the same shelf; nothing was counted anew either."""
    one, at = objective(fake[1], slug="one", window_days=2), minute_now() - 2
    old = sli(team, "old")
    add(team, Counts.of([(old.series_id, at - 5 * 1440, 1, 1)]), source="test")
    thin(Kept(1, 100))

    def rounded_up(path: str, given: dict[str, str]) -> bytes | None:
        asked = given.get("query", "")
        minutes = asked.rpartition("[")[2].split("m")[0]
        is_whole = asked.startswith("sum(increase(events_total") and int(minutes) == 2880
        return vector(int(given["time"]), "5761") if is_whole else None

    fake[0].lie = rounded_up
    assert hear(team, at)
    assert state(team, one, at).events == 5761
    page = reverse("slos:behind", args=["rcd", "one", "there"])
    shown = as_member.get(page, {"at": written(at)}).content.decode()
    assert "The sum counted 5,761, of them 0 bad; these rows add up to 5,760, of them 0 bad." in shown
    assert "The engine itself gave the sum, carried on to the edges and rounded; the rows are its samples." in shown
    for other in ("counted anew", "counted by the hour"):
        assert other not in shown


def test_pages_ask_the_table_and_never_the_engine(team: Team, fake: tuple[Fake, Sli]) -> None:
    at = minute_now() - 2
    objective(fake[1], window_days=7)
    assert hear(team, at)
    fake[0].paths.clear()

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            standings(team, instant(at))
        return len(seen)

    few = queries()
    for number in range(10):
        objective(fake[1], slug=f"o{number}", window_days=7)
    assert queries() == few
    assert fake[0].paths == []


def test_what_an_engine_did_not_measure_is_a_gap_in_the_chart(team: Team, held: Held) -> None:
    """As where the same events are counted here, to within a step of a quarter of an hour."""
    terms = {"target_ratio": Decimal("0.5"), "window_days": 1}
    web = {"sort": "good", "good": 'http_requests_total{code!~"5.."}', "total": "http_requests_total"}
    one, at = objective(there(team, held.url, **web), **terms), held.truth.first + 1440
    assert hear(team, at)
    case = standings(team, instant(at))[one].case
    (gap,) = Elsewhere.of(team).at(case.minute).gaps(case, case.parts[0])
    silence = held.truth.silence
    assert abs(gap[0] - (held.truth.first + silence.start)) <= 15
    assert abs(gap[1] - (held.truth.first + silence.stop)) <= 15
    assert 10 <= gap[1] - gap[0] <= 17  # an engine looks back for five minutes


def test_an_alert_opens_and_closes_by_what_was_told(team: Team, fake: tuple[Fake, Sli]) -> None:
    """It is kept firing for as long as the pair says; a minute that nothing was told of neither opens nor closes."""
    engine, at = fake[0], minute_now() - 200
    one = objective(fake[1], window_days=7, target_ratio=Decimal("0.9"))
    keeps = max(pair.rule.pair.keeps for pair in state(team, one, at).pairs)
    assert keeps > 1

    def tell(minute: int) -> None:
        assert hear(team, minute)
        evaluate(team, instant(minute))
        evaluate(team, instant(minute))

    def nothing_good(path: str, given: dict[str, str]) -> bytes | None:
        is_good = given.get("query", "").startswith("sum(increase(good_total")
        return vector(int(given["time"]), "0") if is_good else None

    EngineQuery.objects.update(good="good_total")
    tell(at)
    assert not AlertEpisode.objects.exists()
    engine.lie = nothing_good
    tell(at + 1)
    opened = {(one.severity, one.long_minutes): one for one in AlertEpisode.objects.open()}
    assert len(opened) == len(standings(team, instant(at + 1))[one].pairs)
    assert {one.opened_at for one in opened.values()} == {instant(at + 1)}
    engine.lie = lambda path, given: None
    tell(at + 2)
    assert AlertEpisode.objects.open().exists()
    engine.lie = lambda path, given: b"nothing"
    tell(at + 3)
    engine.lie = lambda path, given: None
    tell(at + 4 + keeps)
    assert not AlertEpisode.objects.open().exists()
    assert AlertEpisode.objects.count() == len(opened)


def test_minutes_are_not_asked_for_with_each_key(team: Team, fake: tuple[Fake, Sli]) -> None:
    """Typing in a form previews the same span again and again; a fault is not asked for again either."""
    engine, at = fake[0], minute_now() - 2
    given = {"window_days": 1, "target_ratio": Decimal("0.9")}
    engine.paths.clear()
    first = preview(team, draft(fake[1], **given), instant(at), days=1)
    asked = len(engine.paths)
    assert asked > 0
    for target in ("0.95", "0.99"):
        again = preview(team, draft(fake[1], **given | {"target_ratio": Decimal(target)}), instant(at), days=1)
        assert again.standing.events == first.standing.events > 0
    assert len(engine.paths) == asked
    engine.lie = lambda path, given: b"nothing"
    for _ in range(2):
        with pytest.raises(Refused, match="is out of reach"):
            preview(team, draft(fake[1], **given), instant(at - 1), days=1)
    assert len(engine.paths) == asked + 1


@pytest.mark.django_db(transaction=True)
def test_a_preview_that_waits_for_an_engine_keeps_nobody_from_writing(team: Team, as_member: Client) -> None:
    engine, wrote = Fake(), list[int]()

    def write_beside(path: str, given: dict[str, str]) -> None:
        """Write while the preview waits for this answer, as a worker would; then answer honestly."""
        try:
            wrote.append(Team.objects.filter(pk=team.pk).update(name=f"Team {len(wrote)}"))
        finally:
            connection.close()

    with serving(engine) as server:
        made = engines.add_engine(team, name="Metrics", url=server.url(""), kind="prometheus", by=None, door="cli")
        engines.ask(
            made, name="there", is_kept_here=False, by=None, door="cli", sort="good", good="events_total",
            total="events_total",
        )  # fmt: skip
        engines.check(made, by=None, door="cli")
        engine.paths.clear()
        engine.lie = write_beside
        told = {
            "name": "There", "sentence": "It is not lost.", "service": "", "promise": "", "target": "95",
            "window": "28", "preview": "1",
        }  # fmt: skip
        answer = as_member.post(f"{reverse('slos:objective-add', args=['rcd'])}?over=series:there", told)
    shown = answer.content.decode()
    assert wrote == [1] * len(engine.paths) != [], shown
    assert not Sli.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_engine_is_asked_once_at_a_time_while_people_wait(team: Team, as_member: Client) -> None:
    """Whoever comes second, from another thread of the web server, is answered at once and without the engine."""
    engine, second = Fake(), list[str]()

    def look(path: str, given: dict[str, str]) -> None:
        try:
            if not second:
                second.append("")
                second[0] = as_member.get(page).content.decode()
        finally:
            connection.close()

    with serving(engine) as server:
        made = there(team, server.url(""), sort="good", good="events_total", total="events_total")
        one = objective(made, slug="one", window_days=7)
        page = reverse("slos:backtest", args=["rcd", one.slug])
        engine.lie = look
        first = as_member.get(page).content.decode()
        assert "Metrics is being asked already; try again in a moment." in second[0]
        assert "is not known now" not in first
        assert "is not known now" not in as_member.get(page).content.decode()  # that was not held


def test_all_that_one_look_asks_for_shares_its_time(
    team: Team, fake: tuple[Fake, Sli], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    engine, at = fake[0], minute_now() - 2
    url = Engine.objects.get().url
    more = [there(team, url, f"more-{n}", sort="good", good="events_total", total="events_total") for n in range(3)]
    monkeypatch.setattr(stretches, "SECONDS", 1.0)

    def slowly(path: str, given: dict[str, str]) -> None:
        time.sleep(0.4)

    engine.lie = slowly
    engine.paths.clear()
    with pytest.raises(Refused, match="did not tell all minutes of"):  # with a time for each they would
        preview(team, draft(fake[1], *more, window_days=7), instant(at), days=1)
    assert len(engine.paths) <= 3
    engine.lie = lambda path, given: None
    monkeypatch.undo()
    preview(team, draft(fake[1], *more, window_days=7), instant(at), days=1)  # that was not held
