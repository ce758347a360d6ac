"""The address to which other programs send their alerts: outside of any team, opened by a token of the source.

It answers 2xx only when what was sent is stored, 503 when it could not be, 401 for a token that does not fit, and never
413 or 429 to one that does: senders give up at those.
"""

import contextlib
import logging
import re
from collections.abc import Callable
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hortus.access.rules import digest
from hortus.ledger import clock
from hortus.telemetry.alerts.models import AlertSource, SourceToken
from hortus.telemetry.alerts.taking import Body, Taken, take

log = logging.getLogger(__name__)
MOST_KEPT = 32 << 20
PIECE = 1 << 20
AGAIN_SECONDS = 15
_TOKEN = re.compile(r"alerts_[a-z0-9]{8}_[A-Za-z0-9_-]{43}\Z")


@csrf_exempt
@require_POST
def take_in(request: HttpRequest, source: UUID, token: str = "") -> JsonResponse:
    """Store what a source sends. token: in the address, for programs that can send no header."""
    try:
        held = _opened(source, _bearer(request) or token)
        if held is None:
            _count_refused(source)
            return _answer(401, "token", "No token that opens this address: send one of its source as a bearer token.")
        taken = take(held, _body(request))
    except (DatabaseError, InterfaceError):
        log.exception("alerts could not be stored; their sender was told to come again")
        answer = _answer(503, "not-stored", "It could not be stored now; send it again.")
        answer["Retry-After"] = str(AGAIN_SECONDS)
        return answer
    return JsonResponse(_told(taken))


def _told(taken: Taken) -> dict[str, object]:
    return {
        "stored": True, "notice": taken.notice, "alerts": taken.alerts, "opened": taken.opened, "ended": taken.ended,
        "unreadable": taken.fault, "repeat": taken.is_repeat,
    }  # fmt: skip


def _answer(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"code": code, "detail": detail, "field": ""}, status=status)


def _bearer(request: HttpRequest) -> str:
    scheme, _, text = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _opened(source: UUID, text: str) -> SourceToken | None:
    """Return the valid token of this source with this text."""
    if not _TOKEN.match(text):
        return None
    found = SourceToken.objects.valid().select_related("source").filter(source=source, digest=digest(text))
    return found.first()


def _count_refused(source: UUID) -> None:
    """Count a request without a fitting token at its source; a database that cannot write is no reason to say more."""
    with contextlib.suppress(DatabaseError):
        found = AlertSource.objects.filter(pk=source)
        found.update(refused_count=F("refused_count") + 1, refused_at=clock.now())


def _body(request: HttpRequest) -> Body:
    """Read the whole body, however long: what is kept of it, and its size."""
    read, kept, size = _reader(request), bytearray(), 0
    while piece := read(PIECE):
        size += len(piece)
        kept += piece[: MOST_KEPT - len(kept)]
    return Body(bytes(kept), size)


def _reader(request: HttpRequest) -> Callable[[int], bytes]:
    """Return what reads the body; Django reads none that comes in chunks, as its length is not told."""
    environ = request.META
    if "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower() and environ.get("wsgi.input_terminated"):
        read: Callable[[int], bytes] = environ["wsgi.input"].read
        return read
    return request.read
