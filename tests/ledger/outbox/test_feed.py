"""A person's own feed: by a secret address, in the words of the e-mail, and nothing that the policy does not grant."""

import logging
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hortus.access import actions as access
from hortus.access.models import Membership, Person, SecurityEvent, Team
from hortus.access.policy import Role
from hortus.ledger.outbox import feed as feeds
from hortus.ledger.outbox import topics
from hortus.ledger.outbox.actions import drop, tell
from hortus.ledger.outbox.choice_models import OwnFeed, TopicChoice
from hortus.ledger.outbox.choices_actions import choose
from hortus.ledger.outbox.choices_rules import Hours
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.outbox.topics import Topic, Way
from hortus.ledger.queue_worker import drain
from hortus.ledger.refs import Ref
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.ledger.outbox.letter_box import declare
from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
NEWS = "test-feed"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(topics._TOPICS, NEWS, Topic(NEWS, "News of a test."))


def say(team: Team, *to: Person, subject: str = "It is slow", body: str = "All of it.", **more: Any) -> Message:
    with transaction.atomic():
        return tell(team, NEWS, Ref("team", team.slug, team.name), subject=subject, body=body,
                    to=[Recipient.person(one) for one in to], to_team=False, **more)  # fmt: skip


def address(team: Team, person: Person) -> str:
    return feeds.path(feeds.make(team, person))


def entries(path: str) -> list[ElementTree.Element]:
    answer = Client().get(path)
    assert (answer.status_code, answer["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    return ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")


def titles(path: str) -> list[str | None]:
    return [one.findtext(f"{ATOM}title") for one in entries(path)]


def test_it_shows_what_the_mail_says_without_signing_in(
    team: Team,
    member: Person,
    lead: Person,
    settings: Any,
    post_office: PostOffice,  # noqa: F811
) -> None:
    declare(settings, email_url=post_office.url, email_from="h@example.org", public_url="https://hortus.example.org")
    path = address(team, member)
    said = say(team, member, subject="Scratch <is> slow", body="It & <b>that</b>.\n\nNext word at ten.", path="/t/rcd/")
    say(team, lead, subject="for somebody else")
    drain()
    (mail,) = [one for one in post_office.mails if member.email in one.to]
    assert "It & <b>that</b>." in mail.text
    (entry,) = entries(path)
    assert entry.findtext(f"{ATOM}title") == "Scratch <is> slow"
    assert entry.findtext(f"{ATOM}summary") == "<p>It &amp; &lt;b&gt;that&lt;/b&gt;.</p>\n\n<p>Next word at ten.</p>"
    assert entry.findtext(f"{ATOM}id") == f"urn:hortus:{team.pk}:message:{said.pk}"
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == "https://hortus.example.org/t/rcd/"


def test_without_a_mail_server_the_feed_tells_all_the_same(team: Team, member: Person) -> None:
    path = address(team, member)
    say(team, member)
    drain()
    assert Delivery.objects.get().state == Delivery.State.DROPPED
    assert titles(path) == ["It is slow"]


def test_it_comes_when_the_mail_would_and_not_when_nobody_needs_it_any_more(team: Team, member: Person) -> None:
    path, now = address(team, member), timezone.now()
    choose(team, member, Hours(""), {NEWS: "digest"})
    say(team, member, subject="for the digest")
    assert titles(path) == []
    Delivery.objects.update(not_before=now - timedelta(minutes=1))
    assert titles(path) == ["for the digest"]
    choose(team, member, Hours(""), {NEWS: "at-once"})
    say(team, member, subject="old reminder", useful_until=now + timedelta(hours=1))
    assert titles(path) == ["old reminder", "for the digest"]
    Message.objects.update(useful_until=F("made_at"))
    assert titles(path) == []
    Delivery.objects.update(state=Delivery.State.ACCEPTED)  # it went by mail in time, so it stays
    assert len(titles(path)) == 2


def test_what_was_turned_off_settled_or_dropped_by_a_person_is_not_shown(
    team: Team, member: Person, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address(team, member)
    say(team, member)
    TopicChoice.objects.create(team=team, person=member, topic=NEWS, way=Way.OFF)
    assert titles(path) == []
    TopicChoice.objects.all().delete()
    assert len(titles(path)) == 1
    monkeypatch.setitem(topics._TOPICS, NEWS, Topic(NEWS, "News.", permits=lambda _: "it is done"))
    assert titles(path) == []
    monkeypatch.delitem(topics._TOPICS, NEWS)
    assert titles(path) == []
    Delivery.objects.update(state=Delivery.State.DEAD)
    drop(team, [Delivery.objects.get().pk], by=lead, door="test")
    monkeypatch.setitem(topics._TOPICS, NEWS, Topic(NEWS, "News."))
    assert titles(path) == []


def test_it_is_one_persons_in_one_team(team: Team, other_team: Team, member: Person, lead: Person) -> None:
    Membership.objects.create(team=other_team, person=member, role=Role.MEMBER)
    say(team, member, subject="here")
    say(other_team, member, subject="there")
    say(team, lead, subject="the lead's")
    assert titles(address(team, member)) == ["here"]
    assert titles(address(other_team, member)) == ["there"]


def test_it_ends_with_the_right_to_read(team: Team, member: Person, lead: Person) -> None:
    say(team, member)
    path, held = address(team, member), Membership.objects.get(team=team, person=member)
    for role, status in ((Role.GUEST, 404), (Role.READER, 404), (Role.ADMIN, 200)):
        Membership.objects.filter(pk=held.pk).update(role=role)
        assert Client().get(path).status_code == status
    Person.objects.filter(pk=member.pk).update(is_active=False)
    assert Client().get(path).status_code == 404
    Person.objects.filter(pk=member.pk).update(is_active=True)
    access.remove_member(Membership.objects.get(pk=held.pk), by=lead)
    assert Client().get(path).status_code == 404
    Membership.objects.create(team=team, person=member, role=Role.MEMBER)
    assert Client().get(path).status_code == 404, "who comes back makes a new address"


def test_the_page_makes_an_address_anew_and_takes_it_back(team: Team, member: Person) -> None:
    browser, page = signed_in(member), "/t/rcd/hear/"
    assert "Make an address" in browser.get(page).content.decode()
    seen = []
    for _ in range(2):
        assert browser.post(reverse("outbox:feed-make", args=[team.slug])).status_code == 302
        seen.append(feeds.path(OwnFeed.objects.get()))
        assert f"http://testserver{seen[-1]}" in browser.get(page).content.decode()
    assert [Client().get(path).status_code for path in seen] == [404, 200]
    browser.post(reverse("outbox:feed-take-back", args=[team.slug]))
    assert [Client().get(path).status_code for path in seen] == [404, 404]
    browser.post(reverse("outbox:feed-take-back", args=[team.slug]))
    verbs = SecurityEvent.objects.filter(person=member, detail__name="feed of messages").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["made a token", "made a token", "had a token revoked"]


def test_who_may_not_read_messages_gets_no_address(team: Team, reader: Person) -> None:
    browser = signed_in(reader)
    assert "as a feed" not in browser.get("/t/rcd/hear/").content.decode()
    browser.post(reverse("outbox:feed-make", args=[team.slug]))
    assert not OwnFeed.objects.exists()


def test_a_program_makes_reads_replaces_and_takes_back_the_address(team: Team, member: Person, lead: Person) -> None:
    path, browser = f"/api/v1/teams/{team.slug}/own-feed", signed_in(member)
    assert browser.get(path).json() == {"url": "", "made_at": None}
    tokens = {
        scope: {"Authorization": f"Bearer {access.make_token(team, member, name=scope, scopes=[scope])[1]}"}
        for scope in ("read", "write")
    }
    assert Client().post(path, headers=tokens["read"]).status_code == 404
    seen = []
    for headers in ({}, tokens["write"]):
        made = browser.post(path, headers=headers)
        assert (made.status_code, made.json()) == (201, browser.get(path, headers=headers).json())
        seen.append(made.json()["url"].removeprefix("http://testserver"))
    assert [Client().get(one).status_code for one in seen] == [404, 200]
    assert signed_in(lead).get(path).json()["url"] == ""
    only_read = Client().get(path, headers=tokens["read"]).json()
    assert (only_read["url"], bool(only_read["made_at"])) == ("", True), "an address outlives the token that read it"
    assert [browser.delete(path).status_code for _ in range(2)] == [204, 204]
    assert Client().get(seen[-1]).status_code == 404
    verbs = SecurityEvent.objects.filter(person=member, detail__name="feed of messages").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["made a token", "made a token", "had a token revoked"]


def test_a_program_of_who_may_not_read_messages_is_told_so(team: Team, reader: Person) -> None:
    browser = signed_in(reader)
    for answer in (
        browser.get(f"/api/v1/teams/{team.slug}/own-feed"),
        browser.post(f"/api/v1/teams/{team.slug}/own-feed"),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (422, feeds.READS_NONE)
    assert not OwnFeed.objects.exists()


@pytest.mark.parametrize("change", ["cut", "more", "key", "letter", "other", "empty"])
def test_only_the_very_address_opens_it(change: str, team: Team, member: Person, lead: Person) -> None:
    token, other = (feeds._SIGNER.sign(feeds.make(team, one).key.hex) for one in (member, lead))
    key, signature = token.split(".")
    wrong = {
        "cut": token[:-1], "more": f"{token}a", "key": key, "letter": f"{key}.{signature.swapcase()}",
        "other": f"{other.split('.')[0]}.{signature}", "empty": f".{signature}",
    }[change]  # fmt: skip
    assert Client().get(reverse("message-feed", args=[wrong])).status_code == 404
    assert Client().get(reverse("message-feed", args=[token])).status_code == 200


def test_the_address_does_not_leak(team: Team, member: Person, caplog: pytest.LogCaptureFixture) -> None:
    say(team, member)
    path = address(team, member)
    token = path.split("/")[2]
    with caplog.at_level(logging.DEBUG):
        read = Client().get(path)
        assert Client().post(path).status_code == 405
        assert Client().get(path.replace(token, f"{token}x")).status_code == 404
    assert token not in caplog.text
    assert token not in read.content.decode(), "who forwards the file hands on no key"
    assert (read["Referrer-Policy"], read["Cache-Control"]) == ("no-referrer", "no-store, private")
    assert read["X-Robots-Tag"] == "noindex, nofollow"
    assert "Set-Cookie" not in read
    browser = signed_in(member)
    for page in ("/t/rcd/search/?q=feed", "/t/rcd/activity/", "/t/rcd/messages/", "/account/events/"):
        assert token not in browser.get(page).content.decode()
    assert token not in str([one.detail for one in SecurityEvent.objects.all()])


def test_reading_writes_nothing_and_asks_little(team: Team, member: Person, django_assert_max_num_queries: Any) -> None:
    path = address(team, member)
    for count in (1, 29):
        for number in range(count):
            say(team, member, subject=f"{count} {number}")
        before = list(OwnFeed.objects.values())
        with django_assert_max_num_queries(4) as asked:  # with the clock's on PostgreSQL
            assert len(entries(path)) == (1 if count == 1 else 30)
        assert not [one for one in asked.captured_queries if not one["sql"].startswith("SELECT")]
        assert list(OwnFeed.objects.values()) == before


def test_at_most_fifty_and_whatever_characters_a_message_holds(team: Team, member: Person) -> None:
    path = address(team, member)
    for number in range(55):
        say(team, member, subject=f"number {number}", body="a\x0bb \U0001f331")
    assert titles(path) == [f"number {number}" for number in range(54, 4, -1)]
