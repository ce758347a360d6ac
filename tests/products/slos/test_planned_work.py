"""Planned work that was announced before it began does not count; what overran, came late or was cancelled does."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from shelf import HOUR, NOW, count, draft, exclude, now, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work
from hortus.catalogue.models import Function, PlannedWork, Service
from hortus.catalogue.planned_work import Plan
from hortus.ledger.models import Event
from hortus.products.slos import actions
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.exclusions import Exclusions, minute_of, too_late, too_late_for
from hortus.products.slos.exporting import as_openslo
from hortus.products.slos.importing import take
from hortus.products.slos.models import AlertEpisode, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.replay import backtest, preview
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]

BEGAN = NOW - timedelta(hours=3)
PLAN = "Firmware of the scratch servers"


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def scratch(team: Team) -> Function:
    service = Service.objects.create(team=team, slug="peat", name="Peat", sort="storage", sentence="Keep data.")
    return _function(team, "scratch", service)


def _function(team: Team, slug: str, service: Service | None) -> Function:
    return Function.objects.create(
        team=team, slug=slug, name=slug, sentence="Write.", confirm_every_seconds=3600, service=service, added_at=NOW
    )


def _announce(team: Team, by: Person, *functions: Function, told_hours: float = 24, minutes: int = 60) -> PlannedWork:
    """Announce work that began three hours before now, so many hours before it began."""
    plan = Plan(PLAN, functions, BEGAN, BEGAN + timedelta(minutes=minutes))
    return planned_work.announce(team, plan, by=by, door="test", at=BEGAN - timedelta(hours=told_hours))


def _failing(team: Team, slug: str = "answers", service: str = "peat") -> Sli:
    """Return an SLI of which 300 events failed in the 90 minutes from three hours before now on."""
    one = sli(team, slug, service=service)
    steady(one)
    count(one, [(back, 10, 10) for back in range(3 * HOUR, 3 * HOUR - 90, -3)])
    return one


def whole(one: Objective) -> Objective:
    found: Objective = Objective.objects.whole().get(pk=one.pk)
    return found


@pytest.mark.parametrize("function", ["scratch", ""])
def test_announced_work_does_not_count_and_what_overran_does(
    team: Team, lead: Person, scratch: Function, function: str
) -> None:
    promise = whole(objective(_failing(team), function=function))
    before = now(promise)
    assert (before.bad, before.excluded_minutes) == (300, 0)
    _announce(team, lead, scratch)
    found = now(promise)
    assert (found.bad, found.excluded_minutes) == (100, 60)
    assert before.events - found.events == 60 + 200
    assert backtest(promise, NOW - timedelta(days=1), NOW).standing.bad == 100
    exclude(team, 2 * HOUR, 30, objectives=[promise], sort="agreed", reason="It overran; we said so at ten.")
    assert (now(promise).bad, now(promise).excluded_minutes) == (0, 90)


def test_only_work_on_what_it_speaks_for_is_left_out(team: Team, lead: Person, scratch: Function) -> None:
    one, other = _failing(team), _failing(team, "others", "")
    promises = [
        whole(objective(one, slug="scratch", function="scratch")), whole(objective(one, slug="by-service")),
        whole(objective(other, slug="nobody")), whole(objective(one, other, slug="both")),
        whole(objective(one, slug="all-counts", function="scratch", leaves_out_planned_work=False)),
    ]  # fmt: skip
    _announce(team, lead, _function(team, "home", scratch.service))
    assert [now(each).bad for each in promises] == [300, 100, 300, 400, 300]
    _announce(team, lead, scratch, _function(team, "log-in", None))
    assert [now(each).bad for each in promises] == [100, 100, 300, 400, 300]


def test_what_was_said_too_late_counts(team: Team, lead: Person, scratch: Function) -> None:
    promise = whole(objective(_failing(team)))
    _announce(team, lead, scratch, told_hours=0)
    assert now(promise).excluded_minutes == 0
    work = _announce(team, lead, scratch, minutes=60)
    with time_machine.travel(BEGAN + timedelta(minutes=50), tick=False):
        planned_work.change(
            work, Plan(PLAN, [scratch], BEGAN, BEGAN + timedelta(hours=2)), by=lead, door="test"
        )  # fmt: skip
    assert now(promise).excluded_minutes == 60
    with time_machine.travel(BEGAN + timedelta(minutes=70), tick=False):
        planned_work.cancel(work, by=lead, door="test")
    assert (now(promise).excluded_minutes, now(promise).bad) == (0, 300)


def test_what_came_too_late_is_told_to_the_objectives_that_count_it(
    team: Team, lead: Person, scratch: Function
) -> None:
    promise = whole(objective(_failing(team)))
    _function(team, "home", None)
    others = [
        whole(objective(_failing(team, "others", ""), slug="other")),
        whole(objective(*promise.slis, slug="all-counts", leaves_out_planned_work=False)),
        whole(objective(*promise.slis, slug="home", function="home")),
    ]
    in_time = _announce(team, lead, scratch)
    late = _announce(team, lead, scratch, told_hours=-0.5)
    _announce(team, lead, _function(team, "log-in", None), told_hours=-0.5)
    with time_machine.travel(BEGAN + timedelta(minutes=50), tick=False):
        planned_work.change(
            in_time, Plan(PLAN, [scratch], BEGAN, BEGAN + timedelta(hours=2)), by=lead, door="test"
        )  # fmt: skip
    within = now(promise).case.elapsed
    found = {one.work.pk: (one.told.begins_at, one.told.ends_at, one.why) for one in too_late_for(promise, within)}
    assert found == {
        late.pk: (BEGAN, BEGAN + timedelta(hours=1), "announced when it had begun"),
        in_time.pk: (BEGAN + timedelta(hours=1), BEGAN + timedelta(hours=2), "added when the work had begun"),
    }
    assert [too_late_for(one, within) for one in others] == [[], [], []]
    assert too_late_for(promise, (within[0], within[1] - 4 * 60)) == []
    assert [one.work.title for one in too_late(team)] == [PLAN] * 3
    PlannedWork.objects.update(cancelled_at=NOW)
    assert too_late(team) == []


def test_late_work_outside_a_span_is_not_read_for_it(
    team: Team, lead: Person, scratch: Function, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    promise = whole(objective(_failing(team)))
    _announce(team, lead, scratch, told_hours=-0.5)
    begin, day, hour = minute_of(BEGAN), 24 * 60, 60
    for span in ((begin - day, begin), (begin + hour, begin + day)):
        assert promise.team == team
        with django_assert_num_queries(1):
            assert too_late_for(promise, span) == []
    for span in ((begin - day, begin + 1), (begin + hour - 1, begin + day)):
        assert len(too_late_for(promise, span)) == 1


def test_pages_say_what_was_announced_too_late(team: Team, lead: Person, scratch: Function, guest: Person) -> None:
    promise, as_guest = objective(_failing(team)), signed_in(guest)
    _announce(team, lead, scratch, told_hours=-0.5)
    for page in (f"objectives/{promise.slug}/", "exclusions/"):
        text = as_guest.get(f"/t/rcd/{page}").content.decode()
        assert "nnounced too late" in text
        assert PLAN in text
        assert "announced when it had begun" in text


def test_no_alert_stands_for_announced_work(team: Team, lead: Person, scratch: Function) -> None:
    one = sli(team, service="peat")
    steady(one)
    objective(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    planned_work.announce(
        team, Plan(PLAN, [scratch], NOW - timedelta(hours=1), NOW + timedelta(hours=1)), by=lead, door="test",
        at=NOW - timedelta(days=2),
    )  # fmt: skip
    evaluate(team, NOW)
    assert not AlertEpisode.objects.exists()


def test_it_is_an_option_that_changes_only_with_a_reason(team: Team, lead: Person, scratch: Function) -> None:
    promise = whole(objective(_failing(team)))
    _announce(team, lead, scratch)
    counts_all = replace(ObjectiveDraft.of(promise), leaves_out_planned_work=False)
    assert preview(team, counts_all, NOW, of=promise).standing.bad == 300
    assert preview(team, draft(*promise.slis), NOW).standing.bad == 100
    with pytest.raises(Refused, match="Say in a few words"):
        actions.change(promise, counts_all, by=lead, door="test")
    assert actions.change(promise, counts_all, by=lead, door="test", why="Users asked.") == ["leaves_out_planned_work"]
    assert now(promise).bad == 300
    event = Event.objects.filter(object_kind="objective", verb="changed").get()
    assert event.payload["leaves_out_planned_work"] == {"was": True, "is": False}


def test_files_carry_the_option_and_not_the_work(team: Team, other_team: Team, lead: Person, scratch: Function) -> None:
    one = _failing(team)
    objective(one, slug="first")
    objective(one, slug="second", leaves_out_planned_work=False)
    _announce(team, lead, scratch)
    text = as_openslo(team, list(Objective.objects.whole().filter(team=team)))
    assert PLAN not in text
    take(
        other_team, [("all.yaml", text.replace('hortus/leaves-out-planned-work: "true"', "x: y"))], by=None, door="test"
    )
    found = Objective.objects.filter(team=other_team)
    assert {each.slug: each.leaves_out_planned_work for each in found} == {"first": True, "second": False}


def test_the_api_takes_the_option_and_lists_the_work(
    team: Team, as_lead: Client, lead: Person, scratch: Function
) -> None:
    one = _failing(team)
    body = {"name": "Scratch", "parts": [{"sli": one.slug}], "target_ratio": "0.99", "leaves_out_planned_work": False}
    url, kind = "/api/v1/teams/rcd", "application/json"
    made = as_lead.post(f"{url}/objectives", body, kind).json()
    assert made["leaves_out_planned_work"] is False
    _announce(team, lead, scratch)
    assert as_lead.get(f"{url}/objectives/{made['slug']}").json()["standing"]["excluded_minutes"] == 0
    changed = as_lead.put(
        f"{url}/objectives/{made['slug']}", body | {"leaves_out_planned_work": True, "reason": "As agreed."}, kind
    ).json()
    assert changed["standing"]["excluded_minutes"] == 60
    exclude(team, 5 * HOUR, 10)
    exclude(team, HOUR, 10)
    listed = as_lead.get(f"{url}/exclusions").json()
    assert [row["sort"] for row in listed] == ["planned", "announced", "planned"]
    assert listed[1] | {"id": ""} == listed[1] | {
        "id": "", "reason": PLAN, "functions": ["scratch"], "minutes": 60, "by": lead.name, "rule": "",
        "objectives": [], "slis": [], "withdrawn_at": None,
    }  # fmt: skip
    parts = [as_lead.get(f"{url}/exclusions?limit=1&offset={n}").json() for n in range(4)]
    assert [row for part in parts for row in part] == listed


def test_the_mark_of_announced_work_says_what_it_is(team: Team, lead: Person, scratch: Function) -> None:
    promise = whole(objective(_failing(team), target_ratio=Decimal("0.9")))
    work = _announce(team, lead, scratch)
    case = now(promise).case
    ((mark, spans),) = Exclusions.of(team).marks(promise, case.elapsed)
    assert (mark.pk, mark.get_sort_display(), mark.reason, mark.by) == (work.pk, "Announced work", PLAN, lead)
    assert [until - since for since, until in spans] == [60]
