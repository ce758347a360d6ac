"""Finds what an address or a reference names: an incident, a review or a follow-up that who asks may read."""

from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import QuerySet
from django.urls import Resolver404, resolve

from hortus.access.doors import Standing
from hortus.follow_ups.models import FollowUp
from hortus.ledger.refs import Ref
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews.models import Review
from hortus.values.refused import Refused

# Name of a page, the kind that it shows, and the argument that names one.
_PAGES = {
    "incidents:room": ("incident", "number"), "reviews:review": ("review", "number"),
    "follow_ups:follow-up": ("follow-up", "follow_up"),
}  # fmt: skip
KINDS = tuple(kind for kind, _ in _PAGES.values())


def of_address(standing: Standing, address: str) -> Ref:
    """Return what the address of a page of Hortus shows; raise Refused for any other."""
    try:
        match = resolve(urlsplit(address.strip()).path)
    except (Resolver404, ValueError):
        raise _unknown() from None
    if match.view_name not in _PAGES or match.kwargs.get("team") != standing.team.slug:
        raise _unknown()
    kind, argument = _PAGES[match.view_name]
    return of(standing, kind, str(match.kwargs[argument]), field="address")


def incident_of_address(standing: Standing, address: str) -> Incident:
    """Return the incident whose page an address shows; raise Refused for any other."""
    ref = of_address(standing, address)
    if ref.kind != "incident":
        raise Refused("no-incident", f"This is the address of a {ref.kind}; give that of an incident.", "address")
    found: Incident = Incident.objects.visible_to(standing.person).select_related("team").get(
        team=standing.team, number=int(ref.id)
    )  # fmt: skip
    return found


def of(standing: Standing, kind: str, id: str, *, field: str = "id") -> Ref:  # noqa: A002 -- a reference is (kind, id)
    """Return the reference to an object that who asks may read; raise Refused where there is none."""
    if kind == "follow-up":
        return _follow_up(FollowUp.objects.visible_to(standing.person).filter(team=standing.team, pk=_uuid(id)), field)
    if kind not in ("incident", "review"):
        raise Refused("unknown-kind", f"{kind[:40]!r} is not one of {', '.join(KINDS)}.", "kind")
    rows = Incident.objects if kind == "incident" else Review.objects
    number = int(id) if id.isascii() and id.isdecimal() and len(id) < 9 else 0
    found = rows.visible_to(standing.person).filter(team=standing.team, number=number).first()
    if found is None:
        raise _absent(field)
    return Ref(kind, str(found.number), found.title)


def _follow_up(rows: QuerySet[FollowUp], field: str) -> Ref:
    found = rows.first()
    if found is None:
        raise _absent(field)
    return Ref("follow-up", str(found.pk), found.text if found.is_shared else "")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _absent(field: str) -> Refused:
    return Refused("not-found", "There is no such object in this team.", field)


def _unknown() -> Refused:
    return Refused(
        "no-page", "This is not the address of an incident, a review or a follow-up of this team; copy it from the "
        "browser.", "address",
    )  # fmt: skip
