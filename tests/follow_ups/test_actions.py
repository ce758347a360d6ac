"""Verbs of follow-ups: what they change, what they tell, what they refuse, and what stays among few."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.follow_ups import actions, telling
from hortus.follow_ups.models import FollowUp
from hortus.ledger.models import Event, SearchEntry
from hortus.ledger.outbox.models import Delivery, Message
from hortus.values.refused import Refused
from tests.follow_ups.conftest import Make  # type: ignore[import-not-found]


def _events() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("verb", flat=True))


def test_a_life_is_told_step_by_step(make: Make, lead: Person, member: Person, today: date) -> None:
    one = make(owner=member)
    assert actions.hand(one, lead, by=member, door="test")
    assert not actions.hand(one, lead, by=member, door="test")
    assert actions.move(one, today + timedelta(days=20), "The part comes late.", by=lead, door="test")
    actions.do(one, by=lead, door="test")
    actions.reopen(one, by=lead, door="test")
    actions.drop(one, "The service goes away.", by=lead, door="test")
    assert _events() == ["added", "handed on", "moved", "done", "opened again", "dropped"]
    one.refresh_from_db()
    assert (one.state, one.reason, one.moves, one.owner) == ("dropped", "The service goes away.", 1, lead)
    assert one.ended_at is not None
    assert SearchEntry.objects.get(object_kind="follow-up").title == "Write it down (not doing)"


def test_what_ended_is_not_changed_before_it_is_opened_again(make: Make, lead: Person, today: date) -> None:
    one = make()
    actions.do(one, by=lead, door="test")
    for act in (
        lambda: actions.do(one, by=lead, door="test"),
        lambda: actions.drop(one, "No.", by=lead, door="test"),
        lambda: actions.hand(one, lead, by=lead, door="test"),
        lambda: actions.move(one, today, "Sooner.", by=lead, door="test"),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "ended"
    assert _events() == ["added", "done"]


def test_bad_input_is_named(make: Make, today: date, reader: Person, stranger: Person, lead: Person) -> None:
    for given, field in (
        ({"text": "  "}, "text"), ({"text": "x" * 301}, "text"), ({"text": "a\x01"}, "text"),
        ({"due_on": today - timedelta(days=1)}, "due_on"), ({"due_on": today + timedelta(days=2000)}, "due_on"),
        ({"owner": reader}, "owner"), ({"owner": stranger}, "owner"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            make(**given)
        assert refused.value.field == field
    one = make()
    for verb in (actions.drop, lambda *args, **kw: actions.move(one, today, *args[1:], **kw)):
        with pytest.raises(Refused) as refused:
            verb(one, " ", by=lead, door="test")
        assert refused.value.field == "reason"
    assert _events() == ["added"]


def test_the_owner_hears_of_it_and_who_took_it_knows(make: Make, lead: Person, member: Person) -> None:
    make("Mine", owner=lead)
    assert not Message.objects.exists()
    one = make("Yours", owner=member)
    assert Message.objects.get().subject == "A follow-up is yours: Yours"
    assert set(Delivery.objects.values_list("recipient_kind", "recipient_id")) == {("person", str(member.pk))}
    actions.hand(one, None, by=lead, door="test")
    assert Message.objects.count() == 1


def _at(team: Team, day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), team.zoneinfo)


def test_reminders_come_on_the_day_then_weekly_and_never_twice(
    make: Make, team: Team, member: Person, today: date
) -> None:
    one = make(owner=member, due_on=today)
    assert telling.remind(team, _at(team, today, 7)) == 0
    assert telling.remind(team, _at(team, today)) == 1
    assert telling.remind(team, _at(team, today + timedelta(days=6))) == 0
    # Nobody worked for three weeks: one message, not three.
    assert telling.remind(team, _at(team, today + timedelta(days=25))) == 1
    assert telling.remind(team, _at(team, today + timedelta(days=25), 10)) == 0
    subjects = list(Message.objects.order_by("made_at", "pk").values_list("subject", flat=True))
    assert sorted(subjects) == [
        "A follow-up is 25 days late: Write it down", "A follow-up is due today: Write it down",
        "A follow-up is yours: Write it down",
    ]  # fmt: skip
    actions.do(one, by=member, door="test")
    assert telling.remind(team, _at(team, today + timedelta(days=40))) == 0


def test_what_ended_or_was_handed_on_meanwhile_is_not_sent(make: Make, lead: Person, member: Person) -> None:
    one = make(owner=member)
    delivery = Delivery.objects.select_related("message").get(recipient_id=str(member.pk))
    assert telling.permits(delivery) == ""
    actions.hand(one, lead, by=member, door="test")
    assert telling.permits(delivery) == "it was handed on"
    actions.do(one, by=lead, door="test")
    assert telling.permits(delivery) == "it is not open any more"


def test_words_kept_among_few_are_in_no_event_message_or_search(
    make: Make, lead: Person, admin: Person, member: Person, reader: Person, today: date
) -> None:
    one = make("Talk with Kim about leave", owner=admin, guard=Kind.ENGINE)
    actions.move(one, today + timedelta(days=3), "Kim is away.", by=lead, door="test")
    seen = [*Event.objects.values_list("object_name", "payload"), *Message.objects.values_list("subject", "body")]
    assert "Kim" not in str(seen)
    assert Message.objects.count() == 1
    assert not SearchEntry.objects.exists()
    assert list(FollowUp.objects.visible_to(member)) == [one]
    assert not FollowUp.objects.visible_to(reader).exists()  # readers read follow-ups, but not these


def test_the_order_is_mine_nobodys_others(make: Make, lead: Person, member: Person, today: date) -> None:
    late, others, mine = make("late"), make("others", owner=lead), make("mine", owner=member)
    soon = make("soon", due_on=today)
    assert list(FollowUp.objects.mine_first(member)) == [mine, soon, late, others]


def test_a_person_who_made_one_cannot_be_deleted(make: Make, lead: Person) -> None:
    make()
    with pytest.raises(ProtectedError):
        lead.delete()
    assert timezone.now() > FollowUp.objects.get().made_at
