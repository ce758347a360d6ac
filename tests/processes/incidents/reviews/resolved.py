"""What tests of reviews start from: an incident that is over, its review, and reviews as they are years later."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents import moves
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions, learning, writing
from hortus.processes.incidents.reviews.models import Review

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday


def service(team: Team, slug: str = "peat") -> Service:
    given = {"name": slug.capitalize(), "sort": "storage", "sentence": "Keeps data."}
    return Service.objects.get_or_create(team=team, slug=slug, defaults=given)[0]


def resolved(team: Team, by: Person, sentence: str = "Scratch does not answer", **more: Any) -> Incident:
    """Return an incident that lasted an hour."""
    at = more.pop("at", NOON)
    incident = incidents.declare(team, sentence, by=by, door="test", at=at, **more)
    return moves.resolve(incident, by=by, door="test", at=at + timedelta(hours=1))


def review_of(incident: Incident) -> Review:
    return Review.objects.of_incident(incident).select_related("team", "writer").get()


def kept(team: Team, by: Person, title: str = "The disk nearly ran full", at: datetime = NOON, **more: Any) -> Review:
    """Return a kept review of a near miss, with one learning."""
    review = actions.near_miss(team, title, by=by, door="test", at=at, **more)
    writing.write(review, {"how": "It filled slowly."}, 0, by=by, door="test", at=at)
    learning.learn(review, "Slow growth is invisible on a daily chart.", by=by, door="test", at=at)
    actions.share(review, by=by, door="test", at=at)
    return actions.keep(review, by=by, door="test", at=at)
