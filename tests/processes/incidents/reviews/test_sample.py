"""The sample's reviews: they stand where the sample says, read well, and tell nobody."""

from datetime import UTC, datetime

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.access.sample import World
from hortus.catalogue import sample as catalogue
from hortus.follow_ups.measures import follow_ups_late
from hortus.follow_ups.models import FollowUp
from hortus.ledger.outbox.models import Message
from hortus.processes.incidents import sample as incidents
from hortus.processes.incidents.reviews import measures, sample
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.writing import named_persons

UNTIL = datetime(2026, 10, 14, 9, tzinfo=UTC)


def _person(team: Team, name: str) -> Person:
    person = Person.objects.create_user(f"{name}@example.org", f"{name.capitalize()} Petrescu")
    Membership.objects.create(team=team, person=person, role=Role.MEMBER.value)
    return person


def test_the_sample_shows_reviews_in_all_their_states(team: Team) -> None:
    world = World(UNTIL, 1, tuple(_person(team, f"person{number}") for number in range(10)))
    for part in (catalogue.plant, incidents.plant, sample.plant):
        part(team, world)
    found = Review.objects.filter(team=team).order_by("wanted_at", "number")
    assert [(one.state, one.is_near_miss) for one in found] == [
        ("kept", True), ("kept", True), ("kept", False), ("kept", False), ("writing", True)
    ]  # fmt: skip
    assert sorted(FollowUp.objects.values_list("state", flat=True)) == ["done", "done", "dropped", "open"]
    reading = measures.reviews_reused(team, UNTIL.date())
    assert reading is not None
    assert (reading.hits, reading.n) == (1, 3)
    assert follow_ups_late(team, UNTIL.date()) is not None
    assert not any(named_persons(one) for one in found)
    assert not Message.objects.filter(topic__in=["review", "follow-up"]).exists()
