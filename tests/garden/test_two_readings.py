"""A state changes once two readings agree: every door says so while it waits, and nothing is tended without need."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from hortus.access.models import Person, Team
from hortus.cli.garden import drawn
from hortus.garden import cards
from hortus.garden.indicators import BEDS, INDICATORS, Unit, on
from tests.conftest import signed_in  # type: ignore[import-not-found]

from .conftest import NOON, keep

AGREES = "The state changes if the next one, due tomorrow at 00:07, agrees."
MISSES = f"The newest reading misses the target. {AGREES}"
MEETS = f"The newest reading meets the target again. {AGREES}"


@pytest.fixture(autouse=True)
def _noon():  # type: ignore[no-untyped-def]
    with time_machine.travel(NOON, tick=False):
        yield


def _card(answer: bytes, slug: str) -> dict[str, object]:
    plots = json.loads(answer)["plots"]
    return next(one for plot in plots for one in plot["indicators"] if one["indicator"] == slug)


def test_a_thriving_plot_says_that_its_newest_reading_misses(team: Team, as_member: Client) -> None:
    keep(team, "started-in-time", NOON.date(), 0.85, "thriving", earned="care")
    keep(team, "inside-budget", NOON.date(), 1.0)
    found = _card(as_member.get("/t/rcd/garden.json").content, "started-in-time")
    assert (found["state"], found["earned"]) == ("thriving", "care")
    assert found["waits"] == MISSES
    assert found["next_reading_at"] == "2026-11-21T00:07:00-05:00"
    assert as_member.get("/api/v1/teams/rcd/indicators/started-in-time").json()["waits"] == found["waits"]
    for page in ("", "plots/products-care/", "indicators/", "indicators/started-in-time/"):
        assert MISSES in as_member.get(f"/t/rcd/{page}").content.decode(), page
    speaker = next(one.speaker for one in cards.garden(team, NOON).plots if one.plot.slug == "products-care")
    assert speaker is not None
    assert speaker.indicator.slug == "started-in-time"


def test_what_meets_its_target_again_is_not_among_what_to_tend(team: Team, as_member: Client) -> None:
    keep(team, "started-in-time", NOON.date(), 0.95, "overgrown", earned="thriving")
    keep(team, "inside-budget", NOON.date(), 0.5, "overgrown")
    answer = as_member.get("/t/rcd/garden.json").content
    assert [thing["indicator"] for thing in json.loads(answer)["tend"]] == ["inside-budget"]
    assert _card(answer, "started-in-time")["waits"] == MEETS
    assert "Open the waiting times" not in drawn(cards.garden(team, NOON), 100)


def test_few_are_told_as_a_count_and_many_as_a_percentage(team: Team, as_member: Client) -> None:
    keep(team, "inside-budget", NOON.date(), 0.75, "care", n=4, hits=3)
    keep(team, "started-in-time", NOON.date(), 0.95)
    keep(team, "nodes-out-now", NOON.date(), 1.0)
    keep(team, "new-users", NOON.date(), 2.0)
    answer = as_member.get("/t/rcd/garden.json").content
    assert _card(answer, "nodes-out-now")["text"] == "1 node is down or drained now"
    assert _card(answer, "new-users")["text"] == "2 people ran their first job in 28 days"
    assert all(one.says_of_one for one in INDICATORS if one.unit is Unit.COUNT)
    assert _card(answer, "inside-budget")["text"] == "3 of 4 objectives are safe inside their error budget"
    assert str(_card(answer, "started-in-time")["text"]).endswith("% of jobs started within the promise")
    for page in ("", "indicators/", "indicators/inside-budget/"):
        assert "3 of 4</strong> <span>of" not in as_member.get(f"/t/rcd/{page}").content.decode()
        assert "3 of 4 of" not in as_member.get(f"/t/rcd/{page}").content.decode()


def test_worse_and_better_are_told_and_what_agrees_says_nothing(team: Team, as_member: Client) -> None:
    keep(team, "started-in-time", NOON.date() - timedelta(days=1), 0.7, "care", earned="overgrown")
    keep(team, "inside-budget", NOON.date(), 0.75, "overgrown", earned="care")
    keep(team, "functions-confirmed", NOON.date(), 0.95)
    answer = as_member.get("/t/rcd/garden.json").content
    worse, better = (str(_card(answer, slug)["waits"]) for slug in ("started-in-time", "inside-budget"))
    assert worse.startswith("The newest reading is worse: “Overgrown” by itself. The state")
    assert worse.endswith("due today at 07:07, agrees.")
    assert better.startswith("The newest reading is better: “Needs care” by itself. The state")
    assert _card(answer, "functions-confirmed")["waits"] == ""
    assert _card(answer, "new-users")["waits"] == ""


def test_nobody_is_sent_to_a_page_that_is_closed_to_them(
    team: Team, as_member: Client, reader: Person, guest: Person
) -> None:
    for client, may in ((as_member, True), (signed_in(reader), False), (signed_in(guest), False)):
        ways = set()
        for page in ("", "plots/products-urgent/", "indicators/jobs-lost/", "indicators/services-without-objective/"):
            text = client.get(f"/t/rcd/{page}").content.decode()
            assert ("/t/rcd/imports/+add/" in _ways(text)) == (may and "services" not in page), page
            ways |= _ways(text)
        assert len(ways) > 3
        assert [path for path in sorted(ways) if client.get(path).status_code != 200] == []


def _ways(page: str) -> set[str]:
    """Return where the acts of plots lead, and what an empty place asks to do next."""
    empty = re.findall(r'<div class="empty">.*?</div>', page, re.DOTALL)
    return set(re.findall(r'<a class="act" href="([^"#]+)', page)) | set(re.findall(r'href="([^"#]+)', "".join(empty)))


def test_a_plot_page_leaves_out_what_it_reads_already(team: Team, as_member: Client) -> None:
    text = as_member.get("/t/rcd/plots/processes-care/").content.decode()
    assert "What else will grow here" in text
    assert "How far runs stray from them, and whom they wait for." in text
    assert "What else will grow here" not in as_member.get("/t/rcd/plots/products-care/").content.decode()


def test_no_bed_promises_an_indicator_that_it_has() -> None:
    for bed in BEDS:
        assert not [one.slug for one in on(bed.plot) if one.name.lower() in bed.grows.lower()]
        assert bed.grows or on(bed.plot)
