"""The typed API: one NinjaAPI to which every room adds its router."""

from json import JSONDecodeError
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import page_not_found
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from hortus.access.api_auth import session_or_token
from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused


def _refuse_nul(value: object, field: str = "") -> None:
    """Raise Refused for a text with a NUL character. field: the nearest name above it, "" for none."""
    if isinstance(value, dict):
        for name, part in value.items():
            _refuse_nul(name, field)
            _refuse_nul(part, name)
    elif isinstance(value, list):
        for part in value:
            _refuse_nul(part, field)
    elif isinstance(value, str) and "\0" in value:
        refuse_uncarriable("\0", field)


class TextParser(Parser):
    """Reads JSON bodies and refuses a NUL character inside: PostgreSQL stores none, so no text of ours may hold one."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the body. What is raised here comes to `told` as the cause of a 400."""
        found = super().parse_body(request)
        _refuse_nul(found)
        return found


api = NinjaAPI(
    title="Hortus",
    version="1",
    description="Everything that the pages show, as JSON. Sign in by session cookie or by a bearer token.",
    auth=session_or_token,
    parser=TextParser(),
    urls_namespace="api",
    docs_url=None,  # its page runs inline scripts, which our policy refuses; see docs/reference/api.md
)


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """Answer a refusal with 422, its code, its sentence and the field it is about."""
    return api.create_response(
        request, {"code": error.code, "detail": error.sentence, "field": error.field}, status=422
    )


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer malformed input in the same shape as a refusal: the first fault in words, with the field it is about."""
    first = error.errors[0] if error.errors else {"loc": (), "msg": "The request cannot be read."}
    field = str(first["loc"][-1]) if first["loc"] else ""
    detail = f"{field}: {first['msg']}" if field else str(first["msg"])
    return api.create_response(request, {"code": "invalid", "detail": detail, "field": field}, status=422)


_CODES = {400: "unreadable", 401: "not-signed-in", 403: "forbidden", 404: "not-found", 429: "too-many"}


@api.exception_handler(HttpError)
def told(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what is no refusal of ours in the same shape: a body that is no JSON, no valid token, no CSRF token."""
    cause, detail = error.__cause__, str(error)
    if isinstance(cause, Refused):
        return refused(request, cause)
    if error.status_code == 400 and cause is not None:
        detail = f"The body cannot be read as JSON ({_fault(cause)}); send one JSON document in UTF-8."
    elif isinstance(error, AuthenticationError):
        detail = "Sign in, or send a valid access token as `Authorization: Bearer hortus_…`."
    code = _CODES.get(error.status_code, "refused")
    return api.create_response(request, {"code": code, "detail": detail, "field": ""}, status=error.status_code)


def _fault(cause: BaseException) -> str:
    """Return in a few words why a body could not be read, nothing of the body itself."""
    if isinstance(cause, JSONDecodeError):
        return f"line {cause.lineno}, column {cause.colno}: {cause.msg}"
    return "it is nested too deeply" if isinstance(cause, RecursionError) else "it is no text in UTF-8"


@api.exception_handler(Http404)
def absent(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer what is not there and what is not for who asks alike, in the same shape; the cause stays ours."""
    detail = "There is no such thing at this address, or it is not for you."
    return api.create_response(request, {"code": "not-found", "detail": detail, "field": ""}, status=404)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere: a program below /api/ as `absent` does, anybody else with the page."""
    if request.path_info.startswith("/api/"):
        return absent(request, Http404())
    return page_not_found(request, exception)


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    """Answer a body beyond Django's limit in the shape of every other refusal."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    detail = f"The body is larger than {most:,} bytes; send less at once."
    return api.create_response(request, {"code": "too-large", "detail": detail, "field": ""}, status=413)


def _add_routers() -> None:
    from hortus.access.api import router as access
    from hortus.catalogue.api import router as catalogue
    from hortus.follow_ups.api import router as follow_ups
    from hortus.garden.api import router as garden
    from hortus.ledger.api import router as ledger
    from hortus.ledger.outbox.api import router as outbox
    from hortus.processes.fires.api import router as fires
    from hortus.processes.incidents.api import router as incidents
    from hortus.processes.incidents.reviews.api import router as reviews
    from hortus.processes.procedures.api import router as procedures
    from hortus.products.clusters.api import router as clusters
    from hortus.products.slos.api import router as slos
    from hortus.telemetry.alerts.api import router as alerts
    from hortus.telemetry.counts.api import router as counts
    from hortus.telemetry.engines.api import router as engines
    from hortus.telemetry.probes.api import router as probes

    rooms = (access, catalogue, garden, ledger, clusters, slos, probes, engines)
    for router in (*rooms, outbox, follow_ups, alerts, incidents, reviews, fires, procedures):
        api.add_router("/teams/{team}", router)
    api.add_router("/sli", counts)  # the team is that of the token


_add_routers()
