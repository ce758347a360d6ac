"""API operations of destinations, and of what the person who asks hears of a team."""

from datetime import datetime, time
from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import Field

from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.policy import Action, Kind
from hortus.ledger.outbox import destinations as verbs
from hortus.ledger.outbox.choices_actions import choosable, choose, hours_of, ways_of
from hortus.ledger.outbox.choices_rules import DIGEST_HOUR, Hours
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.topics import Way

router = Router(tags=["outbox"])
Name = Annotated[str, Field(min_length=1, max_length=verbs.LONGEST_NAME)]
Url = Annotated[str, Field(max_length=2000)]


class DestinationOut(Schema):
    """A chat room or a program. topics: slugs that it takes, all when empty. host: of its address, which is sealed."""

    slug: str
    name: str
    sort: str
    host: str
    topics: list[str]
    is_on: bool
    made_at: datetime
    former_signs_until: datetime | None


class MadeOut(Schema):
    """A new or renewed secret. secret: whsec_ and base64, never shown again; "" for a chat room."""

    destination: DestinationOut
    secret: str


class DestinationIn(Schema):
    """A destination to add. sort: chat or webhook. url: where to post."""

    name: Name
    sort: str
    url: Url
    topics: list[str] = []
    is_on: bool = True


class DestinationChangeIn(Schema):
    """What a destination is from now on. url: "" leaves the address as it is."""

    name: Name
    url: Url = ""
    topics: list[str] = []
    is_on: bool = True


class TrialOut(Schema):
    """A trial that is on its way; the message's deliveries tell what became of it."""

    message: str


class TopicOut(Schema):
    """One topic. way: at-once, digest or off. is_safety: it always comes at once."""

    topic: str
    sentence: str
    way: str
    is_safety: bool


class ChoicesOut(Schema):
    """What you hear. zone: "" for the team's. quiet_from, quiet_until: what the clocks show, or null."""

    quiet_from: time | None
    quiet_until: time | None
    digest_hour: int
    zone: str
    topics: list[TopicOut]


class ChoicesIn(Schema):
    """What you want to hear. ways: by topic at-once, digest or off; a topic that is left out stays as it is."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_hour: int = DIGEST_HOUR
    zone: str = ""
    ways: dict[str, str] = {}


def _found(standing: Standing, slug: str) -> Destination:
    mine = Destination.objects.visible_to(standing.person).filter(team=standing.team).select_related("team")
    found: Destination = get_object_or_404(mine, slug=slug)
    return found


@router.get("/destinations", response=list[DestinationOut], summary="List chat rooms and programs of a team")
def destinations(request: HttpRequest, team: TeamSlug) -> Any:
    """Return by name the rooms and programs that get the team's messages, never their addresses or secrets."""
    standing = require(request, team, Action.READ, Kind.DESTINATION)
    return Destination.objects.visible_to(standing.person).filter(team=standing.team)


@router.post("/destinations", response={201: MadeOut}, summary="Add a chat room or a program")
def add(request: HttpRequest, team: TeamSlug, given: DestinationIn) -> Status[dict[str, Any]]:
    """Add a destination; the answer shows a program's signing secret, this once."""
    standing = require(request, team, Action.CREATE, Kind.DESTINATION)
    made, secret = verbs.add(standing.team, **given.dict(), by=standing.person, door="api")
    return Status(201, {"destination": made, "secret": secret})


@router.get("/destinations/{slug}", response=DestinationOut, summary="Read one destination")
def destination(request: HttpRequest, team: TeamSlug, slug: str) -> Destination:
    """Return one destination."""
    return _found(require(request, team, Action.READ, Kind.DESTINATION), slug)


@router.put("/destinations/{slug}", response=DestinationOut, summary="Change a destination")
def change(request: HttpRequest, team: TeamSlug, slug: str, given: DestinationChangeIn) -> Destination:
    """Replace what is said about a destination; an empty address leaves the one there is."""
    standing = require(request, team, Action.UPDATE, Kind.DESTINATION)
    found = _found(standing, slug)
    verbs.change(found, **given.dict(), by=standing.person, door="api")
    return found


@router.post("/destinations/{slug}/secret", response=MadeOut, summary="Replace the signing secret")
def renew(request: HttpRequest, team: TeamSlug, slug: str) -> dict[str, Any]:
    """Replace a program's secret and show the new one, this once; for a day the former one signs too."""
    standing = require(request, team, Action.UPDATE, Kind.DESTINATION)
    found = _found(standing, slug)
    return {"secret": verbs.renew(found, by=standing.person, door="api"), "destination": found}


@router.post("/destinations/{slug}/trial", response={202: TrialOut}, summary="Send a trial message")
def trial(request: HttpRequest, team: TeamSlug, slug: str) -> Status[dict[str, str]]:
    """Send a trial message to one destination."""
    standing = require(request, team, Action.UPDATE, Kind.DESTINATION)
    made = verbs.attempt(_found(standing, slug), by=standing.person, door="api")
    return Status(202, {"message": str(made.pk)})


@router.delete("/destinations/{slug}", response={204: None}, summary="Remove a destination")
def remove(request: HttpRequest, team: TeamSlug, slug: str) -> Status[None]:
    """Forget a destination; what is still due there is dropped, with a record."""
    standing = require(request, team, Action.DELETE, Kind.DESTINATION)
    verbs.remove(_found(standing, slug), by=standing.person, door="api")
    return Status(204, None)


@router.get("/notice-choices", response=ChoicesOut, summary="Read what you hear")
def choices(request: HttpRequest, team: TeamSlug) -> dict[str, Any]:
    """Return what you hear of a team, and when; nobody else's choices can be read."""
    return _choices(require(request, team, Action.READ, Kind.NOTICE_CHOICE))


@router.put("/notice-choices", response=ChoicesOut, summary="Choose what you hear")
def choose_(request: HttpRequest, team: TeamSlug, given: ChoicesIn) -> dict[str, Any]:
    """Keep what you want to hear of a team, and when."""
    standing = require(request, team, Action.UPDATE, Kind.NOTICE_CHOICE)
    hours = Hours(given.zone, given.quiet_from, given.quiet_until, given.digest_hour)
    choose(standing.team, standing.person, hours, given.ways)
    return _choices(standing)


def _choices(standing: Standing) -> dict[str, Any]:
    hours, ways = hours_of(standing.team, standing.person), ways_of(standing.team, standing.person)
    topics = [
        {"topic": one.slug, "sentence": one.sentence, "way": Way(ways[one.slug]).value, "is_safety": one.is_safety}
        for one in choosable()
    ]
    return {
        "quiet_from": hours.quiet_from, "quiet_until": hours.quiet_until, "digest_hour": hours.digest_hour,
        "zone": hours.zone, "topics": topics,
    }  # fmt: skip
