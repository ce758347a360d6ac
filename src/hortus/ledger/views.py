"""The activity page: what happened, filtered, as page and as JSON."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Kind
from hortus.ledger import refs
from hortus.ledger.filters import FilterForm
from hortus.ledger.models import Event

EVENTS_ON_A_PAGE = 50


def as_dict(event: Event) -> dict[str, Any]:
    """Return an event as JSON shows it."""
    return {
        "id": event.pk,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "actor": event.actor.name if event.actor else None,
        "verb": event.verb,
        "object": {"kind": event.object_kind, "id": event.object_id, "name": event.object_name},
        "service": event.service,
        "plot": event.plot,
        "source": event.source,
        "payload": event.payload,
    }


@team_page(Kind.EVENT)
def activity(request: TeamRequest) -> HttpResponse:
    """Show what happened in the team, the newest first."""
    form = FilterForm(request.GET)
    page = Paginator(form.wanted.events(request.standing), EVENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    links = refs.links(request.team, ((e.object_kind, e.object_id) for e in page))
    context = {
        "form": form,
        "page": page,
        "events": [
            (
                e,
                refs.word(e.object_kind),
                links[e.object_kind, e.object_id],
                refs.told(e.object_kind, e.verb, e.payload),
            )
            for e in page
        ],
        "feed": reverse("ledger:activity-atom", args=[request.team.slug]),
    }
    return render(request, "ledger/activity.html", context)


@team_page(Kind.EVENT)
def activity_json(request: TeamRequest) -> HttpResponse:
    """Give one page of the same events as JSON."""
    form = FilterForm(request.GET)
    page = Paginator(form.wanted.events(request.standing), EVENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    return JsonResponse(
        {"count": page.paginator.count, "page": page.number, "events": [as_dict(event) for event in page]}
    )
