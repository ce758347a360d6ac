"""What incidents make of alerts: proposals that nobody asked to publish, and a note when an alert ends."""

from datetime import timedelta

import pytest

from hortus.access.models import Person, Team
from hortus.catalogue.models import Bulletin, Service
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, roles
from hortus.processes.incidents.models import Incident
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.standing import Change, Changed, Standing
from tests.processes.incidents.course_of import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def peat(team: Team, lead: Person, member: Person) -> Service:
    return Service.objects.create(
        team=team, slug="peat", name="Peat", sort="storage", sentence="Keeps data.", owner=member
    )  # fmt: skip


def alert(number: int, change: Change, *, service: str = "", proposes: bool = True) -> Changed:
    ref = Ref("alert", str(number), f"DiskFull {number}")
    found = Standing(ref, ref.name, NOON, "/t/rcd/alerts/", service=service)
    return Changed(found, change, NOON + timedelta(minutes=number), proposes=proposes)


def test_a_source_that_proposes_makes_one_report_of_a_service(team: Team, peat: Service) -> None:
    standing.tell(team, [alert(number, Change.OPENED, service="peat") for number in range(3)])
    incident = Incident.objects.get()
    assert (incident.state, incident.title, incident.declared_by) == ("reported", "DiskFull 0", None)
    assert list(incident.services.all()) == [peat]
    assert incident.links.count() == 3
    assert not Bulletin.objects.exists()
    standing.tell(team, [alert(9, Change.OPENED, service="peat")])
    assert Incident.objects.count() == 1
    assert incident.links.count() == 4


def test_a_source_that_does_not_propose_makes_none(team: Team, peat: Service) -> None:
    standing.tell(team, [alert(1, Change.OPENED, service="peat", proposes=False)])
    assert not Incident.objects.exists()


def test_an_alert_that_ends_is_noted_and_changes_no_state(team: Team, member: Person) -> None:
    ref = alert(1, Change.OPENED).ref
    incident = actions.declare(team, "The disk is full", by=member, door="web", from_alert=ref)
    changes = (Change.ENDED, Change.REOPENED, Change.SILENT)
    for change in changes:
        standing.tell(team, [alert(1, change)])
    events = Event.objects.about("incident", "1").exclude(verb="declared").order_by("id")
    assert [event.verb for event in events] == ["alert ended", "alert came back", "alert fell silent"]
    incident.refresh_from_db()
    assert incident.state == "active"
    assert Incident.objects.count() == 1  # it is in an incident, so its return proposes none


def test_alerts_join_the_incident_that_somebody_made_of_the_report(team: Team, member: Person, peat: Service) -> None:
    standing.tell(team, [alert(1, Change.OPENED, service="peat")])
    incident = roles.take_lead(Incident.objects.get(), by=member, door="web")
    standing.tell(team, [alert(2, Change.OPENED, service="peat")])
    assert Incident.objects.get().state == "active"
    assert incident.links.count() == 2


def test_alerts_of_unknown_services_make_reports_of_their_own(team: Team) -> None:
    standing.tell(team, [alert(1, Change.OPENED, service="nowhere")])
    standing.tell(team, [alert(2, Change.OPENED)])
    assert Incident.objects.filter(state="reported").count() == 2
