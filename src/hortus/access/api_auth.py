"""Authentication of the API: a person's session (with CSRF check for writes) or a bearer token."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.utils import check_csrf

from hortus.access.models import Token
from hortus.access.rules import TOKEN_SHAPE, digest

USED_EVERY = timedelta(minutes=1)
_SAFE = {"GET", "HEAD", "OPTIONS"}


def session_or_token(request: HttpRequest) -> Any:
    """Return the person who asks, None for anonymous; a token becomes request.token, which doors.py minds.

    A request that carries a token is judged by the token alone, never by a session beside it.
    """
    if "HTTP_AUTHORIZATION" in request.META:
        return _by_token(request)
    if not request.user.is_authenticated:
        return None
    if request.method not in _SAFE and check_csrf(request) is not None:
        raise HttpError(
            403, "A write by session needs the CSRF token in the X-CSRFToken header; or use an access token."
        )
    return request.user


def _by_token(request: HttpRequest) -> Any:
    scheme, _, text = request.META["HTTP_AUTHORIZATION"].partition(" ")
    if scheme.lower() != "bearer" or not TOKEN_SHAPE.match(text.strip()):
        return None
    now = timezone.now()
    token = Token.objects.valid(now).select_related("person").filter(digest=digest(text.strip())).first()
    if token is None:
        return None
    _mark_used(token)
    request.token = token  # type: ignore[attr-defined]
    return token.person


def _mark_used(token: Token) -> None:
    """Remember when a token was last used, at most once a minute, so that reading does not become writing."""
    now = timezone.now()
    stale = Q(used_at=None) | Q(used_at__lt=now - USED_EVERY)
    if token.used_at is None or token.used_at < now - USED_EVERY:
        Token.objects.filter(stale, pk=token.pk).update(used_at=now)
