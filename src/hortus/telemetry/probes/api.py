"""API operations of probes: the same verbs and reads as the pages. Times are ISO 8601 in UTC, spans in seconds."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.telemetry.probes import actions, pictures, reading, tasks
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult
from hortus.values.refused import Refused

router = Router(tags=["probes"])

Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
LONGEST_SPAN = timedelta(days=31)
EARLIEST, LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class FoundOut(Schema):
    """What one run found. ok is null where nothing could be measured; value_seconds where no answer came."""

    at: datetime
    ok: bool | None
    value_seconds: float | None
    code: str
    sentence: str


class ProbeOut(Schema):
    """A probe. state: good, slow, bad, not measured, not asked yet or paused. is_late: it was due and not asked."""

    slug: str
    name: str
    kind: str
    asks: str
    service: str
    parameters: dict[str, Any]
    period_seconds: int
    limit_seconds: int
    latency_seconds: float | None
    is_paused: bool
    state: str
    is_late: bool
    last: FoundOut | None


class ProbeList(Schema):
    """One page of probes by name, and how many there are."""

    total: int
    probes: list[ProbeOut]


class ResultOut(FoundOut):
    """What one run found, and what it counts as by the threshold of now."""

    counts_as: str


class ResultList(Schema):
    """One page of results, the newest first, and how many there are in the span."""

    total: int
    results: list[ResultOut]


class ProbeIn(Schema):
    """What can be said about a probe. parameters: those of its kind; see the reference of probes."""

    name: str
    service: str = ""
    parameters: dict[str, str | int | None] = Field(default_factory=dict)
    period_seconds: int | None = None
    limit_seconds: int | None = None
    latency_seconds: float | None = None

    def details(self) -> Details:
        """Return it as the action takes it."""
        return Details(
            self.name, self.service, self.parameters, self.period_seconds, self.limit_seconds, self.latency_seconds
        )


class NewProbe(ProbeIn):
    """A probe that is added; slug is its name in addresses, made from its name when empty."""

    kind: str
    slug: Annotated[str, Field(max_length=60)] = ""


class Asked(Schema):
    """That the worker was told to ask."""

    probe: str
    sentence: str


def _find(standing: Standing, slug: str) -> Probe:
    mine = Probe.objects.visible_to(standing.person).filter(team=standing.team)
    found: Probe = get_object_or_404(mine.select_related("team", "series"), slug=slug)
    return found


def _out(probe: Probe, last: ProbeResult | None) -> ProbeOut:
    return ProbeOut(
        slug=probe.slug, name=probe.name, kind=probe.kind, asks=probe.question, service=probe.service,
        parameters=probe.parameters, period_seconds=probe.period_seconds, limit_seconds=probe.limit_seconds,
        latency_seconds=probe.latency_seconds, is_paused=probe.is_paused, state=pictures.state(probe, last),
        is_late=probe.is_late(last, timezone.now()),
        last=FoundOut.from_orm(last) if last else None,
    )  # fmt: skip


def _shown(probe: Probe) -> ProbeOut:
    return _out(probe, reading.newest([probe]).get(probe.pk))


@router.get("/probes", response=ProbeList, summary="List the probes of a team")
def probes(request: HttpRequest, team: TeamSlug, limit: Limit = 100, offset: Offset = 0) -> ProbeList:
    """Return probes by name, each with what it found last."""
    standing = require(request, team, Action.READ, Kind.PROBE)
    mine = Probe.objects.visible_to(standing.person).filter(team=standing.team)
    page = list(mine.select_related("team")[offset : offset + limit])
    last = reading.newest(page)
    return ProbeList(total=mine.count(), probes=[_out(probe, last.get(probe.pk)) for probe in page])


@router.post("/probes", response={201: ProbeOut}, summary="Add a probe")
def add(request: HttpRequest, team: TeamSlug, given: NewProbe) -> Status[ProbeOut]:
    """Add a probe; the worker asks from the next minute on."""
    standing = require(request, team, Action.CREATE, Kind.PROBE)
    made = actions.add(
        standing.team, given.kind, given.details(), by=standing.person, door="api", slug=given.slug
    )  # fmt: skip
    return Status(201, _shown(made))


@router.get("/probes/{slug}", response=ProbeOut, summary="Read one probe")
def probe(request: HttpRequest, team: TeamSlug, slug: str) -> ProbeOut:
    """Return one probe with what it found last."""
    return _shown(_find(require(request, team, Action.READ, Kind.PROBE), slug))


@router.put("/probes/{slug}", response=ProbeOut, summary="Change a probe")
def change(request: HttpRequest, team: TeamSlug, slug: str, given: ProbeIn) -> ProbeOut:
    """Replace what is said about a probe; a changed threshold judges its history anew."""
    standing = require(request, team, Action.UPDATE, Kind.PROBE)
    found = _find(standing, slug)
    actions.change(found, given.details(), by=standing.person, door="api")
    return _shown(found)


@router.delete("/probes/{slug}", response={204: None}, summary="Remove a probe")
def remove(request: HttpRequest, team: TeamSlug, slug: str) -> Status[None]:
    """Remove a probe with its results."""
    standing = require(request, team, Action.DELETE, Kind.PROBE)
    actions.remove(_find(standing, slug), by=standing.person, door="api")
    return Status(204, None)


@router.post("/probes/{slug}/pause", response=ProbeOut, summary="Pause a probe")
def pause(request: HttpRequest, team: TeamSlug, slug: str) -> ProbeOut:
    """Stop asking until it is resumed."""
    standing = require(request, team, Action.UPDATE, Kind.PROBE)
    found = _find(standing, slug)
    actions.pause(found, by=standing.person, door="api")
    return _shown(found)


@router.delete("/probes/{slug}/pause", response=ProbeOut, summary="Resume a probe")
def resume(request: HttpRequest, team: TeamSlug, slug: str) -> ProbeOut:
    """Ask again."""
    standing = require(request, team, Action.UPDATE, Kind.PROBE)
    found = _find(standing, slug)
    actions.resume(found, by=standing.person, door="api")
    return _shown(found)


@router.post("/probes/{slug}/runs", response={202: Asked}, summary="Ask now")
def run(request: HttpRequest, team: TeamSlug, slug: str) -> Status[Asked]:
    """Have the worker ask once; the result is the probe's newest a moment later."""
    standing = require(request, team, Action.UPDATE, Kind.PROBE)
    found = _find(standing, slug)
    tasks.run_one.enqueue(str(found.pk))
    return Status(202, Asked(probe=found.slug, sentence="The worker asks now; read the probe in a moment."))


@router.get("/probes/{slug}/results", response=ResultList, summary="Read what a probe found")
def results(
    request: HttpRequest, team: TeamSlug, slug: str, since: datetime | None = None, until: datetime | None = None,
    limit: Limit = 100, offset: Offset = 0,
) -> ResultList:  # fmt: skip
    """Return results from `since` up to but not including `until`, of the last 24 hours when left out."""
    found = _find(require(request, team, Action.READ, Kind.PROBE), slug)
    end = _aware(until, "until") or timezone.now() + timedelta(minutes=1)
    begin = _aware(since, "since") or end - timedelta(days=1)
    if not timedelta(0) < end - begin <= LONGEST_SPAN:
        raise Refused("bad-span", f"since must lie before until, by {LONGEST_SPAN.days} days at most.", "since")
    told = reading.told(found, begin, end)
    page = pictures.judged(told[offset : offset + limit], found.latency_seconds)
    return ResultList(
        total=len(told),
        results=[
            ResultOut(
                at=one.at, ok=one.ok, value_seconds=one.seconds, code=one.code, sentence=one.sentence, counts_as=verdict
            )
            for one, verdict, _ in page
        ],
    )


def _aware(at: datetime | None, field: str) -> datetime | None:
    """Return a time with its zone, UTC where it names none. Raises Refused for one that arithmetic could not take."""
    given = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
    if given is not None and not EARLIEST <= given < LATEST:
        said = f"{field} must lie in the years {EARLIEST.year} to {LATEST.year - 1}, got {given.isoformat()}."
        raise Refused("bad-span", said, field)
    return given
