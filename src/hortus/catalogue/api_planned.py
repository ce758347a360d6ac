"""API operations of planned work. The same verbs as the pages."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import AwareDatetime

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.catalogue import notice, planned_work, shapes, window_repeats, window_series, windows
from hortus.catalogue.api_status import Limit, Offset, SentencesIn, WorkOut
from hortus.catalogue.models import Function, PlannedWork, RepeatingWork
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.values.refused import Refused

router = Router()


class LateOut(Schema):
    """Time of planned work that was not announced before it began, for these functions (slugs)."""

    begins_at: datetime
    ends_at: datetime
    functions: list[str]


class AnnouncedOut(WorkOut):
    """Planned work as it was announced or changed. late: what of it objectives count all the same; note: in words.

    is_in_time: whether it was told of as long before it began as its services ask, notice_seconds.
    """

    late: list[LateOut]
    note: str
    is_in_time: bool
    notice_seconds: int


class WorkIn(SentencesIn):
    """Planned work as it is announced or changed. functions: slugs. Times with offset.

    sort: outage, or at-risk where what it touches stays up. notice_reason: why at shorter notice than is asked.
    is_recalled: send the text again a day before it begins.
    """

    title: str
    functions: list[str]
    begins_at: AwareDatetime
    ends_at: AwareDatetime
    sort: str = "outage"
    notice_reason: str = ""
    is_recalled: bool = False


class ChangedWork(WorkIn):
    """Planned work as it is changed. read_at: its changed_at as you had read it; what changed since is not lost."""

    read_at: AwareDatetime | None = None


class NewWork(WorkIn):
    """Planned work that is new. is_draft: keep it for the team alone, until it is announced."""

    is_draft: bool = False


class MoreIn(SentencesIn):
    """More about work that goes on. trying: what is being done. next_word_at: in 30 minutes when left out."""

    trying: str = ""
    next_word_at: AwareDatetime | None = None


class StandsIn(SentencesIn):
    """How one function stands when the work is over. function: slug."""

    function: str
    condition: str


class OverIn(Schema):
    """How all functions of planned work stand when it is over: none is set back to working by itself."""

    functions: list[StandsIn]


class RepeatingIn(WorkIn):
    """Work that comes back: its first time, and the rule as iCalendar writes it, such as FREQ=MONTHLY;BYDAY=2TU."""

    rule: str


class RepeatingChange(WorkIn):
    """Work that comes back as each time is from one on; begins_at and ends_at are of the first that changes.

    since: the id of that one, the next to come when left out. rule: by which it comes back from then on, that of before
    when left out. changes: as you had read it, so that what somebody else changed since is not lost.
    """

    rule: str = ""
    since: UUID | None = None
    changes: int | None = None


class RepeatingOut(Schema):
    """Work that comes back. starts: what clocks in its zone show the first time. stopped_at: null while it does.

    changes: how often it was changed as a whole.
    """

    id: UUID
    title: str
    sort: str
    rule: str
    starts: str
    zone: str
    minutes: int
    stopped_at: datetime | None
    changes: int


class RepeatingChanged(RepeatingOut):
    """The same after a change: how many times changed, keep something of their own, were cancelled, and are new."""

    changed: int
    kept: int
    cancelled: int
    made: int


class WorkList(Schema):
    """One slice of planned work, the latest first."""

    total: int
    planned_work: list[WorkOut]


def _work(standing: Standing, work: UUID) -> PlannedWork:
    found: PlannedWork = get_object_or_404(_mine(standing).select_related("team"), pk=work)
    return found


def _mine(standing: Standing) -> "QuerySet[PlannedWork]":
    """Return the planned work that somebody may read: drafts only who could announce them."""
    mine = PlannedWork.objects.visible_to(standing.person).filter(team=standing.team)
    return mine if standing.may(Action.CREATE, Kind.CONDITION) else mine.announced()


def _plan(standing: Standing, given: WorkIn) -> Plan:
    named = Function.objects.filter(team=standing.team, slug__in=given.functions).select_related("service")
    found = {f.slug: f for f in named}
    unknown = [slug for slug in given.functions if slug not in found]
    if unknown:
        raise Refused("unknown-function", f"{standing.team} has no function {unknown[0]!r}.", "functions")
    said = Sentences(given.can, given.cannot, given.instead)
    return Plan(
        given.title, list(found.values()), given.begins_at, given.ends_at, said, given.sort, None, given.notice_reason,
        given.is_recalled,
    )  # fmt: skip


def _announced(work: PlannedWork) -> dict[str, Any]:
    late = notice.of_work(work)
    rows = [
        {"begins_at": one.span.begins_at, "ends_at": one.span.ends_at, "functions": [f.slug for f in one.functions]}
        for one in late
    ]
    told = {"is_in_time": work.is_in_time, "notice_seconds": work.notice_seconds}
    return shapes.work_as_dict(work) | {"late": rows, "note": notice.sentence(late, work.team.zoneinfo)} | told


@router.get("/planned-work", response=WorkList, summary="Planned work")
def list_work(request: HttpRequest, team: TeamSlug, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Return one slice of all planned work, the latest first; drafts only to who could announce them."""
    found = _mine(require(request, team, Action.READ, Kind.CONDITION)).order_by("-begins_at", "-pk")
    page = found.prefetch_related("functions")[offset : offset + limit]
    return {"total": found.count(), "planned_work": [shapes.work_as_dict(work) for work in page]}


@router.get("/planned-work/{work}", response=AnnouncedOut, summary="One planned work")
def get_work(request: HttpRequest, team: TeamSlug, work: UUID) -> dict[str, Any]:
    """Return one planned work."""
    return _announced(_work(require(request, team, Action.READ, Kind.CONDITION), work))


@router.post("/planned-work", response={201: AnnouncedOut}, summary="Announce planned work")
def announce(request: HttpRequest, team: TeamSlug, given: NewWork) -> Status[dict[str, Any]]:
    """Announce planned work on functions, or draft it; `late` says what comes too late to be left out of objectives."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    verb = planned_work.draft if given.is_draft else planned_work.announce
    return Status(201, _announced(verb(standing.team, _plan(standing, given), by=standing.person, door="api")))


@router.post("/planned-work/{work}/announcement", response=AnnouncedOut, summary="Announce a draft")
def announce_draft(request: HttpRequest, team: TeamSlug, work: UUID, given: WorkIn) -> dict[str, Any]:
    """Announce a draft, as it is given."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    found = _work(standing, work)
    planned_work.announce_draft(found, _plan(standing, given), by=standing.person, door="api")
    return _announced(_work(standing, work))


@router.put("/planned-work/{work}", response=AnnouncedOut, summary="Change planned work")
def change_work(request: HttpRequest, team: TeamSlug, work: UUID, given: ChangedWork) -> dict[str, Any]:
    """Replace what was announced; calendars that hold it follow."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    found = _work(standing, work)
    planned_work.change(found, _plan(standing, given), by=standing.person, door="api", read_at=given.read_at)
    return _announced(_work(standing, work))


@router.post("/planned-work/{work}/cancellation", response=WorkOut, summary="Cancel planned work")
def cancel_work(request: HttpRequest, team: TeamSlug, work: UUID) -> dict[str, Any]:
    """Cancel planned work that has not begun, or drop a draft."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    planned_work.cancel(_work(standing, work), by=standing.person, door="api")
    return shapes.work_as_dict(_work(standing, work))


@router.post("/planned-work/{work}/begin", response=WorkOut, summary="Say that planned work has begun")
def begin_work(request: HttpRequest, team: TeamSlug, work: UUID) -> dict[str, Any]:
    """Say that planned work has begun."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    return shapes.work_as_dict(windows.start(_work(standing, work), by=standing.person, door="api"))


@router.post("/planned-work/{work}/more", response=WorkOut, summary="Say more about planned work that goes on")
def more_of_work(request: HttpRequest, team: TeamSlug, work: UUID, given: MoreIn) -> dict[str, Any]:
    """Tell researchers more, and by when they hear again."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    said = Sentences(given.can, given.cannot, given.instead)
    told = windows.say_more(
        _work(standing, work), sentences=said, trying=given.trying, next_word_at=given.next_word_at, by=standing.person,
        door="api",
    )  # fmt: skip
    return shapes.work_as_dict(told)


@router.post("/planned-work/{work}/check", response=WorkOut, summary="Say that planned work is being checked")
def check_work(request: HttpRequest, team: TeamSlug, work: UUID) -> dict[str, Any]:
    """Say that the work is done and being checked."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    return shapes.work_as_dict(windows.check(_work(standing, work), by=standing.person, door="api"))


@router.post("/planned-work/{work}/end", response=WorkOut, summary="Say that planned work is over")
def end_work(request: HttpRequest, team: TeamSlug, work: UUID, given: OverIn) -> dict[str, Any]:
    """Say that it is over, and how each of its functions stands."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    found = _work(standing, work)
    mine = {one.slug: one for one in found.functions.all()}
    said = []
    for one in given.functions:
        if one.function not in mine:
            raise Refused("not-touched", f"{found} does not touch {one.function!r}.", "functions")
        said.append((mine[one.function], Words(one.condition, Sentences(one.can, one.cannot, one.instead))))
    return shapes.work_as_dict(windows.finish(found, said, by=standing.person, door="api"))


@router.post("/repeating-work", response={201: RepeatingOut}, summary="Announce work that comes back")
def repeat(request: HttpRequest, team: TeamSlug, given: RepeatingIn) -> Status[RepeatingWork]:
    """Announce work that comes back by a rule, at the same time on the wall; its windows are made two months ahead."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    plan = _plan(standing, given)
    return Status(201, window_repeats.repeat(standing.team, plan, given.rule, by=standing.person, door="api"))


@router.get("/repeating-work", response=list[RepeatingOut], summary="Work that comes back")
def list_repeating(
    request: HttpRequest, team: TeamSlug, limit: Limit = 100, offset: Offset = 0
) -> list[RepeatingWork]:  # fmt: skip
    """Return work that comes back, what was stopped too."""
    standing = require(request, team, Action.READ, Kind.CONDITION)
    mine = RepeatingWork.objects.visible_to(standing.person).filter(team=standing.team)
    return list(mine[offset : offset + limit])


@router.put("/repeating-work/{repeating}", response=RepeatingChanged, summary="Change work that comes back")
def change_repeating(request: HttpRequest, team: TeamSlug, repeating: UUID, given: RepeatingChange) -> dict[str, Any]:
    """Change it from one time on, or all that have not begun; what was changed of one time alone stays."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    found, since = _repeating(standing, repeating), None
    if given.since is not None:
        since = found.windows.filter(pk=given.since).first()
        if since is None:
            raise Refused("unknown-work", f"{given.since} is no time of {found}.", "since")
    outcome = window_series.change(
        found, _plan(standing, given), given.rule, since=since, changes=given.changes, by=standing.person, door="api"
    )
    found.refresh_from_db()
    names = ("id", "title", "sort", "rule", "starts", "zone", "minutes", "stopped_at", "changes")
    return {name: getattr(found, name) for name in names} | asdict(outcome)


def _repeating(standing: Standing, repeating: UUID) -> RepeatingWork:
    mine = RepeatingWork.objects.visible_to(standing.person).filter(team=standing.team)
    found: RepeatingWork = get_object_or_404(mine.select_related("team"), pk=repeating)
    return found


@router.post("/repeating-work/{repeating}/stop", response=RepeatingOut, summary="Stop work that comes back")
def stop_repeating(request: HttpRequest, team: TeamSlug, repeating: UUID) -> RepeatingWork:
    """Let it come back no more, and cancel its windows that have not begun."""
    standing = require(request, team, Action.CREATE, Kind.CONDITION)
    found = _repeating(standing, repeating)
    window_repeats.stop(found, by=standing.person, door="api")
    found.refresh_from_db()
    return found
