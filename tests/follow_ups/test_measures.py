"""Follow-ups that stay open: the reading, its history and its rows."""

from datetime import date, timedelta

from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.follow_ups import actions, measures
from hortus.values.evidence import Slice
from tests.follow_ups.conftest import Make  # type: ignore[import-not-found]


def test_nothing_is_read_where_nothing_was_said(team: Team, today: date) -> None:
    assert measures.follow_ups_late(team, today) is None


def test_what_is_open_for_more_than_thirty_days_counts_however_its_day_moved(
    make: Make, team: Team, lead: Person, today: date
) -> None:
    now = timezone.now()
    old = make("old", owner=lead, at=now - timedelta(days=31))
    make("young", at=now - timedelta(days=29))
    make("private", at=now - timedelta(days=90), guard=Kind.JOB_PERSON)
    actions.move(old, today + timedelta(days=90), "Later.", by=lead, door="test")
    reading = measures.follow_ups_late(team, today)
    assert reading is not None
    assert (reading.value, reading.n) == (1.0, 2)
    rows = measures.follow_ups_late_evidence(team, today, Slice(), persons=True)
    assert (rows.total, rows.rows[0][-1]) == (1, "Lena")
    assert "Lena" not in str(measures.follow_ups_late_evidence(team, today, Slice(), persons=False).rows)
    history = measures.follow_ups_late_many(team, [today - timedelta(days=40), today - timedelta(days=10), today])
    assert [found.value if found else None for found in history.values()] == [None, 0.0, 1.0]
    actions.do(old, by=lead, door="test")
    assert (found := measures.follow_ups_late(team, today)) is not None
    assert found.value == 0.0
