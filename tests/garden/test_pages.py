"""The pages of the garden for a member, a lead and a stranger."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hortus.access.models import Person, Team
from hortus.garden.models import TakenReading, TeamTarget

from .conftest import NOON, keep

PAGES = ["", "garden.json", "plots/products-care/", "indicators/", "indicators/started-in-time/"]


@pytest.fixture(autouse=True)
def _noon():  # type: ignore[no-untyped-def]
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.mark.parametrize("page", PAGES)
def test_is_for_the_team_only(team: Team, as_member: Client, as_lead: Client, as_stranger: Client, page: str) -> None:
    assert as_member.get(f"/t/rcd/{page}").status_code == 200
    assert as_lead.get(f"/t/rcd/{page}").status_code == 200
    assert as_stranger.get(f"/t/rcd/{page}").status_code == 404
    assert Client().get(f"/t/rcd/{page}").status_code == 302


def test_an_empty_garden_is_bare_and_says_what_will_grow(as_member: Client) -> None:
    text = as_member.get("/t/rcd/").content.decode()
    assert "Nine plots are still bare" in text
    assert text.count("Here will grow") == 3


def test_a_garden_with_readings_says_what_to_tend(team: Team, as_member: Client) -> None:
    keep(team, "started-in-time", NOON.date(), 0.7, "overgrown")
    keep(team, "jobs-lost", NOON.date(), 0.001, "thriving", goal=0.005)
    answer = json.loads(as_member.get("/t/rcd/garden.json").content)
    assert answer["title"] == "One plot thrives, one is overgrown"
    assert [thing["indicator"] for thing in answer["tend"]] == ["started-in-time"]
    assert "Not measured: Objectives inside their budget" in as_member.get("/t/rcd/").content.decode()


def test_old_evidence_turns_a_plot_bare_without_anybody_reading(team: Team, as_member: Client) -> None:
    keep(team, "started-in-time", NOON.date() - timedelta(days=5), 0.99)
    answer = json.loads(as_member.get("/t/rcd/garden.json").content)
    assert {plot["state"] for plot in answer["plots"]} == {"bare"}


def test_the_number_of_queries_does_not_grow_with_history(
    team: Team, as_member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    keep(team, "started-in-time", NOON.date(), 0.95)
    with django_assert_max_num_queries(12):
        as_member.get("/t/rcd/")
    for back in range(1, 31):
        for slug in ("started-in-time", "jobs-lost", "new-users"):
            keep(team, slug, NOON.date() - timedelta(days=back), 0.95)
    with django_assert_max_num_queries(12):
        as_member.get("/t/rcd/")


def test_a_lead_changes_a_target_by_the_form(team: Team, as_lead: Client, lead: Person) -> None:
    page = "/t/rcd/indicators/started-in-time/target/"
    answer = as_lead.post(page, {"goal": "80", "slack": "5", "reason": "Agreed in the retro."})
    assert answer.status_code == 302
    assert TeamTarget.objects.get().goal == pytest.approx(0.8)
    assert "Agreed in the retro." in as_lead.get("/t/rcd/indicators/started-in-time/").content.decode()


def test_a_member_may_not_change_a_target(team: Team, as_member: Client) -> None:
    page = "/t/rcd/indicators/started-in-time/target/"
    assert as_member.get(page).status_code == 404
    assert as_member.post(page, {"goal": "80", "slack": "5", "reason": "x"}).status_code == 404
    assert not TeamTarget.objects.exists()


def test_a_wrong_target_shows_the_form_again_with_what_was_typed(team: Team, as_lead: Client) -> None:
    answer = as_lead.post(
        "/t/rcd/indicators/started-in-time/target/", {"goal": "180", "slack": "5", "reason": "Too eager."}
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "must be a number" in text or "ratio from 0 to 1" in text
    assert "Too eager." in text
    assert not TeamTarget.objects.exists()


def test_reading_again_is_a_post_by_a_member(team: Team, as_member: Client) -> None:
    as_member.get("/t/rcd/readings/")
    assert not TakenReading.objects.exists()
    as_member.post("/t/rcd/readings/")
    assert TakenReading.objects.filter(team=team).exists()


@pytest.mark.parametrize(
    "path", ["plots/nonsense/", "indicators/nonsense/", "indicators/nonsense/rows.csv", "indicators/new-users/rows.csv"]
)
def test_what_is_not_there_is_404(team: Team, as_member: Client, path: str) -> None:
    assert as_member.get(f"/t/rcd/{path}").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "²"])
def test_an_odd_page_number_never_breaks(team: Team, as_member: Client, page: str) -> None:
    keep(team, "started-in-time", NOON.date(), 0.95)
    assert as_member.get("/t/rcd/indicators/started-in-time/", {"page": page}).status_code == 200


def test_history_as_csv(team: Team, as_member: Client) -> None:
    keep(team, "started-in-time", NOON.date(), 0.95)
    lines = as_member.get("/t/rcd/indicators/started-in-time/history.csv").content.decode().splitlines()
    assert lines[0].startswith("day,taken_at,value")
    assert lines[1].startswith("2026-11-20,")
