"""What tests of incidents share: a declared incident, a function with a word about it, and its course told again."""

from datetime import UTC, datetime, timedelta

from hortus.access.models import Person, Team
from hortus.catalogue import functions, statements
from hortus.catalogue.models import Function
from hortus.catalogue.statements import Words
from hortus.ledger import clock
from hortus.ledger.models import Event
from hortus.processes.incidents import actions
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.rules import Course, Move, Step, replay
from hortus.processes.incidents.words import Said
from hortus.telemetry.alerts import actions as alerts
from hortus.telemetry.alerts.models import AlertSource, Episode

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
TRYING = Said(cannot="reach scratch.", trying="We restart its second server.")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def declared(team: Team, by: Person, at: datetime = NOON, sentence: str = "Scratch does not answer") -> Incident:
    return actions.declare(team, sentence, by=by, door="web", at=at)


def a_function(team: Team, by: Person, slug: str = "scratch") -> Function:
    """Return a function of the status page that worked an hour before noon."""
    made = functions.add(
        team, functions.Details(slug.capitalize(), f"Use {slug}.", 86_400), by=by, door="web", slug=slug,
        at=NOON - timedelta(hours=2),
    )  # fmt: skip
    statements.say(made, Words("working"), by=by, door="web", at=NOON - timedelta(hours=1))
    return made


def an_alert(team: Team, by: Person, title: str = "Log-in node is down", service: str = "") -> Episode:
    """Return an alert of another program that stands now."""
    held = AlertSource.objects.filter(team=team).first()
    source = held or alerts.add_source(team, alerts.Details("Alertmanager", "alertmanager"), by=by, door="test")[0]
    now, key = clock.now(), f"{title}-{Episode.objects.count()}"
    return Episode.objects.create(
        team=team, source=source, identity=key, key=key, life="firing", title=title, service=service, first_at=now,
        seen_at=now, changed_at=now, seen_count=1,
    )  # fmt: skip


def told_again(incident: Incident) -> Course:
    """Return where an incident stands by its events alone."""
    events = Event.objects.about("incident", str(incident.number)).filter(team=incident.team).order_by("id")
    return replay(
        Step(Move(event.payload["move"]), event.occurred_at, event.payload.get("lead", ""))
        for event in events
        if "move" in event.payload
    )  # fmt: skip
