"""The auditor tells of promises that are late without anybody having been reminded, and of missing ones."""

import pytest

from hortus.access.models import Person, Team
from hortus.ledger.outbox import auditing
from hortus.processes.incidents import reminders
from hortus.processes.incidents.models import Promise
from tests.processes.incidents.course_of import NOON, declared, minutes

pytestmark = pytest.mark.django_db


def test_a_late_word_of_which_nobody_was_told(team: Team, member: Person) -> None:
    declared(team, member)
    look = auditing.checks()["promises"]
    assert list(look(NOON + minutes(29))) == []
    (found,) = look(NOON + minutes(45))
    assert (found.team, "30 minutes late" in found.sentence) == (team, True)
    reminders.keep_all(NOON + minutes(45))
    assert list(look(NOON + minutes(46))) == []
    Promise.objects.update(ended_at=NOON)
    (found,) = look(NOON)
    assert "promises no next word" in found.sentence
