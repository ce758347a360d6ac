"""Who may not read incidents, reviews or follow-ups any more hears no word of them, however long it was on its way."""

from datetime import timedelta

import pytest

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.catalogue.models import Service
from hortus.follow_ups import actions as follow_ups
from hortus.ledger import clock
from hortus.ledger.outbox.models import Delivery
from hortus.ledger.outbox.objections import objection
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, questions, roles, words
from hortus.processes.incidents.reviews import actions as reviews
from tests.processes.incidents.course_of import TRYING, declared

pytestmark = pytest.mark.django_db


def now_guest(person: Person) -> None:
    Membership.objects.filter(person=person).update(role=Role.GUEST.value)


def waiting(person: Person) -> list[Delivery]:
    rows = Delivery.objects.filter(recipient_kind="person", recipient_id=str(person.pk))
    return list(rows.select_related("message", "team").order_by("pk"))


def test_an_observer_who_becomes_a_guest_hears_nothing_more(team: Team, member: Person, reader: Person) -> None:
    incident = declared(team, member, at=clock.now())
    roles.watch(incident, by=reader, door="web")
    asked = questions.ask(incident, "Is data safe?", by=reader, door="web")
    words.update(incident, TRYING, by=member, door="web")
    questions.answer(asked, "Yes.", by=member, door="web")
    on_their_way = waiting(reader)
    assert [one.message.topic for one in on_their_way] == ["incident", "incident-update", "incident-question"]
    assert {objection(one, clock.now()) for one in on_their_way} == {""}
    now_guest(reader)
    assert {objection(one, clock.now()) for one in on_their_way} == {"they may not read incidents any more"}
    words.update(incident, TRYING, by=member, door="web")
    assert len(waiting(reader)) == len(on_their_way)
    Membership.objects.filter(person=reader).delete()
    words.update(incident, TRYING, by=member, door="web")
    assert len(waiting(reader)) == len(on_their_way)
    Membership.objects.create(person=reader, team=team, role=Role.READER.value)  # who comes back watches on
    words.update(incident, TRYING, by=member, door="web")
    assert len(waiting(reader)) == len(on_their_way) + 1


def test_an_owner_who_became_a_guest_is_not_asked_when_something_is_reported(
    team: Team, member: Person, lead: Person, reader: Person
) -> None:
    given = {"name": "Alder", "sort": "cluster", "sentence": "Runs jobs.", "owner": reader, "deputy": member}
    alder = Service.objects.create(team=team, slug="alder", **given)
    now_guest(reader)
    actions.report(team, "Alder is slow", by=None, door="alert", services=[alder])
    assert (len(waiting(reader)), len(waiting(member)), len(waiting(lead))) == (0, 1, 0)
    now_guest(member)
    actions.report(team, "Alder is slower", by=None, door="alert", services=[alder])
    assert (len(waiting(reader)), len(waiting(member)), len(waiting(lead))) == (0, 1, 1)


def test_a_writer_and_an_owner_who_became_guests_get_no_words(team: Team, member: Person, lead: Person) -> None:
    review = reviews.near_miss(team, "The disk nearly ran full", by=member, door="web")
    reviews.hand(review, None, by=member, door="web")
    before = len(waiting(member))
    reviews.hand(review, member, by=lead, door="web")
    day = clock.now().date() + timedelta(days=9)
    draft = follow_ups.Draft("Renew the certificates", day, member, "They end.")
    follow_ups.add(team, draft, Ref("review", "1", "A night"), by=lead, door="web")
    of_review, of_follow_up = waiting(member)[before:]
    assert [objection(one, clock.now()) for one in (of_review, of_follow_up)] == ["", ""]
    now_guest(member)
    assert objection(of_review, clock.now()) == "they may not read reviews any more"
    assert objection(of_follow_up, clock.now()) == "its owner may not read it any more"
