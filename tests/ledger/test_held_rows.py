"""Rows that a verb holds while somebody else changes whom they point at: it acts on what is, not on what was."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue import functions, planned_work, window_repeats
from hortus.follow_ups import actions as follow_ups
from hortus.follow_ups.actions import Draft
from hortus.ledger.refs import Ref
from hortus.processes.incidents.reviews import actions as reviews
from hortus.processes.incidents.reviews import writing

pytestmark = [
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write after the other, so both see all"),
    pytest.mark.django_db(transaction=True),
]


def while_it_changes(first: Callable[[], object], second: Callable[[], object]) -> object:
    """Do the second while the first is not yet committed; return what came of the second."""
    became: list[object] = []

    def wait() -> None:
        try:
            became.append(second())
        except Exception as error:
            became.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=wait)
    with transaction.atomic():
        first()
        other.start()
        other.join(1)  # it waits for our row
        assert other.is_alive()
    other.join(30)
    return became[0]


def test_a_follow_up_that_was_just_given_to_somebody_is_taken_from_them(
    team: Team, lead: Person, member: Person
) -> None:
    due = timezone.now().date() + timedelta(days=9)
    draft = Draft("Write it down", due, None, "")
    made = follow_ups.add(team, draft, Ref("test", "7", "The night"), by=lead, door="test", guard=Kind.FOLLOW_UP)
    changed = while_it_changes(
        lambda: follow_ups.hand(made, member, by=lead, door="test"),
        lambda: follow_ups.hand(made, None, by=lead, door="test"),
    )
    assert changed is True
    made.refresh_from_db()
    assert made.owner is None


def test_a_review_that_was_just_given_to_somebody_stays_theirs(team: Team, lead: Person, member: Person) -> None:
    made = reviews.near_miss(team, "It nearly fell", by=lead, door="test")
    reviews.hand(made, None, by=lead, door="test")
    while_it_changes(
        lambda: reviews.hand(made, member, by=lead, door="test"),
        lambda: writing.write(made, {"how": "It leaned."}, 0, by=lead, door="test"),
    )
    made.refresh_from_db()
    assert (made.writer, made.how) == (member, "It leaned.")


def test_repeating_work_is_found_though_its_owner_just_changed(team: Team, lead: Person, member: Person) -> None:
    read = functions.add(team, functions.Details("Read", "Read it.", 3600), by=None, door="web")
    begins = timezone.now().replace(microsecond=0) + timedelta(days=20)
    plan = planned_work.Plan("Firmware", [read], begins, begins + timedelta(hours=2))
    made = window_repeats.repeat(team, plan, "FREQ=WEEKLY", by=lead, door="test")

    def give() -> None:
        held = window_repeats.locked(made)
        held.owner = member
        held.save(update_fields=["owner"])

    def look() -> object:
        with transaction.atomic():
            return window_repeats.locked(made).owner

    assert while_it_changes(give, look) == member
