"""Old reviews come up again, where they helped is counted, and nobody can be found among the readers."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Message
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents import beside
from hortus.processes.incidents.reviews import actions, measures, resurfacing, reuse, writing
from hortus.processes.incidents.reviews.models import Review, Use
from hortus.values.evidence import Slice
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.incidents.reviews.resolved import NOON, kept  # type: ignore[import-not-found]

PAGE = "/t/rcd/reviews/1/"


def test_one_press_says_that_it_helped(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    incident = incidents.declare(team, "Peat is full", by=member, door="test")
    page = as_member.get(f"{PAGE}?for={incident.number}").content.decode()
    assert f"It helps with incident {incident.number}" in page
    answer = as_member.post(f"{PAGE}use/", {"address": f"/t/rcd/incidents/{incident.number}/"})
    assert answer.status_code == 302
    assert Use.objects.get().object_id == str(incident.number)
    page = as_member.get(f"{PAGE}?for={incident.number}").content.decode()
    assert "It helps with" not in page
    assert "Peat is full" in page
    assert [line.reason for _, lines in beside.parts(incident, member) for line in lines] == [
        "an older review that helped"
    ]


def test_only_what_is_later_and_its_own_address_counts(team: Team, member: Person, as_member: Client) -> None:
    review = kept(team, member)
    for address in ("/t/rcd/", "https://elsewhere.example/t/others/incidents/1/", "/t/rcd/incidents/77/", "::::", PAGE):
        answer = as_member.post(f"{PAGE}use/", {"address": address})
        assert answer.status_code == 200, address
        assert address in answer.content.decode()
    assert not Use.objects.exists()
    draft = actions.near_miss(team, "Later", by=member, door="test")
    with pytest.raises(Refused):
        reuse.use(draft, review.ref, by=member, door="test")
    # An address in the text of another review counts by itself, once.
    for version, text in enumerate((f"As in https://hortus.example{PAGE}, again.", f"See <{PAGE}>.")):
        writing.write(draft, {"how": text}, version, by=member, door="test")
    assert Use.objects.get().object_kind == "review"


def test_readers_are_counted_and_nobody_is_known(
    team: Team, member: Person, lead: Person, reader: Person, as_lead: Client
) -> None:
    review = kept(team, member)
    assert signed_in(member).get(PAGE).status_code == 200  # who wrote it is no reader
    for _ in range(3):
        answer = as_lead.get(PAGE)
    again = signed_in(reader)
    again.head(PAGE)
    again.get(PAGE)
    review.refresh_from_db()
    assert review.readers == 2
    cookie = as_lead.cookies[reuse.READ]
    assert (cookie.value, cookie["path"], bool(cookie["httponly"])) == ("1", PAGE, True)
    assert reuse.READ not in answer.cookies
    _nobody_is_named(review, lead, reader)


def _nobody_is_named(review: Review, *readers: Person) -> None:
    """Look through every row of every table of reviews, and all events, for any trace of who read."""
    for model in apps.get_app_config("reviews").get_models():
        for row in model.objects.all().values():
            for person in readers:
                assert str(person.pk) not in str(row)
                assert person.pk.hex not in str(row)
    assert not Event.objects.filter(actor__in=readers).exists()


def test_a_fresh_review_has_no_readers_yet(team: Team, member: Person, as_lead: Client) -> None:
    review = kept(team, member, at=timezone.now() - timedelta(days=13))
    assert reuse.READ not in as_lead.get(PAGE).cookies
    review.refresh_from_db()
    assert review.readers == 0


def test_each_week_one_old_review_comes_up_the_longest_unseen_first(team: Team, member: Person, lead: Person) -> None:
    now = NOON + timedelta(days=100)
    assert resurfacing.resurface(team, now) is None
    first, second = kept(team, member, "First"), kept(team, member, "Second")
    kept(team, member, "Young", at=now - timedelta(days=3))
    shown = [resurfacing.resurface(team, now + timedelta(days=day)) for day in (0, 1, 7, 14, 14)]
    assert shown == [first, None, second, first, None]
    message = Message.objects.filter(topic="old-review").earliest("made_at", "pk")
    assert "Slow growth is invisible" in message.body


def test_reuse_is_read_as_a_share_of_old_reviews(team: Team, member: Person) -> None:
    today = timezone.now().astimezone(team.zoneinfo).date()
    assert measures.reviews_reused(team, today) is None
    used, unused = kept(team, member, "Used"), kept(team, member, "Unused")
    kept(team, member, "Young", at=timezone.now() - timedelta(days=29))
    reuse.use(used, unused.ref, by=member, door="test")
    reading = measures.reviews_reused(team, today)
    assert reading is not None
    assert (reading.hits, reading.n) == (1, 2)
    history = measures.reviews_reused_many(team, [NOON.date(), today - timedelta(days=2), today])
    assert [found and found.value for found in history.values()] == [None, 0.0, 0.5]
    rows = measures.reviews_reused_evidence(team, today, Slice(), persons=False)
    assert [(row[0].text, row[1]) for row in rows.rows] == [("Unused", 0), ("Used", 1)]
