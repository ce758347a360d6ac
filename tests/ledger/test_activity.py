"""The activity page, its JSON and its feed: filtered, for the team only, safe with odd input."""

import json
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hortus.access.models import Person, Team
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot

DOORS = ["activity/", "activity.json", "activity.atom"]
MIDNIGHT = datetime(2026, 11, 20, 5, tzinfo=UTC)  # in New York, the team's zone


def tell(
    team: Team, name: str, *, at: datetime = MIDNIGHT, plot: str = "products-care", by: Person | None = None
) -> None:
    with transaction.atomic():
        record(team, "imported", Ref("cluster", name, name), by=by, source="cli", at=at, plot=Plot.named(plot))


@pytest.mark.parametrize("door", DOORS)
def test_is_for_the_team_only(team: Team, as_member: Client, as_lead: Client, as_stranger: Client, door: str) -> None:
    tell(team, "alder")
    assert b"alder" in as_member.get(f"/t/rcd/{door}").content
    assert b"alder" in as_lead.get(f"/t/rcd/{door}").content
    assert as_stranger.get(f"/t/rcd/{door}").status_code == 404
    assert Client().get(f"/t/rcd/{door}").status_code == 302


def names(client: Client, **filters: str) -> list[str]:
    found = json.loads(client.get("/t/rcd/activity.json", filters).content)["events"]
    return [event["object"]["name"] for event in found]


def test_filters_by_plot_and_by_days_of_the_team(team: Team, as_member: Client) -> None:
    tell(team, "before", at=MIDNIGHT - timedelta(seconds=1))
    tell(team, "after", at=MIDNIGHT)
    tell(team, "people", plot="people-care")
    assert names(as_member, since="2026-11-20") == ["people", "after"]
    assert names(as_member, until="2026-11-19") == ["before"]
    assert names(as_member, plot="people-care") == ["people"]
    assert names(as_member, kind="cluster", plot="processes-care") == []


@pytest.mark.parametrize(
    "filters", [{"plot": "nonsense"}, {"since": "yesterday"}, {"until": "9999-12-31"}, {"page": "-1"}, {"kind": "\x01"}]
)
def test_an_odd_filter_never_breaks(team: Team, as_member: Client, filters: dict[str, str]) -> None:
    tell(team, "alder")
    assert as_member.get("/t/rcd/activity/", filters).status_code == 200
    assert as_member.get("/t/rcd/activity.json", filters).status_code == 200


def test_the_feed_is_atom_with_stable_ids(team: Team, as_member: Client) -> None:
    tell(team, "alder <b>")
    feed = ElementTree.fromstring(as_member.get("/t/rcd/activity.atom").content)
    entry = feed.find("{http://www.w3.org/2005/Atom}entry")
    assert entry is not None
    assert "alder <b>" in (entry.findtext("{http://www.w3.org/2005/Atom}title") or "")
    assert (entry.findtext("{http://www.w3.org/2005/Atom}id") or "").startswith("urn:hortus:")


def test_an_event_with_a_control_character_does_not_take_the_feed(team: Team, as_member: Client) -> None:
    """New texts hold none; events stay as they were told."""
    with transaction.atomic():
        old = Ref("objective", "x", "Al\x0bder")
        record(team, "changed", old, by=None, source="api", payload={"reason": "a\x01b\x85c"})
    tell(team, "birch")
    feed = ElementTree.fromstring(as_member.get("/t/rcd/activity.atom").content)
    told = ["".join(entry.itertext()) for entry in feed.findall("{http://www.w3.org/2005/Atom}entry")]
    assert len(told) == 2
    assert any("Objective Alder: changed" in one and "abc" in one for one in told)


@pytest.mark.parametrize("query", ["", "?kind=service&since=2026-01-01"])
def test_the_feed_leads_to_the_page_that_shows_the_same(team: Team, as_member: Client, query: str) -> None:
    feed = ElementTree.fromstring(as_member.get(f"/t/rcd/activity.atom{query}").content)
    ways = {link.get("rel"): link.get("href") for link in feed.findall("{http://www.w3.org/2005/Atom}link")}
    assert ways["alternate"] == f"http://testserver/t/rcd/activity/{query}"
    assert ways["self"] == f"http://testserver/t/rcd/activity.atom{query}"


def test_the_number_of_queries_does_not_grow(
    team: Team, member: Person, as_member: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 30):
        for number in range(count):
            tell(team, f"alder{number}", by=member)
        with django_assert_max_num_queries(11):
            as_member.get("/t/rcd/activity/")
