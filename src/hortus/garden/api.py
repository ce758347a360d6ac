"""API operations of the garden: plots, indicators, readings, evidence, targets."""

from datetime import date, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status

from hortus.access.doors import TeamSlug, require
from hortus.access.models import Team
from hortus.access.policy import Action, Kind
from hortus.garden import actions, cards, indicators, shapes
from hortus.garden.models import TakenReading
from hortus.values.evidence import Slice
from hortus.web.tables import csv_rows

router = Router(tags=["garden"])


class IndicatorOut(Schema):
    """One indicator as it stands; ratios run 0 to 1.

    earned: what the newest reading earned by itself. waits: in words, what a second reading must agree with before the
    state changes, "" while both are one. next_reading_at: when the next reading that can change the state is due.
    """

    indicator: str
    name: str
    state: str
    earned: str
    unit: str
    value: float | None
    n: int
    hits: int | None
    text: str
    goal: float
    slack: float
    at_most: bool
    window: str
    read_at: datetime | None
    evidence_until: datetime | None
    waits: str
    next_reading_at: datetime
    weeks: list[float | None]


class PlotOut(Schema):
    """One of the nine plots."""

    plot: str
    column: str
    row: str
    name: str
    state: str
    grows: str
    unmeasured: list[str]
    indicators: list[IndicatorOut]


class TendOut(Schema):
    """Something to tend first."""

    indicator: str
    act: str
    why: str


class GardenOut(Schema):
    """The nine plots at one instant."""

    team: str
    at: datetime
    day: date
    title: str
    sentence: str
    tend: list[TendOut]
    plots: list[PlotOut]


class ReadingOut(Schema):
    """A reading as it was taken."""

    day: date
    taken_at: datetime
    value: float | None
    n: int
    hits: int | None
    evidence_until: datetime | None
    goal: float
    slack: float
    earned: str
    shown: str


class RowsOut(Schema):
    """One slice of the rows behind the newest reading."""

    day: date
    counted: str
    total: int
    offset: int
    rows: list[dict[str, Any]]


class TargetIn(Schema):
    """A changed target, in the indicator's base unit, with the reason."""

    goal: float
    slack: float
    reason: str


class TargetOut(Schema):
    """A target as it was changed."""

    indicator: str
    goal: float
    slack: float
    reason: str
    at: datetime


def _indicator(slug: str) -> indicators.Indicator:
    try:
        return indicators.named(slug)
    except KeyError:
        raise Http404 from None


@router.get("/garden", response=GardenOut, summary="The nine plots")
def garden(request: HttpRequest, team: TeamSlug) -> dict[str, Any]:
    """Return the nine plots with their indicators."""
    standing = require(request, team, Action.READ, Kind.READING)
    return shapes.garden_as_dict(cards.garden(standing.team, timezone.now()))


@router.get("/indicators", response=list[IndicatorOut], summary="All indicators")
def all_indicators(request: HttpRequest, team: TeamSlug) -> list[dict[str, Any]]:
    """Return every indicator as it stands."""
    standing = require(request, team, Action.READ, Kind.READING)
    found = cards.indicator_cards(standing.team, timezone.now(), indicators.INDICATORS)
    return [shapes.indicator_as_dict(card) for card in found]


@router.get("/indicators/{indicator}", response=IndicatorOut, summary="One indicator")
def one_indicator(request: HttpRequest, team: TeamSlug, indicator: str) -> dict[str, Any]:
    """Return one indicator as it stands."""
    standing = require(request, team, Action.READ, Kind.READING)
    return shapes.indicator_as_dict(cards.indicator_cards(standing.team, timezone.now(), [_indicator(indicator)])[0])


@router.get("/indicators/{indicator}/readings", response=list[ReadingOut], summary="History of an indicator")
def readings(request: HttpRequest, team: TeamSlug, indicator: str) -> Any:
    """Return all readings that were kept, oldest first."""
    standing = require(request, team, Action.READ, Kind.READING)
    return TakenReading.objects.visible_to(standing.person).of(standing.team, [_indicator(indicator).slug])


@router.get("/indicators/{indicator}/rows", response=RowsOut, summary="The rows behind the newest reading")
def rows(
    request: HttpRequest, team: TeamSlug, indicator: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> dict[str, Any]:  # fmt: skip
    """Return one slice of the rows that the newest reading was counted from."""
    standing = require(request, team, Action.READ, Kind.JOB)
    which = _indicator(indicator)
    last = TakenReading.objects.of(standing.team, [which.slug]).last()
    if last is None:
        raise Http404
    persons = standing.may(Action.READ, Kind.JOB_PERSON)
    evidence = which.rows(standing.team, last.day, Slice(offset, limit), persons=persons)
    keys = [head.key for head in evidence.heads]
    found = [dict(zip(keys, row, strict=True)) for row in csv_rows(evidence)]
    return {"day": last.day, "counted": evidence.counted, "total": evidence.total, "offset": offset, "rows": found}


@router.post("/readings", response={201: list[IndicatorOut]}, summary="Read everything again now")
def read_again(request: HttpRequest, team: TeamSlug) -> Status[list[dict[str, Any]]]:
    """Take readings now and return what they show."""
    standing = require(request, team, Action.CREATE, Kind.READING)
    actions.take_readings(standing.team, source="api", by=standing.person)
    return Status(201, _as_they_stand(standing.team))


def _as_they_stand(team: Team) -> list[dict[str, Any]]:
    found = cards.indicator_cards(team, timezone.now(), indicators.INDICATORS)
    return [shapes.indicator_as_dict(card) for card in found]


@router.put("/indicators/{indicator}/target", response=TargetOut, summary="Change a target")
def change_target(request: HttpRequest, team: TeamSlug, indicator: str, target: TargetIn) -> Any:
    """Change a target from now on; 422 names the field that is wrong."""
    standing = require(request, team, Action.UPDATE, Kind.TARGET)
    return actions.change_target(
        standing.team, _indicator(indicator), goal=target.goal, slack=target.slack, reason=target.reason,
        by=standing.person, source="api",
    )  # fmt: skip
