"""The WSGI application; below a base path it takes the path both with and without that base."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hortus.config.settings")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def below(base: str, inner: Application) -> Application:
    """Take the base path off a request's path, for a tunnel or a proxy that hands it on.

    Django itself only puts the base in front of what it writes (FORCE_SCRIPT_NAME).
    """

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == base or path.startswith(f"{base}/"):
            environ["PATH_INFO"] = path[len(base) :] or "/"
        return inner(environ, start_response)

    return application


def _application() -> Application:
    django: Application = get_wsgi_application()
    from django.conf import settings

    return below(settings.HORTUS.base_path, django) if settings.HORTUS.base_path else django


application = _application()
