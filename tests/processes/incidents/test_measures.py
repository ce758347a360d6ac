"""Promised words and first words: what counts, from when on, and that the evidence is what was counted."""

from datetime import date, timedelta

import pytest

from hortus.access.models import Person, Team
from hortus.processes.incidents import measures, moves, words
from hortus.processes.incidents.models import Promise
from hortus.values.evidence import Slice
from tests.processes.incidents.course_of import NOON, TRYING, declared, minutes

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 3)
ALL = Slice(0, 500)


def test_a_word_five_minutes_late_is_kept_and_six_are_missed(team: Team, member: Person) -> None:
    assert measures.promises_kept(team, DAY) is None
    for late, day in ((20, DAY), (21, DAY)):
        words.update(declared(team, member), TRYING, by=member, door="web", at=NOON + minutes(late))
        Promise.objects.filter(ended_at=None).update(ended_at=NOON + minutes(22), waived="resolved")
        assert measures.promises_kept(team, day) is not None
    kept, first = measures.promises_kept(team, DAY), measures.first_words(team, DAY)
    assert kept
    assert first
    assert (kept.hits, kept.n) == (1, 2)
    assert (first.hits, first.n) == (0, 2)  # the first word has no grace
    verdicts = [row[1] for row in measures.promises_kept_evidence(team, DAY, ALL, persons=False).rows]
    assert verdicts == ["missed", "in time"]
    took = [row[4] for row in measures.first_words_evidence(team, DAY, ALL, persons=False).rows]
    assert took == [20 * 60, 21 * 60] or took == [21 * 60, 20 * 60]


def test_what_ended_in_time_without_a_word_does_not_count(team: Team, member: Person) -> None:
    moves.resolve(declared(team, member), by=member, door="web", at=NOON + minutes(10))
    assert measures.promises_kept(team, DAY) is None
    moves.resolve(declared(team, member), by=member, door="web", at=NOON + minutes(60))
    found = measures.promises_kept(team, DAY)
    assert found
    assert (found.hits, found.n) == (0, 1)  # an hour of silence is a missed word, however it ended


def test_a_word_that_is_overdue_counts_before_anybody_finds_it_missed(team: Team, member: Person) -> None:
    declared(team, member)
    found = measures.promises_kept(team, DAY)
    assert found
    assert (found.hits, found.n) == (0, 1)


def test_old_words_leave_the_span(team: Team, member: Person) -> None:
    words.update(declared(team, member), TRYING, by=member, door="web", at=NOON + minutes(5))
    Promise.objects.filter(ended_at=None).update(ended_at=NOON, waived="resolved")
    assert measures.first_words(team, DAY + timedelta(days=89))
    assert measures.first_words(team, DAY + timedelta(days=91)) is None


def test_many_days_say_what_each_day_says(team: Team, member: Person, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for days in range(0, 40, 7):
        incident = declared(team, member, at=NOON + timedelta(days=days))
        words.update(incident, TRYING, by=member, door="web", at=incident.declared_at + minutes(days))
    span = [DAY + timedelta(days=days) for days in range(0, 60, 6)]
    with django_assert_max_num_queries(1):
        found = measures.promises_kept_many(team, span)
    assert found == {day: measures.promises_kept(team, day) for day in span}
    for day, reading in found.items():
        evidence = measures.promises_kept_evidence(team, day, ALL, persons=False)
        assert reading
        assert evidence.total == reading.n
        assert sum(row[1] == "in time" for row in evidence.rows) == reading.hits
