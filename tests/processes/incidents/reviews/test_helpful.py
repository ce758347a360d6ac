"""What stands beside a new incident: old reviews and incidents of its service, with its tags, or that say the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from hortus.access.doors import Standing
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.ledger import search
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents import beside, moves
from hortus.processes.incidents.actions import Facts
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions, helpful, learning, reuse, writing
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.room import helps
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.incidents.reviews.resolved import (  # type: ignore[import-not-found]
    NOON,
    kept,
    resolved,
    review_of,
    service,
)


@pytest.fixture
def asks(team: Team, member: Person) -> Standing:
    return Standing(member, team, Role.MEMBER)


def declared(team: Team, by: Person, sentence: str, **more: Any) -> Incident:
    return incidents.declare(team, sentence, by=by, door="test", **more)


def shown(asks: Standing, incident: Incident) -> list[tuple[str, str]]:
    return [(line.text, line.reason) for line in beside.of(asks, incident)]


def test_old_reviews_of_its_service_and_tags(team: Team, member: Person, asks: Standing) -> None:
    disk = service(team)
    of_service = kept(team, member, "Disk", services=[disk])
    helped = kept(team, member, "Disk that helped", services=[disk], at=NOON - timedelta(days=9))
    tagged = kept(team, member, "Tagged")
    Review.objects.filter(pk=tagged.pk).update(tags=["full"])
    kept(team, member, "Unlike")
    reuse.use(helped, declared(team, member, "Earlier", at=NOON).ref, by=member, door="test")
    actions.near_miss(team, "Not shared", by=member, door="test", services=[disk])
    incident = declared(team, member, "Peat is full", services=[disk])
    incidents.change_facts(incident, Facts(tags=["full"]), by=member, door="test")
    incident.refresh_from_db()
    assert shown(asks, incident) == [
        ("Disk that helped", "also about Peat"), ("Disk", "also about Peat"), ("Tagged", "also tagged full")
    ]  # fmt: skip
    assert beside.of(asks, incident)[1].path == f"/t/rcd/reviews/{of_service.number}/?for={incident.number}"
    assert [line.text for line in helpful.related(of_service)] == ["Disk that helped"]
    assert "Others like it" in signed_in(member).get(reuse.path(of_service)).content.decode()
    for extra in range(4):
        kept(team, member, f"More {extra}", services=[disk])
    assert len(beside.of(asks, incident)) == 3


def test_what_says_the_same_words_without_any_service(team: Team, member: Person, asks: Standing) -> None:
    resolved(team, member, "Quota reports on scratch are wrong")
    for number in range(6):
        resolved(team, member, f"Nobody can reach node {number}")
    kept(team, member, "The purge ran twice")
    incident = declared(team, member, "Nobody can write to scratch, quotas look wrong")
    assert shown(asks, incident) == [
        ("#1 Quota reports on scratch are wrong, resolved", "says “scratch”, “wrong”"),
    ]  # fmt: skip
    again = declared(team, member, "Users see the purge of twice the files on scratch")
    assert [text for text, _ in shown(asks, again)] == [
        "The purge ran twice", "#1 Quota reports on scratch are wrong, resolved"
    ]  # fmt: skip
    assert [text for text, _ in shown(asks, declared(team, member, "Purges are late"))] == []
    assert [text for text, _ in shown(asks, declared(team, member, "A purge is late"))] == ["The purge ran twice"]
    assert shown(asks, declared(team, member, "Growth of costs")) == []  # one word, of no title
    assert shown(asks, declared(team, member, "Nobody can log in")) == []
    assert shown(asks, declared(team, member, "??? !!!")) == []


def test_a_review_stands_for_its_incident_once_it_is_shared(team: Team, member: Person, asks: Standing) -> None:
    old = resolved(team, member, "Certificates of the gateway ended")
    now = declared(team, member, "The gateway refuses certificates")
    assert [text for text, _ in shown(asks, now)] == ["#1 Certificates of the gateway ended, resolved"]
    review = review_of(old)
    writing.write(review, {"how": "Nobody renewed them."}, 0, by=member, door="test")
    actions.share(review, by=member, door="test")
    assert shown(asks, now) == [("Certificates of the gateway ended", "says “gateway”, “certificates”")]


def test_what_is_not_shared_or_of_others_is_never_shown(
    team: Team, other_team: Team, member: Person, stranger: Person, guest: Person, asks: Standing
) -> None:
    draft = actions.near_miss(team, "A visit", by=member, door="test")
    writing.write(draft, {"how": "The zeppelin hit the mast."}, 0, by=member, door="test")
    learning.learn(draft, "Zeppelins are heavy.", by=member, door="test")
    learning.contribute(draft, "A zeppelin without lights", "", by=member, door="test")
    declared(other_team, stranger, "A zeppelin lies on the roof", at=NOON)
    incident = declared(team, member, "A zeppelin lies on the cables")
    assert shown(asks, incident) == []
    assert [hit.name for hit in search.search(asks, "zeppelin")] == [
        incident.title
    ]  # a draft is not found by its words
    moves.resolve(incident, by=member, door="test")
    later = declared(team, member, "The zeppelin came back to the cables")
    assert [text for text, _ in shown(asks, later)] == [f"{incident}, resolved"]
    assert shown(Standing(guest, team, Role.GUEST), later) == []
    Membership.objects.filter(person=member).delete()
    assert shown(asks, later) == []


def test_it_is_shown_by_page_program_and_command(team: Team, member: Person, as_member: Client) -> None:
    resolved(team, member, "Quota reports on scratch are wrong")
    answer = as_member.post("/t/rcd/incidents/+declare/", {"sentence": "Quota of scratch is wrong"}, follow=True)
    page = answer.content.decode()
    assert 'href="#beside"' in page
    assert "says “quota”, “scratch”, “wrong”" in page
    told = as_member.get("/api/v1/teams/rcd/incidents/2/beside").json()
    assert told == [{
        "text": "#1 Quota reports on scratch are wrong, resolved", "path": "/t/rcd/incidents/1/",
        "reason": "says “quota”, “scratch”, “wrong”",
    }]  # fmt: skip
    moves.resolve(Incident.objects.get(number=2), by=member, door="test")
    assert as_member.get("/api/v1/teams/rcd/incidents/2/beside").json() == []


def test_it_costs_no_more_where_much_is_alike(
    team: Team, member: Person, asks: Standing, django_assert_max_num_queries: Any
) -> None:
    resolved(team, member, "Quota reports on scratch are wrong")
    kept(team, member, "Scratch has a wrong quota")
    incident = declared(team, member, "Quota on scratch looks wrong to all who write there again today somehow")
    with django_assert_max_num_queries(40) as few:
        assert len(helps(asks, incident)) == 2
    for number in range(20):
        resolved(team, member, f"Quota of scratch is wrong, time {number}")
    with django_assert_max_num_queries(len(few)):
        assert len(helps(asks, incident)) == 3
