"""Reminders follow from how things stand when somebody looks: each comes once, and hours later only the last."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from hortus.access.models import Membership, Person, Team
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Delivery, Message
from hortus.processes.incidents import actions, moves, reminders, roles, words
from hortus.processes.incidents.models import Promise
from tests.processes.incidents.course_of import NOON, TRYING, declared, minutes

pytestmark = pytest.mark.django_db


def reminded() -> list[Message]:
    return list(Message.objects.filter(topic="incident-reminder").order_by("made_at", "pk"))


def persons(message: Message) -> set[str]:
    rows = Delivery.objects.filter(message=message, recipient_kind="person")
    return set(rows.values_list("recipient_id", flat=True))


def look_every_minute(first: datetime, last: datetime) -> list[datetime]:
    """Look as the worker does; return when a reminder was written."""
    found, at = [], first
    while at <= last:
        found += [at] * reminders.keep_all(at)
        at += minutes(1)
    return found


def test_each_reminder_comes_once_and_to_whom_it_is_for(
    team: Team, member: Person, lead: Person, reader: Person
) -> None:
    incident = declared(team, member)
    roles.assign(incident, "deputy", reader, by=member, door="web")
    due = NOON + minutes(15)
    assert look_every_minute(NOON, NOON + timedelta(hours=3)) == [due - minutes(5), due, due + minutes(10)]
    soon, now_due, late = (Message.objects.get(dedupe_key__endswith=f":{word}") for word in ("soon", "due", "late"))
    assert persons(soon) == {str(member.pk)}
    assert persons(now_due) == {str(member.pk), str(reader.pk)}
    assert persons(late) == {str(reader.pk)}
    assert [one.useful_until for one in (soon, now_due)] == [due, due + minutes(10)]
    assert "07:15 on 3 March (EST)" in now_due.body
    assert now_due.subject == "#1 Scratch does not answer"


def test_a_missed_promise_is_recorded_once_after_its_grace(team: Team, member: Person) -> None:
    incident = declared(team, member)
    look_every_minute(NOON, NOON + minutes(20))
    assert not Event.objects.filter(verb="promise missed").exists()  # five minutes late is in time
    look_every_minute(NOON + minutes(21), NOON + timedelta(hours=2))
    words.update(incident, TRYING, by=member, door="web", at=NOON + timedelta(hours=2, minutes=1))
    assert Event.objects.filter(verb="promise missed").count() == 1
    first, second = Promise.objects.order_by("id")
    assert first.missed_at == NOON + minutes(21)
    assert first.ended_at == NOON + timedelta(hours=2, minutes=1)
    assert second.missed_at is None


def test_after_three_silent_hours_there_is_one_overdue_reminder(team: Team, member: Person, lead: Person) -> None:
    """Nobody looked for three hours: all are told once, together, and the promise counts as missed."""
    declared(team, member)
    back = NOON + timedelta(hours=3)
    assert look_every_minute(back, back + timedelta(hours=1)) == [back]
    (message,) = reminded()
    assert persons(message) == {str(member.pk), str(lead.pk)}  # without a deputy, the lead of the team
    assert message.dedupe_key
    assert message.dedupe_key.endswith(":late")
    promise = Promise.objects.get()
    assert promise.missed_at == back


@pytest.mark.parametrize("seed", range(5))
def test_however_often_somebody_looks_no_reminder_comes_twice(team: Team, member: Person, seed: int) -> None:
    chance = random.Random(seed)
    declared(team, member)
    looks = sorted(chance.randint(0, 60 * 60) for _ in range(40))
    for seconds in looks + looks[::3]:  # and a clock that goes back
        reminders.keep_all(NOON + timedelta(seconds=seconds))
    keys = [message.dedupe_key for message in reminded()]
    assert len(keys) == len(set(keys)) <= 3


def test_a_clock_that_goes_back_an_hour_neither_storms_nor_stalls(team: Team, member: Person) -> None:
    incident = declared(team, member)
    reminders.keep_all(NOON + minutes(16))
    assert len(reminded()) == 1
    look_every_minute(NOON - minutes(45), NOON + minutes(16))  # the hour comes again
    assert len(reminded()) == 1
    words.update(incident, TRYING, by=member, door="web", at=NOON - minutes(40))
    assert look_every_minute(NOON - minutes(40), NOON - minutes(10)) == [NOON - minutes(15), NOON - minutes(10)]


def test_what_was_missed_stays_missed_when_the_clock_goes_back(team: Team, member: Person) -> None:
    incident = declared(team, member)
    reminders.keep_all(NOON + minutes(30))
    words.update(incident, TRYING, by=member, door="web", at=NOON + minutes(3))
    first = Promise.objects.order_by("id")[0]
    assert first.missed_at == NOON + minutes(30)
    assert (first.kept_at, first.ended_at) == (None, NOON + minutes(3))


def test_one_reminder_at_the_right_instant_in_the_night_of_two_hours(team: Team, member: Person) -> None:
    """Said at 01:50 before the clocks go back: due 30 minutes later, when clocks show 01:20."""
    declared_at = datetime(2026, 11, 1, 5, 40, tzinfo=UTC)  # 01:40 EDT
    incident = declared(team, member, at=declared_at)
    said_at = declared_at + minutes(10)
    words.update(incident, TRYING, by=member, door="web", at=said_at)
    due = said_at + minutes(30)
    found = look_every_minute(said_at, said_at + timedelta(minutes=95))
    assert found == [due - minutes(5), due, due + minutes(10)]
    message = Message.objects.get(dedupe_key__endswith=":due")
    assert "01:20 on 1 November (EST)" in message.body


def test_what_is_over_or_waived_reminds_nobody(team: Team, member: Person) -> None:
    incident = declared(team, member)
    moves.resolve(incident, by=member, door="web", at=NOON + minutes(2))
    assert look_every_minute(NOON, NOON + timedelta(hours=1)) == []
    promise = Promise.objects.get()
    assert (promise.waived, promise.missed_at, promise.kept_at) == ("resolved", None, None)


def test_the_team_hears_when_nobody_leads(team: Team, member: Person, lead: Person) -> None:
    incident = actions.report(team, "Disk full", by=None, door="alert", at=NOON)
    assert look_every_minute(NOON, NOON + timedelta(hours=1)) == [NOON + minutes(5)]
    (message,) = reminded()
    assert persons(message) == {str(member.pk), str(lead.pk)}
    moves.dismiss(incident, reason="A test", by=member, door="web", at=NOON + timedelta(hours=2))
    moves.undismiss(incident, by=member, door="web", at=NOON + timedelta(hours=3))
    assert look_every_minute(NOON + timedelta(hours=3), NOON + timedelta(hours=4)) == [
        NOON + timedelta(hours=3, minutes=5)
    ]


def test_the_lead_is_asked_once_a_working_day_whether_it_is_still_open(team: Team, member: Person) -> None:
    """Declared on Thursday at 07:00: asked on Friday morning, then on Monday, within working hours."""
    thursday = datetime(2026, 3, 5, 12, tzinfo=UTC)
    incident = declared(team, member, at=thursday)
    Promise.objects.filter(incident=incident).update(reminded=3)
    found = [
        (thursday + timedelta(hours=hours)).astimezone(team.zoneinfo)
        for hours in range(24 * 5)
        if reminders.keep_all(thursday + timedelta(hours=hours))
    ]
    assert [f"{at:%a %H}" for at in found] == ["Fri 09", "Mon 09", "Tue 09"][: len(found)]
    assert len(found) == 2


def test_one_that_fails_keeps_none_of_the_others_waiting(team: Team, member: Person, lead: Person) -> None:
    """A zone that this machine does not know stops the reminders of its own team only, at each of the three looks."""
    broken = Team.objects.create(slug="broken", name="Broken", zone=team.zone)
    for one in (broken, team):
        Membership.objects.get_or_create(team=one, person=member, defaults={"role": "member"})
        actions.declare(one, "Scratch does not answer", by=member, door="web", at=NOON)
        actions.report(one, "Disk full", by=None, door="alert", at=NOON)
    Team.objects.filter(pk=broken.pk).update(zone="Nowhere/At-All")
    with pytest.raises(RuntimeError, match="nobody can be reminded of incident broken #1"):
        reminders.keep_all(NOON + timedelta(hours=27))
    assert [message.team for message in reminded()] == [team] * 3
    with pytest.raises(RuntimeError):  # what is wrong stays so, and nothing is said twice
        reminders.keep_all(NOON + timedelta(hours=27))
    assert len(reminded()) == 3
