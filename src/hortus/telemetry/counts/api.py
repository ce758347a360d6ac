"""API operations of the counts of good and total events. The team is that of the token."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Header, Router, Schema
from ninja.errors import HttpError

from hortus.access.doors import Standing, require
from hortus.access.policy import Action, Kind
from hortus.telemetry.counts import push
from hortus.telemetry.counts.actions import LONGEST_KEY
from hortus.telemetry.counts.events import parsed_document
from hortus.values.refused import Refused

router = Router(tags=["counts"])

Key = Annotated[str, Header(alias="Idempotency-Key", max_length=LONGEST_KEY)]
MOST_BYTES = 16 << 20
PIECE = 1 << 20
LINES = {"application/x-ndjson", "application/ndjson", "application/jsonl"}


class FindingOut(Schema):
    """Why some events were not counted. lines: the first twenty, from 1. given: what the first of them said."""

    reason: str
    sentence: str
    count: int
    lines: list[int]
    given: str


class RefusedOut(Schema):
    """One event that was not counted. line: from 1; the number of the event where the body is one JSON document."""

    line: int
    reason: str
    sentence: str
    given: str


class PushedOut(Schema):
    """What became of the events. repeated: of a batch with a key that was taken before. rows: the first twenty that
    were refused, by line; findings: all that were, by reason.
    """

    accepted: int
    repeated: int
    refused: int
    findings: list[FindingOut]
    rows: list[RefusedOut]


_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "array", "items": {"type": "object", "required": ["sli"], "properties": {
                "sli": {"type": "string"}, "at": {"type": "string", "format": "date-time"},
                "minute": {"type": "integer"}, "ok": {"type": "boolean"}, "good": {"type": "integer"},
                "bad": {"type": "integer"}, "total": {"type": "integer"},
            }}}}
            for kind in ("application/json", "application/x-ndjson")
        },
    }
}  # fmt: skip


def _standing(request: HttpRequest) -> Standing:
    token = getattr(request, "token", None)
    if token is None:
        request.door = (Kind.COUNT, Action.CREATE)  # type: ignore[attr-defined]  # as `require` would note it
        raise HttpError(404, "Send an access token: events go to the team of the token, and a session has none.")
    return require(request, token.team.slug, Action.CREATE, Kind.COUNT)


def _body(request: HttpRequest) -> bytes:
    pieces, size = [], 0
    while piece := request.read(PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            raise Refused(
                "too-large", f"At most {MOST_BYTES >> 20} MB can be pushed at once; send smaller batches, or use "
                "`hortus telemetry ingest`.", "body",
            )  # fmt: skip
        pieces.append(piece)
    return b"".join(pieces)


@router.post("/events", response=PushedOut, summary="Push good and total events", openapi_extra=_FORM)
def events(request: HttpRequest, idempotency_key: Key = "") -> dict[str, Any]:
    """Count events: a JSON list, or NDJSON (application/x-ndjson), each with sli, at or minute, and ok, or good or bad
    with total. What cannot be counted is told by reason and line, the rest is counted in one transaction. The same
    Idempotency-Key again adds nothing. A token needs the scope `import`.
    """
    standing = _standing(request)
    body = _body(request)
    if (request.content_type or "").lower() in LINES:
        return push.push_lines(standing.team, body, key=idempotency_key).as_json()
    return push.push(standing.team, parsed_document(body), key=idempotency_key).as_json()
