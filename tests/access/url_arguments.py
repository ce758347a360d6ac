"""What the generated access tests put into URLs and bodies: one maker for each argument of each app.

A new URL with a new argument fails tests/access/test_policy.py until its maker stands here. A maker gets the
scene, may create the object (it is called inside a transaction that is rolled back), and returns the argument.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from hortus.access import actions
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.catalogue import planned_work
from hortus.catalogue.models import Function, PlannedWork, Service
from hortus.garden.indicators import INDICATORS
from hortus.ledger.queue_models import QueuedTask, TaskState
from hortus.products.clusters.models import Promise
from hortus.telemetry.models import BatchImport, Cluster
from hortus.values.plots import PLOTS


@dataclass(frozen=True)
class Scene:
    """A team, its lead, and who is about to ask (the same lead where that does not matter)."""

    team: Team
    lead: Person
    asker: Person


Maker = Callable[[Scene], object]
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def _membership(scene: Scene) -> object:
    person, _ = Person.objects.get_or_create(email="object@example.org", defaults={"name": "Object"})
    found = Membership.objects.filter(team=scene.team, person=person).first()
    return (found or actions.add_member(scene.team, person, Role.MEMBER, by=scene.lead)).pk


def _cluster(team: Team) -> Cluster:
    return Cluster.objects.get_or_create(team=team, name="alder")[0]


def _import(scene: Scene) -> object:
    result = dict.fromkeys(("read", "new", "known", "rejected", "updated", "steps", "repeated"), 0) | {
        "reasons": {}, "lines": {}, "skipped": {}, "notes": [], "first": None, "last": None, "zone": "UTC",
        "format": "sacct",
    }  # fmt: skip
    return BatchImport.objects.create(
        team=scene.team, cluster=_cluster(scene.team), by=scene.lead, source_name="x", format="sacct", zone="UTC",
        began_at=AT, ended_at=AT, result=result,
    ).pk  # fmt: skip


def _promise(scene: Scene) -> object:
    team = scene.team
    return Promise.objects.create(team=team, cluster=_cluster(team), wait_seconds=3600, source="A word.").pk


def _service(scene: Scene) -> object:
    given = {"name": "Alder", "sort": "cluster", "sentence": "Runs jobs.", "owner": scene.lead}
    return Service.objects.get_or_create(team=scene.team, slug="alder", defaults=given)[0].slug


def _function(scene: Scene) -> Function:
    given = {"name": "Scratch", "sentence": "Use it.", "confirm_every_seconds": 3600, "added_at": AT}
    return Function.objects.get_or_create(team=scene.team, slug="scratch", defaults=given)[0]


def _work(scene: Scene) -> object:
    now = timezone.now()
    plan = planned_work.Plan("Work", [_function(scene)], now, now + timedelta(hours=1))
    found = PlannedWork.objects.filter(team=scene.team).first()
    return (found or planned_work.announce(scene.team, plan, by=scene.lead, door="web")).pk


# App, then argument of its URLs.
ARGUMENTS: dict[str, dict[str, Maker]] = {
    "access": {
        "membership": _membership,
        "invitation": lambda scene: actions.invite(scene.team, by=scene.lead, role="guest")[0].pk,
        "token": lambda scene: actions.make_token(scene.team, scene.asker, name="x", scopes=["read"])[0].pk,
    },
    "catalogue": {"slug": _service, "function": lambda scene: _function(scene).slug, "work": _work},
    "garden": {
        "plot": lambda scene: PLOTS[0].slug,
        "indicator": lambda scene: INDICATORS[0].slug,
    },
    "clusters": {
        "name": lambda scene: _cluster(scene.team).name,
        "id": _import,
        "raw_id": lambda scene: "1",
        "submitted": lambda scene: 1,
        "attempt": lambda scene: 1,
    },
    "ledger": {"task": lambda scene: QueuedTask.objects.create(path="x.y", state=TaskState.DEAD).pk},
}

# Where one argument name means different things in one app: by the URL's or the operation's path.
BY_PATH: dict[str, Maker] = {"promises/{id}": _promise}

# What only exists after real work (a job, rows behind a reading): whoever may read gets 404 for want of it.
ABSENT = {"POST /sli/events", "clusters:job", "garden:rows-csv", "GET /teams/{team}/indicators/{indicator}/rows"}

# Bodies of API operations where the smallest body that the schema allows would not be understood.
BODIES: dict[str, Any] = {
    "POST /teams/{team}/invitations": {"role": "guest"},
    "PATCH /teams/{team}/members/{membership}": {"role": "guest"},
}
