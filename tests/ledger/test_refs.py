"""One practice names another's object by its address or its kind and id, as far as the policy lets who asks read it."""

import pytest
from django.urls import reverse

from hortus.access.doors import Standing, standing_in
from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups.models import FollowUp
from hortus.ledger import refs
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions as incidents


def _standing(person: Person, team: Team) -> Standing:
    found = standing_in(person, team.slug)
    assert found is not None
    return found


@pytest.fixture
def follow_up(team: Team, lead: Person) -> FollowUp:
    """Something that the lead will do."""
    incident = incidents.declare(team, "Scratch does not answer", by=lead, door="test")
    due_on = incident.began_at.date()
    return follow_ups.add(team, follow_ups.Draft("Look again", due_on, lead, ""), incident.ref, by=lead, door="test")


def test_an_address_names_an_object_of_this_team(team: Team, follow_up: FollowUp) -> None:
    page = reverse("follow_ups:follow-up", args=["rcd", follow_up.pk])
    for address in (page, f" https://hortus.example{page}?x=1#y "):
        assert refs.named_by(team, address) == ("follow-up", str(follow_up.pk))
    assert refs.named_by(team, "/t/rcd/incidents/12/") == ("incident", "12")
    for address in ("", "::::", "https://[", "/", "/t/rcd/", "/t/others/incidents/12/", "/t/rcd/incidents/+declare/"):
        assert refs.named_by(team, address) is None, address


def test_who_may_read_finds_and_nobody_else(
    team: Team, other_team: Team, member: Person, reader: Person, guest: Person, stranger: Person, follow_up: FollowUp
) -> None:
    for person in (member, reader):
        asks = _standing(person, team)
        assert refs.find(asks, "incident", "1") == Ref("incident", "1", "Scratch does not answer")
        assert refs.find(asks, "follow-up", str(follow_up.pk)) == Ref("follow-up", str(follow_up.pk), "Look again")
    for asks in (_standing(guest, team), _standing(stranger, other_team)):
        assert refs.find(asks, "incident", "1") is None
        assert refs.find(asks, "follow-up", str(follow_up.pk)) is None
    FollowUp.objects.update(guard=Kind.OBJECTIVE.value)  # read by the same people, but its words are kept back
    assert refs.find(_standing(member, team), "follow-up", str(follow_up.pk)) == Ref("follow-up", str(follow_up.pk), "")


@pytest.mark.parametrize("kind", ["incident", "review", "follow-up", "team", "star"])
@pytest.mark.parametrize("name", ["", "0", "-1", "x", "٣", "9" * 30, "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_not_found(team: Team, member: Person, kind: str, name: str) -> None:
    assert refs.find(_standing(member, team), kind, name) is None


def test_only_what_says_so_can_be_named_or_linked(team: Team, member: Person) -> None:
    assert {"incident", "review", "follow-up"} <= set(refs.nameable())
    assert not {"incident", "review", "follow-up", "team"} & set(refs.linkable())
    assert set(refs.linkable()) <= set(refs.nameable())
    assert refs.choices(_standing(member, team), "incident") == ()
    assert refs.choices(_standing(member, team), "star") == ()


def test_what_can_be_named_has_a_page_that_names_it(team: Team) -> None:
    for kind in refs.nameable():
        pages = {name: refs.link(team, kind, name) for name in ("1", "restart", "00000000-0000-0000-0000-000000000001")}
        found = {refs.named_by(team, page) for page in pages.values() if page}
        assert found == {(kind, name) for name, page in pages.items() if page}, f"{kind}: its page does not name it"
        assert found, f"{kind}: it has no page"
