"""Closed days of a team: no word is promised for them, nobody is asked on them, no review is due by them."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hortus.access import closed_actions
from hortus.access.models import Person, Team
from hortus.processes.incidents import actions, reminders, words
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions as reviews
from hortus.processes.incidents.words import Said
from hortus.values.refused import Refused
from tests.processes.incidents.course_of import NOON, TRYING, declared, minutes
from tests.processes.incidents.test_pages import ROOM, text

AFTERNOON = NOON + timedelta(hours=3)  # of Tuesday 3 March, in New York


@pytest.fixture
def incident(team: Team, member: Person, lead: Person) -> Incident:
    """A long incident of Tuesday, of a team that is closed from Wednesday to Friday."""
    closed_actions.add(team, date(2026, 3, 4), date(2026, 3, 6), "Spring closure", by=lead)
    made = declared(team, member)
    actions.set_long(made, True, by=member, door="web", at=NOON + minutes(130))
    return made


def local(team: Team, at: datetime | None) -> str:
    assert at
    return f"{at.astimezone(team.zoneinfo):%a %-d %b %H:%M}"


def test_the_next_word_is_promised_for_a_day_on_which_somebody_works(
    incident: Incident, team: Team, member: Person, lead: Person
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        outcome = words.update(incident, TRYING, by=member, door="web", at=AFTERNOON)
    assert local(team, outcome.update.next_due) == "Mon 9 Mar 09:00"
    assert sum("access_closedday" in one["sql"] for one in asked) == 1
    closed_actions.add(team, date(2026, 3, 7), date(2026, 3, 22), "Move to another building", by=lead)
    outcome = words.update(incident, TRYING, by=member, door="web", at=AFTERNOON + minutes(1))
    assert local(team, outcome.update.next_due) == "Mon 23 Mar 09:00"  # later than seven days, which is else the most
    chosen = Said(trying="We wait.", next_due=datetime(2026, 3, 23, 9, tzinfo=team.zoneinfo))
    assert words.update(incident, chosen, by=member, door="web", at=AFTERNOON + minutes(2)).update.next_due
    late = Said(trying="We wait.", next_due=datetime(2026, 3, 23, 9, 1, tzinfo=team.zoneinfo))
    with pytest.raises(Refused, match="09:00 on 23 March"):
        words.update(incident, late, by=member, door="web", at=AFTERNOON + minutes(3))


def test_the_page_says_which_days_the_next_word_jumps_over(
    incident: Incident, team: Team, member: Person, as_member: Client, lead: Person
) -> None:
    with time_machine.travel(AFTERNOON, tick=False):
        offered = text(as_member, ROOM)
        assert "Monday 9 Mar, 09:00: the working days before are closed (Spring closure)." in offered
        words.update(incident, TRYING, by=member, door="web", at=AFTERNOON)
        assert "The working days before are closed (Spring closure)." in text(as_member, ROOM)
    with time_machine.travel(AFTERNOON + timedelta(days=4), tick=False):
        actions.set_long(incident, False, by=member, door="web")
        assert "Spring closure" not in text(as_member, ROOM)


def test_nobody_is_asked_on_a_closed_day_whether_it_is_still_open(incident: Incident, member: Person) -> None:
    words.update(incident, TRYING, by=member, door="web", at=AFTERNOON)
    asked = []
    for at in [AFTERNOON + timedelta(hours=hours) for hours in range(0, 24 * 7, 4)]:
        with CaptureQueriesContext(connection) as queries:
            reminders.keep_all(at)
        assert sum("access_closedday" in one["sql"] for one in queries) <= 1
        incident.refresh_from_db()
        asked.append(incident.asked_open_on)
    assert set(asked) == {None, date(2026, 3, 9)}  # open for a day by Wednesday


def test_a_review_is_due_after_working_days_of_the_team(incident: Incident, team: Team, member: Person) -> None:
    made = reviews.near_miss(team, "The disk nearly ran full", by=member, door="web", at=NOON)
    assert made.due_on == date(2026, 3, 13)  # Monday to Friday of the next week
