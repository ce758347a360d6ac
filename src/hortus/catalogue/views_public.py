"""The public status page, without sign-in, for teams that switched it on; whatever else is asked for is 404.

These pages know nobody: they are rendered without the request, so that one copy serves all and no session leaks in.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hortus.catalogue import board, publishing
from hortus.catalogue import news as reads
from hortus.catalogue.models import StatusPage
from hortus.ledger import clock


def _open(team: str) -> StatusPage:
    page: StatusPage = get_object_or_404(StatusPage.objects.select_related("team"), team__slug=team, is_public=True)
    return page


def _url(request: HttpRequest, name: str, team: str) -> str:
    return request.build_absolute_uri(reverse(f"status:{name}", args=[team]))


@require_safe
def page(request: HttpRequest, team: str) -> HttpResponse:
    """Show how everything stands."""
    found = _open(team)
    now = timezone.now()
    with timezone.override(found.team.zoneinfo):
        told = board.read(found.team, now, page=found)
        context = {
            "board": told, "history": board.history(found.team, now), "status_team": found.team,
            "heading": told.headline, "days": board.HISTORY.days, "most": board.MOST_HISTORY,
        }  # fmt: skip
        text = render_to_string("catalogue/status_public.html", context)
    return publishing.cacheable(request, HttpResponse(text))


@require_safe
def news(request: HttpRequest, team: str, news: UUID) -> HttpResponse:
    """Show all texts of a thread, the newest first."""
    found, now = _open(team), clock.now()
    with timezone.override(found.team.zoneinfo):
        story = reads.story(found.team, news)
        if story is None:
            raise Http404
        other = story.thread.joined_into_id
        context = {
            "story": story, "status_team": found.team, "heading": story.newest.title, "now": now,
            "joined_url": reverse("status:news", args=[team, other]) if other else "",
        }  # fmt: skip
        text = render_to_string("catalogue/news_public.html", context)
    return publishing.cacheable(request, HttpResponse(text))


@require_safe
def as_json(request: HttpRequest, team: str) -> HttpResponse:
    """Give the same as JSON, which pages of any other host may read."""
    found = _open(team)
    response = publishing.cacheable(request, publishing.as_json(found.team, found))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def as_atom(request: HttpRequest, team: str) -> HttpResponse:
    """Give what was said, and planned work, as Atom."""
    found, urls = _open(team), [_url(request, name, team) for name in ("page", "atom")]
    return publishing.cacheable(request, publishing.as_atom(found.team, found, *urls))


@require_safe
def as_calendar(request: HttpRequest, team: str) -> HttpResponse:
    """Give planned work as iCalendar."""
    found = _open(team)
    return publishing.cacheable(request, publishing.as_calendar(found.team, found, _url(request, "page", team)))
