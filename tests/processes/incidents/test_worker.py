"""Reminders by a real worker: after three silent hours one comes, however often it looks."""

import pytest

from tests.place import Place, until

# Three persons: one leads, one watches, one is the deputy. The incident was declared three hours ago, and since then
# no worker ran: its first word was due 2 h 45 min ago.
DECLARE = """
from datetime import timedelta
from hortus.access.models import Membership, Person, Team
from hortus.ledger import clock
from hortus.processes.incidents import actions, roles
from hortus.processes.incidents.tasks import keep_promises
team, ada = Team.objects.get(), Person.objects.get()
people = []
for name in ("bo", "cy"):
    people.append(Person.objects.create_user(f"{name}@example.org", name.capitalize()))
    Membership.objects.create(team=team, person=people[-1], role="member")
at = clock.now() - timedelta(hours=3)
incident = actions.declare(team, "Scratch does not answer", by=ada, door="test", at=at)
roles.assign(incident, "observer", people[0], by=ada, door="test", at=at)
roles.assign(incident, "deputy", people[1], by=ada, door="test", at=at)
for _ in range(2):
    keep_promises.enqueue()
"""
REMINDERS = "FROM outbox_message WHERE topic = 'incident-reminder'"
ROWS = (
    "SELECT count(*) FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message_id "
    "WHERE m.topic = 'incident-reminder' AND d.recipient_kind = 'person'"
)
RAN = "SELECT count(*) FROM ledger_queuedtask WHERE path LIKE '%keep_promises' AND state = 'done'"


def test_a_worker_that_was_away_for_hours_reminds_once(place: Place) -> None:
    """It looks three times: once by itself at its start, and twice more since it is asked to."""
    place.with_team()
    place.python(DECLARE)
    place.start("worker")
    until(lambda: place.rows(RAN)[0][0] >= 3, 90, "the worker looks at promises")
    assert place.rows(f"SELECT count(*) {REMINDERS}") == [(1,)]
    assert place.rows(ROWS) == [(3,)]
    assert place.rows("SELECT count(*) FROM incidents_promise WHERE missed_at IS NOT NULL") == [(1,)]
    assert place.rows("SELECT count(*) FROM ledger_event WHERE verb = 'promise missed'") == [(1,)]


@pytest.mark.django_db
def test_the_sample_ends_with_two_over_and_one_that_goes_on() -> None:
    """Planted, the incidents have kept and missed promises, and their courses are told again by their events."""
    from datetime import UTC, datetime

    from hortus.catalogue import sample as catalogue
    from hortus.garden import sample as garden
    from hortus.ledger.outbox.models import Delivery
    from hortus.processes.incidents import sample
    from hortus.processes.incidents.models import Incident
    from tests.processes.incidents.course_of import told_again

    end = datetime(2026, 3, 5, 12, tzinfo=UTC)
    team = garden.plant(end, (catalogue.plant, sample.plant))
    kept, over, on = Incident.objects.filter(team=team).order_by("number")
    found = [(one.state, one.is_long, one.is_public) for one in (kept, over, on)]
    assert found == [("resolved", False, True), ("resolved", False, True), ("contained", True, True)]
    assert not kept.promises.exclude(missed_at=None).exists()
    assert over.promises.exclude(kept_at=None).count() == 3
    assert over.promises.exclude(missed_at=None).count() == 1
    assert on.promise
    assert on.promise.due_at > end
    for incident in (kept, over, on):
        assert told_again(incident) == incident.course
    assert not Delivery.objects.due().exists()
