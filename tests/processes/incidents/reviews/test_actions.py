"""Verbs of reviews: wanted by themselves, written by two, learned from, closed with, waived and reminded."""

from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups.actions import Draft
from hortus.ledger import refs
from hortus.ledger.models import Event, SearchEntry
from hortus.ledger.outbox.models import Delivery, Message
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents import closing as of_incidents
from hortus.processes.incidents import moves, notes, roles
from hortus.processes.incidents.reviews import actions, learning, signs, telling, writing
from hortus.processes.incidents.reviews.models import Review, Revision
from hortus.processes.incidents.reviews.rules import Depth, Sign, State
from hortus.values.refused import Refused
from tests.processes.incidents.reviews.resolved import (  # type: ignore[import-not-found]
    NOON,
    kept,
    resolved,
    review_of,
    service,
)


def _open(team: Team, by: Person) -> Review:
    return actions.near_miss(team, "The disk nearly ran full", by=by, door="test", at=NOON)


def _draft(owner: Person | None = None) -> Draft:
    return Draft("Draw growth by the month", timezone.now().date() + timedelta(days=20), owner)


def test_a_resolved_incident_wants_one_review_however_often_it_is_resolved(team: Team, member: Person) -> None:
    incident = resolved(team, member)
    review = review_of(incident)
    assert (review.number, review.title, review.state, review.writer) == (1, incident.title, "wanted", member)
    assert review.due_on == date(2026, 3, 10)
    moves.reopen(incident, by=member, door="test", at=NOON + timedelta(hours=2))
    moves.resolve(incident, by=member, door="test", at=NOON + timedelta(hours=3))
    assert Review.objects.count() == 1
    assert actions.want(incident, by=member, door="test") == review
    event = Event.objects.about("review", "1").get()
    assert (event.verb, event.payload) == ("wanted", {"incident": 1, "depth": "talk"})
    assert refs.told("review", "wanted", event.payload) == ["proposed as a talk"]


def test_signs_come_from_the_incident_and_from_people_never_from_severity(team: Team, member: Person) -> None:
    first = resolved(team, member, severity="catastrophe")
    again = incidents.declare(
        team, "Scratch again", by=member, door="test", came_back_of=first, at=NOON + timedelta(days=20)
    )
    notes.surprise(
        again, sentence="It was the same disk.", by=member, door="test", at=NOON + timedelta(days=20, minutes=5)
    )
    moves.resolve(again, by=member, door="test", at=NOON + timedelta(days=20, minutes=9))
    review = review_of(again)
    assert signs.of(review) == [Sign.SURPRISE, Sign.CAME_BACK]
    assert review.depth == "talk"
    assert actions.tick(review, [Sign.MANY_TEAMS], by=member, door="test") is Depth.STUDY
    assert actions.set_depth(review, Depth.STUDY, by=member, door="test")
    assert not actions.set_depth(review, Depth.STUDY, by=member, door="test")
    with pytest.raises(Refused) as refused:
        actions.tick(review, [Sign.SURPRISE], by=member, door="test")
    assert refused.value.field == "signs"
    # The first incident missed its first word, which was due after 15 minutes; how bad it was proposes nothing.
    assert signs.of(review_of(first)) in ([], [Sign.PROMISE_MISSED])


def test_a_life_is_told_step_by_step(team: Team, member: Person) -> None:
    review = kept(team, member)
    verbs = list(Event.objects.about("review", "1").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["wanted", "begun", "written", "learned", "shared", "kept"]
    assert SearchEntry.objects.get(object_kind="review").body.startswith("Slow growth is invisible")
    for act in (
        lambda: writing.write(review, {"how": "x"}, review.version, by=member, door="test"),
        lambda: learning.learn(review, "More", by=member, door="test"),
        lambda: actions.waive(review, "No.", by=member, door="test"),
        lambda: actions.hand(review, None, by=member, door="test"),
    ):
        with pytest.raises(Refused):
            act()


def test_nothing_is_shared_empty_or_kept_unlearned(team: Team, member: Person) -> None:
    review = _open(team, member)
    writing.begin(review, by=member, door="test")
    with pytest.raises(Refused) as refused:
        actions.share(review, by=member, door="test")
    assert refused.value.code == "nothing-written"
    writing.write(review, {"how": "So."}, 1, by=member, door="test")
    actions.share(review, by=member, door="test")
    with pytest.raises(Refused) as refused:
        actions.keep(review, by=member, door="test")
    assert refused.value.code == "nothing-learned"
    with pytest.raises(Refused) as refused:
        actions.waive(review, "No.", by=member, door="test")
    assert refused.value.code == "no-way"


def test_beginning_lays_down_what_the_ledger_knows_without_names(team: Team, member: Person, lead: Person) -> None:
    incident = incidents.declare(team, "Scratch does not answer", by=member, door="test", at=NOON)
    roles.assign(incident, "deputy", lead, by=member, door="test", at=NOON + timedelta(minutes=2))
    review = review_of(moves.resolve(incident, by=member, door="test", at=NOON + timedelta(hours=1)))
    writing.begin(review, by=member, door="test")
    review.refresh_from_db()
    assert "somebody is deputy" in review.how
    assert "Lena" not in review.how
    assert "**3 March 2026**, times of America/New_York" in review.how
    assert "- 07:00 declared" in review.how
    assert "- 08:00 resolved" in review.how
    assert "Mira" not in review.how
    assert Revision.objects.filter(review=review).count() == 2  # the empty beginning, and the draft


def test_two_writers_keep_both_their_words(team: Team, member: Person, lead: Person) -> None:
    review = _open(team, member)
    writing.write(review, {"how": "Begun."}, 0, by=member, door="test")
    writing.write(review, {"how": "Begun.", "hard": "No log."}, 1, by=lead, door="test")
    found = writing.write(review, {"how": "Begun well.", "hard": ""}, 1, by=member, door="test")
    assert (found.how, found.hard) == ("Begun well.", "No log.")
    with pytest.raises(writing.Clashed) as clash:
        writing.write(review, {"how": "Begun badly."}, 1, by=lead, door="test")
    assert (clash.value.names, clash.value.theirs["how"]) == (("how",), "Begun well.")
    review.refresh_from_db()
    assert (review.how, review.version) == ("Begun well.", 3)
    with pytest.raises(Refused) as refused:
        writing.write(review, {"how": "x"}, 99, by=lead, door="test")
    assert refused.value.field == "version"


def test_bad_words_are_named(team: Team, member: Person) -> None:
    review = _open(team, member)
    for texts in ({"how": "x" * 40_001}, {"how": "a\x01"}, {"cause": "x"}):
        with pytest.raises(Refused) as refused:
            writing.write(review, texts, 0, by=member, door="test")
        assert refused.value.field == next(iter(texts))
    assert not Revision.objects.exists()


def test_a_hint_names_members_and_blocks_nothing(team: Team, member: Person, lead: Person) -> None:
    review = _open(team, member)
    found = writing.write(review, {"how": "Mira pulled the plug."}, 0, by=member, door="test")
    assert writing.named_persons(found) == ["Mira"]
    assert found.how == "Mira pulled the plug."


def test_what_follows_names_what_was_learned(team: Team, member: Person, lead: Person) -> None:
    review = _open(team, member)
    with pytest.raises(Refused) as refused:
        learning.follow_up(review, None, _draft(), by=member, door="test")
    assert refused.value.code == "nothing-learned"
    learned = learning.learn(review, "Slow growth is invisible.", by=member, door="test")
    with pytest.raises(Refused) as refused:
        learning.learn(review, " Slow growth is  invisible.", by=member, door="test")
    assert refused.value.code == "said-already"
    made = learning.follow_up(review, learned, _draft(lead), by=member, door="test")
    assert (made.learning, made.about_kind, made.about_id) == ("Slow growth is invisible.", "review", "1")
    with pytest.raises(Refused) as refused:
        learning.take_out(learned, by=member, door="test")
    assert refused.value.code == "is-followed"
    other = learning.learn(review, "A mistake.", by=member, door="test")
    learning.take_out(other, by=member, door="test")
    assert [one.text for one in review.learnings.all()] == ["Slow growth is invisible."]
    foreign = learning.learn(_open(team, member), "Elsewhere.", by=member, door="test")
    with pytest.raises(Refused) as refused:
        learning.follow_up(review, foreign, _draft(), by=member, door="test")
    assert refused.value.field == "learning"


def test_five_follow_ups_are_fine_six_are_many(team: Team, member: Person) -> None:
    review = _open(team, member)
    learned = learning.learn(review, "Slow growth is invisible.", by=member, door="test")
    for _ in range(5):
        learning.follow_up(review, learned, _draft(), by=member, door="test")
    assert not learning.are_many(review)
    learning.follow_up(review, learned, _draft(), by=member, door="test")
    assert learning.are_many(review)


def test_factors_stand_in_the_garden(team: Team, member: Person) -> None:
    review = _open(team, member)
    learning.contribute(review, "Nobody watches growth.", "processes-care", by=member, door="test")
    learning.contribute(review, "The vendor was slow.", by=member, door="test")
    assert [one.plot for one in review.factors.all()] == ["processes-care", ""]
    with pytest.raises(Refused) as refused:
        learning.contribute(review, "More.", "people", by=member, door="test")
    assert refused.value.field == "plot"


def test_an_incident_is_closed_after_its_review_and_when_each_follow_up_is_somebodys(
    team: Team, member: Person
) -> None:
    # What is long past would be waived by silence, so this incident is of today.
    incident = resolved(team, member, at=timezone.now() - timedelta(hours=3))
    review = review_of(incident)
    assert "review 1 is wanted" in of_incidents.objection(incident)
    with pytest.raises(Refused):
        moves.close(incident, by=member, door="test")
    writing.write(review, {"how": "So."}, 0, by=member, door="test")
    learned = learning.learn(review, "Slow growth is invisible.", by=member, door="test")
    made = learning.follow_up(review, learned, _draft(), by=member, door="test")
    actions.share(review, by=member, door="test")
    actions.keep(review, by=member, door="test")
    assert "has no owner" in of_incidents.objection(incident)
    follow_ups.drop(made, "The disk goes away.", by=member, door="test")
    assert of_incidents.objection(incident) == ""
    assert moves.close(incident, by=member, door="test").closed_at is not None


def test_waived_with_a_reason_or_by_silence_lets_an_incident_close(team: Team, member: Person) -> None:
    incident = resolved(team, member, at=timezone.now() - timedelta(hours=3))
    with pytest.raises(Refused):
        actions.waive(review_of(incident), " ", by=member, door="test")
    actions.waive(review_of(incident), "It was an exercise.", by=member, door="test")
    assert of_incidents.objection(incident) == ""
    old = resolved(team, member)
    assert review_of(old).is_waived_by_silence(timezone.now().date())
    assert review_of(old).stands is State.WANTED
    assert of_incidents.objection(old) == ""


def test_three_reminders_then_silence(team: Team, member: Person) -> None:
    review = review_of(resolved(team, member))
    due = review.due_on

    def at(days: int, hour: int = 9) -> datetime:
        return datetime.combine(due + timedelta(days=days), time(hour), team.zoneinfo)

    sent = [telling.remind(team, at(days)) for days in (-1, 0, 3, 7, 14, 15, 21, 28)]
    assert sent == [0, 1, 0, 1, 1, 0, 0, 0]
    bodies = Message.objects.filter(topic="review").values_list("body", flat=True)
    assert sum("reminder 3 of 3. No other comes" in body for body in bodies) == 1
    delivery = Delivery.objects.filter(message__topic="review").select_related("message", "team").order_by("pk").last()
    assert delivery is not None
    assert telling.permits(delivery) == ""
    actions.waive(review, "Nothing new.", by=member, door="test")
    assert telling.permits(delivery) == "it was written or waived"


def test_after_three_weeks_without_a_worker_one_reminder_comes(team: Team, member: Person) -> None:
    review = review_of(resolved(team, member))
    late = datetime.combine(review.due_on + timedelta(days=16), time(9), team.zoneinfo)
    assert telling.remind(team, late) == 1
    assert "reminder 3 of 3" in Message.objects.get(topic="review").body


def test_who_is_asked_to_write_hears_of_it(team: Team, member: Person, lead: Person, reader: Person) -> None:
    review = _open(team, member)
    assert not Message.objects.filter(topic="review").exists()
    actions.hand(review, lead, by=member, door="test")
    assert Delivery.objects.get(message__topic="review").recipient_id == str(lead.pk)
    with pytest.raises(Refused) as refused:
        actions.hand(review, reader, by=member, door="test")
    assert refused.value.field == "writer"


def test_two_incidents_are_looked_at_together(team: Team, member: Person, as_member: Client) -> None:
    first, second = resolved(team, member), resolved(team, member, "Scratch again")
    review, other = review_of(first), review_of(second)
    goes_on = incidents.declare(team, "Something else", by=member, door="test")
    for address, said in (
        (f"/t/rcd/incidents/{goes_on.number}/", "is not resolved"), ("/t/rcd/reviews/2/", "that of an incident"),
    ):  # fmt: skip
        assert said in as_member.post("/t/rcd/reviews/1/cover/", {"address": address}).content.decode()
    answer = as_member.post("/t/rcd/reviews/1/cover/", {"address": f"/t/rcd/incidents/{second.number}/"})
    assert answer.status_code == 302
    assert not actions.cover(review, second, by=member, door="test")
    other.refresh_from_db()
    assert (other.state, other.reason) == ("waived", "It is looked at together in review 1.")
    assert [line.number for line in review.incidents.order_by("number")] == [1, 2]


def test_services_of_others_are_refused(team: Team, other_team: Team, member: Person) -> None:
    with pytest.raises(Refused):
        actions.near_miss(team, "x", by=member, door="test", services=[service(other_team)])
    assert not Review.objects.exists()
