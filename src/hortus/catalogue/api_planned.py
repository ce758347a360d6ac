"""API operations of planned work. The same verbs as the pages."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.catalogue import notice, planned_work, shapes
from hortus.catalogue.api_status import SentencesIn, WorkOut
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.sentences import Sentences
from hortus.values.refused import Refused

router = Router()


class LateOut(Schema):
    """Time of planned work that was not announced before it began, for these functions (slugs)."""

    begins_at: datetime
    ends_at: datetime
    functions: list[str]


class AnnouncedOut(WorkOut):
    """Planned work as it was announced or changed. late: what of it objectives count all the same; note: in words."""

    late: list[LateOut]
    note: str


class WorkIn(SentencesIn):
    """Planned work as it is announced or changed. functions: slugs. Times with offset."""

    title: str
    functions: list[str]
    begins_at: AwareDatetime
    ends_at: AwareDatetime


def _work(standing: Standing, work: UUID) -> PlannedWork:
    mine = PlannedWork.objects.visible_to(standing.person).filter(team=standing.team)
    found: PlannedWork = get_object_or_404(mine.select_related("team"), pk=work)
    return found


def _plan(standing: Standing, given: WorkIn) -> Plan:
    found = {f.slug: f for f in Function.objects.filter(team=standing.team, slug__in=given.functions)}
    unknown = [slug for slug in given.functions if slug not in found]
    if unknown:
        raise Refused("unknown-function", f"{standing.team} has no function {unknown[0]!r}.", "functions")
    said = Sentences(given.can, given.cannot, given.instead)
    return Plan(given.title, list(found.values()), given.begins_at, given.ends_at, said)


def _announced(work: PlannedWork) -> dict[str, Any]:
    late = notice.of_work(work)
    rows = [{**asdict(one.span), "functions": [f.slug for f in one.functions]} for one in late]
    return shapes.work_as_dict(work) | {"late": rows, "note": notice.sentence(late, work.team.zoneinfo)}


@router.post("/planned-work", response={201: AnnouncedOut}, summary="Announce planned work")
def announce(request: HttpRequest, team: TeamSlug, given: WorkIn) -> Status[dict[str, Any]]:
    """Announce planned work on functions; `late` says what of it comes too late to be left out of objectives."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    made = planned_work.announce(standing.team, _plan(standing, given), by=standing.person, door="api")
    return Status(201, _announced(made))


@router.put("/planned-work/{work}", response=AnnouncedOut, summary="Change planned work")
def change_work(request: HttpRequest, team: TeamSlug, work: UUID, given: WorkIn) -> dict[str, Any]:
    """Replace what was announced; calendars that hold it follow."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    found = _work(standing, work)
    planned_work.change(found, _plan(standing, given), by=standing.person, door="api")
    return _announced(_work(standing, work))


@router.post("/planned-work/{work}/cancellation", response=WorkOut, summary="Cancel planned work")
def cancel_work(request: HttpRequest, team: TeamSlug, work: UUID) -> dict[str, Any]:
    """Cancel planned work."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    planned_work.cancel(_work(standing, work), by=standing.person, door="api")
    return shapes.work_as_dict(_work(standing, work))
