"""Measure of procedures: whether those that are followed say what for. Judges nothing, and names nobody."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.urls import reverse

from hortus.access.models import Team
from hortus.ledger.clock import as_of
from hortus.processes.procedures.models import Procedure, Run, Version
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

IN_USE = timedelta(days=365)


def living_procedures(team: Team, day: date) -> Reading | None:
    """Return the share of the procedures in use that say their goal, why they are done, and what a good result is.

    Ratio over the procedures of which a run was started in the 12 months before, as the version that was current then
    says it. Source: runs that people started, and the words of the versions.
    """
    return living_procedures_many(team, [day])[day]


def living_procedures_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `living_procedures` for many days, in two queries."""
    starts, versions = _starts(team), _versions(team)
    found = {}
    for day in days:
        at = as_of(team, day)
        used = _used(starts, versions, at)
        found[day] = Reading.share(sum(not _unsaid(version) for _, version in used), len(used), at)
    return found


def living_procedures_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the procedures that `living_procedures` counted, those that say least first."""
    used = _used(_starts(team), _versions(team), as_of(team, day))
    used.sort(key=lambda row: (-len(_unsaid(row[1])), row[1].title, row[1].procedure_id))
    rows = [
        (
            Link(version.title, reverse("procedures:procedure", args=[team.slug, version.procedure.slug])),
            ", ".join(_unsaid(version)) or "nothing", version.number, at,
        )
        for at, version in used[part.offset : part.offset + part.limit]
    ]  # fmt: skip
    heads = [
        Head("procedure", "Procedure"), Head("unsaid", "What it does not say"), Head("version", "Version", Sort.COUNT),
        Head("followed", "Followed last", Sort.MOMENT),
    ]  # fmt: skip
    return Evidence(heads, rows, len(used), "Each row is a procedure that was followed in the 12 months before.")


def _starts(team: Team) -> Sequence[tuple[object, datetime]]:
    return list(Run.objects.filter(team=team).exclude(started_at=None).values_list("procedure", "started_at"))


def _versions(team: Team) -> Sequence[Version]:
    rows = Version.objects.filter(team=team).exclude(current_since=None)
    return list(rows.select_related("procedure").order_by("current_since", "number"))


def _used(
    starts: Sequence[tuple[object, datetime]], versions: Sequence[Version], at: datetime
) -> list[tuple[datetime, Version]]:  # fmt: skip
    """Return of each procedure in use when it was followed last, and the version that was current then."""
    current = {
        version.procedure_id: version
        for version in versions
        if version.current_since is not None and version.current_since <= at and not _is_retired(version.procedure, at)
    }
    last: dict[object, datetime] = {}
    for procedure, started_at in starts:
        if at - IN_USE < started_at <= at:
            last[procedure] = max(started_at, last.get(procedure, started_at))
    return [(last[procedure], version) for procedure, version in current.items() if procedure in last]


def _is_retired(procedure: Procedure, at: datetime) -> bool:
    return procedure.retired_at is not None and procedure.retired_at <= at


def _unsaid(version: Version) -> list[str]:
    said = {"goal": version.goal, "why": version.why, "good result": version.good_result}
    return [name for name, text in said.items() if not text.strip()]
