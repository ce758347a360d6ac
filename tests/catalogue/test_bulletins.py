"""Bulletins: one transaction writes the text, what it says of functions, the event and who is told."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import bulletins
from hortus.catalogue.models import Bulletin, Function, NewsThread, Statement
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Message
from hortus.ledger.refs import Ref
from hortus.values.refused import Refused
from tests.catalogue.speech import a_function, opened  # type: ignore[import-not-found]

ABOUT = Ref("incident", "7", "Scratch does not answer")
HOUR = timedelta(hours=1)


def publish(team: Team, by: Person, said: object = (), about: Ref = ABOUT, **more: object) -> Bulletin:
    given = {"sentences": Sentences(cannot="read files."), "trying": "We restart the servers."} | more
    return bulletins.publish(team, about, about.name, said, by=by, door="web", **given)  # type: ignore[arg-type]


def test_a_bulletin_says_how_functions_stand(team: Team, member: Person, scratch: Function) -> None:
    due = timezone.now() + HOUR
    words = Words("unavailable", data_safe="unknown", running_jobs="at-risk")
    made = publish(team, member, [(scratch, words)], next_update_at=due)
    said = Statement.objects.get(bulletin=made)
    assert (said.condition, said.cannot, said.next_update_at) == ("unavailable", "read files.", due)
    assert (said.data_safe, said.running_jobs) == ("unknown", "at-risk")
    assert list(made.functions.all()) == [scratch]
    event = Event.objects.about("incident", "7").get()
    assert (event.verb, event.payload) == ("published", {"bulletin": str(made.pk), "is_last": False})
    message = Message.objects.get(topic="status")
    assert (message.thread, message.object_id) == ("incident:7", str(made.pk))
    assert "Scratch: unavailable. Your data: nobody knows yet. Running jobs: at risk." in message.body.splitlines()
    assert "You cannot: read files." in message.body.splitlines()


def test_a_thread_closes_with_the_last_word_and_opens_again(team: Team, member: Person, scratch: Function) -> None:
    publish(team, member, [(scratch, Words("degraded"))])
    publish(team, member, [(scratch, Words("working"))], is_last=True)
    thread = NewsThread.objects.get()
    assert thread.closed_at is not None
    over = Message.objects.filter(topic="status").latest("made_at")
    assert over.subject == f"Over: {ABOUT.name}"
    assert over.body.splitlines()[:3] == [ABOUT.name, "", "This is over: nothing more is to come."]
    publish(team, member)
    again = Message.objects.filter(topic="status").latest("made_at")
    assert (again.subject, "This is over" in again.body) == (ABOUT.name, False)
    thread.refresh_from_db()
    assert thread.closed_at is None
    assert [one.place for one in thread.bulletins.order_by("place")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"sentences": Sentences(), "trying": " "}, "says-nothing"),
        ({"is_last": True, "next_update_at": timezone.now() + HOUR}, "last-and-next"),
        ({"next_update_at": timezone.now() - HOUR}, "bad-next-update"),
        ({"trying": "x" * 301}, "too-long"),
        ({"trying": "a\x07b"}, "control-character"),
    ],
)
def test_what_is_no_bulletin_is_refused(team: Team, member: Person, more: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        publish(team, member, **more)
    assert refused.value.code == code
    assert not Bulletin.objects.exists()


def test_words_of_functions_are_checked(team: Team, member: Person, scratch: Function) -> None:
    other = a_function(Team.objects.create(slug="other", name="Other"))
    for said in (
        [(scratch, Words("broken"))], [(scratch, Words("degraded", data_safe="perhaps"))],
        [(scratch, Words("working")), (scratch, Words("degraded"))], [(other, Words("working"))],
        [(scratch, Words("working", running_jobs="gone"))],
    ):  # fmt: skip
        with pytest.raises(Refused):
            publish(team, member, said)
    assert not Bulletin.objects.exists()
    assert not NewsThread.objects.exists()


def test_no_change_keeps_the_words_that_somebody_wrote(team: Team, member: Person, scratch: Function) -> None:
    publish(team, member, [(scratch, Words("unavailable"))], next_update_at=timezone.now() + HOUR)
    publish(
        team, member, [(scratch, Words("unavailable"))], sentences=Sentences(),
        next_update_at=timezone.now() + 2 * HOUR,
    )  # fmt: skip
    assert [said.cannot for said in Statement.objects.all()] == ["read files."] * 2
    with pytest.raises(Refused, match="needs words"):
        publish(team, member, [(scratch, Words("degraded"))], sentences=Sentences())


def test_joined_threads_tell_on_in_one(team: Team, member: Person, scratch: Function) -> None:
    other = Ref("incident", "8", "Jobs fail")
    publish(team, member, touches=[scratch])
    assert "Touches: Scratch." in Message.objects.get().body.splitlines()
    publish(team, member, about=other)
    bulletins.join(team, ABOUT, other, by=member, door="web")
    mine = NewsThread.objects.get(about_id="7")
    assert mine.closed_at is not None
    assert publish(team, member).thread == mine.joined_into == NewsThread.objects.get(about_id="8")
    bulletins.join(team, Ref("incident", "9", "Never told"), other, by=member, door="web")
    assert NewsThread.objects.count() == 2


def test_a_thread_without_another_goes_on_under_its_name(team: Team, member: Person) -> None:
    made = publish(team, member)
    bulletins.join(team, ABOUT, Ref("incident", "8", "Jobs fail"), by=member, door="web")
    assert publish(team, member, about=Ref("incident", "8", "Jobs fail")).thread == made.thread


def test_the_database_changes_no_bulletin(team: Team, member: Person, scratch: Function) -> None:
    made = publish(team, member, [(scratch, Words("working"))])
    for change in (
        lambda: Bulletin.objects.filter(pk=made.pk).update(title="Nothing happened"),
        lambda: made.functions.clear(),
        lambda: Statement.objects.filter(bulletin=made).update(data_safe="yes"),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()


def test_a_thread_has_a_page_for_everybody_and_one_for_the_team(
    team: Team, member: Person, scratch: Function, as_stranger: Client
) -> None:
    made = publish(team, member, [(scratch, Words("unavailable"))])
    path = f"/status/rcd/news/{made.thread.pk}/"
    assert Client().get(path).status_code == 404
    opened(team)
    page = Client().get(path).content.decode()
    assert "read files." in page
    assert "We restart the servers." in page
    assert member.name not in page
    assert as_stranger.get(f"/t/rcd/status/+news/{made.thread.pk}/").status_code == 404
