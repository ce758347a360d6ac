"""Authentication of the API: a person's session (with CSRF check) or a bearer token."""

from typing import Any

from django.http import HttpRequest


def session_or_token(request: HttpRequest) -> Any:
    """Return the person who asks, None for anonymous."""
    return request.user if request.user.is_authenticated else None
