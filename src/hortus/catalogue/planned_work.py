"""Verbs of planned work: announce it, change it, cancel it, each with its event and a higher sequence for calendars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue import findable
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.rules import foretold
from hortus.catalogue.sentences import SILENT, Sentences, plain
from hortus.ledger import search
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot
from hortus.values.refused import Refused

CARE = Plot.named("products-care")
LONGEST_TITLE = 120  # characters, as the table holds them
LONGEST_WORK, FARTHEST = timedelta(days=90), timedelta(days=1100)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is announced. functions: of one team, at least one. begins_at, ends_at: aware."""

    title: str
    functions: Sequence[Function]
    begins_at: datetime
    ends_at: datetime
    sentences: Sentences = SILENT


def ref(work: PlannedWork) -> Ref:
    """Return the ledger's reference to planned work."""
    return Ref("planned-work", str(work.pk), work.title)


def checked(team: Team, plan: Plan, now: datetime) -> Plan:
    """Return a plan in its one spelling, as it could be announced at an instant. Raises Refused as `announce`."""
    title, sentences = plain(plan.title, "title", LONGEST_TITLE, required=True), plan.sentences.checked()
    if not plan.functions:
        raise Refused("no-function", "Say which functions it touches; choose at least one.", "functions")
    for function in plan.functions:
        if function.team_id != team.pk or function.retired_on is not None:
            raise Refused("not-offered", f"{function} is not on the status page of {team}.", "functions")
    if plan.ends_at <= plan.begins_at:
        raise Refused("ends-early", "It must end after it begins.", "ends_at")
    if plan.ends_at - plan.begins_at > LONGEST_WORK:
        raise Refused("too-long", "It lasts more than 90 days; announce it in parts.", "ends_at")
    if plan.ends_at <= now:
        raise Refused("over", "It would be over already; only work that lasts beyond now can be planned.", "ends_at")
    if plan.begins_at > now + FARTHEST:
        raise Refused("too-far", "It begins in more than three years; announce it later.", "begins_at")
    return replace(plan, title=title, sentences=sentences)


def _lay(work: PlannedWork, plan: Plan, at: datetime) -> list[str]:
    said = plan.sentences
    wanted: dict[str, object] = {
        "title": plan.title, "begins_at": plan.begins_at, "ends_at": plan.ends_at, "can": said.can,
        "cannot": said.cannot, "instead": said.instead,
    }  # fmt: skip
    changed = [name for name, value in wanted.items() if getattr(work, name) != value]
    for name in changed:
        setattr(work, name, wanted[name])
    if changed:
        work.changed_at = at
    return changed


def _foretell(work: PlannedWork, functions: Sequence[Function], at: datetime) -> None:
    """Keep for each function what was announced before it began; what is not kept here cannot be told afterwards."""
    spans = {str(one.pk): foretold(work.foretold_for(one), work.span, at) for one in functions}
    work.foretold = {
        pk: [span.begins_at.isoformat(), span.ends_at.isoformat()] for pk, span in spans.items() if span is not None
    }  # fmt: skip


def _tell(work: PlannedWork, verb: str, by: Person, door: str, at: datetime, payload: dict[str, object]) -> None:
    record(work.team, verb, ref(work), by=by, source=door, plot=CARE, at=at, payload=payload)
    found = findable.planned_work(work)
    search.index(work.team, ref(work), kind=Kind.CONDITION, title=found.title, body=found.body)


@transaction.atomic
def announce(team: Team, plan: Plan, *, by: Person, door: str, at: datetime | None = None) -> PlannedWork:
    """Announce planned work and return it.

    door: where it was asked ("web", "api", "sample"). at: when, now when left out. Raises Refused when the title or a
    sentence is not allowed, no function or one that is not offered is named, or the time makes no sense.
    """
    now = at or timezone.now()
    plan = checked(team, plan, now)
    work = PlannedWork(team=team, announced_at=now, changed_at=now, by=by)
    _lay(work, plan, now)
    _foretell(work, plan.functions, now)
    work.save(force_insert=True)
    work.functions.set(plan.functions)
    _tell(work, "announced", by, door, now, {"begins_at": plan.begins_at.isoformat()})
    return work


def _locked(work: PlannedWork) -> PlannedWork:
    """Return the row as it is now, held until the transaction ends, so that no two changes share a sequence."""
    found: PlannedWork = PlannedWork.objects.select_for_update().select_related("team").get(pk=work.pk)
    return found


def _refuse_closed(work: PlannedWork, now: datetime) -> None:
    if work.cancelled_at is not None:
        raise Refused("cancelled", f"{work} was cancelled already; announce it anew.")
    if work.ends_at <= now:
        raise Refused("over", f"{work} is over already; say how its functions stand instead.")


@transaction.atomic
def change(work: PlannedWork, plan: Plan, *, by: Person, door: str) -> list[str]:
    """Change planned work that is not over; return what changed, nothing when nothing did. Raises as `announce`."""
    now, work = timezone.now(), _locked(work)
    _refuse_closed(work, now)
    plan = checked(work.team, plan, now)
    changed = _lay(work, plan, now)
    _foretell(work, plan.functions, now)
    if {f.pk for f in work.functions.all()} != {f.pk for f in plan.functions}:
        work.functions.set(plan.functions)
        changed.append("functions")
    if changed:
        work.changed_at, work.sequence = now, work.sequence + 1
        work.save()
        _tell(work, "changed", by, door, now, {"fields": changed})
    return changed


@transaction.atomic
def cancel(work: PlannedWork, *, by: Person, door: str) -> None:
    """Cancel planned work; calendars learn of it. Raises Refused when it is cancelled or over already."""
    now, work = timezone.now(), _locked(work)
    _refuse_closed(work, now)
    work.cancelled_at, work.changed_at, work.sequence = now, now, work.sequence + 1
    work.save()
    _tell(work, "cancelled", by, door, now, {})
