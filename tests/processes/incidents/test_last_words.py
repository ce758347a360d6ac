"""What is said at the end and in public: in whose words, to whom, with which questions answered, and by whom."""

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue.models import Bulletin
from hortus.ledger.outbox.models import Delivery, Message
from hortus.processes.incidents import actions, moves, questions, roles, words
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.words import FunctionSaid, Said
from tests.conftest import signed_in
from tests.processes.incidents.course_of import NOON, a_function, declared, minutes
from tests.processes.incidents.test_pages import text
from tests.processes.incidents.test_verbs import refused

pytestmark = pytest.mark.django_db
ROOM = "/t/rcd/incidents/1/"
SAID = Said(cannot="log in.", trying="We restart it.", is_public=True)


def test_the_words_of_an_alert_are_not_published(team: Team, member: Person) -> None:
    gate = [FunctionSaid(a_function(team, member), "degraded")]
    incident = actions.report(team, "LoginSlow: login takes 40 s", by=None, door="alert", at=NOON)
    roles.take_lead(incident, by=member, door="web", at=NOON)
    said = Said(cannot=SAID.cannot, is_public=True, conditions=gate)
    with refused("no-headline", "headline"):
        words.update(incident, said, by=member, door="web", at=NOON)
    assert not Bulletin.objects.exists()
    first = Said(cannot=SAID.cannot, is_public=True, conditions=gate, headline="Logging in takes long")
    words.update(incident, first, by=member, door="web", at=NOON)
    words.update(incident, said, by=member, door="web", at=NOON + minutes(9))
    assert set(Bulletin.objects.values_list("title", flat=True)) == {"Logging in takes long"}


def test_everybody_gets_the_last_words_and_each_once(
    team: Team, member: Person, lead: Person, reader: Person
) -> None:  # fmt: skip
    incident = declared(team, member)
    roles.assign(incident, "deputy", lead, by=member, door="web", at=NOON)
    roles.watch(incident, by=reader, door="web", at=NOON)
    words.update(incident, Said(trying="The old version is back."), by=member, door="web", then="resolve", at=NOON)
    last = Message.objects.filter(thread=incident.thread).exclude(body__contains="declared").latest("made_at")
    assert "It is resolved.\nWe are trying: The old version is back.\nThis is the last word." in last.body
    heard = Delivery.objects.filter(message=last, recipient_kind="person").values_list("recipient_id", flat=True)
    assert {str(lead.pk), str(reader.pk)} <= set(heard)
    assert Message.objects.filter(body__contains="The old version is back.").count() == 1


def test_a_question_about_danger_is_answered_before_the_end(team: Team, member: Person, reader: Person) -> None:
    incident = declared(team, member)
    asked = questions.ask(incident, "Are files lost?", by=reader, door="web", urgency="data", at=NOON)
    questions.ask(incident, "Is it the network?", by=reader, door="web", at=NOON)
    with refused("not-answered"):
        moves.resolve(incident, by=member, door="cli", at=NOON)
    with refused("not-answered", "answers"):
        words.update(incident, Said(trying="It is over."), by=member, door="web", then="resolve", at=NOON)
    end = Said(trying="It is over.", answers={asked.pk: "No, none."})
    words.update(incident, end, by=member, door="web", then="resolve", at=NOON)
    incident.refresh_from_db()
    assert incident.state == "resolved"


def test_the_page_says_which_questions_were_left(as_member: Client, team: Team, member: Person, reader: Person) -> None:
    incident = declared(team, member)
    questions.ask(incident, "Is it the network?", by=reader, door="web", at=NOON)
    words.update(incident, Said(trying="It is over."), by=member, door="web", then="resolve", at=NOON)
    page = text(as_member, ROOM)
    assert "1 question was not answered before it was over." in page
    assert "answered by" not in page


@pytest.mark.parametrize("left", [{"cannot": "log in."}, {"f-scratch": "degraded", "instead": "be patient."}])
def test_the_form_asks_whether_users_are_left_so(
    as_member: Client, team: Team, member: Person, left: dict[str, str]
) -> None:  # fmt: skip
    a_function(team, member, "scratch")
    declared(team, member)
    sent = {"trying": "It works.", "then": "resolve", "is_public": "on", "headline": "Logging in", **left}
    page = as_member.post(f"{ROOM}update/", sent).content.decode()
    assert "You end it, and say of users:" in page
    assert 'name="stays"' in page
    assert Incident.objects.get(team=team).is_open
    as_member.post(f"{ROOM}update/", sent | {"stays": "on"})
    assert not Incident.objects.get(team=team).is_open


def test_who_took_command_says_how_it_stands(team: Team, member: Person, reader: Person) -> None:
    incident = declared(team, member)
    as_reader = signed_in(reader)
    page = as_reader.post(f"{ROOM}update/", {"trying": "We look."}, follow=True).content.decode()
    assert "after taking command of it" in page
    assert not incident.updates.exists()
    roles.take_command(incident, by=reader, door="web")
    assert "Say how it stands" in as_reader.get(ROOM).content.decode()
    assert as_reader.post(f"{ROOM}update/", {"trying": "We look."}).status_code == 302
    assert incident.updates.get().by == reader


def test_what_is_pasted_too_long_is_refused_whole(as_member: Client, team: Team, member: Person) -> None:
    declared(team, member)
    assert "maxlength" not in as_member.get(ROOM).content.decode().partition('name="trying"')[2].partition(">")[0]
    page = as_member.post(f"{ROOM}update/", {"trying": "x" * 400}).content.decode()
    assert "x" * 400 in page
    assert "at most 300 characters" in page


def test_a_programs_key_serves_for_one_text(team: Team, member: Person) -> None:
    first = actions.declare(team, "Nobody can log in", by=member, door="api", client_key="k1")
    assert actions.declare(team, "Nobody can log in", by=member, door="api", client_key="k1") == first
    with refused("key-used"):
        actions.declare(team, "Nobody can submit", by=member, door="api", client_key="k1")
    words.update(first, Said(trying="We look."), by=member, door="cli", client_key="k2")
    with refused("key-used"):
        words.update(first, Said(trying="We found it."), by=member, door="cli", client_key="k2")
    assert Incident.objects.count() == first.updates.count() == 1


def test_what_is_late_stands_first_in_the_list(as_member: Client, team: Team, member: Person) -> None:
    late = declared(team, member, sentence="Late one")
    actions.declare(team, "Fresh one", by=member, door="web")
    assert late.promise is not None
    page = text(as_member, "/t/rcd/incidents/")
    assert page.index("Late one") < page.index("Fresh one")


def test_danger_is_asked_first_in_the_form(as_member: Client, team: Team, member: Person, reader: Person) -> None:
    incident = declared(team, member)
    questions.ask(incident, "Is it the network?", by=reader, door="web")
    questions.ask(incident, "Are files lost?", by=reader, door="web", urgency="data")
    form = text(as_member, ROOM).partition("Say how it stands")[2]
    assert form.index("Are files lost?") < form.index("Is it the network?")
