"""Who hears of an alert of an objective: members and rooms, once when it begins and once when it is over."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from shelf import DAY, NOW, count, objective, sli

from hortus.access.models import Person, Team
from hortus.ledger.outbox.models import Delivery, Message, Urgency
from hortus.products.slos import telling
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import AlertEpisode, Objective, Sli
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.standing import Change, Changed

PAGE = {"name": "page", "urgency": "page", "budget_share": "0.02", "long_minutes": 30, "short_minutes": 3}
TICKET = {"name": "ticket", "urgency": "ticket", "budget_share": "0.02", "long_minutes": 30, "short_minutes": 3}


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def burning(team: Team) -> Sli:
    """An SLI that fails from the tenth to the twentieth minute after now."""
    one = sli(team)
    count(one, [(back, 0, 10) for back in range(1, 7 * DAY, 10)])
    count(one, [(-minute, 50 if 10 <= minute < 20 else 0, 50) for minute in range(60)])
    return one


def promise(one: Sli, pair: dict[str, Any] = PAGE) -> Objective:
    return objective(one, pairs=[pair], window_days=7)


def later(team: Team, minutes: int) -> None:
    evaluate(team, NOW + timedelta(minutes=minutes))


def test_members_hear_when_it_begins_and_when_it_is_over(
    team: Team, member: Person, lead: Person, guest: Person, burning: Sli
) -> None:  # fmt: skip
    promise(burning)
    later(team, 12)
    message = Message.objects.get()
    assert (message.topic, message.subject) == (
        "objective-alert",
        "It answers: the error budget burns too fast (page, 30 and 3 min)",
    )
    assert (message.thread, message.urgency) == ("objective:answers", Urgency.PRESSING)
    assert message.path == "/t/rcd/objectives/answers/"
    assert message.body.startswith("Since 14 October, 08:11 EDT. ")
    told = set(Delivery.objects.values_list("recipient_id", flat=True))
    assert told == {str(member.pk), str(lead.pk)}
    for minutes in (13, 14, 40, 41):
        later(team, minutes)
    over = Message.objects.exclude(pk=message.pk).get()
    assert (over.subject, over.thread) == (message.subject, message.thread)
    assert over.body == "It is over since 14 October, 08:26 EDT, after 15 min."


def test_a_ticket_is_not_pressing(team: Team, member: Person, burning: Sli) -> None:
    promise(burning, TICKET)
    later(team, 12)
    assert Message.objects.get().urgency == Urgency.NORMAL


def test_what_was_over_when_it_was_found_is_told_to_nobody(team: Team, member: Person, burning: Sli) -> None:
    promise(burning)
    later(team, 59)
    assert AlertEpisode.objects.get().closed_at is not None
    assert not Message.objects.exists()


def test_an_alert_that_is_undone_is_not_told(team: Team, member: Person, burning: Sli) -> None:
    """The message lives in the transaction of the episode: without the one there is not the other."""
    promise(burning)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hortus.products.slos.evaluation._keep", _fails)
        with pytest.raises(RuntimeError):
            later(team, 12)
    assert not AlertEpisode.objects.exists()
    assert not Message.objects.exists()
    later(team, 12)
    assert Message.objects.count() == 1


def _fails(*_: object) -> None:
    raise RuntimeError("the disk is full")


def test_open_alerts_stand_beside_those_of_other_programs_and_listeners_hear_of_them(
    team: Team, member: Person, burning: Sli, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    heard: list[Changed] = []
    monkeypatch.setattr(standing, "_LISTENERS", [lambda _team, changes: heard.extend(changes)])
    promise(burning)
    assert telling.stand(team) == []
    later(team, 12)
    episode = AlertEpisode.objects.get()
    (shown,) = [one for one in standing.standing(team) if one.ref.kind == "alert"]
    assert (shown.title, shown.since, shown.is_over) == (
        "It answers: the error budget burns too fast (page, 30 and 3 min)",
        episode.opened_at,
        False,
    )
    later(team, 40)
    assert telling.stand(team) == []
    found = standing.find(team, "alert", str(episode.pk))
    assert found is not None
    assert found.is_over
    assert telling.found(team, "alert", "no id") is None
    assert [(one.change, one.ref.id) for one in heard] == [
        (Change.OPENED, str(episode.pk)), (Change.ENDED, str(episode.pk)),
    ]  # fmt: skip
