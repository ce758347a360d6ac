"""The typed API: one NinjaAPI to which every room adds its router."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.parser import Parser

from hortus.access.api_auth import session_or_token
from hortus.values.refused import Refused


def _has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return any(map(_has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value


class TextParser(Parser):
    """Reads JSON bodies and refuses a NUL character inside: PostgreSQL stores none, so no text of ours may hold one."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the body. Raises ValueError, which the API answers with 400."""
        found = super().parse_body(request)
        if _has_nul(found):
            raise ValueError("The body holds a NUL character.")
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
    from hortus.products.clusters.api import router as clusters
    from hortus.products.slos.api import router as slos
    from hortus.telemetry.alerts.api import router as alerts
    from hortus.telemetry.counts.api import router as counts
    from hortus.telemetry.engines.api import router as engines
    from hortus.telemetry.probes.api import router as probes

    rooms = (access, catalogue, garden, ledger, clusters, slos, probes, engines)
    for router in (*rooms, outbox, follow_ups, alerts, incidents, reviews, fires):
        api.add_router("/teams/{team}", router)
    api.add_router("/sli", counts)  # the team is that of the token


_add_routers()
