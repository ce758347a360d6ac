"""What one practice learned is told to another that neither knows: in order, few of it, and never at any price."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from django.db import connection

from hortus.access.doors import Standing, standing_in
from hortus.access.models import Person, Team
from hortus.ledger import lessons
from hortus.ledger.lessons import LINKED, Lesson
from hortus.ledger.refs import Ref
from hortus.values.refused import Refused

SPADE = Ref("tool", "spade", "Spade")


class Almanac:
    """A source that tells what it is given, and keeps what it was asked and told."""

    def __init__(self) -> None:
        self.whys: list[str] = []
        self.asked: list[tuple[Ref, Sequence[str]]] = []
        self.told: list[tuple[str, Ref, str]] = []

    def lessons(self, standing: Standing, ref: Ref, services: Sequence[str]) -> Sequence[Lesson]:
        """Tell one lesson for each why."""
        self.asked.append((ref, services))
        at = datetime(2026, 3, 3, tzinfo=UTC)
        return [Lesson(str(key), "almanac", f"Page {key}", "/", (), why, at) for key, why in enumerate(self.whys)]

    def helped(self, standing: Standing, key: str, ref: Ref, door: str) -> bool:
        """Keep that it helped."""
        is_new = (key, ref, door) not in self.told
        self.told.append((key, ref, door))
        return is_new


def _broken(standing: Standing, ref: Ref, services: Sequence[str]) -> Sequence[Lesson]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")  # spoils the transaction that it is asked in
    return ()


@pytest.fixture
def almanac() -> Iterator[Almanac]:
    """A source of lessons, and one that fails; both are gone after the test."""
    known = dict(lessons._SOURCES)
    source = Almanac()
    lessons.register("broken", _broken, source.helped)
    lessons.register("almanac", source.lessons, source.helped)
    yield source
    lessons._SOURCES.clear()
    lessons._SOURCES.update(known)


@pytest.fixture
def standing(team: Team, member: Person) -> Standing:
    """Who asks."""
    found = standing_in(member, team.slug)
    assert found is not None
    return found


def test_all_that_is_linked_comes_first_then_three_others(almanac: Almanac, standing: Standing) -> None:
    almanac.whys = ["also about Peat", LINKED, *["also about Alder"] * 3, LINKED]
    found = lessons.about(standing, SPADE, {"peat", "alder"})
    assert [one.key for one in found] == ["1", "5", "0", "2", "3"]
    assert [one.is_linked for one in found] == [True, True, False, False, False]
    assert almanac.asked == [(SPADE, ["alder", "peat"])]


def test_a_source_that_fails_takes_only_its_own_away(
    almanac: Almanac, standing: Standing, caplog: pytest.LogCaptureFixture
) -> None:
    almanac.whys = [LINKED]
    assert [one.source for one in lessons.about(standing, SPADE)] == ["almanac"]
    assert "tool spade could not be read" in caplog.text
    assert Team.objects.exists()  # the transaction goes on


def test_that_one_helped_is_told_to_its_source(almanac: Almanac, standing: Standing) -> None:
    assert lessons.helped(standing, ("almanac", "7"), SPADE, "web")
    assert not lessons.helped(standing, ("almanac", "7"), SPADE, "web")
    assert almanac.told == [("7", SPADE, "web")] * 2
    with pytest.raises(Refused) as refused:
        lessons.helped(standing, ("hearsay", "7"), SPADE, "web")
    assert refused.value.code == "not-found"
