"""Two who make the same at once: one is first, the other is told so in words."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from hortus.access.models import Team
from hortus.catalogue import actions, functions
from hortus.catalogue.models import Function, Service
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
