"""API operations of messages: what was said, what became of it, and the verbs for what did not leave."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import Field

from hortus.access.doors import TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.ledger.outbox import actions, reads
from hortus.ledger.outbox.models import Delivery, Message

router = Router(tags=["outbox"])
StateName = Literal["", "due", "held", "accepted", "dead", "dropped"]


class DeliveryOut(Schema):
    """One message to one recipient by one channel. recipient: a name, never an address."""

    id: int
    recipient_kind: str
    recipient: str
    channel: str
    state: str
    attempts: int
    not_before: datetime | None
    ended_at: datetime | None
    reason: str
    may_repeat: bool
    folded_into: int | None


class MessageOut(Schema):
    """Something that was said. counts: how many of its deliveries stand where."""

    id: UUID
    topic: str
    thread: str
    subject: str
    object_kind: str
    object_id: str
    by: str | None
    made_at: datetime
    useful_until: datetime | None
    counts: dict[str, int]


class MessageWhole(MessageOut):
    """A message with its text and its deliveries, those in trouble first."""

    body: str
    path: str
    deliveries: list[DeliveryOut]


class MessageList(Schema):
    """One slice of the messages, the newest first."""

    total: int
    offset: int
    messages: list[MessageOut]


class DeliveriesIn(Schema):
    """Ids of deliveries."""

    deliveries: list[Annotated[int, Field(ge=1, le=2**63 - 1)]]  # as tables count them


class DecidedOut(Schema):
    """How many deliveries it was about."""

    count: int


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message of `reads.with_counts` as programs read it."""
    return {
        "id": message.pk, "topic": message.topic, "thread": message.thread, "subject": message.subject,
        "object_kind": message.object_kind, "object_id": message.object_id,
        "by": message.by.name if message.by else None, "made_at": message.made_at,
        "useful_until": message.useful_until,
        "counts": {state: getattr(message, f"n_{state}") for state in reads.STATES},
    }  # fmt: skip


def deliveries_of(messages: list[Message]) -> list[Delivery]:
    """Return the deliveries of messages, those in trouble first."""
    return list(Delivery.objects.filter(message__in=messages).worst_first())


def delivery_as_dict(one: Delivery, called: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Return a delivery as programs read it. called: of `reads.names`."""
    return {
        "id": one.pk, "recipient_kind": one.recipient_kind, "recipient": called[one.recipient_kind, one.recipient_id],
        "channel": one.channel, "state": one.state, "attempts": one.attempts, "not_before": one.not_before,
        "ended_at": one.ended_at, "reason": one.reason, "may_repeat": one.may_repeat, "folded_into": one.folded_into_id,
    }  # fmt: skip


@router.get("/messages", response=MessageList, summary="What was said to whom")
def messages(
    request: HttpRequest, team: TeamSlug, state: StateName = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100, offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> dict[str, Any]:  # fmt: skip
    """Return one slice of the messages; with a state only those that have a delivery in it."""
    standing = require(request, team, Action.READ, Kind.MESSAGE)
    mine = Message.objects.visible_to(standing.person).filter(team=standing.team)
    found = reads.listed(mine, state)
    shown = reads.with_counts(found[offset : offset + limit])
    return {"total": found.count(), "offset": offset, "messages": [as_dict(one) for one in shown]}


@router.post("/messages/retry", response=DecidedOut, summary="Try again what was given up")
def retry(request: HttpRequest, team: TeamSlug, given: DeliveriesIn) -> dict[str, int]:
    """Let dead deliveries start over."""
    standing = require(request, team, Action.UPDATE, Kind.MESSAGE)
    return {"count": actions.retry(standing.team, given.deliveries, by=standing.person, door="api")}


@router.post("/messages/release", response=DecidedOut, summary="Send what a restored backup held")
def release(request: HttpRequest, team: TeamSlug, given: DeliveriesIn) -> dict[str, int]:
    """Send held deliveries after all."""
    standing = require(request, team, Action.UPDATE, Kind.MESSAGE)
    return {"count": actions.release(standing.team, given.deliveries, by=standing.person, door="api")}


@router.post("/messages/drop", response=DecidedOut, summary="Never send what was given up or held")
def drop(request: HttpRequest, team: TeamSlug, given: DeliveriesIn) -> dict[str, int]:
    """Have dead or held deliveries never be sent."""
    standing = require(request, team, Action.UPDATE, Kind.MESSAGE)
    return {"count": actions.drop(standing.team, given.deliveries, by=standing.person, door="api")}


@router.get("/messages/{message}", response=MessageWhole, summary="One message and what became of it")
def message(request: HttpRequest, team: TeamSlug, message: UUID) -> dict[str, Any]:
    """Return a message with its text and all its deliveries."""
    standing = require(request, team, Action.READ, Kind.MESSAGE)
    mine = Message.objects.visible_to(standing.person).filter(team=standing.team)
    (found,) = reads.with_counts([get_object_or_404(reads.listed(mine), pk=message)])
    rows = deliveries_of([found])
    called = reads.names(rows)
    told = [delivery_as_dict(one, called) for one in rows]
    return as_dict(found) | {"body": found.body, "path": found.path, "deliveries": told}
