"""What changed in an objective, in words: in the event, on its page, in the activity."""

from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from shelf import NOW, draft, objective, sli

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.products.slos import actions
from hortus.products.slos.changes import changes, told
from hortus.products.slos.terms import pair_of, row_of

PAIR: dict[str, Any] = {"name": "wake-up", "urgency": "page", "budget_share": "0.02", "long_minutes": 60,
                        "short_minutes": 5}  # fmt: skip


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def changed(team: Team, why: str = "", **given: Any) -> Event:
    """Make an objective over 99 %, change it, and return the event."""
    one = objective(sli(team))
    actions.change(one, draft(*one.slis, **given), by=None, door="test", why=why)
    return Event.objects.get(object_kind="objective", verb="changed")


@pytest.mark.parametrize(
    ("given", "line"),
    [({"target_ratio": Decimal("0.92")}, "target: 99 % → 92 %"),
     ({"window_days": 7}, "window: the last 28 days → the last 7 days"),
     ({"calendar_unit": "month"}, "window: the last 28 days → the calendar month"),
     ({"slice_minutes": 5, "slice_target_ratio": Decimal("0.9")},
      "slices: every event counts the same → of 5 minutes, good from 90 %"),
     ({"pairs": [PAIR]}, "alerts: the usual four → wake-up (page) from 2 % in 1h and 5m"),
     ({"least_bad": 6}, "bad events that an alert needs: 4 → 6"),
     ({"confidence": 0.95}, "how sure few events must make: 99 % → 95 %"),
     ({"leaves_out_planned_work": False}, "announced work: left out → counted"),
     ({"name": "Scratch answers"}, "name: “It answers” → “Scratch answers”"),
     ({"promise": "Nearly always."}, "promise: none → “Nearly always.”")],
    ids=["target", "days", "month", "slices", "pairs", "bad", "sure", "work", "name", "promise"],
)  # fmt: skip
def test_each_term_is_told_as_it_was_and_as_it_is(team: Team, given: dict[str, Any], line: str) -> None:
    event = changed(team, "Agreed.", **given)
    assert [text.replace("\xa0", " ") for text in changes(event.payload)] == [line]
    assert event.payload["reason"] == "Agreed."


def test_what_counts_is_told_with_weights(team: Team) -> None:
    one, other = sli(team), sli(team, "other")
    held = objective(one)
    both = draft(one, other)
    actions.change(held, both, by=None, door="test", why="Both matter.")
    assert changes(Event.objects.get(verb="changed").payload) == ["what counts: answers → answers × 1, other × 1"]


def test_a_kept_up_pair_says_for_how_long() -> None:
    rows = [row_of(pair_of(PAIR | {"keep_firing_minutes": 30}))]
    payload = {"fields": ["pairs"], "pairs": {"was": rows, "is": []}}
    assert changes(payload) == ["alerts: wake-up (page) from 2\xa0% in 1h and 5m, kept 30 min → the usual four"]


def test_an_owner_is_not_named_and_older_events_name_the_term(team: Team, lead: Person) -> None:
    event = changed(team, owner=lead)
    assert event.payload == {"fields": ["owner"]}
    assert told("changed", event.payload) == ["another owner"]
    assert told("changed", {"fields": ["name"]}) == ["another name"]
    assert told("made", {"target": "0.99", "window": "28 days"}) == []


def test_a_reason_is_kept_when_words_alone_change_and_stands_everywhere(team: Team, as_member: Client) -> None:
    held = objective(sli(team), slug="held")
    softer = draft(*held.slis, name="Portal answers", target_ratio=Decimal("0.92"))
    actions.change(held, softer, by=None, door="test", why="The users asked.")
    held.refresh_from_db()
    actions.change(held, draft(*held.slis, name="Portal", target_ratio=Decimal("0.92")), by=None, door="test",
                   why="Shorter.")  # fmt: skip
    for page in (reverse("slos:objective", args=["rcd", "held"]), reverse("ledger:activity", args=["rcd"])):
        text = as_member.get(page).content.decode().replace("\xa0", " ")
        for words in ("target: 99 % → 92 %", "The users asked.", "name: “Portal answers” → “Portal”", "Shorter."):
            assert words in text, (page, words)
    rows = as_member.get(reverse("ledger:activity-json", args=["rcd"])).json()["events"]
    told_as_json = [row["payload"] for row in rows if row["verb"] == "changed"]
    assert told_as_json[0] == {"fields": ["name"], "name": {"was": "Portal answers", "is": "Portal"},
                               "reason": "Shorter."}  # fmt: skip
    assert told_as_json[1]["target"] == {"was": "0.99", "is": "0.92"}
