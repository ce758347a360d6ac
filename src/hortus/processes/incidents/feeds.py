"""Incidents for other programs: an Atom feed for members, and the list as CSV and JSON, with the list's filters."""

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Kind
from hortus.processes.incidents import durations
from hortus.processes.incidents.listing import FilterForm
from hortus.processes.incidents.models import Incident, Update
from hortus.processes.incidents.shapes import incident_as_dict
from hortus.web.feeds import as_atom, atom_of
from hortus.web.tables import Pages, as_csv, page_number

ENTRIES = 50
ON_A_PAGE = 50
MOST = 5000
HEADS = (
    "number", "title", "state", "severity", "origin", "services", "tags", "began_at", "detected_at", "declared_at",
    "resolved_at", "closed_at", "lasted_seconds", "is_public", "entered_later",
)  # fmt: skip


def _found(request: TeamRequest, most: int) -> list[Incident]:
    wanted = FilterForm(request.team, request.GET).found(request.standing)
    return list(wanted.select_related("team").prefetch_related("services")[:most])


@require_safe
@team_page(Kind.INCIDENT)
def atom(request: TeamRequest) -> HttpResponse:
    """Give the newest incidents as Atom; an entry is renewed when its state changes or something is said of it."""
    feed = atom_of(request, f"{request.team.name}: incidents", reverse("incidents:incidents", args=[request.team.slug]))
    found = _found(request, ENTRIES)
    last: dict[object, Update] = {}
    for update in Update.objects.filter(incident__in=found).order_by("at", "id"):
        last[update.incident_id] = update
    for one in found:
        said = last.get(one.pk)
        words = [f"{one.state.capitalize()}."]
        if said is not None:
            pairs = (
                ("Users cannot", said.cannot),
                ("Users can", said.can),
                ("Instead", said.instead),
                ("We are trying", said.trying),
            )
            words += [f"{before}: {text}" for before, text in pairs if text]
        feed.add_item(
            title=f"#{one.number} {one.title}: {one.state}", description=" ".join(words),
            link=request.build_absolute_uri(reverse("incidents:room", args=[request.team.slug, one.number])),
            pubdate=one.declared_at, updateddate=max(one.state_since, said.at if said else one.state_since),
            # After a restore a number that was lost is given once more, to another incident.
            unique_id=f"urn:hortus:{request.team.pk}:incident:{one.pk}",
        )  # fmt: skip
    return as_atom(feed)


@require_safe
@team_page(Kind.INCIDENT)
def csv(request: TeamRequest) -> HttpResponse:
    """Give incidents as CSV; times in ISO 8601, durations in seconds."""
    rows = (
        [
            one.number, one.title, one.state, one.severity, one.origin,
            " ".join(service.slug for service in one.services.all()), ", ".join(one.tags), one.began_at,
            one.detected_at, one.declared_at, one.resolved_at, one.closed_at, durations.seconds(one), one.is_public,
            one.entered_later,
        ]
        for one in _found(request, MOST)
    )  # fmt: skip
    return as_csv("incidents.csv", HEADS, rows)


@require_safe
@team_page(Kind.INCIDENT)
def json(request: TeamRequest) -> HttpResponse:
    """Give one page of incidents in the API's shape; the API itself gives longer slices."""
    wanted = FilterForm(request.team, request.GET).found(request.standing)
    page = Pages(page_number(request.GET.get("page", "1")), ON_A_PAGE, wanted.count())
    first = (page.number - 1) * ON_A_PAGE
    told = [incident_as_dict(one) for one in wanted.shown()[first : first + ON_A_PAGE]]
    return JsonResponse({"total": page.count, "page": page.number, "incidents": told})
