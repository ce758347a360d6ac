"""The auditor tells of alerts that should have become a report and of which no incident knows."""

import pytest
import time_machine

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.outbox import auditing
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, moves
from hortus.telemetry.alerts.models import AlertSource, Episode
from tests.processes.incidents.course_of import NOON, an_alert, minutes

pytestmark = pytest.mark.django_db


def told(after: float) -> list[str]:
    return [one.sentence for one in auditing.checks()["proposed incidents"](NOON + minutes(after))]


def alerts_at_noon(team: Team, by: Person, count: int) -> list[Episode]:
    with time_machine.travel(NOON, tick=False):
        return [an_alert(team, by, f"Disk {number}") for number in range(count)]


def test_an_alert_that_no_incident_links_is_told_after_a_quarter_of_an_hour(team: Team, member: Person) -> None:
    first, second, third = alerts_at_noon(team, member, 3)
    Episode.objects.update(changed_at=NOON)
    assert told(60) == [], "its source proposes nothing"
    AlertSource.objects.update(proposes=True)
    assert told(14) == []
    (sentence,) = told(15)
    assert sentence.startswith("3 alerts of Alertmanager in ")
    assert "the oldest since 2026-03-03 12:00 UTC" in sentence
    made = actions.report(team, "Down", by=member, door="web", from_alert=Ref("alert-episode", str(first.pk), "Disk"))
    moves.dismiss(made, reason="Nothing broke.", by=member, door="web")
    Episode.objects.filter(pk=second.pk).update(acknowledged_at=clock.now(), acknowledged_by=member)
    (sentence,) = told(20)
    assert sentence.startswith("1 alert of Alertmanager in "), "a person dismissed one and acknowledged another"
    Episode.objects.filter(pk=third.pk).update(life="resolved")
    assert told(20) == []


def test_it_asks_a_few_questions_about_five_thousand_alerts(  # type: ignore[no-untyped-def]
    team: Team, member: Person, django_assert_num_queries
) -> None:
    (one,) = alerts_at_noon(team, member, 1)
    AlertSource.objects.update(proposes=True)
    Episode.objects.bulk_create(
        Episode(
            team=team, source=one.source, identity=str(n), key=str(n), life="firing", title="Disk", first_at=NOON,
            seen_at=NOON, changed_at=NOON, seen_count=1,
        )
        for n in range(5000)
    )  # fmt: skip
    Episode.objects.update(changed_at=NOON)
    with django_assert_num_queries(4):  # the alerts, their links in two parts, and the source
        assert told(30)[0].startswith("5,001 alerts of Alertmanager")
