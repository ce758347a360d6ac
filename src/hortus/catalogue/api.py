"""API operations of the catalogue: the same verbs and reads as its pages."""

from datetime import date
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from hortus.access.doors import Standing, require
from hortus.access.policy import Action, Kind
from hortus.catalogue import actions, api_news, api_planned, api_status
from hortus.catalogue.models import Service
from hortus.values.refused import Refused

router = Router(tags=["catalogue"])
router.add_router("", api_status.router)
router.add_router("", api_planned.router)
router.add_router("", api_news.router)

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class Who(Schema):
    """A person, by id and name."""

    id: UUID
    name: str


class ServiceOut(Schema):
    """A service as the API shows it."""

    slug: str
    name: str
    sort: str
    sentence: str
    owner: Who | None
    deputy: Who | None
    notice_seconds: int
    retired_on: date | None


class ServiceList(Schema):
    """One page of services and how many there are."""

    total: int
    services: list[ServiceOut]


class ServiceIn(Schema):
    """A service as it is added or changed. owner and deputy are ids of persons of the team.

    notice_seconds: how long before it begins planned work is announced; a week, or as it is, when left out.
    """

    name: str
    sort: str
    sentence: str
    owner: UUID | None = None
    deputy: UUID | None = None
    notice_seconds: int | None = None


class NewService(ServiceIn):
    """A service that is added; slug is its name in addresses, made from its name when empty."""

    slug: Annotated[str, Field(max_length=60)] = ""


class RetireIn(Schema):
    """The day since which a service is no longer offered."""

    on: date


def _details(standing: Standing, given: ServiceIn) -> actions.Details:
    wanted = {pk for pk in (given.owner, given.deputy) if pk}
    people = {person.pk: person for person in actions.may_tend(standing.team)} if wanted else {}
    for field in ("owner", "deputy"):
        pk = getattr(given, field)
        if pk and pk not in people:
            raise Refused("not-in-team", f"No member of {standing.team} has the id {pk}.", field)
    owner, deputy = (people.get(pk) if pk else None for pk in (given.owner, given.deputy))
    return actions.Details(given.name, given.sort, given.sentence, owner, deputy, given.notice_seconds)


def _service(standing: Standing, slug: str) -> Service:
    mine = Service.objects.visible_to(standing.person).filter(team=standing.team)
    found: Service = get_object_or_404(mine.select_related("owner", "deputy", "team"), slug=slug)
    return found


@router.get("/services", response=ServiceList, summary="List the services of a team")
def services(request: HttpRequest, team: Path[str], limit: Limit = 100, offset: Offset = 0) -> ServiceList:
    """Return services by name, retired ones included."""
    standing = require(request, team, Action.READ, Kind.SERVICE)
    found = Service.objects.visible_to(standing.person).filter(team=standing.team).select_related("owner", "deputy")
    page = [ServiceOut.from_orm(one) for one in found[offset : offset + limit]]
    return ServiceList(total=found.count(), services=page)


@router.get("/services/{slug}", response=ServiceOut, summary="Read one service")
def service(request: HttpRequest, team: Path[str], slug: str) -> Service:
    """Return one service."""
    return _service(require(request, team, Action.READ, Kind.SERVICE), slug)


@router.post("/services", response={201: ServiceOut}, summary="Add a service")
def add(request: HttpRequest, team: Path[str], given: NewService) -> Status[Service]:
    """Add a service to the catalogue."""
    standing = require(request, team, Action.CREATE, Kind.SERVICE)
    return Status(
        201, actions.add(standing.team, _details(standing, given), by=standing.person, door="api", slug=given.slug)
    )


@router.put("/services/{slug}", response=ServiceOut, summary="Change a service")
def change(request: HttpRequest, team: Path[str], slug: str, given: ServiceIn) -> Service:
    """Replace what is said about a service."""
    standing = require(request, team, Action.UPDATE, Kind.SERVICE)
    found = _service(standing, slug)
    actions.change(found, _details(standing, given), by=standing.person, door="api")
    return found


@router.post("/services/{slug}/retirement", response=ServiceOut, summary="Retire a service")
def retire(request: HttpRequest, team: Path[str], slug: str, given: RetireIn) -> Service:
    """Mark a service as no longer offered."""
    standing = require(request, team, Action.DELETE, Kind.SERVICE)
    found = _service(standing, slug)
    actions.retire(found, given.on, by=standing.person, door="api")
    return found


@router.delete("/services/{slug}/retirement", response=ServiceOut, summary="Offer a retired service again")
def reopen(request: HttpRequest, team: Path[str], slug: str) -> Service:
    """Offer a retired service again."""
    standing = require(request, team, Action.DELETE, Kind.SERVICE)
    found = _service(standing, slug)
    actions.reopen(found, by=standing.person, door="api")
    return found
