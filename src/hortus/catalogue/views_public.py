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
from hortus.catalogue.models import Service, StatusPage
from hortus.ledger import clock


def _open(team: str) -> StatusPage:
    page: StatusPage = get_object_or_404(StatusPage.objects.select_related("team"), team__slug=team, is_public=True)
    return page


def _url(request: HttpRequest, name: str, team: str) -> str:
    return request.build_absolute_uri(reverse(f"status:{name}", args=[team]))


def _base(request: HttpRequest) -> str:
    """Return scheme and host as who asks knows them; paths hold what Hortus is served below."""
    return f"{request.scheme}://{request.get_host()}"


@require_safe
def page(request: HttpRequest, team: str) -> HttpResponse:
    """Show how everything stands."""
    found = _open(team)
    now = clock.now()
    with timezone.override(found.team.zoneinfo):
        told = board.read(found.team, now, page=found)
        context = {
            "board": told, "history": board.history(found.team, now), "status_team": found.team,
            "told": reads.closed(found.team, now - board.HISTORY),
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
    return _for_all_hosts(publishing.cacheable(request, publishing.as_json(found.team, found)))


def _for_all_hosts(response: HttpResponse) -> HttpResponse:
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def as_atom(request: HttpRequest, team: str) -> HttpResponse:
    """Give the news as Atom."""
    found, base = _open(team), _base(request)
    return publishing.cacheable(
        request, publishing.as_atom(found.team, found, base, _url(request, "atom", team), is_public=True)
    )


@require_safe
def as_rss(request: HttpRequest, team: str) -> HttpResponse:
    """Give the news as RSS 2.0."""
    found, base = _open(team), _base(request)
    return publishing.cacheable(
        request, publishing.as_rss(found.team, found, base, _url(request, "rss", team), is_public=True)
    )


@require_safe
def as_json_feed(request: HttpRequest, team: str) -> HttpResponse:
    """Give the news as JSON Feed, which pages of any other host may read."""
    found, url = _open(team), _url(request, "json-feed", team)
    response = publishing.as_json_feed(found.team, found, _base(request), url, is_public=True)
    return _for_all_hosts(publishing.cacheable(request, response))


@require_safe
def as_motd(request: HttpRequest, team: str) -> HttpResponse:
    """Give the status as a few lines of plain text."""
    found = _open(team)
    return publishing.cacheable(request, publishing.as_motd(found.team, found, _url(request, "page", team)))


@require_safe
def service(request: HttpRequest, team: str, service: str) -> HttpResponse:
    """Show one service: its functions, and what was told of them; 404 where none of these is listed."""
    page, now = _open(team), clock.now()
    with timezone.override(page.team.zoneinfo):
        told = board.read(page.team, now, page=page)
        lines = [line for line in told.urgent_first if line.function.service and line.function.service.slug == service]
        if not lines:
            raise Http404
        mine = [line.function for line in lines]
        context = {
            "board": told, "lines": lines, "service": mine[0].service, "status_team": page.team, "now": now,
            "stories": reads.touching(page.team, mine, now - board.HISTORY), "days": board.HISTORY.days,
            "history": [said for said in board.history(page.team, now) if said.function in mine],
            "works": board.once(w for w in told.coming if any(one in mine for one in w.functions.all())),
        }  # fmt: skip
        text = render_to_string("catalogue/service_public.html", context)
    return publishing.cacheable(request, HttpResponse(text))


@require_safe
def as_calendar(request: HttpRequest, team: str, service: str = "") -> HttpResponse:
    """Give planned work as iCalendar, of the whole team or of one service that has functions on the page."""
    found = _open(team)
    mine = Service.objects.filter(team=found.team, functions__retired_on=None, functions__isnull=False).distinct()
    one = get_object_or_404(mine, slug=service) if service else None
    made = publishing.as_calendar(found.team, found, _url(request, "page", team), one)
    return publishing.cacheable(request, made)
