"""The activity tells who joined, left and got another role; nothing of sign-ins, factors or tokens."""

import pytest

from hortus.access import actions
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.access.security import Verb, note
from hortus.ledger.models import Event
from hortus.values.refused import Refused


def told() -> list[tuple[str, str, str]]:
    return [(e.object_kind, e.object_name, e.verb) for e in Event.objects.order_by("id")]


def test_a_person_comes_changes_and_goes(team: Team, lead: Person, stranger: Person) -> None:
    membership = actions.add_member(team, stranger, Role.MEMBER, by=lead)
    actions.change_role(membership, "reader", by=lead)
    actions.remove_member(Membership.objects.get(pk=membership.pk), by=lead)
    assert told() == [("member", "Sten", "joined"), ("member", "Sten", "role changed"), ("member", "Sten", "left")]
    changed = Event.objects.get(verb="role changed")
    assert (changed.actor, changed.payload) == (lead, {"before": "member", "after": "reader"})


def test_a_refused_change_tells_nothing(team: Team, lead: Person) -> None:
    with pytest.raises(Refused):
        actions.remove_member(Membership.objects.get(person=lead), by=lead)
    assert told() == []


@pytest.mark.parametrize("verb", [Verb.SIGNED_IN, Verb.FACTOR_ADDED, Verb.TOKEN_MADE, Verb.SIGN_IN_FAILED])
def test_what_is_a_persons_own_business_stays_there(team: Team, lead: Person, verb: Verb) -> None:
    note(verb, person=lead, team=team)
    assert told() == []
