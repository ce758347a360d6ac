"""API operations of objectives: the same verbs and reads as the pages. Ratios run 0 to 1, times are ISO 8601 in UTC."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Path, Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from hortus.access.doors import Standing, require
from hortus.access.policy import Action, Kind
from hortus.catalogue.actions import may_tend
from hortus.products.slos import actions, slis
from hortus.products.slos.api_shapes import (
    ExclusionIn,
    ExclusionOut,
    ObjectiveIn,
    ObjectiveOut,
    ReasonIn,
    SliIn,
    SliOut,
    exclusion_out,
    objective_out,
    sli_out,
)
from hortus.products.slos.drafts import ExclusionDraft, SliDraft
from hortus.products.slos.exclusions import announced
from hortus.products.slos.exporting import as_openslo, as_rules
from hortus.products.slos.importing import take
from hortus.products.slos.models import AlertEpisode, Evaluation, Exclusion, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.queries import standing
from hortus.products.slos.replay import WhatIf, backtest, parameters_of
from hortus.products.slos.shapes import alert_as_dict, replay_as_dict, standing_as_dict, taken_as_dict
from hortus.telemetry.engines.models import Engine
from hortus.values.refused import Refused

router = Router(tags=["slos"])

Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]


def _objective(who: Standing, slug: str) -> Objective:
    mine = Objective.objects.visible_to(who.person).filter(team=who.team)
    found: Objective = get_object_or_404(mine.whole(), slug=slug)
    return found


def _sli(who: Standing, slug: str) -> Sli:
    mine = Sli.objects.visible_to(who.person).filter(team=who.team)
    found: Sli = get_object_or_404(mine.select_related("team", "series"), slug=slug)
    return found


def _slis(who: Standing, slugs: list[str], field: str) -> list[Sli]:
    found = {one.slug: one for one in Sli.objects.visible_to(who.person).filter(team=who.team, slug__in=slugs)}
    for slug in slugs:
        if slug not in found:
            raise Refused("no-sli", f"The team has no SLI {slug[:60]!r}.", field)
    return [found[slug] for slug in slugs]


@router.get("/slis", response=list[SliOut], summary="List SLIs")
def list_slis(request: HttpRequest, team: Path[str]) -> list[dict[str, Any]]:
    """Return what is counted, by name."""
    who = require(request, team, Action.READ, Kind.OBJECTIVE)
    mine = Sli.objects.visible_to(who.person).filter(team=who.team)
    return [sli_out(one) for one in mine.select_related("series")]


@router.post("/slis", response={201: SliOut}, summary="Make an SLI")
def make_sli(request: HttpRequest, team: Path[str], given: SliIn) -> Status[dict[str, Any]]:
    """Make an SLI: one that programs send events to, that a judge fills, or that counts a series that is there."""
    who = require(request, team, Action.CREATE, Kind.OBJECTIVE)
    made = slis.create(who.team, _sli_draft(given), by=who.person, door="api", slug=given.slug)
    return Status(201, sli_out(made))


def _sli_draft(given: SliIn) -> SliDraft:
    return SliDraft(given.name, given.sentence, given.service, given.judge, given.parameters, given.series)


@router.put("/slis/{slug}", response=SliOut, summary="Change an SLI")
def change_sli(request: HttpRequest, team: Path[str], slug: str, given: SliIn) -> dict[str, Any]:
    """Change what is said about an SLI; other parameters of its judge need a reason and judge history anew."""
    who = require(request, team, Action.UPDATE, Kind.OBJECTIVE)
    held = _sli(who, slug)
    slis.change(held, _sli_draft(given), by=who.person, door="api", why=given.reason)
    return sli_out(_sli(who, slug))


@router.post("/slis/{slug}/retirement", response=SliOut, summary="Retire an SLI")
def retire_sli(request: HttpRequest, team: Path[str], slug: str, given: ReasonIn) -> dict[str, Any]:
    """Stop counting by an SLI that no objective counts any more."""
    who = require(request, team, Action.DELETE, Kind.OBJECTIVE)
    slis.retire(_sli(who, slug), why=given.reason, by=who.person, door="api")
    return sli_out(_sli(who, slug))


@router.get("/objectives", response=list[ObjectiveOut], summary="List objectives")
def list_objectives(request: HttpRequest, team: Path[str], retired: bool = False) -> list[dict[str, Any]]:
    """Return objectives by name, each as it stood when it was last evaluated; retired: those that hold no more."""
    who = require(request, team, Action.READ, Kind.OBJECTIVE)
    mine = Objective.objects.visible_to(who.person).filter(team=who.team, retired_at__isnull=not retired)
    kept = {one.pk: one for one in Evaluation.objects.visible_to(who.person).filter(team=who.team)}
    return [objective_out(one, kept[one.pk].standing if one.pk in kept else None) for one in mine.whole()]


@router.get("/objectives/{slug}", response=ObjectiveOut, summary="Read one objective")
def read_objective(request: HttpRequest, team: Path[str], slug: str) -> dict[str, Any]:
    """Return one objective and how it stands now: the worked sum, burn rates, alert pairs."""
    who = require(request, team, Action.READ, Kind.OBJECTIVE)
    return _now(_objective(who, slug))


def _now(found: Objective) -> dict[str, Any]:
    return objective_out(found, standing_as_dict(standing(found, timezone.now())))


@router.post("/objectives", response={201: ObjectiveOut}, summary="Make an objective")
def make_objective(request: HttpRequest, team: Path[str], given: ObjectiveIn) -> Status[dict[str, Any]]:
    """Promise which share of what SLIs count is good; several parts make a composite."""
    who = require(request, team, Action.CREATE, Kind.OBJECTIVE)
    made = actions.create(who.team, _draft(who, given), by=who.person, door="api", slug=given.slug)
    return Status(201, _now(made))


def _draft(who: Standing, given: ObjectiveIn) -> ObjectiveDraft:
    found = _slis(who, [part.sli for part in given.parts], "parts")
    owner = next((one for one in may_tend(who.team) if one.pk == given.owner), None) if given.owner else None
    if given.owner and owner is None:
        raise Refused("not-in-team", "The owner is not a member of the team; choose somebody who is.", "owner")
    plain = given.dict(exclude={"slug", "parts", "owner", "reason"})
    return ObjectiveDraft(
        parts=[(sli, part.weight) for sli, part in zip(found, given.parts, strict=True)], owner=owner, **plain
    )  # fmt: skip


@router.put("/objectives/{slug}", response=ObjectiveOut, summary="Change an objective")
def change_objective(request: HttpRequest, team: Path[str], slug: str, given: ObjectiveIn) -> dict[str, Any]:
    """Replace what is said about an objective; another judgement (target, window, parts, alerts) needs a reason."""
    who = require(request, team, Action.UPDATE, Kind.OBJECTIVE)
    actions.change(_objective(who, slug), _draft(who, given), by=who.person, door="api", why=given.reason)
    return _now(_objective(who, slug))


@router.post("/objectives/{slug}/retirement", response=ObjectiveOut, summary="Retire an objective")
def retire_objective(request: HttpRequest, team: Path[str], slug: str, given: ReasonIn) -> dict[str, Any]:
    """Stop judging by an objective; its history stays."""
    who = require(request, team, Action.DELETE, Kind.OBJECTIVE)
    actions.retire(_objective(who, slug), why=given.reason, by=who.person, door="api")
    return _now(_objective(who, slug))


class BacktestWanted(Schema):
    """Which time is tested, and what shall be different. until: now when left out; days: before it.

    parameters: those of its judge that shall be different, as NAME=VALUE; for an objective over one judged SLI,
    and for whoever may read jobs.
    """

    days: Annotated[int, Field(ge=1, le=100)] = 28
    until: AwareDatetime | None = None
    target_ratio: Decimal | None = None
    parameters: Annotated[list[str], Field(max_length=20)] = []


@router.get("/objectives/{slug}/backtest", response=dict[str, Any], summary="Back-test an objective")
def backtest_objective(
    request: HttpRequest, team: Path[str], slug: str, wanted: Query[BacktestWanted]
) -> dict[str, Any]:  # fmt: skip
    """Return when each alert pair would have held, minute by minute, and how the budget would stand."""
    who = require(request, team, Action.READ, Kind.OBJECTIVE)
    until: datetime = wanted.until or timezone.now()
    if not 2000 <= until.year < 2100:
        raise Refused("bad-until", f"A back-test ends between 2000 and 2100, got {until.year}.", "until")
    if wanted.parameters and not who.may(Action.READ, Kind.JOB):  # any partition of any cluster could be judged
        raise Refused("no-right", "Other parameters judge jobs, which you may not read; leave them out.", "parameters")
    what_if = WhatIf(wanted.target_ratio, parameters_of(wanted.parameters))
    since = until - timedelta(days=wanted.days)
    return replay_as_dict(backtest(_objective(who, slug), since, until, what_if))


@router.get("/exclusions", response=list[ExclusionOut], summary="List exclusions")
def list_exclusions(
    request: HttpRequest, team: Path[str], withdrawn: bool = False, limit: Limit = 100, offset: Offset = 0
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what does not count, the latest begin first; withdrawn: those that count again.

    Planned work of the catalogue stands among them, as far as it was announced before it began.
    """
    who = require(request, team, Action.READ, Kind.EXCLUSION)
    mine = Exclusion.objects.visible_to(who.person).filter(team=who.team, withdrawn_at__isnull=not withdrawn)
    if withdrawn:
        return [exclusion_out(one) for one in mine.whole()[offset : offset + limit]]
    # Of each only what may come up: enough for this part, however the two interleave.
    found = [*mine.whole()[: offset + limit], *islice(announced(who.team), offset + limit)]
    found.sort(key=lambda one: one.began_at, reverse=True)
    return [exclusion_out(one) for one in found[offset : offset + limit]]


@router.post("/exclusions", response={201: ExclusionOut}, summary="Exclude time")
def make_exclusion(request: HttpRequest, team: Path[str], given: ExclusionIn) -> Status[dict[str, Any]]:
    """Take time out of budgets, past or to come; objectives and SLIs named, else the service, else all of the team."""
    who = require(request, team, Action.CREATE, Kind.EXCLUSION)
    draft = ExclusionDraft(
        objectives=[_objective(who, slug) for slug in given.objectives], slis=_slis(who, given.slis, "slis"),
        **given.dict(exclude={"objectives", "slis"}),
    )  # fmt: skip
    return Status(201, exclusion_out(actions.exclude(who.team, draft, by=who.person, door="api")))


@router.post("/exclusions/{uuid:exclusion}/withdrawal", response=ExclusionOut, summary="Withdraw an exclusion")
def withdraw_exclusion(request: HttpRequest, team: Path[str], exclusion: UUID, given: ReasonIn) -> dict[str, Any]:
    """Give excluded time back to the budgets."""
    who = require(request, team, Action.UPDATE, Kind.EXCLUSION)
    mine = Exclusion.objects.visible_to(who.person).filter(team=who.team).select_related("team", "by")
    held = get_object_or_404(mine, pk=exclusion)
    actions.withdraw(held, why=given.reason, by=who.person, door="api")
    return exclusion_out(held)


@router.get("/alerts", response=list[dict[str, Any]], summary="List alert episodes")
def list_alerts(
    request: HttpRequest, team: Path[str], open: bool = False, limit: Limit = 100, offset: Offset = 0  # noqa: A002
) -> list[dict[str, Any]]:  # fmt: skip
    """Return alert episodes, the latest first; open: only those that stand."""
    who = require(request, team, Action.READ, Kind.ALERT)
    mine = AlertEpisode.objects.visible_to(who.person).filter(team=who.team)
    found = mine.open() if open else mine
    return [alert_as_dict(one) for one in found.select_related("objective")[offset : offset + limit]]


class FileIn(Schema):
    """A file: its name, for findings, and its text."""

    name: Annotated[str, Field(max_length=200)] = ""
    text: Annotated[str, Field(max_length=2_000_000)]


class FilesIn(Schema):
    """Files of objectives. is_tried: make nothing.

    engine: slug of the engine that is asked their queries; when left out the one that their data source names, or the
    team's only one, where you may have engines asked. keep_in_engine: the counts stay there; else they are copied.
    """

    files: Annotated[list[FileIn], Field(min_length=1, max_length=50)]
    is_strict: bool = False
    is_tried: bool = False
    engine: Annotated[str, Field(max_length=60)] = ""
    keep_in_engine: bool = False


@router.post("/objective-files", response=dict[str, Any], summary="Import OpenSLO and Sloth files")
def import_objectives(request: HttpRequest, team: Path[str], given: FilesIn) -> dict[str, Any]:
    """Make the objectives of files, each whole or not at all; answers findings by line and what became of each."""
    who = require(request, team, Action.CREATE, Kind.OBJECTIVE)
    engine = None
    if given.engine:
        if not who.may(Action.UPDATE, Kind.ENGINE):
            raise Refused("no-right", "Only leads and admins have engines asked; leave the engine out.", "engine")
        engine = Engine.objects.visible_to(who.person).filter(team=who.team, slug=given.engine).first()
        if engine is None:
            raise Refused("no-engine", f"There is no engine {given.engine!r}.", "engine")
    taken = take(
        who.team, [(file.name, file.text) for file in given.files], by=who.person, door="api",
        is_strict=given.is_strict, is_tried=given.is_tried, engine=engine, keep_in_engine=given.keep_in_engine,
    )  # fmt: skip
    return taken_as_dict(taken)


class ExportOut(Schema):
    """Objectives as text, and what could not be said in it."""

    text: str
    findings: list[str]


@router.get("/objective-files/{form}", response=ExportOut, summary="Export objectives")
def export_objectives(request: HttpRequest, team: Path[str], form: Literal["openslo", "rules"]) -> dict[str, Any]:
    """Return all objectives as OpenSLO v1, or as Prometheus rules in the shape of Sloth.

    Queries to engines are left out for whoever may not read those.
    """
    who = require(request, team, Action.READ, Kind.OBJECTIVE)
    shows = who.may(Action.READ, Kind.ENGINE)
    found = list(Objective.objects.visible_to(who.person).whole().kept().filter(team=who.team))
    if form == "openslo":
        return {"text": as_openslo(who.team, found, shows_queries=shows), "findings": []}
    file = as_rules(who.team, found, shows_queries=shows)
    return {"text": file.text, "findings": [str(one) for one in file.findings]}
