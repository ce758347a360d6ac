"""What people chose to hear, from the page and the API to what is due and what is sent; and the way out of a mail."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hortus.access.models import Membership, Person, Team
from hortus.ledger.models import Event
from hortus.ledger.outbox import choices, topics, unsubscribe
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.choice_models import Hearing, TopicChoice
from hortus.ledger.outbox.choices_actions import choose, hours_of, ways_of
from hortus.ledger.outbox.choices_rules import Hours
from hortus.ledger.outbox.models import Delivery, Message, Urgency
from hortus.ledger.outbox.recipients import Channel, Recipient
from hortus.ledger.outbox.topics import Topic, Way
from hortus.ledger.queue_models import QueuedTask
from hortus.ledger.queue_worker import drain
from hortus.ledger.refs import Ref
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.ledger.outbox.letter_box import declare
from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
NEWS, RARE, SAFE = "test-news", "test-rare", "test-safe"
NIGHT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 23:00 in New York, where the team is
QUIET = Hours("", time(22), time(7))


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    before = dict(topics._TOPICS)
    topics.register(Topic(NEWS, "News of a test."))
    topics.register(Topic(RARE, "What is rarely read.", way=Way.DIGEST))
    topics.register(Topic(SAFE, "Danger for data.", is_safety=True))
    yield
    topics._TOPICS.clear()
    topics._TOPICS.update(before)


@pytest.fixture
def office(post_office: PostOffice, settings: Any) -> PostOffice:  # noqa: F811
    declare(
        settings, email_url=post_office.url, email_from="hortus@example.org", public_url="https://hortus.example.org"
    )
    return post_office


def say(team: Team, topic: str, *to: Person, subject: str = "It is slow", **more: Any) -> Message:
    with transaction.atomic():
        return tell(team, topic, Ref("team", team.slug, team.name), subject=subject, body=f"About {subject}.",
                    to=[Recipient.person(one) for one in to], to_team=False, **more)  # fmt: skip


def planned(
    team: Team, topic: str, *to: Person, at: datetime = NIGHT, urgency: Urgency = Urgency.NORMAL
) -> list[choices.Planned]:  # fmt: skip
    given = [Recipient.person(one) for one in to]
    return list(choices.plan(team, topics.topic(topic), urgency, given, to_team=False, now=at))


def test_who_chose_nothing_hears_as_the_topic_comes(team: Team, member: Person) -> None:
    (news,) = planned(team, NEWS, member)
    assert (news.recipient, news.channel, news.not_before, news.lane) == (
        Recipient.person(member), Channel.EMAIL, None, "",
    )  # fmt: skip
    (rare,) = planned(team, RARE, member)
    assert rare.not_before == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # 08:00 in New York
    assert rare.lane == f"digest:email:person:{member.pk}:{team.pk}"


def test_off_is_off_and_quiet_hours_wait(team: Team, member: Person, lead: Person) -> None:
    choose(team, member, QUIET, {NEWS: Way.OFF})
    choose(team, lead, QUIET, {})
    (news,) = planned(team, NEWS, member, lead)
    assert (news.recipient, news.not_before) == (Recipient.person(lead), datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    (by_day,) = planned(team, NEWS, lead, at=NIGHT + timedelta(hours=12))
    assert by_day.not_before is None


def test_a_person_may_live_in_another_zone_than_the_team(team: Team, member: Person) -> None:
    choose(team, member, Hours("Asia/Tokyo", time(22), time(7)), {})
    (there,) = planned(team, NEWS, member)  # 13:00 in Tokyo
    assert there.not_before is None


@pytest.mark.parametrize(("topic", "urgency"), [(SAFE, Urgency.NORMAL), (NEWS, Urgency.SAFETY)])
def test_safety_ignores_quiet_hours_digests_and_choices(
    team: Team, member: Person, topic: str, urgency: Urgency
) -> None:  # fmt: skip
    choose(team, member, QUIET, {NEWS: Way.OFF})
    TopicChoice.objects.create(team=team, person=member, topic=SAFE, way=Way.DIGEST)
    (one,) = planned(team, topic, member, urgency=urgency)
    assert (one.not_before, one.lane) == (None, "")


def test_what_is_pressing_respects_quiet_hours(team: Team, member: Person) -> None:
    choose(team, member, QUIET, {})
    (one,) = planned(team, NEWS, member, urgency=Urgency.PRESSING)
    assert one.not_before is not None


def test_many_recipients_cost_no_more_queries_than_one(team: Team, member: Person) -> None:
    many = [Recipient("subscriber", str(n)) for n in range(3000)] + [Recipient.person(member)]
    counts = []
    for given in (many[-1:], many):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = choices.plan(team, topics.topic(NEWS), Urgency.NORMAL, given, to_team=True, now=NIGHT)
        assert len(found) == len(given)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 3


def test_who_left_or_was_deactivated_is_not_reached(team: Team, member: Person, office: PostOffice) -> None:
    say(team, NEWS, member)
    Membership.objects.filter(person=member).delete()
    drain()
    assert office.received() == []
    assert Delivery.objects.get().state == Delivery.State.DROPPED


def test_a_digest_is_one_mail_with_all_that_waited(team: Team, member: Person, office: PostOffice) -> None:
    for subject in ("First", "Second"):
        say(team, RARE, member, subject=subject)
    drain()
    assert office.received() == []
    past = datetime(2026, 1, 1, tzinfo=UTC)
    Delivery.objects.update(not_before=past)
    QueuedTask.objects.update(run_after=past)
    drain()
    (mail,) = office.accepted()
    assert str(mail.message["Subject"]) == "[Research Computing] 2 messages of the day"
    assert mail.text.index("About First.") < mail.text.index("About Second.")
    assert mail.message["References"] is None
    assert {one.state for one in Delivery.objects.all()} == {Delivery.State.ACCEPTED}


def test_turned_off_between_queue_and_sending_is_not_sent_and_recorded(
    team: Team, member: Person, lead: Person, office: PostOffice
) -> None:  # fmt: skip
    say(team, NEWS, member, lead)
    choose(team, member, Hours(""), {NEWS: Way.OFF})
    drain()
    assert [mail.to for mail in office.accepted()] == [(lead.email,)]
    dropped = Delivery.objects.get(state=Delivery.State.DROPPED)
    assert (dropped.recipient_id, dropped.reason) == (str(member.pk), "the person turned this off")


def test_one_recipient_who_is_refused_keeps_nobody_else_from_theirs(
    team: Team, member: Person, lead: Person, admin: Person, office: PostOffice
) -> None:  # fmt: skip
    office.rcpt = lambda address: "550 5.1.1 no such user" if address == lead.email else ""
    say(team, NEWS, member, lead, admin)
    drain()
    assert {mail.to[0] for mail in office.accepted()} == {member.email, admin.email}
    dead = Delivery.objects.get(state=Delivery.State.DEAD)
    assert (dead.recipient_id, dead.reason) == (str(lead.pk), "550 5.1.1 no such user")


def way_out(office: PostOffice) -> str:
    """Return the path in the header of the newest mail that turns its topic off."""
    found = re.fullmatch(
        r"<https://hortus\.example\.org(/\S+)>", str(office.accepted()[-1].message["List-Unsubscribe"])
    )
    assert found is not None
    return found[1]


def test_one_click_in_a_mail_program_ends_it_without_a_session(
    team: Team, member: Person, office: PostOffice
) -> None:  # fmt: skip
    say(team, NEWS, member)
    drain()
    path, program = way_out(office), Client(enforce_csrf_checks=True)
    assert str(office.accepted()[-1].message["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    shown = program.get(path)
    assert "<button" in shown.content.decode()
    assert ways_of(team, member)[NEWS] is Way.AT_ONCE  # a GET changes nothing: scanners follow links
    for _ in range(2):
        assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert ways_of(team, member)[NEWS] is Way.OFF
    assert ways_of(team, member)[RARE] is Way.DIGEST
    say(team, NEWS, member)
    drain()
    assert len(office.received()) == 1
    assert not Event.objects.filter(object_kind="notice-choice").exists()


def test_a_way_out_with_any_byte_changed_turns_nothing_off(team: Team, member: Person) -> None:
    path, program = unsubscribe.path(team, member, NEWS), Client()
    for place in range(len("/unsubscribe/"), len(path) - 1):
        for letter in {"A", "b", "9", ".", ":", "\u00fc"} - {path[place]}:
            assert unsubscribe.read((path[:place] + letter + path[place + 1 :]).split("/")[2]) is None
    for wrong in (path[:-2] + "/", path[:-1] + "x/", path.swapcase().replace("UNSUBSCRIBE", "unsubscribe")):
        assert program.post(wrong).status_code == 404
    other = signing.dumps([team.slug, str(member.pk), NEWS], salt="another purpose")
    assert program.post(reverse("unsubscribe", args=[other])).status_code == 404
    assert not TopicChoice.objects.exists()


def test_the_way_out_of_a_digest_ends_what_comes_by_digest(team: Team, member: Person) -> None:
    ending = unsubscribe.read(unsubscribe.path(team, member, unsubscribe.DIGEST).strip("/").rpartition("/")[2])
    assert ending is not None
    unsubscribe.end(ending)
    found = ways_of(team, member)
    assert (found[NEWS], found[RARE], found[SAFE]) == (Way.AT_ONCE, Way.OFF, Way.AT_ONCE)


def test_safety_has_no_way_out(team: Team, member: Person, office: PostOffice) -> None:
    say(team, SAFE, member)
    drain()
    assert office.accepted()[-1].message["List-Unsubscribe"] is None
    ending = unsubscribe.read(unsubscribe.path(team, member, SAFE).strip("/").rpartition("/")[2])
    assert ending is not None
    unsubscribe.end(ending)
    assert not TopicChoice.objects.exists()


@pytest.mark.parametrize("change", ["cut", "other", "left"])
def test_an_address_that_hortus_did_not_make_turns_nothing_off(team: Team, member: Person, change: str) -> None:
    path = unsubscribe.path(team, member, NEWS)
    if change == "cut":
        path = f"{path[:-4]}/"
    elif change == "other":
        path = reverse("unsubscribe", args=["WyJyY2QiLCIxIl0:1abc:xyz"])
    else:
        Membership.objects.filter(person=member).delete()
    assert Client().post(path).status_code == 404
    assert not TopicChoice.objects.exists()


def test_the_page_keeps_what_a_person_chose_and_shows_nobody_elses(
    team: Team, member: Person, lead: Person, as_member: Client
) -> None:  # fmt: skip
    choose(team, lead, QUIET, {NEWS: Way.OFF})
    path = reverse("outbox:choices", args=[team.slug])
    page = as_member.get(path).content.decode()
    assert "Danger for data." in page
    assert "22:00" not in page.replace('<option value="22">22:00</option>', "")
    data = {f"topic-{one.slug}": one.way.value for one in topics.topics() if one.for_persons and not one.is_safety}
    data |= {f"topic-{NEWS}": "digest", "quiet_from": "21:30", "quiet_until": "06:15", "digest_hour": "17",
             "zone": "Europe/Paris"}  # fmt: skip
    assert as_member.post(path, data).status_code == 302
    assert hours_of(team, member) == Hours("Europe/Paris", time(21, 30), time(6, 15), 17)
    assert ways_of(team, member)[NEWS] is Way.DIGEST
    again = as_member.get(path).content.decode()
    assert 'value="21:30"' in again
    assert not Event.objects.exists()
    assert list(Hearing.objects.visible_to(lead)) == [Hearing.objects.get(person=lead)]


def test_half_a_quiet_time_is_answered_beside_its_field(team: Team, as_member: Client) -> None:
    data = {f"topic-{one.slug}": "off" for one in topics.topics() if one.for_persons and not one.is_safety}
    data |= {"quiet_from": "21:30", "digest_hour": "8"}
    answer = as_member.post(reverse("outbox:choices", args=[team.slug]), data)
    assert "Quiet hours need both a beginning and an end" in answer.content.decode()
    assert Hearing.objects.count() + TopicChoice.objects.count() == 0


def test_the_api_reads_and_changes_ones_own(team: Team, member: Person) -> None:
    path, client = f"/api/v1/teams/{team.slug}/notice-choices", signed_in(member)
    body = {"quiet_from": "22:00", "quiet_until": "07:00", "ways": {NEWS: "off"}}
    answer = client.put(path, body, content_type="application/json")
    assert answer.status_code == 200
    found = client.get(path).json()
    assert (found["quiet_from"], found["zone"], found["digest_hour"]) == ("22:00:00", "", 8)
    assert next(one for one in found["topics"] if one["topic"] == NEWS) == {
        "topic": NEWS, "sentence": "News of a test.", "way": "off", "is_safety": False,
    }  # fmt: skip
    for wrong, field in (
        ({"ways": {"nothing": "off"}}, "topics"), ({"ways": {NEWS: "loudly"}}, "topics"),
        ({"ways": {SAFE: "off"}}, "topics"), ({"zone": "Mars/Base"}, "zone"), ({"digest_hour": 99}, "digest_hour"),
    ):  # fmt: skip
        refused = client.put(path, wrong, content_type="application/json")
        assert (refused.status_code, refused.json()["field"]) == (422, field)
