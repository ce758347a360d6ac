"""How the status goes out: JSON, feeds, calendar and plain text, to the public or to the team, ready for caches."""

import hashlib
import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from hortus.access.models import Team
from hortus.catalogue import board, calendar, feeds, motd, news, shapes
from hortus.catalogue.models import Service, StatusPage
from hortus.ledger import clock

FRESH_SECONDS = 30  # how long a cache may answer for us: short enough for an outage, long enough for a crowd


def as_json(team: Team, page: StatusPage) -> HttpResponse:
    """Return the status as JSON."""
    told = shapes.board_as_dict(board.read(team, timezone.now(), page=page))
    text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def _source(team: Team, page: StatusPage, base: str, *, is_public: bool) -> feeds.Source:
    now = clock.now()
    alone = [said for said in board.history(team, now) if said.bulletin_id is None]
    return feeds.Source(
        board.read(team, now, page=page), alone, news.since(team, now - board.HISTORY), base, is_public
    )  # fmt: skip


def as_atom(team: Team, page: StatusPage, base: str, feed_url: str, *, is_public: bool = False) -> HttpResponse:
    """Return the news as Atom. base: scheme and host of links, feed_url: of the feed, absolute."""
    text = feeds.atom(_source(team, page, base, is_public=is_public), feed_url)
    return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")


def as_rss(team: Team, page: StatusPage, base: str, feed_url: str, *, is_public: bool = False) -> HttpResponse:
    """Return the news as RSS 2.0. base, feed_url: as of `as_atom`."""
    text = feeds.rss(_source(team, page, base, is_public=is_public), feed_url)
    return HttpResponse(text, content_type="application/rss+xml; charset=utf-8")


def as_json_feed(team: Team, page: StatusPage, base: str, feed_url: str, *, is_public: bool = False) -> HttpResponse:
    """Return the news as JSON Feed. base, feed_url: as of `as_atom`."""
    text = feeds.json_feed(_source(team, page, base, is_public=is_public), feed_url)
    return HttpResponse(text, content_type="application/feed+json; charset=utf-8")


def as_motd(team: Team, page: StatusPage, url: str) -> HttpResponse:
    """Return the status as a few lines of plain text. url: of the page, absolute."""
    text = motd.text(board.read(team, clock.now(), page=page), url)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def as_calendar(team: Team, page: StatusPage, url: str, service: Service | None = None) -> HttpResponse:
    """Return planned work as iCalendar. url: of the page, absolute. service: only what touches it."""
    text = calendar.calendar(board.read(team, clock.now(), page=page), url, service)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    whose = f"{team.slug}-{service.slug}" if service else team.slug
    response["Content-Disposition"] = f'inline; filename="{whose}-planned-work.ics"'
    return response


def cacheable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let everybody's caches keep a response for a while, and answer 304 to who holds the same already."""
    response["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    response["ETag"] = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
