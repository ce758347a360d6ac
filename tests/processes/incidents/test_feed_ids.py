"""Ids in feeds after a restore: what was lost came before, under a number that is given once more."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from hortus.access.models import Person, Team
from hortus.processes.incidents import actions

LAST_NIGHT = datetime(2026, 10, 20, 16, tzinfo=UTC)


@pytest.mark.parametrize("feed", ["/t/rcd/incidents/feed.atom", "/t/rcd/activity.atom"])
def test_no_feed_gives_an_id_twice_after_a_restore(as_member: Client, member: Person, team: Team, feed: str) -> None:
    """A transaction that is undone loses rows and numbers as a restored backup does."""

    def told(sentence: str) -> set[str]:
        assert actions.declare(team, sentence, by=member, door="web").number == 1
        found = as_member.get(feed).content.decode()
        assert sentence in found
        return set(re.findall(r"<id>(urn:[^<]+)</id>", found))

    with time_machine.travel(LAST_NIGHT, tick=False) as clock:
        with transaction.atomic():
            lost = told("Nobody can log in")
            transaction.set_rollback(True)
        clock.shift(timedelta(hours=1))
        kept = told("Scratch is full")
    assert lost
    assert kept
    assert not lost & kept
