"""Verbs of procedures: write one, publish or propose a version, decide on a proposal, name its owner, retire it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.processes.procedures import findable
from hortus.processes.procedures.models import Procedure, Version
from hortus.processes.procedures.rules.content import Content, checked
from hortus.processes.procedures.rules.steps import as_dict
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for

CARE = Plot.named("processes-care")
GROWTH = Plot.named("processes-growth")
LONGEST = 300  # characters of a reason, as the tables hold them


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a text. version: the one that says it; is_new: it was not there before."""

    version: Version
    is_new: bool


@transaction.atomic
def write(
    team: Team, content: Content, *, by: Person | None, door: str, slug: str = "", owner: Person | None = None,
    services: Sequence[Service] = (), at: datetime | None = None,
) -> Procedure:  # fmt: skip
    """Write a new procedure, whose first version is current at once; return it.

    slug: made from the title when left out. Raises Refused for a slug that is taken, and as `checked` does.
    """
    now, said = at or clock.now(), checked(content)
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    slug = slug_for(slug, said.title, "procedure", in_use(Procedure.objects.filter(team=team)))
    _refuse_strangers(team, services)
    made = Procedure.objects.create(
        team=team, slug=slug, title=said.title.strip(), owner=owner or by, made_at=now
    )  # fmt: skip
    made.services.set(services)
    _version(made, said, Version.Status.CURRENT, 0, "", by, now)
    tell(made, "written", by, door, now, {"version": 1}, plot=GROWTH)
    return made


@transaction.atomic
def publish(
    procedure: Procedure, content: Content, *, base: int, reason: str, by: Person | None, door: str,
    at: datetime | None = None,
) -> Written:  # fmt: skip
    """Say something else in a procedure from now on. base: the version that its author had before them.

    Where another version became current meanwhile, this one is kept as a proposal: nobody's words are lost, and nobody
    overwrites what they did not read. The words of the current version once more change nothing. Raises Refused as
    `checked` does, for a reason that is missing, and for a procedure that was retired.
    """
    return _said(procedure, content, base, reason, by, door, at, wants_current=True)


@transaction.atomic
def propose(
    procedure: Procedure, content: Content, *, base: int, reason: str, by: Person | None, door: str,
    at: datetime | None = None,
) -> Written:  # fmt: skip
    """Propose other words for a procedure; it stays as it is until somebody takes them. Raises as `publish`."""
    return _said(procedure, content, base, reason, by, door, at, wants_current=False)


def _said(
    procedure: Procedure, content: Content, base: int, reason: str, by: Person | None, door: str, at: datetime | None,
    *, wants_current: bool,
) -> Written:  # fmt: skip
    now, said, row = at or clock.now(), checked(content), held(procedure)
    _refuse_retired(row)
    known = row.versions.filter(digest=said.digest, status__in=["current", "proposed"]).order_by("status").first()
    if known is not None and (known.status == Version.Status.CURRENT or not wants_current):
        return Written(known, is_new=False)
    why = plain(reason, "change_reason", LONGEST, required=True)
    current = row.current
    becomes_current = wants_current and base == (current.number if current else 0)
    if becomes_current:
        _supersede(row)
    status = Version.Status.CURRENT if becomes_current else Version.Status.PROPOSED
    version = _version(row, said, status, base, why, by, now)
    verb = "published" if becomes_current else "proposed"
    tell(row, verb, by, door, now, {"version": version.number, "reason": why})
    return Written(version, is_new=True)


@transaction.atomic
def accept(version: Version, *, by: Person | None, door: str, at: datetime | None = None) -> Version:
    """Take a proposal: it is current from now on. Raises Refused for one that was decided on already."""
    row = held(version.procedure)
    _refuse_retired(row)
    found = _proposal(row, version)
    _supersede(row)
    now = at or clock.now()
    found.status, found.current_since = Version.Status.CURRENT, now
    found.save(update_fields=["status", "current_since"])
    _entitle(row, found.title)
    tell(row, "published", by, door, now, {"version": found.number, "reason": found.change_reason})
    return found


@transaction.atomic
def decline(
    version: Version, reason: str, *, by: Person | None, door: str, at: datetime | None = None
) -> Version:  # fmt: skip
    """Leave a proposal, and say why; its words stay. Raises Refused for one that was decided on already."""
    row = held(version.procedure)
    found = _proposal(row, version)
    why = plain(reason, "reason", LONGEST, required=True)
    found.status, found.declined_because = Version.Status.DECLINED, why
    found.save(update_fields=["status", "declined_because"])
    tell(row, "proposal declined", by, door, at or clock.now(), {"version": found.number, "reason": why})
    return found


@transaction.atomic
def describe(
    procedure: Procedure, *, owner: Person | None, services: Sequence[Service], by: Person | None, door: str
) -> list[str]:  # fmt: skip
    """Say who looks after a procedure and which services it is about; return what changed. Raises Refused."""
    row = held(procedure)
    _refuse_strangers(row.team, services)
    changed = []
    if row.owner_id != (owner.pk if owner else None):
        row.owner = owner
        row.save(update_fields=["owner"])
        changed.append("owner")
    if {one.pk for one in services} != set(row.services.values_list("pk", flat=True)):
        row.services.set(services)
        changed.append("services")
    if changed:
        tell(row, "changed", by, door, clock.now(), {"fields": changed})
    return changed


@transaction.atomic
def retire(
    procedure: Procedure, reason: str, *, by: Person | None, door: str, at: datetime | None = None
) -> bool:  # fmt: skip
    """Follow a procedure no longer, and say why; return whether it was still living. Runs that are open go on."""
    row = held(procedure)
    if row.retired_at is not None:
        return False
    row.reason, row.retired_at = plain(reason, "reason", LONGEST, required=True), at or clock.now()
    row.save(update_fields=["reason", "retired_at"])
    tell(row, "retired", by, door, row.retired_at, {"reason": row.reason})
    return True


@transaction.atomic
def revive(procedure: Procedure, *, by: Person | None, door: str) -> bool:
    """Take a procedure up again; return whether it was retired."""
    row = held(procedure)
    if row.retired_at is None:
        return False
    row.reason, row.retired_at = "", None
    row.save(update_fields=["reason", "retired_at"])
    tell(row, "taken up again", by, door, clock.now(), {})
    return True


def held(procedure: Procedure) -> Procedure:
    """Return the row as it is now, held until the transaction ends: of two at once the second sees the first."""
    rows = Procedure.objects.select_for_update(of=("self",), no_key=True).select_related("team")
    found: Procedure = rows.get(pk=procedure.pk)
    return found


def _version(
    procedure: Procedure, said: Content, status: Version.Status, base: int, reason: str, by: Person | None,
    now: datetime,
) -> Version:  # fmt: skip
    newest = procedure.versions.order_by("-number").values_list("number", flat=True).first() or 0
    is_current = status == Version.Status.CURRENT
    made = Version.objects.create(
        team=procedure.team, procedure=procedure, number=newest + 1, base=base, status=status, title=said.title,
        goal=said.goal, why=said.why, good_result=said.good_result, pause_point=said.pause_point,
        way_back=said.way_back, way=said.way.value, steps=[as_dict(step) for step in said.steps], digest=said.digest,
        change_reason=reason, author=by, at=now, current_since=now if is_current else None,
    )  # fmt: skip
    if is_current:
        _entitle(procedure, said.title)
    return made


def _entitle(procedure: Procedure, title: str) -> None:
    if procedure.title != title:
        procedure.title = title
        procedure.save(update_fields=["title"])


def _supersede(procedure: Procedure) -> None:
    procedure.versions.filter(status=Version.Status.CURRENT).update(status=Version.Status.SUPERSEDED)


def _proposal(procedure: Procedure, version: Version) -> Version:
    found: Version = procedure.versions.get(pk=version.pk)
    if found.status != Version.Status.PROPOSED:
        raise Refused("decided", f"Version {found.number} is {found.status}; it was decided on already.")
    return found


def _refuse_retired(procedure: Procedure) -> None:
    if procedure.retired_at is not None:
        raise Refused("retired", f"“{procedure}” was retired: {procedure.reason} Take it up again first.")


def _refuse_strangers(team: Team, services: Sequence[Service]) -> None:
    for service in services:
        if service.team_id != team.pk:
            raise Refused("not-in-team", f"{service} is not of {team}; choose one that is.", "services")


def tell(
    procedure: Procedure, verb: str, by: Person | None, door: str, at: datetime, payload: dict[str, object],
    plot: Plot = CARE,
) -> None:  # fmt: skip
    """Write an event of a procedure, and what can be found of it from now on, in the caller's transaction."""
    service = procedure.services.order_by("name", "slug").values_list("slug", flat=True).first() or ""
    record(procedure.team, verb, procedure.ref, by=by, source=door, at=at, plot=plot, service=service, payload=payload)
    findable.keep(procedure)
