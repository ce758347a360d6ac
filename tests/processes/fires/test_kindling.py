"""Fires and kindling at their verbs: what makes a card, what answers it, what incidents bring."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from hortus.access.models import Person, Team
from hortus.catalogue import actions as catalogue
from hortus.catalogue.models import Service
from hortus.ledger.actions import record
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Message
from hortus.ledger.refs import Ref
from hortus.processes.fires import actions, measures
from hortus.processes.fires.actions import Answered, Noted
from hortus.processes.fires.gathering import gather, look_again
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.reads import origins, quiet
from hortus.processes.fires.rules.kindling import ENOUGH, SPAN, Answer, kindles, tags_of
from hortus.processes.fires.tasks import letter, tell_week
from hortus.values.evidence import Slice
from hortus.values.origin import Origin
from hortus.values.refused import Refused

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def alder(team: Team, lead: Person) -> Service:
    return catalogue.add(
        team, catalogue.Details("Alder", "cluster", "Run jobs.", None, None), by=lead, door="web", slug="alder"
    )


def burn(team: Team, by: Person, days_ago: float, *tags: str, service: str = "alder") -> Fire:
    at = NOW - timedelta(days=days_ago)
    return actions.note(team, Noted(service, "It broke.", Origin.GAP, tags), by=by, door="web", noted_at=at)


@given(st.lists(st.integers(0, 400), max_size=12), st.none() | st.integers(0, 400))
def test_a_card_holds_enough_fires_of_one_span_after_the_last_answer(days: list[int], answered: int | None) -> None:
    times = [NOW + timedelta(days=day) for day in days]
    after = None if answered is None else NOW + timedelta(days=answered)
    found = list(kindles(times, after))
    fresh = sorted(at for at in times if after is None or at > after)
    slow = [at for at in fresh if fresh[-1] - at < SPAN]
    assert found == (slow if len(slow) >= ENOUGH else [])


@given(st.text(max_size=60))
def test_tags_are_in_one_spelling(text: str) -> None:
    try:
        found = tags_of(text)
    except Refused:
        return
    assert tags_of(found) == found == sorted(set(found))


def test_three_of_a_service_in_90_days_make_one_card_and_one_message(
    team: Team, lead: Person, member: Person, alder: Service
) -> None:
    for days in (200, 80, 40):
        burn(team, member, days)
    assert not Kindling.objects.exists()
    burn(team, member, 2)
    card = Kindling.objects.get()
    assert (str(card), card.is_of_service, card.fires.count()) == ("alder", True, 3)
    burn(team, member, 1)
    assert Kindling.objects.get().fires.count() == 4
    message = Message.objects.get(topic="kindling")
    assert message.object_id == str(card.pk)
    assert "3 fires in 90 days have the service alder in common." in message.body
    assert Event.objects.filter(verb="kindled", object_kind="kindling").count() == 1


def test_a_tag_that_tells_the_same_makes_no_second_card(team: Team, member: Person, alder: Service) -> None:
    for days in (30, 20, 10):
        burn(team, member, days, "Cooling")
    assert [str(card) for card in Kindling.objects.all()] == ["alder"]


def test_a_tag_across_services_makes_a_card(team: Team, member: Person, alder: Service) -> None:
    for days, service in ((30, ""), (20, "alder"), (10, "")):
        burn(team, member, days, "cooling", service=service)
    assert [card.subject for card in Kindling.objects.all()] == ["tag:cooling"]


def test_an_answered_card_comes_back_only_by_three_new_fires(team: Team, member: Person, alder: Service) -> None:
    for days in (50, 45, 40):
        burn(team, member, days)
    card = Kindling.objects.get()
    given_answer = Answered(Answer.PROCESS, "Restart in the written order")
    actions.answer(card, given_answer, by=member, door="web", at=NOW - timedelta(days=39))
    for days in (30, 20):
        burn(team, member, days)
    assert Kindling.objects.open().count() == 0
    burn(team, member, 10)
    assert Kindling.objects.open().get().fires.count() == 3


def test_answering_twice_is_refused_with_the_first_answer(team: Team, member: Person, alder: Service) -> None:
    for days in (50, 45, 40):
        burn(team, member, days)
    card = Kindling.objects.get()
    actions.answer(card, Answered(Answer.BOUNDARY, "Agree on notice"), by=member, door="web")
    with pytest.raises(Refused, match="Agree on notice"):
        actions.answer(card, Answered(Answer.PEOPLE, "Teach two more"), by=member, door="web")


@pytest.mark.parametrize(
    ("answer", "sentence", "on", "field"),
    [
        ("hope", "x", None, "answer"),
        (Answer.PROCESS, " ", None, "sentence"),
        (Answer.PROCESS, "x", date(2099, 1, 1), "look_again_on"),
        (Answer.ACCEPTED, "x", None, "look_again_on"),
        (Answer.ACCEPTED, "x", date(2020, 1, 1), "look_again_on"),
    ],
)
def test_an_answer_must_make_sense(
    team: Team, member: Person, alder: Service, answer: str, sentence: str, on: date | None, field: str
) -> None:
    for days in (50, 45, 40):
        burn(team, member, days)
    with pytest.raises(Refused) as refused:
        actions.answer(Kindling.objects.get(), Answered(answer, sentence, on), by=member, door="web")
    assert refused.value.field == field


def test_what_is_accepted_is_looked_at_again_on_its_day_once(team: Team, member: Person, alder: Service) -> None:
    for days in (50, 45, 40):
        burn(team, member, days)
    on = (NOW - timedelta(days=5)).date()
    accepted = Answered(Answer.ACCEPTED, "The racks go in summer", on)
    actions.answer(Kindling.objects.get(), accepted, by=member, door="web", at=NOW - timedelta(days=39))
    assert look_again(team, NOW - timedelta(days=6)) == []
    (again,) = look_again(team, NOW)
    assert again.before is not None
    assert again.before.sentence == "The racks go in summer"
    assert look_again(team, NOW) == []
    assert "look at it again: The racks go in summer" in Message.objects.get(object_id=str(again.pk)).body


@pytest.mark.parametrize(
    ("noted", "field"),
    [
        (Noted(service="nowhere"), "service"),
        (Noted(origin="fate"), "origin"),
        (Noted(sentence="x" * 301), "sentence"),
        (Noted(tags=["t" * 41]), "tags"),
        (Noted(tags=[f"t{n}" for n in range(9)]), "tags"),
        (Noted(sentence="a\0b"), "sentence"),
    ],
)
def test_what_cannot_be_noted_is_refused_and_nothing_is_written(
    team: Team, member: Person, noted: Noted, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        actions.note(team, noted, by=member, door="web")
    assert refused.value.field == field
    assert not Fire.objects.exists()


def tell_of_incident(team: Team, number: str, verb: str, days_ago: float, **payload: object) -> None:
    with transaction.atomic():
        record(
            team, verb, Ref("incident", number, f"Incident {number}"), by=None, source="web", service="alder",
            at=NOW - timedelta(days=days_ago), payload=payload,
        )  # fmt: skip


def test_incidents_are_gathered_once_with_their_origin_and_leave_when_dismissed(
    team: Team, member: Person, alder: Service
) -> None:
    for number, days in (("1", 30), ("2", 20), ("3", 10)):
        tell_of_incident(team, number, "declared", days)
    assert (gather(team, NOW), gather(team, NOW)) == (3, 0)
    assert Kindling.objects.get().fires.count() == 3
    tell_of_incident(team, "2", "corrected", 5, changed={"origin": ["none", "outside"], "tags": ["none", "disk, Fan"]})
    tell_of_incident(team, "3", "dismissed", 5)
    assert gather(team, NOW) == 2
    second = Fire.objects.get(object_id="2")
    assert (second.origin, second.tags) == (Origin.OUTSIDE, ["disk", "fan"])
    assert [fire.object_id for fire in Fire.objects.counted()] == ["2", "1"]
    assert origins(team, NOW).sentence == "0 of 2 fires in 90 days came from ourselves, of 1 it is not known yet."
    with pytest.raises(Refused, match="incident"):
        actions.correct(Fire.objects.get(object_id="1"), Noted(), by=member, door="web")


def test_quiet_services_are_named_with_what_was_mended(team: Team, member: Person, alder: Service) -> None:
    for days in (70, 65, 60):
        burn(team, member, days)
    actions.answer(
        Kindling.objects.get(), Answered(Answer.PRODUCT, "The valve was replaced"), by=member, door="web",
        at=NOW - timedelta(days=59),
    )  # fmt: skip
    (one,) = quiet(team, NOW)
    assert one.sentence == "Alder: 60 days without a fire, after: The valve was replaced"
    told = letter(team, NOW)
    assert told is not None
    assert told[0] == "2026-W10"
    assert one.sentence in told[1]


def test_the_week_is_told_once(team: Team, member: Person, alder: Service, other_team: Team) -> None:
    burn(team, member, 3)
    tell_week.call()
    tell_week.call()
    assert [message.team for message in Message.objects.filter(topic="fires-week")] == [team]


def test_kindling_is_counted_when_it_is_older_than_30_days(team: Team, member: Person, alder: Service) -> None:
    day = NOW.date()
    assert measures.kindling_unanswered(team, day) is None
    for days in (60, 55, 50):
        burn(team, member, days)
    reading = measures.kindling_unanswered(team, day)
    assert reading is not None
    assert (reading.value, reading.n) == (1, 4)
    earlier = measures.kindling_unanswered(team, day - timedelta(days=45))
    assert earlier is not None
    assert earlier.value == 0
    evidence = measures.kindling_unanswered_evidence(team, day, Slice(), persons=False)
    assert [(row[1], row[3]) for row in evidence.rows] == [("unanswered too long", 3)]
    actions.answer(Kindling.objects.get(), Answered(Answer.NOT_OURS, "The campus network"), by=member, door="web")
    after = measures.kindling_unanswered(team, day)
    assert after is not None
    assert after.value == 1  # it was open still at the end of that day


def test_what_is_entered_long_after_asks_nobody_anything(team: Team, member: Person, alder: Service) -> None:
    for days in (300, 290, 280):
        at = NOW - timedelta(days=days)
        actions.note(team, Noted("alder"), by=member, door="web", at=at, noted_at=NOW)
    assert Fire.objects.count() == 3
    assert not Kindling.objects.exists()
    for days in (60, 50, 40):
        at = NOW - timedelta(days=days)
        actions.note(team, Noted("alder"), by=member, door="web", at=at, noted_at=NOW)
    assert Kindling.objects.get().opened_at == NOW  # nobody was asked before
