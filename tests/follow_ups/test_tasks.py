"""The hour's work, as a worker finds it: registered, and safe to run twice."""

from datetime import timedelta

from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.follow_ups import tasks
from hortus.follow_ups.models import FollowUp
from hortus.ledger import queue_periodic
from hortus.ledger.outbox.models import Message
from hortus.processes.incidents.reviews import tasks as of_reviews
from hortus.processes.incidents.reviews.models import Review
from tests.follow_ups.conftest import Make  # type: ignore[import-not-found]
from tests.processes.incidents.reviews.resolved import resolved  # type: ignore[import-not-found]


def test_both_reminders_are_due_each_hour() -> None:
    queue_periodic.discover()
    for name in ("follow-ups.remind", "reviews.remind"):
        assert queue_periodic.REGISTRY[name].every == timedelta(hours=1)


def test_what_is_late_is_told_once_however_often_the_hour_strikes(team: Team, member: Person, make: Make) -> None:
    make(owner=member)
    FollowUp.objects.update(due_on=timezone.now().date() - timedelta(days=9))
    resolved(team, member)
    Review.objects.update(due_on=timezone.now().date() - timedelta(days=9))
    before = set(Message.objects.values_list("pk", flat=True))
    assert tasks.remind.func() == 1
    assert of_reviews.remind.func() == 1
    assert tasks.remind.func() == of_reviews.remind.func() == 0
    new = Message.objects.exclude(pk__in=before)
    assert sorted(new.values_list("topic", flat=True)) == ["follow-up", "review"]
