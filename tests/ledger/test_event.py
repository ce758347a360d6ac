"""Events: recorded with their rows, told once, never changed."""

import pytest
from django.db import DatabaseError, connection, transaction

from hortus.access.models import Person, Team
from hortus.ledger.actions import record
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref

CLUSTER = Ref("cluster", "alder", "alder")


@pytest.fixture
def event(team: Team, member: Person) -> Event:
    with transaction.atomic():
        record(team, "imported", CLUSTER, by=member, source="cli")
    return Event.objects.get()


def test_is_visible_to_the_team_only(event: Event, member: Person, stranger: Person, guest: Person) -> None:
    assert list(Event.objects.visible_to(member)) == [event]
    assert not Event.objects.visible_to(stranger).exists()
    assert not Event.objects.visible_to(guest).exists()


def test_a_dedupe_key_is_told_once(team: Team) -> None:
    with transaction.atomic():
        assert record(team, "imported", CLUSTER, by=None, source="cli", dedupe_key="a") is True
        assert record(team, "imported", CLUSTER, by=None, source="cli", dedupe_key="a") is False
    assert Event.objects.count() == 1


@pytest.mark.parametrize("statement", ["UPDATE ledger_event SET verb = 'x'", "DELETE FROM ledger_event"])
def test_the_database_refuses_to_rewrite_the_ledger(event: Event, statement: str) -> None:
    refused = pytest.raises(DatabaseError, match="never changed or removed")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Event.objects.get().verb == "imported"


@pytest.mark.django_db(transaction=True)
def test_refuses_an_event_without_a_transaction(team: Team) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        record(team, "imported", CLUSTER, by=None, source="cli")
