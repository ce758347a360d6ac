"""API operations of a person's own feed of messages: the same verbs as the buttons below the choices."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.ledger.outbox import feed as feeds
from hortus.values.refused import Refused

router = Router(tags=["outbox"])


class OwnFeedOut(Schema):
    """The feed of who asks. url: opens it without signing in, "" where there is none; made_at: null then.

    A token that may only read gets no url, because an address goes on opening the feed when the token is revoked.
    """

    url: str
    made_at: datetime | None


def _as_dict(request: HttpRequest, standing: Standing) -> dict[str, Any]:
    held = feeds.held(standing.team, standing.person)
    if held is None:
        return {"url": "", "made_at": None}
    is_shown = standing.may(Action.UPDATE, Kind.NOTICE_CHOICE)
    return {"url": feeds.url(held, request) if is_shown else "", "made_at": held.made_at}


def _refuse_who_reads_none(standing: Standing) -> None:
    if not standing.may(Action.READ, Kind.MESSAGE):
        raise Refused("no-feed", feeds.READS_NONE)


@router.get("/own-feed", response=OwnFeedOut, summary="The address of your own feed of messages")
def own_feed(request: HttpRequest, team: TeamSlug) -> dict[str, Any]:
    """Return the secret address of your own feed in a team; nobody else's can be read."""
    standing = require(request, team, Action.READ, Kind.NOTICE_CHOICE)
    _refuse_who_reads_none(standing)
    return _as_dict(request, standing)


@router.post("/own-feed", response={201: OwnFeedOut}, summary="Make or replace the address of your own feed")
def make(request: HttpRequest, team: TeamSlug) -> Status[dict[str, Any]]:
    """Make the secret address of your own feed, on record; a former one opens nothing any more."""
    standing = require(request, team, Action.UPDATE, Kind.NOTICE_CHOICE)
    _refuse_who_reads_none(standing)
    feeds.make(standing.team, standing.person)
    return Status(201, _as_dict(request, standing))


@router.delete("/own-feed", response={204: None}, summary="Take back the address of your own feed")
def take_back(request: HttpRequest, team: TeamSlug) -> Status[None]:
    """Have the address of your own feed open nothing any more, on record; nothing happens where there is none."""
    standing = require(request, team, Action.UPDATE, Kind.NOTICE_CHOICE)
    feeds.take_back(standing.team, standing.person)
    return Status(204, None)
