"""Alerts in the search: found by who may read them, by what their senders say, a minute after they came."""

from typing import Any

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.ledger import search
from hortus.ledger.search_models import SearchEntry
from hortus.telemetry.alerts import findable, tasks
from hortus.telemetry.alerts.models import Episode
from hortus.telemetry.alerts.refs import episode_path
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.telemetry.alerts.conftest import Sender, alert, notice  # type: ignore[import-not-found]


def hits(client: Client, words: str) -> list[str]:
    answer = client.get("/api/v1/teams/rcd/search", {"q": words})
    return [one["id"] for one in answer.json()["hits"]] if answer.status_code == 200 else []


def noisy(**labels: Any) -> dict[str, Any]:
    found: dict[str, Any] = alert(labels={"alertname": "QuotaNearlyFull", "volume": "periwinkle"} | labels)
    return found | {"annotations": {"description": "Scratch is 93 % <b>full</b>, says the hedgehog."}}


def test_an_alert_is_found_by_title_label_and_annotation(sender: Sender, as_member: Client, team: Team) -> None:
    sender.sent(notice(noisy()))
    assert tasks.make_findable.func() == 1
    assert tasks.make_findable.func() == 0
    key = str(sender.one().pk)
    for words in ("QuotaNearlyFull", "periwinkle", "hedgehog", "alertmanager periwinkle"):
        assert hits(as_member, words) == [key], words
    page = as_member.get("/t/rcd/search/", {"q": "hedgehog"}).content.decode()
    assert episode_path(team, key) in page
    assert "<b>full" not in page
    search.rebuild(team)
    assert hits(as_member, "hedgehog") == [key]


def test_nobody_finds_what_the_policy_does_not_grant(
    sender: Sender, member: Person, reader: Person, guest: Person, stranger: Person
) -> None:
    sender.sent(notice(noisy()))
    tasks.make_findable.func()
    assert [len(hits(signed_in(one), "hedgehog")) for one in (member, reader, guest, stranger)] == [1, 1, 0, 0]


def test_what_it_says_later_is_found_and_what_it_said_is_not(sender: Sender, as_member: Client) -> None:
    fired = noisy() | {"fingerprint": "abc"}
    sender.sent(notice(fired))
    tasks.make_findable.func()
    sender.sent(notice(fired))
    assert tasks.make_findable.func() == 0, "it said the same"
    sender.sent(notice(noisy(volume="marigold") | {"fingerprint": "abc"}))
    assert tasks.make_findable.func() == 1
    assert (len(hits(as_member, "marigold")), len(hits(as_member, "periwinkle"))) == (1, 0)


def test_many_and_long_ones_are_taken_in_turns(
    sender: Sender, as_member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findable, "AT_ONCE", 2)
    monkeypatch.setattr(findable, "MOST_IN_A_ROUND", 4)
    sender.sent(notice(*(noisy(long="x " * 5000) | {"fingerprint": f"f{n}"} for n in range(5))))
    assert [tasks.make_findable.func() for _ in range(3)] == [4, 1, 0]
    assert len(hits(as_member, "periwinkle")) == 5
    assert max(len(body) for body in SearchEntry.objects.values_list("body", flat=True)) < 2200
    assert not Episode.objects.filter(is_findable=False).exists()
