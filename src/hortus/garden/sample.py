"""Plants the sample garden: an invented team at an invented university. Each room adds its own part here."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hortus.access import sample as access
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.access.sample import World
from hortus.catalogue import sample as catalogue
from hortus.garden.actions import take_readings, work_out_earlier
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.processes.fires import sample as fires
from hortus.processes.incidents import sample as incidents
from hortus.processes.incidents.reviews import sample as reviews
from hortus.processes.procedures import sample as procedures
from hortus.products.clusters import sample as clusters
from hortus.products.slos import sample as slos
from hortus.telemetry import sample as telemetry
from hortus.telemetry.alerts import sample as alerts
from hortus.telemetry.probes import sample as probes

SLUG = "sample"
SEED = 145
WEEKS = 26

NAMES = (
    ("Ada Lindqvist", Role.LEAD), ("Bram Okafor", Role.ADMIN), ("Chiara Novak", Role.MEMBER),
    ("Dov Martens", Role.MEMBER), ("Efua Sandoval", Role.MEMBER), ("Farid Hallgren", Role.MEMBER),
    ("Greta Yamada", Role.MEMBER), ("Hugo Petrescu", Role.MEMBER), ("Ines Karlsen", Role.MEMBER),
    ("Jomo Albrecht", Role.MEMBER),
)  # fmt: skip


Part = Callable[[Team, World], None]

# In the order in which they are planted; a new practice adds the `plant` of its own sample.py here.
PARTS: tuple[Part, ...] = (
    access.plant,
    catalogue.plant,
    telemetry.plant,
    clusters.plant,
    probes.plant,
    alerts.plant,
    slos.plant,
    incidents.plant,
    procedures.plant,
    reviews.plant,
    fires.plant,
)


def plant_if_empty(until: datetime | None = None) -> bool:
    """Plant the sample when there is no team at all; return whether it was planted."""
    if Team.objects.exists():
        return False
    plant(until)
    return True


def plant(until: datetime | None = None, parts: tuple[Part, ...] = PARTS) -> Team:
    """Plant the sample team with everything that its parts bring; the same `until` gives the same garden.

    The team becomes visible only when its last part stands, so a start that was cut off leaves no half garden
    that `plant_if_empty` would take for a whole one.
    """
    now = until or timezone.now()
    with transaction.atomic():
        team = Team.objects.create(slug=SLUG, name="Aldermoor Research Computing", zone="Europe/Paris", is_sample=True)
        world = World(now, SEED, tuple(_person(team, name, role) for name, role in NAMES))
        _person(team, "Visitor", Role.READER)
        record(team, "planted", Ref("team", str(team.pk), team.name), by=None, source="sample", at=now)
        for part in parts:
            part(team, world)
        work_out_earlier(team, source="sample", weeks=WEEKS - 1, at=now)
        take_readings(team, source="sample", at=now)
    return team


def _person(team: Team, name: str, role: Role) -> Person:
    address = f"{name.split()[0].lower()}@sample.invalid"
    person = Person.objects.filter(email=address).first() or Person.objects.create_user(address, name)
    Membership.objects.create(team=team, person=person, role=role.value)
    return person
