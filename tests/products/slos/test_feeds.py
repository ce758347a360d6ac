"""Alert episodes as an Atom feed and in the shape of Alertmanager."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from shelf import NOW, count, objective, sli, steady

from hortus.access.models import Team
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import Objective

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def burning(team: Team):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        one = sli(team)
        steady(one)
        count(one, [(back, 50, 50) for back in range(1, 60)])
        objective(one)
        count(one, [(back, 0, 10) for back in range(-9, 0)])
        evaluate(team, NOW + timedelta(minutes=10))
        yield


def test_the_feed_tells_each_episode_once(as_member: Client, as_stranger: Client) -> None:
    answer = as_member.get("/t/rcd/alerts.atom")
    entries = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    assert len(entries) == 4
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 4
    titles = [entry.findtext(f"{ATOM}title") or "" for entry in entries]
    assert sum("closed" in title for title in titles) == 1
    assert as_stranger.get("/t/rcd/alerts.atom").status_code == 404


def test_an_old_name_with_a_control_character_does_not_take_the_feed(as_member: Client) -> None:
    Objective.objects.update(name="It\x01 answers")
    entries = ElementTree.fromstring(as_member.get("/t/rcd/alerts.atom").content).findall(f"{ATOM}entry")
    assert all("It answers" in (entry.findtext(f"{ATOM}title") or "") for entry in entries)
    assert len(entries) == 4


def test_the_feed_leads_to_the_page_of_alerts(as_member: Client) -> None:
    feed = ElementTree.fromstring(as_member.get("/t/rcd/alerts.atom").content)
    ways = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert ways["alternate"] == "http://testserver/t/rcd/alerts/"
    assert ways["self"] == "http://testserver/t/rcd/alerts.atom"
    assert as_member.get("/t/rcd/alerts/").status_code == 200


def test_alertmanager_gets_what_it_takes(as_member: Client, as_stranger: Client) -> None:
    found = as_member.get("/t/rcd/alerts.json").json()
    assert len(found) == 4
    for alert in found:
        assert {"labels", "annotations", "startsAt", "generatorURL"} <= set(alert)
        assert all(isinstance(value, str) and value for value in alert["labels"].values())
        assert all(isinstance(value, str) for value in alert["annotations"].values())
        assert alert["generatorURL"].startswith("http")
    assert sum("endsAt" in alert for alert in found) == 1
    assert as_stranger.get("/t/rcd/alerts.json").status_code == 404
