"""The verbs of an incident, one after the other: rows, event and messages of each, and what is refused."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.catalogue import publication
from hortus.catalogue.models import Bulletin, Function, NewsThread, Service, Statement, Subscriber
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, closing, merging, moves, notes, questions, roles, words
from hortus.processes.incidents.actions import Facts
from hortus.processes.incidents.models import Incident, Promise, RoleHeld, Update
from hortus.processes.incidents.rules import Move
from hortus.processes.incidents.words import FunctionSaid, Said
from hortus.values.refused import Refused
from tests.processes.incidents.course_of import NOON, TRYING, a_function, declared, minutes, told_again

pytestmark = pytest.mark.django_db


def refused(code: str, field: str = "") -> "pytest.RaisesExc[Refused]":
    return pytest.raises(Refused, check=lambda error: (error.code, error.field) == (code, field))


def told(incident: Incident, topic: str) -> set[str]:
    """Return the ids of the persons to whom messages of a topic about an incident are due."""
    rows = Delivery.objects.filter(message__topic=topic, message__thread=incident.thread, recipient_kind="person")
    return set(rows.values_list("recipient_id", flat=True))


def test_one_sentence_declares(team: Team, member: Person, lead: Person, guest: Person) -> None:
    incident = declared(team, member, sentence="  Nobody can\nlog in ")
    assert (incident.number, incident.title, incident.state) == (1, "Nobody can log in", "active")
    assert incident.lead == member
    assert incident.promise
    assert incident.promise.due_at == NOON + minutes(15)
    assert incident.promise.is_first
    event = Event.objects.about("incident", "1").get()
    assert (event.verb, event.actor, event.source, event.occurred_at) == ("declared", member, "web", NOON)
    assert told(incident, "incident") == {str(lead.pk)}  # the others of the team; who declared it knows, guests do not
    assert told_again(incident) == incident.course


@pytest.mark.parametrize(
    ("sentence", "code"), [("  ", "empty"), ("x" * 201, "too-long"), ("a\x07", "control-character")]
)
def test_a_sentence_is_needed(team: Team, member: Person, sentence: str, code: str) -> None:
    with refused(code, "sentence"):
        declared(team, member, sentence=sentence)
    assert not Incident.objects.exists()


def test_numbers_are_of_the_team(team: Team, other_team: Team, member: Person, stranger: Person) -> None:
    found = [declared(team, member).number, declared(other_team, stranger).number, declared(team, member).number]
    assert found == [1, 1, 2]


def test_a_service_of_others_is_refused(team: Team, other_team: Team, member: Person) -> None:
    theirs = Service.objects.create(team=other_team, slug="web", name="Web", sort="data", sentence="Answers.")
    with refused("not-in-team", "services"):
        actions.declare(team, "It is down", by=member, door="web", services=[theirs])


def test_a_report_promises_nothing_until_somebody_leads(team: Team, member: Person, lead: Person) -> None:
    incident = actions.report(
        team, "Disk is full", by=None, door="alert", at=NOON, from_alert=Ref("alert", "7", "Disk")
    )
    assert (incident.state, incident.lead, incident.promise) == ("reported", None, None)
    assert told(incident, "incident-proposed") == {str(lead.pk)}
    assert incident.links.get().words == "Disk"
    incident = roles.take_lead(incident, by=member, door="web", at=NOON + minutes(3))
    assert (incident.state, incident.lead) == ("active", member)
    assert incident.promise
    assert incident.promise.due_at == NOON + minutes(18)
    assert told_again(incident) == incident.course


def test_what_is_no_incident_is_dismissed_and_comes_back_for_a_day(team: Team, member: Person) -> None:
    incident = actions.report(team, "Disk is full", by=member, door="web", at=NOON)
    with refused("empty", "reason"):
        moves.dismiss(incident, reason=" ", by=member, door="web")
    incident = moves.dismiss(incident, reason="A test", by=member, door="web", at=NOON)
    assert (incident.state, incident.reason) == ("dismissed", "A test")
    with refused("wrong-state"):
        moves.undismiss(incident, by=member, door="web", at=NOON + timedelta(hours=25))
    assert moves.undismiss(incident, by=member, door="web", at=NOON + timedelta(hours=24)).state == "reported"
    assert told_again(incident).state == "reported"


def test_an_update_keeps_the_promise_and_makes_the_next(team: Team, member: Person, lead: Person) -> None:
    incident = declared(team, member)
    roles.assign(incident, "observer", lead, by=lead, door="web", at=NOON)
    outcome = words.update(incident, TRYING, by=member, door="web", at=NOON + minutes(20))
    assert (outcome.moved, outcome.why_not) == (None, "")
    first, second = incident.promises.order_by("id")
    assert first.kept_at == NOON + minutes(20)
    assert first.answered_by == outcome.update
    assert first.missed_at is None
    assert second == incident.promise
    assert second.due_at == NOON + minutes(50)
    message = Message.objects.get(topic="incident-update", by=member)
    assert message.subject == "#1 Scratch does not answer"
    assert "Next word by 07:50 on 3 March (EST)." in message.body
    assert told(incident, "incident-update") == {str(lead.pk)}
    assert not Bulletin.objects.exists()
    assert not incident.is_public


def test_a_late_update_misses_the_promise_once(team: Team, member: Person) -> None:
    incident = declared(team, member)
    words.update(incident, TRYING, by=member, door="web", at=NOON + minutes(21))
    first = incident.promises.order_by("id")[0]
    assert first.kept_at is None
    assert first.missed_at == NOON + minutes(21)
    assert first.ended_at
    assert Event.objects.filter(verb="promise missed").count() == 1


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        (Said(), "says-nothing", "trying"),
        (Said(trying="x" * 301), "too-long", "trying"),
        (Said(trying="We look.", data_safe="perhaps"), "unknown-data-safe", "data_safe"),
        (Said(trying="We look.", running_jobs="gone"), "unknown-running-jobs", "running_jobs"),
        (Said(trying="We look.", next_due=NOON + minutes(2)), "bad-next-due", "next_due"),
        (Said(trying="We look.", next_due=NOON + timedelta(hours=3)), "bad-next-due", "next_due"),
        (Said(trying="We look.", answers={77: "Yes"}), "no-question", "answers"),
    ],
)
def test_what_an_update_cannot_say(team: Team, member: Person, said: Said, code: str, field: str) -> None:
    incident = declared(team, member)
    with refused(code, field):
        words.update(incident, said, by=member, door="web", at=NOON + minutes(1))
    assert not Update.objects.exists()
    assert incident.promises.count() == 1


def test_a_published_update_sets_the_status_page(team: Team, member: Person, lead: Person) -> None:
    publication.settle(team, is_public=True, where_to_turn="", by=lead, door="web")
    scratch, incident = a_function(team, lead), declared(team, member)
    said = Said(
        cannot="reach scratch.", trying="We restart it.", is_public=True, data_safe="yes", running_jobs="at-risk",
        headline="Scratch is away", conditions=[FunctionSaid(scratch, "unavailable")],
    )  # fmt: skip
    words.update(incident, said, by=member, door="web", at=NOON + minutes(5))
    bulletin, word = Bulletin.objects.get(), Statement.objects.filter(function=scratch)[0]
    assert (bulletin.title, bulletin.trying, bulletin.next_update_at) == (
        "Scratch is away",
        "We restart it.",
        NOON + minutes(35),
    )
    assert (word.condition, word.cannot, word.data_safe, word.running_jobs) == (
        "unavailable",
        "reach scratch.",
        "yes",
        "at-risk",
    )
    incident.refresh_from_db()
    assert incident.is_public
    assert list(incident.functions.all()) == [scratch]


def test_conditions_belong_to_the_status_page(team: Team, member: Person) -> None:
    said = Said(trying="We look.", conditions=[FunctionSaid(a_function(team, member), "unavailable")])
    with refused("not-public", "conditions"):
        words.update(declared(team, member), said, by=member, door="web")


def test_resolving_says_how_each_function_stands(team: Team, member: Person) -> None:
    scratch, home = a_function(team, member), a_function(team, member, "home")
    incident = declared(team, member)
    both = [FunctionSaid(scratch, "unavailable"), FunctionSaid(home, "degraded", cannot="list folders fast.")]
    words.update(
        incident, Said(cannot="reach scratch.", is_public=True, conditions=both), by=member, door="web", at=NOON
    )
    with refused("final-update"):
        moves.resolve(incident, by=member, door="web", at=NOON + minutes(9))
    last = Said(can="do everything.", is_public=True, conditions=[FunctionSaid(scratch, "working")])
    with refused("final-update", "conditions"):
        words.update(incident, last, by=member, door="web", then="resolve", at=NOON + minutes(9))
    assert Statement.objects.filter(function=scratch)[0].condition == "unavailable"  # nothing was reset
    ends = [FunctionSaid(scratch, "working"), FunctionSaid(home, "degraded", cannot="list folders fast.")]
    last = Said(can="reach scratch.", is_public=True, conditions=ends)
    outcome = words.update(incident, last, by=member, door="web", then="resolve", at=NOON + minutes(9))
    incident.refresh_from_db()
    assert outcome.moved is Move.RESOLVE
    assert incident.state == "resolved"
    assert incident.promise is None
    assert [Statement.objects.filter(function=each)[0].condition for each in (scratch, home)] == ["working", "degraded"]
    assert outcome.update.is_last
    assert outcome.update.next_due is None
    assert not incident.roles.now().exists()
    assert told_again(incident) == incident.course


def test_containing_gives_two_hours_and_regression_takes_them(team: Team, member: Person) -> None:
    incident = declared(team, member)
    outcome = words.update(incident, TRYING, by=member, door="web", then="contain", at=NOON)
    assert outcome.moved is Move.CONTAIN
    assert outcome.update.next_due == NOON + timedelta(hours=2)
    moves.regress(incident, by=member, door="web", at=NOON + minutes(10))
    incident.refresh_from_db()
    assert incident.state == "active"
    assert incident.promise
    assert incident.promise.due_at == NOON + minutes(40)
    assert told_again(incident) == incident.course


def test_a_long_incident_waits_two_hours(team: Team, member: Person) -> None:
    incident = declared(team, member)
    with refused("too-soon"):
        actions.set_long(incident, True, by=member, door="web", at=NOON + minutes(119))
    actions.set_long(incident, True, by=member, door="web", at=NOON + minutes(120))
    outcome = words.update(incident, TRYING, by=member, door="web", at=NOON + minutes(121))
    assert outcome.update.next_due
    assert f"{outcome.update.next_due.astimezone(team.zoneinfo):%a %H:%M}" == "Wed 09:00"
    actions.set_long(incident, False, by=member, door="web", at=NOON + minutes(180))
    assert incident.promise
    assert incident.promise.due_at == NOON + minutes(210)


def test_a_question_waits_and_the_next_update_answers_it(team: Team, member: Person, reader: Person) -> None:
    incident = declared(team, member)
    question = questions.ask(incident, "Is my data lost?", by=reader, door="web", at=NOON)
    assert question.answer_by == NOON + minutes(15)
    assert not Message.objects.filter(topic__in=["incident-question", "incident-danger"]).exists()
    said = Said(trying="We restart it.", answers={question.pk: "No, nothing is lost."})
    outcome = words.update(incident, said, by=member, door="web", at=NOON + minutes(5))
    question.refresh_from_db()
    assert (question.answer, question.answered_by, question.answerer) == (
        "No, nothing is lost.",
        outcome.update,
        member,
    )
    assert told(incident, "incident-question") == {str(reader.pk)}
    with refused("answered"):
        questions.answer(question, "Yes", by=member, door="web")


@pytest.mark.parametrize("urgency", ["data", "safety"])
def test_danger_interrupts(team: Team, member: Person, reader: Person, urgency: str) -> None:
    incident = declared(team, member)
    questions.ask(incident, "Smoke in rack 4?", by=reader, door="web", urgency=urgency)
    message = Message.objects.get(topic="incident-danger")
    assert message.urgency == "safety"
    assert "Smoke in rack 4?" in message.body
    assert "Smoke" not in message.subject
    assert told(incident, "incident-danger") == {str(member.pk)}


def test_the_lead_is_offered_and_accepted(team: Team, member: Person, lead: Person, guest: Person) -> None:
    incident = declared(team, member)
    with refused("not-lead"):
        roles.offer_lead(incident, member, by=lead, door="web")
    with refused("not-in-team", "to"):
        roles.offer_lead(incident, guest, by=member, door="web")
    roles.offer_lead(incident, lead, by=member, door="web")
    with refused("not-offered"):
        roles.accept_lead(incident, by=member, door="web")
    incident = roles.accept_lead(incident, by=lead, door="web")
    assert incident.lead == lead
    assert incident.lead_offered_to is None
    assert told_again(incident) == incident.course
    with refused("no-reason", "reason"):  # it was handed over, so taking it says why
        roles.take_lead(incident, by=member, door="web")


def test_leadership_takes_command_on_record(team: Team, member: Person, reader: Person, stranger: Person) -> None:
    incident = declared(team, member)
    with refused("not-in-team", "by"):
        roles.take_command(incident, by=stranger, door="web")
    incident = roles.take_command(incident, by=reader, door="web")
    assert incident.lead == reader
    assert incident.roles.filter(role="lead").count() == 2
    assert told(incident, "incident-update") == {str(member.pk)}
    assert Event.objects.filter(verb="command taken", actor=reader).exists()
    assert told_again(incident) == incident.course


def test_roles_are_one_persons_but_watching(team: Team, member: Person, lead: Person) -> None:
    incident = declared(team, member)
    for person in (member, lead):
        roles.assign(incident, "deputy", person, by=member, door="web")
        roles.assign(incident, "observer", person, by=person, door="web")
    now = incident.roles.now()
    assert [one.person for one in now.filter(role="deputy")] == [lead]
    assert now.filter(role="observer").count() == 2
    with refused("has-role", "role"):
        roles.assign(incident, "deputy", lead, by=member, door="web")
    with refused("unknown-role", "role"):
        roles.assign(incident, "lead", lead, by=member, door="web")
    roles.leave(incident, "deputy", lead, by=lead, door="web")
    with refused("no-such-role", "role"):
        roles.leave(incident, "deputy", lead, by=lead, door="web")


def test_it_opens_again_for_a_week_and_then_comes_back(team: Team, member: Person, lead: Person) -> None:
    incident = moves.resolve(declared(team, member), by=member, door="web", at=NOON)
    with refused("wrong-state"):
        moves.reopen(incident, by=lead, door="web", at=NOON + timedelta(days=7, seconds=1))
    again = moves.reopen(incident, by=lead, door="web", at=NOON + timedelta(days=7))
    assert (again.state, again.lead, again.resolved_at) == ("active", lead, None)
    assert again.promise
    assert again.promise.due_at == NOON + timedelta(days=7, minutes=15)
    assert told_again(again) == again.course
    newer = actions.declare(team, "Scratch again", by=member, door="web", came_back_of=incident)
    assert newer.came_back_of == incident
    assert list(incident.came_back.all()) == [newer]


def test_it_is_closed_when_nothing_stands_against_it(
    team: Team, member: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["Its review is not written yet."]
    monkeypatch.setattr(closing, "_CHECKS", [lambda incident: said[0]])
    incident = moves.resolve(declared(team, member), by=member, door="web", at=NOON)
    assert moves.guards(incident, NOON)[Move.CLOSE] == said[0]
    with pytest.raises(Refused, match="review is not written"):
        moves.close(incident, by=member, door="web")
    said[0] = ""
    assert moves.close(incident, by=member, door="web", at=NOON).closed_at == NOON


def test_resolving_calls_who_asked_for_it(team: Team, member: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[object] = []
    monkeypatch.setattr(closing, "_ON_RESOLVED", [lambda *told: heard.append(told)])
    incident = moves.resolve(declared(team, member), by=member, door="cli")
    assert heard == [(incident, member, "cli")]


def test_the_other_lead_agrees_to_a_merge(team: Team, member: Person, lead: Person, reader: Person) -> None:
    scratch, first = a_function(team, member), declared(team, member)
    second = declared(team, lead, sentence="Home is slow")
    roles.assign(first, "observer", reader, by=reader, door="web")
    said = Said(cannot="reach scratch.", is_public=True, conditions=[FunctionSaid(scratch, "unavailable")])
    words.update(first, said, by=member, door="web")
    assert merging.merge(first, second, by=member, door="web", reason="One switch") is False
    with refused("not-lead"):
        merging.agree_merge(first, by=member, door="web")
    first = merging.agree_merge(first, by=lead, door="web")
    second.refresh_from_db()
    assert (first.state, first.merged_into, first.reason) == ("merged", second, "One switch")
    assert first.promise is None
    assert first.lead is None
    assert list(second.functions.all()) == [scratch]
    assert second.is_public
    assert {one.person for one in second.roles.now()} == {lead, member, reader}
    assert told_again(first) == first.course
    outcome = words.update(first, TRYING, by=member, door="web")
    assert outcome.update.is_note
    assert "goes on as #2" in outcome.why_not


def test_a_merge_is_declined_or_has_no_sense(team: Team, member: Person, lead: Person) -> None:
    first, second = declared(team, member), declared(team, lead)
    with refused("no-incident", "into"):
        merging.merge(first, first, by=member, door="web")
    merging.merge(first, second, by=member, door="web")
    merging.decline_merge(first, by=lead, door="web")
    with refused("not-offered"):
        merging.agree_merge(first, by=lead, door="web")
    moves.resolve(second, by=lead, door="web")
    with refused("wrong-state", "into"):
        merging.merge(first, second, by=member, door="web")


def test_facts_are_corrected_on_record(team: Team, member: Person) -> None:
    incident = declared(team, member)
    with refused("bad-times", "began_at"):
        actions.change_facts(incident, Facts(began_at=NOON + minutes(1)), by=member, door="web", at=NOON + minutes(2))
    facts = Facts(began_at=NOON - minutes(30), severity="high", tags=["Disk", "disk", " cooling "], origin="own-gap")
    changed = actions.change_facts(incident, facts, by=member, door="web", at=NOON + minutes(2))
    assert changed == ["severity", "origin", "tags", "began_at"]
    incident.refresh_from_db()
    assert incident.tags == ["disk", "cooling"]
    assert incident.began_at == NOON - minutes(30)
    payload = Event.objects.filter(verb="corrected").get().payload
    assert payload["changed"]["began_at"] == ["2026-03-03 07:00", "2026-03-03 06:30"]
    assert actions.change_facts(incident, facts, by=member, door="web") == []


def test_an_old_incident_is_entered_later(team: Team, member: Person) -> None:
    times = {"began_at": NOON, "resolved_at": NOON + minutes(90)}
    made, is_new = actions.enter_later(team, "The old storm", **times, by=member, door="import", client_key="a")
    assert (made.state, made.entered_later, is_new) == ("resolved", True, True)
    assert actions.enter_later(team, "The old storm", **times, by=member, door="import", client_key="a") == (
        made,
        False,
    )
    assert not Promise.objects.exists()
    assert not Message.objects.exists()
    with refused("bad-times", "began_at"):
        actions.enter_later(team, "No", began_at=NOON, resolved_at=NOON - minutes(1), by=member, door="import")


def test_what_surprises_and_what_belongs_to_it(team: Team, member: Person, reader: Person) -> None:
    incident = moves.resolve(declared(team, member), by=member, door="web")
    notes.surprise(incident, by=reader, door="web", sentence="The spare was older than the disk")
    assert incident.surprises.get().by == reader
    notes.link(incident, by=member, door="web", url="https://chat.example.org/p/1")
    alert = Ref("alert", "9", "DiskFull")
    assert notes.link(incident, by=member, door="web", ref=alert) == notes.link(
        incident, by=member, door="web", ref=alert
    )
    with refused("bad-url", "url"):
        notes.link(incident, by=member, door="web", url="javascript:alert(1)")
    with refused("one-of-two", "url"):
        notes.link(incident, by=member, door="web")


def test_roles_of_the_past_stay(team: Team, member: Person, lead: Person) -> None:
    incident = declared(team, member)
    roles.take_lead(incident, by=lead, door="web", at=NOON + minutes(4))
    held = incident.roles.filter(role="lead").order_by("id")
    assert [(one.person, one.until, one.how) for one in held] == [
        (member, NOON + minutes(4), RoleHeld.How.DECLARED), (lead, None, RoleHeld.How.TOOK),
    ]  # fmt: skip


def test_subscribers_of_both_get_each_text_once(team: Team, member: Person, lead: Person) -> None:
    """Updates are queued for both, then one is merged: nobody gets a text twice, nobody misses one, links work."""
    publication.settle(team, is_public=True, where_to_turn="", by=lead, door="web")
    scratch, home = a_function(team, lead), a_function(team, lead, "home")
    for number in range(3):
        given = {"email": f"s{number}@example.org", "asked_at": NOON, "confirmed_at": NOON, "wants_all": True}
        Subscriber.objects.create(team=team, **given)
    first, second = declared(team, member), declared(team, lead, sentence="Home is slow")

    def say(incident: Incident, function: Function, trying: str, by: Person) -> None:
        said = Said(trying=trying, cannot="use it.", is_public=True, conditions=[FunctionSaid(function, "degraded")])
        words.update(incident, said, by=by, door="web")

    say(first, scratch, "The first text", member)
    say(second, home, "The second text", lead)
    assert merging.merge(first, second, by=lead, door="web")
    say(second, scratch, "The third text", lead)
    mails = Delivery.objects.filter(message__topic="status", recipient_kind="subscriber")
    texts = [(one.recipient_id, one.message.body) for one in mails.select_related("message")]
    for text in ("The first text", "The second text", "The third text"):
        got = [who for who, body in texts if text in body]
        assert len(got) == len(set(got)) == 3, (text, got)
    for thread in NewsThread.objects.filter(team=team):
        path = reverse("status:news", args=[team.slug, thread.pk])
        assert Client().get(path).status_code == 200
