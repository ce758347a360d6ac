"""Too few events are said at every door, with how many there were and how many it takes; no share of it is told."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse
from shelf import DAY, HOUR, NOW, count, now, objective, sli, steady

from hortus.access.models import Team
from hortus.catalogue.models import Function
from hortus.cli import main
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.measures import inside_budget
from hortus.products.slos.models import Objective
from hortus.products.slos.queries import standings

WHY = "too few events, 95 of at least 100"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def few(team: Team) -> Objective:
    """Ninety-five events in 28 days, all good."""
    one = sli(team, "few")
    steady(one, every=DAY, total=1)
    count(one, [(2 * DAY + 1, 0, 67)])
    return objective(one, slug="few", name="Rarely asked")


@pytest.fixture
def alerting(team: Team) -> Objective:
    """Ninety-five events in 28 days: four bad ones in the last hour page, but of a month they are no evidence."""
    Function.objects.create(
        team=team, slug="transfer", name="Transfer", sentence="Move.", confirm_every_seconds=3600, added_at=NOW
    )
    one = sli(team, "alerting")
    steady(one, every=DAY, total=1)
    count(one, [(2 * DAY + 1, 0, 62), (30, 2, 2), (2, 2, 3)])
    made = objective(one, slug="alerting", name="Rarely asked", function="transfer")
    evaluate(team, NOW)
    return made


def text(client: Client, name: str, *more: object) -> str:
    answer = client.get(reverse(f"slos:{name}", args=["rcd", *more]))
    assert answer.status_code == 200
    return str(answer.content.decode()).replace("\xa0", " ")


def said(*arguments: str) -> str:
    return CliRunner().invoke(main, ["slo", *arguments]).stdout


def test_what_is_left_is_told_by_nobody(few: Objective, alerting: Objective, team: Team) -> None:
    for one, state in ((few, "too-few-events"), (alerting, "critical")):
        found = now(one)
        assert (found.state, found.unknown, found.left_ratio, found.least_events) == (state, WHY, None, 100)
        assert found.worked.left_ratio is not None  # the sum alone would tell a share
    sure = sli(team, "sure")
    steady(sure, every=DAY, total=4)
    known = now(objective(sure, slug="sure"))
    assert known.unknown == ""
    assert known.left_ratio == 1


@pytest.mark.parametrize("slug", ["few", "alerting"])
def test_pages_say_why_in_place_of_a_share(
    few: Objective, alerting: Objective, as_member: Client, slug: str
) -> None:  # fmt: skip
    listed = text(as_member, "objectives")
    assert listed.count("95 events are too few to tell; from 100 on") == 2
    assert listed.count(f"not known: {WHY}") == 2
    page = text(as_member, "objective", slug)
    figure = page.split("<figure")[1].split("</figure>")[0]
    assert f"How much of the budget is left is not known: {WHY}" in figure
    assert f"not known: {WHY}</td>" in figure
    assert 'class="line line-1"' not in figure
    assert ('"Budget left over the last 28 days: not known; page ' in figure) == (slug == "alerting")
    for shown in (listed, page, text(as_member, "backtest", slug)):
        assert 'class="left"' not in shown
        assert "overdrawn" not in shown.split("The worked sum")[0]
        assert "100 % of the budget" not in shown
    assert "100 %" not in figure.split("<table")[1]
    assert f"not known: {WHY}" in text(as_member, "burn", slug)


def test_the_programs_door_tells_no_share(few: Objective, alerting: Objective, as_member: Client) -> None:
    def told(path: str = "") -> Any:
        return as_member.get(f"/api/v1/teams/rcd/objectives{path}").json()

    for slug in ("few", "alerting"):
        found = told(f"/{slug}")["standing"]
        assert (found["unknown"], found["least_events"], found["left_ratio"]) == (WHY, 100, None)
        for worked in (found["worked"], *found["parts"]):
            assert (worked["unknown"], worked["left_ratio"], worked["left_minutes"]) == (WHY, None, None)
        back = told(f"/{slug}/backtest")
        assert back["standing"]["unknown"] == WHY
        assert {point["left_ratio"] for point in back["points"]} == {None}
    assert [one["standing"]["unknown"] for one in told()] == [WHY, WHY]


def test_the_command_tells_no_share(few: Objective, alerting: Objective) -> None:
    rows = json.loads(said("list", "--json"))["objectives"]
    assert [(one["unknown"], one["left_ratio"]) for one in rows] == [(WHY, None), (WHY, None)]
    for words in (said("list"), said("show", "few"), said("show", "alerting")):
        assert f"not known: {WHY}" in words
        assert "100.0%" not in words
    checked = said("check")
    assert "How much budget is left is not known: 95 events are too few" in checked
    assert f"few: not known: {WHY}" in checked


def test_feed_and_status_page_say_it_with_the_alert(alerting: Objective, as_member: Client) -> None:
    words = "How much budget is left is not known: 95 events are too few to tell; from 100 on"
    feed = ElementTree.fromstring(as_member.get(reverse("slos:alerts-atom", args=["rcd"])).content)
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    assert all(words in (entry.findtext(f"{ATOM}summary") or "") for entry in entries)
    assert words in as_member.get(reverse("catalogue:status", args=["rcd"])).content.decode()


def test_the_garden_counts_none_of_which_nobody_can_tell(few: Objective, team: Team) -> None:
    """A page that stands is another thing: whatever is left, that objective is not safe."""
    assert inside_budget(team, NOW.date()) is None
    burning = sli(team, "burning")
    steady(burning, every=DAY, total=1)
    count(burning, [(2 * DAY + 1, 0, 62), (10 * HOUR, 2, 2), (HOUR + 20, 2, 3)])
    found = now(objective(burning, slug="burning"))
    assert (found.state, found.unknown) == ("burning", WHY)
    assert inside_budget(team, NOW.date()) is None
    paging = sli(team, "paging")
    steady(paging, every=DAY, total=1)
    count(paging, [(2 * DAY + 1, 0, 62), (30, 2, 2), (2, 2, 3)])
    assert now(objective(paging, slug="paging")).state == "critical"
    reading = inside_budget(team, NOW.date())
    assert reading is not None
    assert (reading.value, reading.n) == (0, 1)


def test_slices_and_composites_say_it_in_their_own_words(team: Team, few: Objective) -> None:
    one, other = sli(team, "one"), sli(team, "other")
    for each in (one, other):
        steady(each, every=DAY, total=1)
    both = now(objective(one, other, slug="both"))
    assert (both.unknown, both.left_ratio) == ("too few events, 56 of at least 100", None)
    assert [part.unknown for part in both.parts] == ["too few events, 28 of at least 100"] * 2
    young = sli(team, "young")
    count(young, [(HOUR, 0, 60)])
    sliced = now(
        objective(young, slug="sliced", window_days=1, slice_minutes=60, slice_target_ratio=Decimal("0.9"),
                  target_ratio=Decimal("0.9"))
    )  # fmt: skip
    assert sliced.unknown
    assert standings(team, NOW)[few].unknown == WHY


def test_a_composite_knows_no_more_while_an_alert_stands(team: Team) -> None:
    one, other = sli(team, "one"), sli(team, "other")
    for each in (one, other):
        steady(each, every=DAY, total=1)
        count(each, [(2 * DAY + 1, 0, 18), (30, 1, 1), (2, 1, 1)])
    found = now(objective(one, other, slug="both"))
    assert found.holding
    assert found.state == "critical"
    assert (found.unknown, found.left_ratio) == ("too few events, 96 of at least 100", None)
    assert "not known: 96 events are too few to tell" in found.verdict.sentence
