"""What pages read of procedures: those of a team for who asks, a line of each for the list, what one leaves out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.processes.procedures.models import Procedure, ProcedureQuerySet, Run, Version
from hortus.processes.procedures.rules.content import Content
from hortus.processes.procedures.rules.lint import lint

_WORDS = {
    "why": "why it is done", "good_result": "what a good result is", "pause_point": "when to use it",
    "way_back": "the way back",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A procedure as a list shows it. last_at: when a run of it was started last. silent: what it does not say.

    others: how many more things its page calls to mind.
    """

    procedure: Procedure
    services: Sequence[Service]
    version: Version | None
    last_at: datetime | None
    proposals: int
    silent: Sequence[str]
    others: int


def mine(team: Team, person: Person) -> ProcedureQuerySet:
    """Return the procedures of a team that a person may read."""
    found: ProcedureQuerySet = Procedure.objects.visible_to(person).filter(team=team).select_related("team", "owner")
    return found


def lines(procedures: QuerySet[Procedure]) -> QuerySet[Any]:
    """Return procedures with what `line` tells of each, in a fixed number of queries."""
    current = Version.objects.filter(status=Version.Status.CURRENT)
    return procedures.prefetch_related("services", Prefetch("versions", current, to_attr="currents")).annotate(
        last_at=Subquery(_runs().values("started_at")[:1]), proposals=Subquery(_proposals().values("count"))
    )


def _runs() -> QuerySet[Run]:
    found: QuerySet[Run] = Run.objects.filter(procedure=OuterRef("pk")).exclude(started_at=None)
    return found.order_by("-started_at")


def _proposals() -> QuerySet[Any, Any]:
    rows = Version.objects.filter(procedure=OuterRef("pk"), status=Version.Status.PROPOSED).order_by()
    counted: QuerySet[Any, Any] = rows.values("procedure").annotate(count=Count("pk"))
    return counted


def line(row: Any) -> Line:
    """Return a row of `lines` as a list shows it."""
    version = next(iter(row.currents), None)
    silent, others = silent_about(version.content) if version else ([], 0)
    return Line(row, list(row.services.all()), version, row.last_at, row.proposals or 0, silent, others)


def silent_about(content: Content) -> tuple[Sequence[str], int]:
    """Return in short what a content does not say, and how many more things `lint` calls to mind."""
    silent = [words for name, words in _WORDS.items() if not getattr(content, name)]
    return silent, len(lint(content)) - len(silent)


def services_of(procedures: Iterable[Procedure], team: Team) -> QuerySet[Service]:
    """Return the services of a team that some procedures are about."""
    found: QuerySet[Service] = Service.objects.filter(
        team=team, pk__in=Procedure.services.through.objects.filter(procedure__in=procedures).values("service")
    )
    return found.order_by("name", "slug")
