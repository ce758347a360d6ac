"""How the status goes out: the same page, JSON, Atom and calendar, to the public or to the team, ready for caches."""

import hashlib
import json

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from hortus.access.models import Team
from hortus.catalogue import board, calendar, feeds, shapes
from hortus.catalogue.models import StatusPage

FRESH_SECONDS = 30  # how long a cache may answer for us: short enough for an outage, long enough for a crowd


def as_json(team: Team, page: StatusPage) -> HttpResponse:
    """Return the status as JSON."""
    told = shapes.board_as_dict(board.read(team, timezone.now(), page=page))
    text = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    return HttpResponse(text, content_type="application/json; charset=utf-8")


def as_atom(team: Team, page: StatusPage, url: str, feed_url: str) -> HttpResponse:
    """Return what was said, and planned work, as Atom. url: of the page, feed_url: of the feed, both absolute."""
    now = timezone.now()
    found = board.read(team, now, page=page)
    return HttpResponse(
        feeds.atom(found, board.history(team, now), url, feed_url), content_type="application/atom+xml; charset=utf-8"
    )


def as_calendar(team: Team, page: StatusPage, url: str) -> HttpResponse:
    """Return planned work as iCalendar. url: of the page, absolute."""
    response = HttpResponse(
        calendar.calendar(board.read(team, timezone.now(), page=page), url), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f'inline; filename="{team.slug}-planned-work.ics"'
    return response


def cacheable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let everybody's caches keep a response for a while, and answer 304 to who holds the same already."""
    response["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    response["ETag"] = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return get_conditional_response(request, etag=response["ETag"], response=response) or response
