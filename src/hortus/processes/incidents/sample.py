"""The incidents' part of the sample garden: one that is over, told to the public, and one that goes on for long."""

from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.access.sample import World
from hortus.catalogue.models import Function, Service
from hortus.processes.incidents import actions, notes, questions, roles, words
from hortus.processes.incidents.actions import Facts
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.words import FunctionSaid, Said

DOOR = "sample"
SCRATCH_AGO, COOLING_AGO = timedelta(days=24.42), timedelta(days=1.3)  # as the status page of the sample tells them
SCRATCH = (
    "work in your home folder.", "reach scratch: it does not answer, and jobs that use it wait.",
)  # fmt: skip


@transaction.atomic
def plant(team: Team, world: World) -> None:
    """Plant two incidents with their updates, promises, roles, questions and surprises at their past times.

    The world needs ten persons who are members of the team, and the team the services and functions of the catalogue.
    """
    _scratch(team, world)
    _cooling(team, world)


def _service(team: Team, slug: str) -> Service:
    return Service.objects.get(team=team, slug=slug)


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
    """An incident that goes on: contained soon, told of by working mornings since, for the team alone."""
    began, chiara = world.until - COOLING_AGO, world.persons[2]
    incident = actions.declare(
        team, "Long GPU jobs may stop: their room is cooled by its spare", by=chiara, door=DOOR,
        services=[_service(team, "alder")], at=began,
    )  # fmt: skip
    actions.change_facts(incident, Facts(tags=["cooling"], origin="outside"), by=chiara, door=DOOR, at=began)
    roles.assign(incident, "deputy", world.persons[1], by=chiara, door=DOOR, at=began + timedelta(minutes=5))
    said = Said(can="do everything, for now.", cannot="count on GPU jobs of more than 12 hours.",
                trying="The pump is off and the spare runs; the vendor is called.", running_jobs="at-risk")  # fmt: skip
    words.update(incident, said, by=chiara, door=DOOR, at=began + timedelta(minutes=12))
    said = Said(cannot="count on GPU jobs of more than 12 hours.", running_jobs="at-risk",
                trying="The spare holds the room at 24 degrees; a new pump is ordered.")  # fmt: skip
    words.update(incident, said, by=chiara, door=DOOR, then="contain", at=began + timedelta(minutes=38))
    actions.set_long(incident, True, by=chiara, door=DOOR, at=began + timedelta(minutes=130))
    _go_on(incident, chiara, began + timedelta(minutes=131), world.until)


def _go_on(incident: Incident, by: Person, at: datetime, until: datetime) -> None:
    """Say each promised word a little before it is due, until the end of the sample."""
    trying = "The spare holds; the new pump has not come yet."
    while at < until:
        outcome = words.update(incident, Said(trying=trying, running_jobs="at-risk"), by=by, door=DOOR, at=at)
        due = outcome.update.next_due
        if due is None:
            return
        at = due - timedelta(minutes=10)
