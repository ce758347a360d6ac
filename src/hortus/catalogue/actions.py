"""Verbs of the catalogue: add, change, retire and reopen a service, each with its event."""

from dataclasses import dataclass, fields
from datetime import date

from django.db import IntegrityError, transaction

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Kind, Role
from hortus.catalogue.findable import document
from hortus.catalogue.models import Service
from hortus.catalogue.rules_windows import LONGEST_NOTICE
from hortus.ledger import search
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.carriable import refuse_uncarriable
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for, taken

CARE = Plot.named("products-care")
GROWTH = Plot.named("products-growth")
LONGEST = {"name": 120, "sentence": 300}  # characters, as the table holds them
TENDERS = (Role.LEAD, Role.ADMIN, Role.MEMBER)


@dataclass(frozen=True, slots=True)
class Details:
    """What can be said about a service. sort: a value of Service.Sort. owner, deputy: members of the team, or None.

    notice_seconds: how long before it begins planned work is announced, 0 to 7,776,000; as it is when None.
    """

    name: str
    sort: str
    sentence: str
    owner: Person | None = None
    deputy: Person | None = None
    notice_seconds: int | None = None


def may_tend(team: Team) -> "list[Person]":
    """Return the persons of a team who can own a service, by name."""
    found = Membership.objects.filter(team=team, role__in=[r.value for r in TENDERS], person__is_active=True)
    return [membership.person for membership in found.select_related("person").order_by("person__name")]


def _checked(team: Team, details: Details) -> None:
    for name, limit in LONGEST.items():
        value = getattr(details, name)
        if not value.strip():
            raise Refused("empty", f"The {name} is empty; write one of up to {limit} characters.", name)
        if len(value) > limit:
            raise Refused("too-long", f"The {name} has {len(value)} characters; at most {limit} are allowed.", name)
        refuse_uncarriable(value, name)
    if details.sort not in Service.Sort.values:
        known = ", ".join(Service.Sort.values)
        raise Refused("unknown-sort", f"{details.sort!r} is not a sort of service; choose one of {known}.", "sort")
    most, notice = int(LONGEST_NOTICE.total_seconds()), details.notice_seconds
    if notice is not None and not 0 <= notice <= most:
        raise Refused(
            "bad-notice", f"The notice must be 0 to {most} seconds (90 days), got {notice}.", "notice_seconds"
        )
    people = {person.pk for person in may_tend(team)} if details.owner or details.deputy else set()
    for field, person in (("owner", details.owner), ("deputy", details.deputy)):
        if person is not None and person.pk not in people:
            raise Refused("not-in-team", f"{person} is not a member of {team}; choose somebody who is.", field)
    if details.owner is not None and details.owner == details.deputy:
        raise Refused("same-person", "Owner and deputy are the same person; choose two, or leave one out.", "deputy")


def _tell(service: Service, verb: str, plot: Plot, by: Person | None, door: str, payload: dict[str, object]) -> None:
    """Write the event, and what can be found of the service from now on."""
    ref, found = Ref("service", service.slug, service.name), document(service)
    record(service.team, verb, ref, by=by, source=door, plot=plot, service=service.slug, payload=payload)
    search.index(service.team, ref, kind=Kind.SERVICE, title=found.title, body=found.body)


@transaction.atomic
def add(team: Team, details: Details, *, by: Person | None, door: str, slug: str = "") -> Service:
    """Add a service to a team's catalogue and return it.

    slug: its name in URLs, made from its name when left out. door: where it was asked ("web", "api", "sample").
    Raises Refused when a detail is not allowed or the slug is taken.
    """
    _checked(team, details)
    slug = slug_for(slug, details.name, "service", in_use(Service.objects.filter(team=team)))
    service = Service(team=team, slug=slug)
    _lay(service, details)
    try:
        with transaction.atomic():
            service.save(force_insert=True)
    except IntegrityError:  # two at once: the other was first
        raise taken(slug, "service") from None
    _tell(service, "added", GROWTH, by, door, {"sort": service.sort})
    return service


def _lay(service: Service, details: Details) -> list[str]:
    kept = {"notice_seconds"} if details.notice_seconds is None else set()
    names = [f.name for f in fields(details) if f.name not in kept]
    changed = [name for name in names if getattr(service, name) != getattr(details, name)]
    for name in changed:
        setattr(service, name, getattr(details, name))
    return changed


@transaction.atomic
def change(service: Service, details: Details, *, by: Person | None, door: str) -> list[str]:
    """Change what is said about a service; return the names of the fields that changed, none when nothing did."""
    _checked(service.team, details)
    changed = _lay(service, details)
    if changed:
        service.save(update_fields=changed)
        _tell(service, "changed", CARE, by, door, {"fields": changed})
    return changed


@transaction.atomic
def retire(service: Service, on: date, *, by: Person | None, door: str) -> None:
    """Mark a service as no longer offered since a day; its history stays. Raises Refused when it is retired already."""
    if service.retired_on is not None:
        raise Refused("retired", f"{service} is retired since {service.retired_on:%-d %B %Y} already.", "retired_on")
    service.retired_on = on
    service.save(update_fields=["retired_on"])
    _tell(service, "retired", CARE, by, door, {"on": on.isoformat()})


@transaction.atomic
def reopen(service: Service, *, by: Person | None, door: str) -> None:
    """Offer a retired service again. Raises Refused when it is not retired."""
    if service.retired_on is None:
        raise Refused("not-retired", f"{service} is not retired, so there is nothing to open again.")
    service.retired_on = None
    service.save(update_fields=["retired_on"])
    _tell(service, "reopened", CARE, by, door, {})
