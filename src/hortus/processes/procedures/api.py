"""API operations of procedures and their runs: the same verbs and reads as the pages and the command."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Header, Query, Router, Status

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.models import Person
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.ledger import lessons, refs
from hortus.processes.procedures import actions, authoring, following, markdown, reading, runs, shapes
from hortus.processes.procedures import api_shapes as given_as
from hortus.processes.procedures.models import Procedure, Run, Version
from hortus.processes.procedures.rules.steps import differences
from hortus.values.refused import Refused

router = Router(tags=["procedures"])

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=runs.LONGEST_CLIENT_KEY)]
Dict = dict[str, Any]


def _procedure(standing: Standing, slug: str) -> Procedure:
    found: Procedure = get_object_or_404(reading.mine(standing.team, standing.person), slug=slug)
    return found


def _version(procedure: Procedure, number: int) -> Version:
    found: Version = get_object_or_404(procedure.versions.select_related("author"), number=number)
    return found


def _run(standing: Standing, number: int) -> Run:
    mine = following.mine(standing.team, standing.person).prefetch_related("entries__by")
    found: Run = get_object_or_404(mine, number=number)
    return found


def _services(standing: Standing, slugs: Sequence[str]) -> list[Service]:
    found = {one.slug: one for one in Service.objects.filter(team=standing.team, slug__in=slugs)}
    for slug in slugs:
        if slug not in found:
            raise Refused("unknown", f"The team has no service {slug[:60]!r}.", "services")
    return list(found.values())


def _person(standing: Standing, pk: UUID | None, field: str) -> Person | None:
    if pk is None:
        return None
    found = Person.objects.filter(pk=pk, memberships__team=standing.team).first()
    if found is None:
        raise Refused("not-in-team", f"No member of {standing.team} has the id {pk}.", field)
    return found


def _whole(standing: Standing, slug: str) -> Dict:
    return shapes.whole_as_dict(_procedure(standing, slug))


def _whole_run(standing: Standing, number: int) -> Dict:
    return shapes.whole_run_as_dict(_run(standing, number))


def _by(standing: Standing) -> Dict:
    return {"by": standing.person, "door": "api"}


@router.get("/procedures", response=given_as.ProcedureList, summary="List procedures")
def procedures(
    request: HttpRequest, team: TeamSlug, service: str = "", retired: bool = False, limit: Limit = 100,
    offset: Offset = 0,
) -> Dict:  # fmt: skip
    """Return procedures by their titles; those that were retired only when asked for. service: a slug."""
    standing = require(request, team, Action.READ, Kind.PROCEDURE)
    found = reading.mine(standing.team, standing.person)
    found = found.exclude(retired_at=None) if retired else found.living()
    found = found.filter(services__slug=service) if service else found
    shown = [shapes.line_as_dict(reading.line(row)) for row in reading.lines(found)[offset : offset + limit]]
    return {"total": found.count(), "procedures": shown}


@router.post(
    "/procedures",
    response={200: given_as.WholeProcedureOut, 201: given_as.WholeProcedureOut},
    summary="Write a procedure",
)
def write(request: HttpRequest, team: TeamSlug, given: given_as.ProcedureIn) -> Status[Dict]:
    """Write a new procedure; its text is current at once. The same text once more answers 200 with what it made."""
    standing = require(request, team, Action.CREATE, Kind.PROCEDURE)
    services = _services(standing, given.services)
    made, is_new = authoring.entered(standing.team, given.text, services, by=standing.person, door="api")
    return Status(201 if is_new else 200, _whole(standing, made.slug))


@router.get("/procedures/{slug}", response=given_as.WholeProcedureOut, summary="Read a procedure")
def procedure(request: HttpRequest, team: TeamSlug, slug: str) -> Dict:
    """Return a procedure and what its current version says."""
    return _whole(require(request, team, Action.READ, Kind.PROCEDURE), slug)


@router.get("/procedures/{slug}/markdown", response={200: str}, summary="Read a procedure as Markdown")
def as_markdown(request: HttpRequest, team: TeamSlug, slug: str) -> HttpResponse:
    """Return the current version as Markdown with front matter."""
    found = _procedure(require(request, team, Action.READ, Kind.PROCEDURE), slug)
    version = found.current or get_object_or_404(Version.objects.none())
    services = list(found.services.values_list("slug", flat=True))
    text = markdown.written(version.content, slug=found.slug, services=services, version=version.number)
    return HttpResponse(text, content_type="text/markdown; charset=utf-8")


@router.get("/procedures/{slug}/versions", response=list[given_as.VersionOut], summary="List versions")
def versions(request: HttpRequest, team: TeamSlug, slug: str) -> list[Dict]:
    """Return all versions of a procedure, the newest first, proposals among them."""
    found = _procedure(require(request, team, Action.READ, Kind.PROCEDURE), slug)
    return [shapes.version_as_dict(one) for one in found.versions.select_related("author")]


@router.get("/procedures/{slug}/versions/{number}", response=given_as.WholeVersionOut, summary="Read a version")
def version(request: HttpRequest, team: TeamSlug, slug: str, number: int) -> Dict:
    """Return what one version says."""
    found = _procedure(require(request, team, Action.READ, Kind.PROCEDURE), slug)
    return shapes.whole_version_as_dict(_version(found, number))


@router.get(
    "/procedures/{slug}/versions/{number}/difference", response=list[given_as.DifferenceOut], summary="Compare versions"
)  # fmt: skip
def difference(
    request: HttpRequest, team: TeamSlug, slug: str, number: int, since: Annotated[int, Query(alias="from")]
) -> list[Dict]:
    """Return what became of each step from one version to this one."""
    found = _procedure(require(request, team, Action.READ, Kind.PROCEDURE), slug)
    before, after = _version(found, since).content, _version(found, number).content
    return [shapes.difference_as_dict(one) for one in differences(before.steps, after.steps)]


@router.post("/procedures/{slug}/versions", response=given_as.WrittenOut, summary="Publish or propose a version")
def revise(request: HttpRequest, team: TeamSlug, slug: str, given: given_as.RevisionIn) -> Dict:
    """Say something else in a procedure. Where another version became current meanwhile, this one is a proposal.

    Reviews whose addresses stand in the text or the reason count as having helped.
    """
    standing = require(request, team, Action.UPDATE, Kind.PROCEDURE)
    written, left_out = authoring.revised(
        _procedure(standing, slug), given.text, base=given.base, reason=given.reason, by=standing.person,
        wants_current=not given.propose, door="api",
    )  # fmt: skip
    if written.is_new:
        lessons.named(standing, f"{given.text}\n{given.reason}", written.version.procedure.ref, "api")
    made = Version.objects.select_related("author").get(pk=written.version.pk)
    return {
        "version": shapes.version_as_dict(made), "published": made.status == Version.Status.CURRENT,
        "is_new": written.is_new, "services_left_out": left_out,
    }  # fmt: skip


@router.post(
    "/procedures/{slug}/versions/{number}/accept", response=given_as.WholeProcedureOut, summary="Accept a proposal"
)
def accept(request: HttpRequest, team: TeamSlug, slug: str, number: int, given: given_as.AcceptIn) -> Dict:
    """Let a proposal be current from now on. against: the version that is current as far as you know."""
    standing = require(request, team, Action.UPDATE, Kind.PROCEDURE)
    found = _version(_procedure(standing, slug), number)
    authoring.accepted(found, against=given.against, by=standing.person, door="api")
    return _whole(standing, slug)


@router.post(
    "/procedures/{slug}/versions/{number}/decline", response=given_as.WholeProcedureOut, summary="Decline a proposal"
)
def decline(request: HttpRequest, team: TeamSlug, slug: str, number: int, given: given_as.WhyIn) -> Dict:
    """Leave a proposal, with a reason; its words stay."""
    standing = require(request, team, Action.UPDATE, Kind.PROCEDURE)
    actions.decline(_version(_procedure(standing, slug), number), given.reason, **_by(standing))
    return _whole(standing, slug)


@router.put("/procedures/{slug}/about", response=given_as.WholeProcedureOut, summary="Say who looks after it")
def describe(request: HttpRequest, team: TeamSlug, slug: str, given: given_as.AboutIn) -> Dict:
    """Replace the owner, and the services that it is about."""
    standing = require(request, team, Action.UPDATE, Kind.PROCEDURE)
    owner, services = _person(standing, given.owner, "owner"), _services(standing, given.services)
    actions.describe(_procedure(standing, slug), owner=owner, services=services, **_by(standing))
    return _whole(standing, slug)


@router.post("/procedures/{slug}/retire", response=given_as.WholeProcedureOut, summary="Retire a procedure")
def retire(request: HttpRequest, team: TeamSlug, slug: str, given: given_as.WhyIn) -> Dict:
    """Follow it no longer; runs that are open go on."""
    standing = require(request, team, Action.UPDATE, Kind.PROCEDURE)
    actions.retire(_procedure(standing, slug), given.reason, **_by(standing))
    return _whole(standing, slug)


@router.post("/procedures/{slug}/revive", response=given_as.WholeProcedureOut, summary="Take a procedure up again")
def revive(request: HttpRequest, team: TeamSlug, slug: str) -> Dict:
    """Take a retired procedure up again."""
    standing = require(request, team, Action.UPDATE, Kind.PROCEDURE)
    actions.revive(_procedure(standing, slug), **_by(standing))
    return _whole(standing, slug)


@router.post("/procedures/{slug}/runs", response={201: given_as.WholeRunOut}, summary="Start a run")
def start(request: HttpRequest, team: TeamSlug, slug: str, given: given_as.StartIn, key: Key = "") -> Status[Dict]:
    """Start to follow the current version, or plan to. The same key once more starts nothing."""
    standing = require(request, team, Action.CREATE, Kind.RUN)
    found = _procedure(standing, slug)
    about = refs.find(standing, given.about_kind, given.about_id) if given.about_kind else None
    if given.about_kind and about is None:
        raise Refused("not-found", "There is no such object in this team.", "about_id")
    made = runs.plan(
        found, reason=given.reason, about=about, starts=given.starts, client_key=key, **_by(standing)
    )  # fmt: skip
    return Status(201, _whole_run(standing, made.number))


@router.get("/runs", response=given_as.RunList, summary="List runs")
def run_list(
    request: HttpRequest, team: TeamSlug, open: bool = True, procedure: str = "", limit: Limit = 50,  # noqa: A002
    offset: Offset = 0,
) -> Dict:  # fmt: skip
    """Return the runs that are open, or with open=false all, the newest first. procedure: a slug."""
    standing = require(request, team, Action.READ, Kind.RUN)
    found = following.mine(standing.team, standing.person)
    found = found.open() if open else found
    found = found.filter(procedure__slug=procedure) if procedure else found
    return {"total": found.count(), "runs": [shapes.run_as_dict(one) for one in found[offset : offset + limit]]}


@router.get("/runs/{number}", response=given_as.WholeRunOut, summary="Read a run")
def run(request: HttpRequest, team: TeamSlug, number: int) -> Dict:
    """Return a run and how each of its steps stands."""
    return _whole_run(require(request, team, Action.READ, Kind.RUN), number)


@router.post("/runs/{number}/words", response=given_as.HeardList, summary="Say how steps went")
def hear(request: HttpRequest, team: TeamSlug, number: int, given: given_as.WordsIn) -> Dict:
    """Write down what is said of steps, all or none; each word once, by its id. Each is kept, whether it counts or not.

    A word counts while its step has the wording that it was said of; where two who did not know of each other
    contradict each other, the step is contested.
    """
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    words = [one.as_word(given.journal) for one in given.words]
    heard = runs.hear(_run(standing, number), words, **_by(standing))
    return {"heard": [shapes.heard_as_dict(one) for one in heard], "run": _whole_run(standing, number)}


@router.post("/runs/{number}/begin", response=given_as.WholeRunOut, summary="Begin a planned run")
def begin(request: HttpRequest, team: TeamSlug, number: int) -> Dict:
    """Begin a run that was planned; it follows what is current now."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    runs.begin(_run(standing, number), **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/move", response=given_as.WholeRunOut, summary="Move a run to another version")
def move(request: HttpRequest, team: TeamSlug, number: int, given: given_as.RunMoveIn) -> Dict:
    """Let a run follow the current version. What was said of its steps is all kept; look at the difference first."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    found = _run(standing, number)
    to = found.procedure.versions.filter(number=given.to).first()
    if to is None:
        raise Refused("unknown", f"“{found.procedure}” has no version {given.to}.", "to")
    runs.move(found, to, seen_from=given.seen_from, **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/wait", response=given_as.WholeRunOut, summary="Let a run wait")
def wait(request: HttpRequest, team: TeamSlug, number: int, given: given_as.WaitIn) -> Dict:
    """Say what a run waits for, and when it is looked at again."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    person = _person(standing, given.person, "person")
    runs.wait(_run(standing, number), given.kind, given.what, person=person, until=given.until, **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/go-on", response=given_as.WholeRunOut, summary="Go on with a run")
def go_on(request: HttpRequest, team: TeamSlug, number: int) -> Dict:
    """Go on with a run that waited, or whose result was being looked at."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    runs.go_on(_run(standing, number), **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/hand", response=given_as.WholeRunOut, summary="Hand a run on")
def hand(request: HttpRequest, team: TeamSlug, number: int, given: given_as.HandIn) -> Dict:
    """Let somebody else follow a run from now on."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    runner = _person(standing, given.runner, "runner")
    if runner is not None:
        runs.hand(_run(standing, number), runner, **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/check", response=given_as.WholeRunOut, summary="Say that the steps are through")
def check(request: HttpRequest, team: TeamSlug, number: int) -> Dict:
    """Say that the steps are through; refused while a critical one is to do, failed or contested."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    runs.check(_run(standing, number), **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/end", response=given_as.WholeRunOut, summary="End a run")
def end(request: HttpRequest, team: TeamSlug, number: int, given: given_as.EndIn) -> Dict:
    """Say whether the good result came about, and end the run."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    runs.end(_run(standing, number), given.outcome, given.sentence, **_by(standing))
    return _whole_run(standing, number)


@router.post("/runs/{number}/give-up", response=given_as.WholeRunOut, summary="Give a run up")
def give_up(request: HttpRequest, team: TeamSlug, number: int, given: given_as.WhyIn) -> Dict:
    """Follow it no longer, or, when it was only planned, not at all; say why."""
    standing = require(request, team, Action.UPDATE, Kind.RUN)
    runs.give_up(_run(standing, number), given.reason, **_by(standing))
    return _whole_run(standing, number)
