"""Keeps secrets that stand in addresses out of the log: Django writes down the path of each request that it refuses.

A secret of a path is an argument called `token`, `key` or `secret`; so views that take one call it so.
"""

import logging

from django.http import HttpRequest
from django.urls import Resolver404, ResolverMatch, resolve

SECRET = ("token", "key", "secret")
INSTEAD = "[secret]"
_LOGGERS = ("django.request", "django.security.csrf")


class SecretPaths(logging.Filter):
    """Takes the secrets out of the path that a record about a request tells; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record's arguments in place, and the request that it carries along not at all."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            is_path = [isinstance(one, str) and one.startswith("/") for one in record.args]
            record.args = tuple(
                told(str(one), request) if path else one for one, path in zip(record.args, is_path, strict=True)
            )
        return True


def told(path: str, request: HttpRequest) -> str:
    """Return the path of a request, as Django writes it into a log, without its secrets."""
    match = request.resolver_match or _resolved(request)
    for name in SECRET:
        value = match.kwargs.get(name) if match else None
        if value:
            # Django escapes what it logs, so that nobody writes lines of their own into the log.
            escaped = str(value).encode("unicode_escape").decode("ascii")
            path = path.replace(escaped, INSTEAD)
    return path


def _resolved(request: HttpRequest) -> ResolverMatch | None:
    """Return where a path would have led that was refused before anybody asked."""
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None


def keep_out_of_logs() -> None:
    """Have the loggers that tell of requests leave secrets out; a second call changes nothing."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, SecretPaths) for one in logger.filters):
            logger.addFilter(SecretPaths())
