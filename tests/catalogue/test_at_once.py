"""Two who make the same at once: one is first, the other is told so in words."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from hortus.access.models import Person, Team
from hortus.catalogue import actions, bulletins, functions
from hortus.catalogue.models import Bulletin, Function, Service
from hortus.ledger.refs import Ref
from hortus.values.refused import Refused


def a_service(team: Team, slug: str) -> object:
    return actions.add(team, actions.Details("Web", "data", "Answers."), by=None, door="web", slug=slug)


def a_function(team: Team, slug: str) -> object:
    return functions.add(team, functions.Details("Web", "Read it.", 3600), by=None, door="web", slug=slug)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write after the other, so both see all")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", ["web", ""], ids=["chosen", "made"])
@pytest.mark.parametrize("make", [a_service, a_function], ids=["service", "function"])
def test_the_second_of_two_is_refused_in_words(team: Team, make: Callable[[Team, str], object], slug: str) -> None:
    became: list[object] = []

    def second() -> None:
        try:
            became.append(make(team, slug))
        except Exception as error:
            became.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        make(team, slug)
        other.start()
        other.join(1)  # it waits for our row, which it cannot see
    other.join(30)
    (result,) = became
    assert isinstance(result, Refused), result
    assert (result.code, result.field) == ("taken", "slug")
    assert Service.objects.count() + Function.objects.count() == 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write after the other, so both see all")
@pytest.mark.django_db(transaction=True)
def test_two_texts_at_once_are_two_in_one_thread(team: Team, member: Person) -> None:
    faults: list[Exception] = []
    gate = threading.Barrier(2)

    def write(number: int) -> None:
        about = Ref("incident", "7", "It fails")
        try:
            gate.wait(30)
            bulletins.publish(team, about, f"Text {number}", [], trying="x", by=member, door="web")
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=[number]) for number in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert faults == []
    assert sorted(Bulletin.objects.values_list("place", flat=True)) == [1, 2]
    assert len(set(Bulletin.objects.values_list("thread", flat=True))) == 1
