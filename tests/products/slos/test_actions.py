"""Verbs of objectives: what is kept, what is told, what is refused; evaluation opens and closes alerts once."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from shelf import DAY, NOW, count, draft, exclude, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.catalogue import proposals
from hortus.ledger.models import Event
from hortus.ledger.search_models import SearchEntry
from hortus.products.slos import actions, slis, tasks
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.values.refused import Refused


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def told(kind: str) -> list[str]:
    return list(Event.objects.filter(object_kind=kind).order_by("id").values_list("verb", flat=True))


def test_an_objective_is_kept_found_and_told(team: Team, lead: Person) -> None:
    made = actions.create(team, draft(sli(team), owner=lead, name="Scratch answers"), by=lead, door="test")
    assert (made.slug, made.owner, made.service) == ("scratch-answers", lead, "")
    assert told("objective") == ["made"]
    assert SearchEntry.objects.filter(object_kind="objective", object_id="scratch-answers").exists()
    assert Evaluation.objects.get().state == "unmeasured"
    again = actions.create(team, draft(*made.slis, name="Scratch answers"), by=lead, door="test")
    assert again.slug == "scratch-answers-2"


@pytest.mark.parametrize(
    ("given", "field"),
    [({"target_ratio": Decimal(1)}, "target_ratio"), ({"target_ratio": Decimal("99.5")}, "target_ratio"),
     ({"window_days": 0}, "days"), ({"calendar_unit": "year"}, "calendar_unit"),
     ({"slice_minutes": 5}, "slice_target_ratio"),
     ({"slice_minutes": 5, "slice_target_ratio": Decimal(1), "window_days": 90}, "slice_minutes"),
     ({"name": " "}, "name"), ({"promise": "x" * 601}, "promise"),
     ({"pairs": [{"name": "page"}]}, "pairs"), ({"least_bad": 0}, "least_bad"), ({"function": "gone"}, "function")],
    ids=["whole", "percent", "no-days", "year", "half-slice", "long-slices", "no-name",
         "long", "no-pair", "none-bad", "function"],
)  # fmt: skip
def test_what_cannot_be_promised_is_refused(team: Team, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        objective(sli(team), **given)
    assert refused.value.field == field
    assert not Objective.objects.exists()


def test_another_teams_sli_and_owner_are_refused(team: Team, other_team: Team, stranger: Person) -> None:
    with pytest.raises(Refused, match="own team"):
        actions.create(team, draft(sli(other_team)), by=None, door="test")
    with pytest.raises(Refused, match="not a member"):
        objective(sli(team), owner=stranger)


def test_a_change_of_judgement_needs_a_reason(team: Team, lead: Person) -> None:
    one = objective(sli(team))
    softer = draft(*one.slis, target_ratio=Decimal("0.95"))
    with pytest.raises(Refused, match="Say in a few words"):
        actions.change(one, softer, by=lead, door="test")
    assert actions.change(one, softer, by=lead, door="test", why="Agreed with the users.") == ["target"]
    event = Event.objects.filter(object_kind="objective", verb="changed").get()
    assert event.payload["target"] == {"was": "0.99", "is": "0.95"}
    assert event.payload["reason"] == "Agreed with the users."
    one = Objective.objects.whole().get()
    assert actions.change(one, ObjectiveDraft.of(one), by=lead, door="test") == []
    renamed = draft(*one.slis, target_ratio=Decimal("0.95"), name="Other")
    assert actions.change(one, renamed, by=lead, door="test") == ["name"]


def test_retired_is_not_judged_any_more(team: Team, lead: Person) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    promise = objective(one)
    assert AlertEpisode.objects.open().exists()
    with pytest.raises(Refused, match="counts it"):
        slis.retire(one, why="Gone.", by=lead, door="test")
    actions.retire(promise, why="The service is gone.", by=lead, door="test")
    assert not AlertEpisode.objects.open().exists()
    assert not Evaluation.objects.exists()
    with pytest.raises(Refused, match="retired already"):
        actions.retire(promise, why="Again.", by=lead, door="test")
    slis.retire(one, why="Gone.", by=lead, door="test")


def test_alerts_open_and_close_once_however_often_it_runs(team: Team) -> None:
    one = sli(team)
    steady(one)
    objective(one)
    assert not AlertEpisode.objects.exists()
    count(one, [(back, 50, 50) for back in range(1, 60)])
    for _ in range(3):
        tasks.evaluate_all.func()
    standing = list(AlertEpisode.objects.order_by("urgency", "long_minutes").values_list("urgency", "long_minutes"))
    assert standing == [("page", 60), ("page", 360), ("ticket", 1440), ("ticket", 4320)]
    assert told("alert") == ["opened"] * 4
    assert AlertEpisode.objects.filter(urgency="page").first().numbers["long"]["bad"] == 2950
    later = NOW + timedelta(minutes=10)
    count(one, [(back, 0, 10) for back in range(-9, 0)])
    for _ in range(2):
        evaluate(team, later)
    closed = AlertEpisode.objects.exclude(closed_at=None)
    assert [(e.long_minutes, e.closed_at) for e in closed] == [(60, later)]
    assert told("alert") == ["opened"] * 4 + ["closed"]


def test_silence_neither_opens_nor_closes(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    objective(one)
    known = AlertEpisode.objects.open().count()
    evaluate(team, NOW + timedelta(minutes=20))
    closed = set(AlertEpisode.objects.exclude(closed_at=None).values_list("long_minutes", flat=True))
    assert known == 4
    assert 60 not in closed  # nothing was measured in its short window of five minutes


def test_an_exclusion_after_the_fact_clears_the_alert(team: Team) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    objective(one)
    assert AlertEpisode.objects.open().count() == 4
    held = exclude(team, 59, 59, sort="agreed")
    assert not AlertEpisode.objects.open().exists()
    assert told("exclusion") == ["made"]
    actions.withdraw(held, why="It did happen.", by=None, door="test")
    assert told("exclusion") == ["made", "withdrawn"]
    assert AlertEpisode.objects.open().count() == 4
    with pytest.raises(Refused, match="withdrawn already"):
        actions.withdraw(held, why="Again.", by=None, door="test")


@pytest.mark.parametrize(
    ("given", "field"),
    [({"minutes": 0}, "minutes"), ({"minutes": 92 * DAY + 1}, "minutes"), ({"rule": "FREQ=HOURLY"}, "rule"),
     ({"rule": "FREQ=DAILY", "zone": "Mars/Base"}, "zone"), ({"sort": "luck"}, "sort"), ({"reason": " "}, "reason"),
     ({"service": "gone"}, "service")],
    ids=["nothing", "forever", "hourly", "mars", "luck", "why", "service"],
)  # fmt: skip
def test_what_cannot_be_excluded_is_refused(team: Team, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        exclude(team, 60, **{"minutes": 10} | given)
    assert refused.value.field == field


def test_slis_that_cannot_be_are_refused(team: Team) -> None:
    first = sli(team)
    for given, field in (
        ({"judge": "oracle"}, "judge"), ({"parameters": {"x": 1}}, "judge"), ({"series": "nowhere"}, "series"),
        ({"series": first.series.name}, "series"), ({"service": "gone"}, "service"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            sli(team, "second", **given)
        assert refused.value.field == field
    with pytest.raises(Refused, match="already"):
        slis.create(team, SliDraft("Answers", "It answers."), by=None, door="test", slug="answers")


def test_a_burning_objective_proposes_and_a_healthy_one_confirms(team: Team) -> None:
    from hortus.catalogue.models import Function

    Function.objects.create(
        team=team, slug="scratch", name="Scratch", sentence="Write.", confirm_every_seconds=3600, added_at=NOW
    )
    one = sli(team)
    steady(one)
    objective(one, function="scratch")
    assert proposals.proposed(team) == {}
    assert proposals.confirmed_until(team)["scratch"] == NOW
    count(one, [(back, 50, 50) for back in range(1, 60)])
    evaluate(team, NOW)
    (found,) = proposals.proposed(team)["scratch"]
    assert (found.condition, found.since) == ("degraded", NOW)
    assert "scratch" not in proposals.confirmed_until(team)
