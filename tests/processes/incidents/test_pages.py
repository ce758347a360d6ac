"""Pages of incidents as a browser without scripts sees them: declare, the room, the list, what is refused and kept."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue.models import Function, Service
from hortus.ledger import clock
from hortus.ledger.outbox.models import Delivery
from hortus.processes.incidents import actions, merging, moves, questions, roles, words
from hortus.processes.incidents.models import Incident, Question
from hortus.processes.incidents.words import Said
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.incidents.course_of import an_alert  # type: ignore[import-not-found]

LIST, DECLARE = "/t/rcd/incidents/", "/t/rcd/incidents/+declare/"
ROOM = "/t/rcd/incidents/1/"


@pytest.fixture
def incident(team: Team, member: Person) -> Incident:
    return actions.declare(team, "Nobody can log in to Alder", by=member, door="web")


@pytest.fixture
def scratch(team: Team) -> Function:
    given = {"name": "Scratch", "sentence": "Use it.", "confirm_every_seconds": 3600, "added_at": clock.now()}
    return Function.objects.create(team=team, slug="scratch", **given)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\xa0", " ").split())


def key(client: Client, path: str, name: str) -> str:
    """Return the client key in the form of this name on a page."""
    found = re.search(rf'value="([0-9a-f]{{32}})" id="{name}_client_key"', client.get(path).content.decode())
    assert found, name
    return found[1]


def test_one_sentence_declares(as_member: Client, member: Person, team: Team) -> None:
    answer = as_member.post(DECLARE, {"sentence": "Nobody can log in to Alder"}, follow=True)
    made = Incident.objects.get(team=team)
    assert answer.redirect_chain == [(ROOM, 302)]
    assert (made.state, made.lead, made.title) == ("active", member, "Nobody can log in to Alder")
    said = text(as_member, ROOM)
    assert "Mira leads" in said
    assert "The first update is promised for" in said
    assert "in 14 min" in said


def test_declaring_twice_with_one_form_makes_one_incident(as_member: Client, team: Team) -> None:
    sent = {"sentence": "Nobody can log in", "client_key": key(as_member, DECLARE, "declare")}
    first, second = as_member.post(DECLARE, sent), as_member.post(DECLARE, sent)
    assert first["Location"] == second["Location"] == ROOM
    assert Incident.objects.filter(team=team).count() == 1


def test_the_service_is_optional_and_kept(as_member: Client, team: Team) -> None:
    Service.objects.create(team=team, slug="alder", name="Alder", sort="cluster", sentence="Runs jobs.")
    as_member.post(DECLARE, {"sentence": "Nobody can log in", "service": "alder"})
    assert [service.slug for service in Incident.objects.get(team=team).services.all()] == ["alder"]
    assert "Alder" in text(as_member, LIST)


def test_a_sentence_is_needed_and_an_unknown_alert_is_no_harm(as_member: Client) -> None:
    answer = as_member.post(DECLARE, {"sentence": "  "})
    assert answer.status_code == 200
    assert "This field is required" in answer.content.decode()
    assert as_member.get(f"{DECLARE}?alert=nothing:42").status_code == 200
    for named in ("nonsense", "alert:x", "alert-episode:x", "alert-episode:", ":"):
        assert as_member.get(f"{DECLARE}?alert={named}").status_code == 200
    assert as_member.get(f"{DECLARE}?again={'9' * 30}").status_code == 200


def test_an_alert_gives_its_words_and_is_linked(as_member: Client, lead: Person, team: Team) -> None:
    stands = an_alert(team, lead)
    named = f"alert-episode:{stands.pk}"
    assert f"?alert={named}" in as_member.get(DECLARE).content.decode()
    page = as_member.get(f"{DECLARE}?alert={named}").content.decode()
    assert 'value="Log-in node is down"' in page
    as_member.post(DECLARE, {"sentence": "Nobody can log in", "alert": named})
    assert [link.object_id for link in Incident.objects.get(team=team).links.all()] == [str(stands.pk)]
    assert "Log-in node is down" in text(as_member, ROOM)


def test_every_page_tells_of_an_open_one_and_leads_to_the_form(
    as_member: Client, reader: Person, guest: Person, incident: Incident
) -> None:
    page = as_member.get("/t/rcd/services/").content.decode()
    assert "An incident is open: #1 Nobody can log in to Alder, next update" in page
    assert f'href="{DECLARE}"' in page
    assert f'href="{DECLARE}"' not in signed_in(reader).get("/t/rcd/services/").content.decode()
    assert "An incident is open" not in signed_in(guest).get("/t/rcd/services/").content.decode()
    moves.resolve(incident, by=reader, door="web")
    assert "An incident is open" not in as_member.get("/t/rcd/services/").content.decode()


def test_a_number_that_no_incident_has_is_not_found(as_member: Client, incident: Incident) -> None:
    for number in ("2", "0", "9" * 30):
        assert as_member.get(f"/t/rcd/incidents/{number}/").status_code == 404


def test_an_update_is_said_in_one_form_with_answers_and_a_move(
    as_member: Client, reader: Person, incident: Incident, scratch: Function
) -> None:
    asked = questions.ask(incident, "Is data safe?", by=reader, door="web")
    page = text(as_member, ROOM)
    assert "1 question waits" in page
    assert "Is data safe?" in page
    answer = as_member.post(f"{ROOM}update/", {
        "cannot": "log in by password", "can": "use open sessions", "trying": "We restart the directory.",
        "data_safe": "yes", "running_jobs": "safe", "then": "contain", "known": str(asked.pk),
        f"a-{asked.pk}": "Yes, nothing was written.", "state": "active", "seen": "0",
        "client_key": key(as_member, ROOM, "update"),
    }, follow=True)  # fmt: skip
    assert answer.redirect_chain == [(ROOM, 302)]
    incident.refresh_from_db()
    said = incident.updates.get()
    assert (incident.state, said.cannot, said.data_safe) == ("contained", "log in by password", "yes")
    assert Question.objects.get(pk=asked.pk).answer == "Yes, nothing was written."
    page = text(as_member, ROOM)
    assert "We are trying: We restart the directory." in page
    assert "Yes, nothing was written." in page
    assert "it stays contained" in page


def test_the_form_begins_with_the_last_word_and_wants_one_true_sentence(
    as_member: Client, member: Person, incident: Incident
) -> None:
    words.update(incident, Said(cannot="log in", trying="We look."), by=member, door="web")
    page = as_member.get(ROOM).content.decode()
    assert re.search(r'<textarea name="cannot"[^>]*>\s*log in</textarea>', page)
    assert re.search(r'<textarea name="trying"[^>]*>\s*</textarea>', page)
    seen = incident.updates.get().pk
    answer = as_member.post(f"{ROOM}update/", {"cannot": "log in", "state": "active", "seen": seen})
    assert "say in one true sentence what is being tried" in answer.content.decode()
    assert incident.updates.count() == 1
    as_member.post(f"{ROOM}update/", {"cannot": "log in", "trying": "Still looking.", "state": "active", "seen": seen})
    assert incident.updates.count() == 2
    words.update(incident, Said(trying="We wait."), by=member, door="api")
    page = as_member.get(ROOM).content.decode()
    assert re.search(r'<textarea name="cannot"[^>]*>\s*log in</textarea>', page)  # what nobody took back is still so
    assert "You cannot: log in" in text(as_member, ROOM)


def test_two_browsers_keep_both_texts(as_member: Client, as_lead: Client, lead: Person, incident: Incident) -> None:
    sent = {"cannot": "log in", "trying": "We restart it.", "state": "active", "seen": "0"}
    words.update(incident, Said(trying="The vendor is called."), by=lead, door="web", then="contain")
    answer = as_member.post(f"{ROOM}update/", sent)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Lena said meanwhile: “The vendor is called.”" in page
    assert "The incident is contained now." in page
    assert "We restart it." in page  # what was typed stands in its box
    assert incident.updates.count() == 1
    again = dict(re.findall(r'name="(seen|state)" value="([^"]*)"', page))
    as_member.post(f"{ROOM}update/", sent | again)
    assert [said.trying for said in incident.updates.all()] == ["We restart it.", "The vendor is called."]


def test_an_update_that_comes_after_the_end_is_kept_as_a_note(
    as_member: Client, lead: Person, incident: Incident
) -> None:
    moves.resolve(incident, by=lead, door="web")
    answer = as_member.post(
        f"{ROOM}update/", {"trying": "It works here.", "state": "resolved", "seen": "0"}, follow=True
    )
    assert "Your words are kept in its timeline" in answer.content.decode()
    assert incident.updates.get().is_note


def test_a_form_sent_twice_is_one_update(as_member: Client, incident: Incident) -> None:
    sent = {"trying": "We look.", "then": "resolve", "state": "active", "seen": "0",
            "client_key": key(as_member, ROOM, "update")}  # fmt: skip
    for _ in range(2):
        assert as_member.post(f"{ROOM}update/", sent)["Location"] == ROOM
    assert incident.updates.count() == 1
    incident.refresh_from_db()
    assert incident.state == "resolved"


def test_an_answer_that_somebody_gave_first_is_told_and_the_other_kept(
    as_member: Client, lead: Person, reader: Person, incident: Incident
) -> None:
    asked = questions.ask(incident, "Is data safe?", by=reader, door="web")
    questions.answer(asked, "Yes.", by=lead, door="web")
    sent = {
        "trying": "We look.",
        "known": str(asked.pk),
        f"a-{asked.pk}": "I think so.",
        "state": "active",
        "seen": "0",
    }
    page = as_member.post(f"{ROOM}update/", sent).content.decode()
    assert "Lena answered this meanwhile: Yes." in page
    assert "I think so." in page
    assert not incident.updates.exists()


def test_a_promise_is_made_for_the_time_that_was_chosen(as_member: Client, incident: Incident) -> None:
    before = clock.now()
    as_member.post(f"{ROOM}update/", {"trying": "We look.", "due_in": "3600", "state": "active", "seen": "0"})
    promise = incident.promise
    assert promise is not None
    assert timedelta(minutes=60) <= promise.due_at - before < timedelta(minutes=62)
    page = as_member.post(
        f"{ROOM}update/", {"trying": "More.", "due_at": "2020-01-01T10:00", "state": "active", "seen": "9999999"}
    ).content.decode()
    assert "the next word is due between" in page
    assert "More." in page


def test_late_is_said_in_words(as_member: Client, member: Person, team: Team) -> None:
    actions.declare(team, "Slow", by=member, door="web", at=clock.now() - timedelta(minutes=22, seconds=30))
    assert "late by 7 min" in text(as_member, ROOM)
    assert "late by 7 min" in text(as_member, LIST)


def test_a_reader_sees_all_asks_and_takes_command_but_writes_no_update(
    reader: Person, incident: Incident, as_member: Client
) -> None:
    client = signed_in(reader)
    page = text(client, ROOM)
    assert "Take command" in page
    assert "Say how it stands" not in page
    assert "Surprised?" not in page
    refused = client.post(f"{ROOM}update/", {"trying": "x"}, follow=True).content.decode()
    assert "after taking command of it" in refused
    assert not incident.updates.exists()
    answer = client.post(f"{ROOM}ask/", {"text": "How long?", "urgency": "waits"}, follow=True)
    assert "Your question is answered by" in answer.content.decode()
    client.post(f"{ROOM}command/", {"reason": "The dean calls."})
    assert Incident.objects.get(pk=incident.pk).lead == reader
    assert "Rhea leads" in text(as_member, ROOM)


def test_danger_passes_at_once_and_the_asker_is_told_so(reader: Person, incident: Incident) -> None:
    client = signed_in(reader)
    answer = client.post(f"{ROOM}ask/", {"text": "Files vanish!", "urgency": "data"}, follow=True)
    assert "went to those who work on this at once" in answer.content.decode()
    empty = client.post(f"{ROOM}ask/", {"text": "", "urgency": "data"})
    assert "This field is required" in empty.content.decode()


def test_the_lead_is_handed_over_taken_and_given_back(
    as_member: Client, as_lead: Client, member: Person, lead: Person, incident: Incident
) -> None:
    as_member.post(f"{ROOM}hand-over/", {"person": str(lead.pk)})
    assert "The lead is offered to you" in text(as_lead, ROOM)
    as_lead.post(f"{ROOM}decline/")
    assert "The lead is offered to you" not in text(as_lead, ROOM)
    as_member.post(f"{ROOM}hand-over/", {"person": str(lead.pk)})
    as_lead.post(f"{ROOM}accept/")
    assert incident.lead == lead
    as_member.post(f"{ROOM}lead/", {"reason": "You are in a meeting"})
    assert incident.lead == member
    as_member.post(f"{ROOM}assign/", {"role": "deputy", "person": str(lead.pk)})
    assert "Lena: deputy" in text(as_member, ROOM)
    as_member.post(f"{ROOM}roles/deputy/{lead.pk}/end/")
    assert not incident.roles.now().filter(role="deputy").exists()


def test_whoever_may_read_it_may_watch_it_and_is_told(
    as_member: Client, reader: Person, guest: Person, stranger: Person, member: Person, incident: Incident
) -> None:
    client = signed_in(reader)
    assert "Watch it" in text(client, ROOM)
    sent = {"client_key": key(client, ROOM, "watch")}
    for _ in range(2):
        assert "You are told from now on" in client.post(f"{ROOM}watch/", sent, follow=True).content.decode()
    client.post(f"{ROOM}watch/")
    assert incident.roles.now().filter(role="observer", person=reader).count() == 1
    page = text(client, ROOM)
    assert "Watch it no longer" in page
    assert "1 person watches it" in page
    assert page.count("Rhea watches it") == 1
    words.update(incident, Said(trying="We look."), by=member, door="web")
    assert told_of("Next word by") == {str(reader.pk)}
    assert "Say how it stands" not in text(client, ROOM)  # to watch gives no right to change it
    client.post(f"{ROOM}unwatch/")
    client.post(f"{ROOM}unwatch/")
    assert "Rhea watches it no more" in text(as_member, ROOM)
    words.update(incident, Said(trying="We look again."), by=member, door="web")
    assert told_of("We look again.") == set()
    assert "Watch it" not in text(as_member, ROOM)  # who leads is told anyway
    for other in (guest, stranger):
        for what in ("watch", "unwatch"):
            assert signed_in(other).post(f"{ROOM}{what}/").status_code == 404
    assert client.get(f"{ROOM}watch/").status_code == 405


def told_of(words_of_body: str) -> set[str]:
    rows = Delivery.objects.filter(message__topic="incident-update", message__body__contains=words_of_body)
    return set(rows.values_list("recipient_id", flat=True))


def test_what_is_over_for_good_is_not_watched_anew(reader: Person, member: Person, incident: Incident) -> None:
    client = signed_in(reader)
    Incident.objects.update(state="closed")
    assert "Watch it" not in text(client, ROOM)
    answer = client.post(f"{ROOM}watch/", follow=True)
    assert "is closed since" in answer.content.decode()
    assert not incident.roles.filter(role="observer").exists()
    roles.assign(incident, "observer", reader, by=member, door="web")
    client.post(f"{ROOM}unwatch/")
    assert not incident.roles.now().filter(role="observer").exists()


def test_who_took_command_from_outside_hands_it_back_on_the_page(
    as_member: Client, reader: Person, member: Person, incident: Incident
) -> None:
    client = signed_in(reader)
    client.post(f"{ROOM}command/", {"reason": "The dean calls."})
    assert "Offer the lead" in text(client, ROOM)
    client.post(f"{ROOM}hand-over/", {"person": str(member.pk)})
    assert "The lead is offered to Mira" in text(client, ROOM)
    as_member.post(f"{ROOM}accept/")
    assert incident.lead == member
    assert "Offer the lead" not in text(client, ROOM)


def test_readers_can_be_given_a_role_on_the_page(
    as_member: Client, reader: Person, guest: Person, incident: Incident
) -> None:
    as_member.post(f"{ROOM}assign/", {"role": "observer", "person": str(reader.pk)})
    answer = as_member.post(f"{ROOM}assign/", {"role": "observer", "person": str(guest.pk)})
    assert "Select a valid choice" in answer.content.decode()
    assert [held.person for held in incident.roles.now().filter(role="observer")] == [reader]
    as_member.post(f"{ROOM}roles/observer/{reader.pk}/end/")
    assert not incident.roles.now().filter(role="observer").exists()


def test_a_surprise_takes_one_tap(as_member: Client, incident: Incident) -> None:
    as_member.post(f"{ROOM}surprise/", {"sentence": ""})
    as_member.post(f"{ROOM}surprise/", {"sentence": "There were two of them."})
    assert incident.surprises.count() == 2
    assert "2 surprises so far" in text(as_member, ROOM)


def test_links_lead_outside_and_only_by_http(as_member: Client, incident: Incident) -> None:
    as_member.post(f"{ROOM}link/", {"url": "https://chat.example.org/p/1", "words": "The chat"})
    assert 'href="https://chat.example.org/p/1"' in as_member.get(ROOM).content.decode()
    answer = as_member.post(f"{ROOM}link/", {"url": "javascript:alert(1)", "words": "x"})
    assert answer.status_code == 200
    assert incident.links.count() == 1


def test_what_can_be_done_is_said_before_with_what_stands_in_the_way(
    as_member: Client, member: Person, incident: Incident
) -> None:
    page = text(as_member, ROOM)
    assert "The harm has stopped" in page
    assert "It does harm again" not in page
    as_member.post(f"{ROOM}contain/")
    assert "It does harm again" in text(as_member, ROOM)
    as_member.post(f"{ROOM}regress/")
    moves.resolve(incident, by=member, door="web")
    assert "It came back" in text(as_member, ROOM)
    answer = as_member.post(f"{ROOM}reopen/", {"reason": ""})
    assert "This field is required" in answer.content.decode()
    as_member.post(f"{ROOM}reopen/", {"reason": "It broke again"})
    incident.refresh_from_db()
    assert incident.state == "active"
    late = as_member.post(f"{ROOM}reopen/", {"reason": "Once more"})
    assert "Once more" in late.content.decode()  # refused, and what was typed is still there
    assert "what can be done with it now" in late.content.decode()


def test_what_came_back_after_a_week_is_declared_anew_and_linked(
    as_member: Client, member: Person, team: Team, other_team: Team, stranger: Person
) -> None:
    began = clock.now() - timedelta(days=9)
    actions.enter_later(team, "The switch", began_at=began, resolved_at=began, by=member, door="web")
    assert "/+declare/?again=1" in as_member.get(ROOM).content.decode()
    page = as_member.get(f"{DECLARE}?again=1").content.decode()
    assert 'value="The switch"' in page
    as_member.post(DECLARE, {"sentence": "The switch again", "again": "1"})
    made = Incident.objects.get(team=team, number=2)
    assert made.came_back_of == Incident.objects.get(team=team, number=1)
    assert "Came back: #1 The switch" in text(as_member, "/t/rcd/incidents/2/")
    assert "not one of the available choices" in as_member.post(
        DECLARE, {"sentence": "x", "again": "77"}
    ).content.decode()  # fmt: skip


def test_a_report_is_dismissed_taken_back_and_begun(as_member: Client, member: Person, team: Team) -> None:
    made = actions.report(team, "Something smells", by=None, door="worker")
    assert "Nobody leads it yet" in text(as_member, ROOM)
    as_member.post(f"{ROOM}dismiss/", {"reason": "It was lunch"})
    assert "It was lunch" in text(as_member, ROOM)
    as_member.post(f"{ROOM}undismiss/")
    as_member.post(f"{ROOM}lead/")
    made.refresh_from_db()
    assert (made.state, made.lead) == ("active", member)


def test_one_goes_on_in_another_when_its_lead_agrees(
    as_member: Client, as_lead: Client, member: Person, lead: Person, team: Team, incident: Incident
) -> None:
    other = actions.declare(team, "The same from another side", by=lead, door="web")
    answer = as_member.post(f"{ROOM}merge/", {"into": other.number, "reason": "One switch"}, follow=True)
    assert "#2 is asked to agree" in answer.content.decode()
    assert "Is #1 Nobody can log in to Alder the same?" in text(as_lead, "/t/rcd/incidents/2/")
    as_lead.post(f"{ROOM}agree/")
    incident.refresh_from_db()
    assert incident.merged_into == other
    assert 'href="/t/rcd/incidents/2/"' in as_member.get(ROOM).content.decode()
    assert "went into this one" in text(as_member, "/t/rcd/incidents/2/")


def test_an_offer_to_merge_is_taken_back(as_member: Client, member: Person, lead: Person, team: Team) -> None:
    one = actions.declare(team, "One", by=member, door="web")
    merging.merge(one, actions.declare(team, "Two", by=lead, door="web"), by=member, door="web")
    as_member.post(f"{ROOM}disagree/")
    one.refresh_from_db()
    assert one.merge_offered_into is None


def test_facts_are_corrected_and_what_was_known_stays_in_the_timeline(
    as_member: Client, incident: Incident, scratch: Function
) -> None:
    path = f"{ROOM}facts/"
    form = as_member.get(path).context["form"]
    sent = {name: value for name in ("title", "began_at", "detected_at", "origin") if (value := form[name].value())}
    as_member.post(path, sent | {"tags": "storage, LDAP", "functions": [scratch.pk], "origin": "own-change"})
    incident.refresh_from_db()
    assert (incident.tags, incident.origin) == (["storage", "ldap"], "own-change")
    assert list(incident.functions.all()) == [scratch]
    assert "Scratch" in text(as_member, ROOM)
    bad = as_member.post(path, sent | {"began_at": "2999-01-01T10:00"})
    assert "future" in bad.content.decode()


def test_the_open_page_gets_only_what_changed(as_member: Client, reader: Person, incident: Incident) -> None:
    asked = questions.ask(incident, "How long?", by=reader, door="web")
    asked_too = questions.ask(incident, "Is data safe?", by=reader, door="web")
    answer = as_member.get(f"{ROOM}?seen=active&known={asked.pk}", HTTP_HX_REQUEST="true").content.decode()
    assert "<html" not in answer
    assert "<textarea" in answer
    assert f'name="a-{asked_too.pk}"' in answer
    assert f'name="a-{asked.pk}"' not in answer  # its box is on the page already, perhaps with words in it
    assert 'name="trying"' not in answer
    moves.contain(incident, by=reader, door="web")
    moved = as_member.get(f"{ROOM}?seen=active&known={asked.pk}", HTTP_HX_REQUEST="true").content.decode()
    assert "It is contained now, and was active when you opened this page" in moved
    whole = as_member.get(f"{ROOM}?seen=active&whole=1", HTTP_HX_REQUEST="true").content.decode()
    assert f"{ROOM}?seen=active&amp;whole=1" in whole
    plain = signed_in(reader).get(f"{ROOM}?seen=active", HTTP_HX_REQUEST="true").content.decode()
    assert "<textarea" not in plain  # who may not answer gets no box


def test_another_open_one_stands_beside(as_member: Client, member: Person, team: Team, incident: Incident) -> None:
    actions.declare(team, "Scratch is slow", by=member, door="web")
    assert "#2 Scratch is slow" in text(as_member, ROOM)


def test_the_list_shows_open_ones_first_and_filters_past_ones(as_member: Client, member: Person, team: Team) -> None:
    now = clock.now()
    for n, days in enumerate((3, 40)):
        began = now - timedelta(days=days)
        actions.enter_later(team, f"Old {n}", began_at=began, resolved_at=began + timedelta(hours=2), by=member,
                            door="web")  # fmt: skip
    assert "No incident is open" in text(as_member, LIST)
    actions.declare(team, "New", by=member, door="web")
    page = text(as_member, LIST)
    assert "1 incident is open" in page
    assert page.index("#3 New") < page.index("#1 Old 0")
    assert "How long each of 2 incidents lasted, a dot each" in page
    day = (now - timedelta(days=7)).date().isoformat()
    assert "Old 1" not in text(as_member, f"{LIST}?since={day}")
    assert "Old 0" not in text(as_member, f"{LIST}?until={day}")
    assert "Old 0" not in text(as_member, f"{LIST}?state=open")
    assert "Old 0" in text(as_member, f"{LIST}?state=resolved")
    assert "Old 0" in text(as_member, f"{LIST}?since=nonsense&state=nonsense&page=x")


def test_the_same_as_csv_and_as_a_feed(as_member: Client, member: Person, team: Team, incident: Incident) -> None:
    words.update(incident, Said(cannot="log in", trying="We look."), by=member, door="web")
    rows = as_member.get(f"{LIST}incidents.csv").content.decode().splitlines()
    assert rows[0].startswith("number,title,state")
    assert rows[1].startswith("1,Nobody can log in to Alder,active")
    told = as_member.get(f"{LIST}incidents.json").json()
    assert told["total"] == 1
    assert (told["incidents"][0]["number"], told["incidents"][0]["lead"]["name"]) == (1, "Mira")
    feed = as_member.get(f"{LIST}feed.atom")
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert "We are trying: We look." in feed.content.decode()


def test_a_stranger_and_a_guest_see_nothing(as_stranger: Client, guest: Person, incident: Incident) -> None:
    for client in (as_stranger, signed_in(guest)):
        for path in (LIST, ROOM, f"{LIST}feed.atom", f"{LIST}incidents.csv"):
            assert client.get(path).status_code == 404
        assert client.get(ROOM, HTTP_HX_REQUEST="true").status_code == 404


def test_what_people_write_is_never_markup(as_member: Client, member: Person, team: Team) -> None:
    made = actions.declare(team, "<script>alert(1)</script>", by=member, door="web")
    words.update(made, Said(trying="<img src=x>"), by=member, door="web")
    for path in (LIST, ROOM):
        page = as_member.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x>" not in page


@pytest.mark.parametrize("path", [LIST, ROOM, f"{LIST}incidents.json", f"{LIST}feed.atom"])
def test_as_many_queries_with_thirty_as_with_one(
    as_member: Client, member: Person, reader: Person, team: Team, django_assert_max_num_queries, path: str,  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    def one() -> Incident:
        return actions.declare(team, "Nobody can log in", by=member, door="web")

    def told(incident: Incident) -> None:
        words.update(incident, Said(trying="We look."), by=member, door="web")
        questions.ask(incident, "How long?", by=reader, door="web")

    first, _ = one(), one()
    told(first)
    as_member.get(path)
    with django_assert_max_num_queries(60) as few:
        as_member.get(path)
    for _ in range(29):
        one()
        told(first)
    roles.assign(first, "observer", reader, by=member, door="web")
    with django_assert_max_num_queries(len(few)):
        as_member.get(path)
