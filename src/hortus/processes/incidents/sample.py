"""The incidents' part of the sample garden: two that are over, one that goes on; all told to the public."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.access.sample import World
from hortus.catalogue.models import Function, Service
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, notes, questions, roles, words
from hortus.processes.incidents.actions import Facts
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.words import FunctionSaid, Said
from hortus.telemetry.alerts import standing as alerts

DOOR = "sample"
# When they began, as the status page of the sample tells them.
LOG_IN_AGO, SCRATCH_AGO, COOLING_AGO = timedelta(days=38.2), timedelta(days=24.42), timedelta(days=1.3)
LOG_IN = (
    "log in from the campus network.", "log in from outside: the gate refuses every key.",
    "go through the university's VPN.",
)  # fmt: skip
SCRATCH = (
    "work in your home folder.", "reach scratch: it does not answer, and jobs that use it wait.",
)  # fmt: skip


@transaction.atomic
def plant(team: Team, world: World) -> None:
    """Plant three incidents with their updates, promises, roles, questions and surprises at their past times.

    The world needs ten persons who are members of the team, and the team the services and functions of the catalogue.
    """
    _log_in(team, world)
    _scratch(team, world)
    _cooling(team, world)


def _log_in(team: Team, world: World) -> None:
    """An incident of seven hours that a change of our own began: contained by a way round, every promise kept."""
    began, bram, greta = world.until - LOG_IN_AGO, world.persons[1], world.persons[6]
    gate = Function.objects.get(team=team, slug="log-in")
    incident = actions.declare(
        team, "Nobody can log in from outside the campus", by=bram, door=DOOR, services=[_service(team, "alder")],
        at=began,
    )  # fmt: skip
    facts = Facts(began_at=began - timedelta(minutes=25), detected_at=began - timedelta(minutes=4), tags=["log-in"])
    facts = replace(facts, origin="own-change")
    actions.change_facts(incident, facts, by=bram, door=DOOR, at=began + timedelta(minutes=5))
    (can, cannot, instead), shut = LOG_IN, [FunctionSaid(gate, "partly-unavailable")]
    said = Said(can=can, cannot=cannot, instead=instead, is_public=True, conditions=shut, data_safe="yes",
                running_jobs="safe")  # fmt: skip

    def say(minutes: float, trying: str, then: str = "") -> None:
        at = began + timedelta(minutes=minutes)
        words.update(incident, replace(said, trying=trying), by=bram, door=DOOR, then=then, at=at)

    say(11, "The gate got a new version this morning; we look at what it refuses.")
    roles.assign(incident, "deputy", greta, by=bram, door=DOOR, at=began + timedelta(minutes=14))
    say(34, "The VPN goes round the gate, and its line is wide enough for all.", "contain")
    say(148, "The new version wants keys of a kind that nobody has. We put the old one back tonight.")
    say(262, "The old version is being put back; we try it with keys of three groups first.")
    say(370, "Two of three groups get in; the third has keys that the old one never took.")
    open_again = Said(can="log in from everywhere with the keys you always used.", is_public=True, data_safe="yes",
                      running_jobs="safe", conditions=[FunctionSaid(gate, "working")])  # fmt: skip
    words.update(incident, open_again, by=bram, door=DOOR, then="resolve", at=began + timedelta(minutes=428))


def _service(team: Team, slug: str) -> Service:
    return Service.objects.get(team=team, slug=slug)


def _alert(team: Team, title: str) -> Ref | None:
    """Return an alert that stands, by how its title begins; None in a sample that is planted without alerts."""
    return next((one.ref for one in alerts.standing(team) if one.title.startswith(title)), None)


def _scratch(team: Team, world: World) -> None:
    """An incident of three hours: first word in time, one promise missed, the lead handed over, resolved in public."""
    began, dov, efua, farid = world.until - SCRATCH_AGO, world.persons[3], world.persons[4], world.persons[5]
    scratch = Function.objects.get(team=team, slug="scratch")
    incident = actions.declare(
        team, "Scratch does not answer", by=dov, door=DOOR, services=[_service(team, "peat")], at=began
    )
    facts = Facts(began_at=began - timedelta(minutes=11), detected_at=began - timedelta(minutes=6), tags=["storage"])
    actions.change_facts(incident, facts, by=dov, door=DOOR, at=began + timedelta(minutes=2))
    away = FunctionSaid(scratch, "unavailable")

    def say(minutes: float, said: Said, by: Person, then: str = "") -> None:
        words.update(incident, said, by=by, door=DOOR, then=then, at=began + timedelta(minutes=minutes))

    can, cannot = SCRATCH
    say(9, Said(can=can, cannot=cannot, trying="We restart its second metadata server.", is_public=True,
                conditions=[away], data_safe="unknown", running_jobs="at-risk"), dov)  # fmt: skip
    roles.assign(incident, "communicator", farid, by=dov, door=DOOR, at=began + timedelta(minutes=12))
    roles.assign(incident, "deputy", world.persons[0], by=dov, door=DOOR, at=began + timedelta(minutes=12))
    question = questions.ask(
        incident, "Is what I wrote this morning lost?", by=world.persons[8], door=DOOR, at=began + timedelta(minutes=15)
    )
    say(36, Said(can=can, cannot=cannot, trying="The restart did not help; we read the journal of the first server.",
                 is_public=True, conditions=[away], data_safe="yes", running_jobs="at-risk",
                 answers={question.pk: "No. What was written before it stopped is on disk."}), farid)  # fmt: skip
    notes.surprise(
        incident, by=efua, door=DOOR, at=began + timedelta(minutes=44),
        sentence="The second server waited for a password that only one of us knew.",
    )  # fmt: skip
    roles.offer_lead(incident, efua, by=dov, door=DOOR, at=began + timedelta(minutes=50))
    roles.accept_lead(incident, by=efua, door=DOOR, at=began + timedelta(minutes=51))
    notes.link(
        incident, by=efua, door=DOOR, url="https://chat.aldermoor.example/storage/p/8841",
        words="The journal in the chat", at=began + timedelta(minutes=70),
    )  # fmt: skip
    say(82, Said(can=can, cannot=cannot, trying="It answers again; we check what jobs wrote before.",
                 is_public=True, conditions=[away], data_safe="yes", running_jobs="safe"),
        farid, "contain")  # fmt: skip
    say(172, Said(can="read and write as always; jobs that waited go on.", is_public=True, data_safe="yes",
                  running_jobs="safe", conditions=[FunctionSaid(scratch, "working")]), farid, "resolve")  # fmt: skip


def _cooling(team: Team, world: World) -> None:
    """An incident that goes on: contained soon, told of in public by working mornings since."""
    began, chiara = world.until - COOLING_AGO, world.persons[2]
    incident = actions.declare(
        team, "Long GPU jobs may stop: their room is cooled by its spare", by=chiara, door=DOOR,
        services=[_service(team, "alder")], at=began, from_alert=_alert(team, "CoolingFlowLow"),
    )  # fmt: skip
    actions.change_facts(incident, Facts(tags=["cooling"], origin="outside"), by=chiara, door=DOOR, at=began)
    roles.assign(incident, "deputy", world.persons[1], by=chiara, door=DOOR, at=began + timedelta(minutes=5))
    said = _warm(team, "The pump is off and the spare runs; the vendor is called.")
    words.update(incident, said, by=chiara, door=DOOR, at=began + timedelta(minutes=12))
    said = _warm(team, "The spare holds the room at 24 degrees; a new pump is ordered.")
    words.update(incident, said, by=chiara, door=DOOR, then="contain", at=began + timedelta(minutes=38))
    actions.set_long(incident, True, by=chiara, door=DOOR, at=began + timedelta(minutes=130))
    said = _warm(team, "The spare holds; the new pump has not come yet.")
    _go_on(incident, said, chiara, began + timedelta(minutes=131), world.until)


def _warm(team: Team, trying: str) -> Said:
    """Return what is told to the public while the cooling runs on its spare."""
    running = FunctionSaid(Function.objects.get(team=team, slug="running-jobs"), "at-risk")
    return Said(
        can="do everything, for now.", instead="keep GPU jobs under 12 hours this week.", trying=trying, is_public=True,
        cannot="count on long GPU jobs: the cooling of their room runs on its spare.", conditions=[running],
        data_safe="yes", running_jobs="at-risk",
    )  # fmt: skip


def _go_on(incident: Incident, said: Said, by: Person, at: datetime, until: datetime) -> None:
    """Say each promised word a little before it is due, until the end of the sample."""
    while at < until:
        outcome = words.update(incident, said, by=by, door=DOOR, at=at)
        due = outcome.update.next_due
        if due is None:
            return
        at = due - timedelta(minutes=10)
