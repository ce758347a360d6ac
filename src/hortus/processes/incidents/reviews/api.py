"""API operations of reviews: the same reads and verbs as their pages."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Header, Path, Query, Router, Schema, Status
from pydantic import Field

from hortus.access.doors import Standing, require
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.follow_ups.actions import Draft
from hortus.follow_ups.api import FollowUpOut, owner_of
from hortus.follow_ups.models import FollowUp
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.once import LONGEST_KEY
from hortus.processes.incidents.reviews import actions, learning, linking, reading, reuse, signs, writing
from hortus.processes.incidents.reviews.entering import LARGEST, MOST_FILES, enter_once
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import Depth, Sign, State, proposed
from hortus.values.refused import Refused

router = Router(tags=["reviews"])

Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Key = Annotated[str, Header(alias="Idempotency-Key", max_length=LONGEST_KEY)]


class ReviewLine(Schema):
    """A review in a list. readers: browsers that opened it when it was old; who they were is stored nowhere."""

    number: int
    title: str
    state: str
    depth: str
    is_near_miss: bool
    entered_later: bool
    wanted_at: datetime
    due_on: date
    shared_at: datetime | None
    ended_at: datetime | None
    reason: str
    readers: int


class ReviewList(Schema):
    """One page of reviews and how many there are."""

    total: int
    reviews: list[ReviewLine]


class LearningOut(Schema):
    """One thing that was learned."""

    id: int
    text: str


class FactorOut(Schema):
    """One thing that contributed, and the plot where it grows."""

    id: int
    text: str
    plot: str


class UseOut(Schema):
    """Something later that the review helped with."""

    object_kind: str
    object_id: str
    object_name: str
    at: datetime


class ReviewLinkOut(Schema):
    """An object that the review is about beside its incidents, as a procedure."""

    object_kind: str
    object_id: str
    object_name: str
    at: datetime


class ReviewOut(ReviewLine):
    """A whole review. version: to be sent back with answers, so that nobody's words are lost."""

    incidents: list[int]
    services: list[str]
    signs: list[str]
    proposed: str
    writer_id: UUID | None
    version: int
    answers: dict[str, str]
    learnings: list[LearningOut]
    factors: list[FactorOut]
    links: list[ReviewLinkOut]
    uses: list[UseOut]


class NewReview(Schema):
    """A review that is wanted: of an incident that is over (its number), or of a near miss (its title)."""

    incident: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None
    title: str = ""
    said: str = ""
    services: list[str] = []


class IncidentIn(Schema):
    """The number of an incident."""

    incident: Annotated[int, Field(ge=1, le=2_000_000_000)]


class AnswersIn(Schema):
    """Answers by the names of their questions, and the version that the writer began from."""

    version: Annotated[int, Field(ge=0)]
    how: str | None = None
    surprising: str | None = None
    hard: str | None = None
    helped: str | None = None
    believe: str | None = None
    unknown: str | None = None


class DepthIn(Schema):
    """How deep to look, and the signs that only people can tell."""

    depth: Depth
    signs: list[Sign] = []


class StateIn(Schema):
    """Where a review goes; reason only when it is waived."""

    state: Literal["writing", "shared", "discussed", "kept", "waived"]
    reason: str = ""


class LearningIn(Schema):
    """One thing that was learned, in one sentence."""

    text: str


class FactorIn(Schema):
    """One thing that contributed, and the slug of the plot where it grows, if any."""

    text: str
    plot: str = ""


class FollowUpIn(Schema):
    """What follows from a learning: its id, what, by when, and the id of who does it."""

    learning: int
    text: str
    due_on: date
    owner: UUID | None = None


class OlderTextIn(Schema):
    """A file: its name, for the report, and its text; a post-incident review in Markdown, or a centre's log."""

    name: Annotated[str, Field(max_length=200)] = ""
    text: Annotated[str, Field(max_length=LARGEST)]


class OlderTextsIn(Schema):
    """Texts of incidents that are over, at most 2.5 MB in one request. is_tried: look only.

    zone: of times that name none; the text's own word, then the team's zone, when left out.
    """

    files: Annotated[list[OlderTextIn], Field(min_length=1, max_length=MOST_FILES)]
    zone: Annotated[str, Field(max_length=60)] = ""
    is_tried: bool = False


class OlderLineOut(Schema):
    """What became of one thing in a file. outcome: entered, known, changed, skipped or refused; sentence: why."""

    file: str
    line: int
    what: str
    outcome: str
    sentence: str
    incident: int | None
    review: int | None


class OlderTextsOut(Schema):
    """All that became of some files. is_tried: nothing was kept, it only says what would be."""

    is_tried: bool
    heading: str
    lines: list[OlderLineOut]


class ReviewLinkIn(Schema):
    """What the review is about, too: its kind, as in `procedure`, and its id, as in the name in its address."""

    kind: str
    id: str


class UseIn(Schema):
    """Something later that the review helped with: its kind and id.

    That is the number of an incident or a review, the id of a follow-up, or the name in the address of a procedure.
    """

    kind: str
    id: str


def _found(standing: Standing, number: int) -> Review:
    found: Review = get_object_or_404(reading.mine(standing.team, standing.person), number=number)
    return found


def _incident(standing: Standing, number: int) -> Incident:
    mine = Incident.objects.visible_to(standing.person).filter(team=standing.team)
    found: Incident | None = mine.select_related("team").filter(number=number).first()
    if found is None:
        raise Refused("no-incident", f"{standing.team} has no incident {number}.", "incident")
    return found


def _whole(review: Review) -> ReviewOut:
    review = reading.whole(review)
    held = signs.of(review)
    line = ReviewLine.from_orm(review).dict()
    return ReviewOut(
        **line, incidents=sorted(one.number for one in review.incidents.all()),
        services=sorted(one.slug for one in review.services.all()), signs=[sign.value for sign in held],
        proposed=proposed(held).value, writer_id=review.writer_id, version=review.version, answers=review.texts,
        learnings=[LearningOut.from_orm(one) for one in review.learnings.all()],
        factors=[FactorOut.from_orm(one) for one in review.factors.all()],
        links=[ReviewLinkOut.from_orm(one) for one in review.links.all()],
        uses=[UseOut.from_orm(one) for one in review.uses.all()],
    )  # fmt: skip


@router.get("/reviews", response=ReviewList, summary="List the reviews of a team")
def reviews(
    request: HttpRequest, team: Path[str], state: State | None = None, limit: Limit = 100, offset: Offset = 0
) -> ReviewList:
    """Return reviews, the newest first. state: only these."""
    standing = require(request, team, Action.READ, Kind.REVIEW)
    found = reading.mine(standing.team, standing.person)
    found = found.filter(state=state.value) if state else found
    return ReviewList(total=found.count(), reviews=[ReviewLine.from_orm(one) for one in found[offset : offset + limit]])


@router.get("/reviews/{number}", response=ReviewOut, summary="Read one review")
def review(request: HttpRequest, team: Path[str], number: int) -> ReviewOut:
    """Return one review with all that belongs to it."""
    return _whole(_found(require(request, team, Action.READ, Kind.REVIEW), number))


@router.post("/reviews", response={201: ReviewOut}, summary="Want a review")
def want(request: HttpRequest, team: Path[str], given: NewReview) -> Status[ReviewOut]:
    """Want a review of an incident that has none, or of a near miss; the one that there is is returned."""
    standing = require(request, team, Action.CREATE, Kind.REVIEW)
    if given.incident is not None:
        incident = _incident(standing, given.incident)
        return Status(201, _whole(actions.want(incident, by=standing.person, door="api")))
    services = list(Service.objects.visible_to(standing.person).filter(team=standing.team, slug__in=given.services))
    missing = sorted(set(given.services) - {one.slug for one in services})
    if missing:
        raise Refused("no-service", f"There is no service {missing[0][:60]!r}.", "services")
    made = actions.near_miss(
        standing.team, given.title, said=given.said, services=services, by=standing.person, door="api"
    )
    return Status(201, _whole(made))


@router.post("/older-incidents", response=OlderTextsOut, summary="Enter incidents that are over from older texts")
def enter(request: HttpRequest, team: Path[str], given: OlderTextsIn, key: Key = "") -> dict[str, Any]:
    """Enter what can be, line by line, and say of each line what became of it; nothing is told or published."""
    standing = require(request, team, Action.CREATE, Kind.REVIEW)
    files = [
        (file.name or f"text {place}", file.text.encode("utf-8", "replace"))
        for place, file in enumerate(given.files, 1)
    ]
    return enter_once(
        standing.team, files, by=standing.person, door="api", client_key=key, zone=given.zone, is_tried=given.is_tried
    )


@router.put("/reviews/{number}/answers", response=ReviewOut, summary="Write the answers of a review")
def write(request: HttpRequest, team: Path[str], number: int, given: AnswersIn) -> ReviewOut:
    """Save answers; those left out stay. What somebody else changed meanwhile is kept, or refused where it clashes."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    texts = {name: text for name, text in given.dict(exclude={"version"}).items() if text is not None}
    found = _found(standing, number)
    return _whole(writing.write(found, texts, given.version, by=standing.person, door="api"))


@router.put("/reviews/{number}/depth", response=ReviewOut, summary="Choose how deep a review looks")
def depth(request: HttpRequest, team: Path[str], number: int, given: DepthIn) -> ReviewOut:
    """Tick the signs that only people can tell, and choose the depth."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    found = _found(standing, number)
    actions.tick(found, given.signs, by=standing.person, door="api")
    actions.set_depth(found, given.depth, by=standing.person, door="api")
    return _whole(found)


@router.post("/reviews/{number}/incidents", response=ReviewOut, summary="Let a review be about a further incident")
def cover(request: HttpRequest, team: Path[str], number: int, given: IncidentIn) -> ReviewOut:
    """Add an incident that is over; its own review is waived where nobody began it."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    found = _found(standing, number)
    actions.cover(found, _incident(standing, given.incident), by=standing.person, door="api")
    return _whole(found)


_MOVES: dict[str, Callable[..., Review]] = {
    "writing": writing.begin, "shared": actions.share, "discussed": actions.discuss, "kept": actions.keep,
}  # fmt: skip


@router.put("/reviews/{number}/state", response=ReviewOut, summary="Take a review on")
def move(request: HttpRequest, team: Path[str], number: int, given: StateIn) -> ReviewOut:
    """Begin, share, discuss, keep or waive it."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    found = _found(standing, number)
    if given.state == "waived":
        actions.waive(found, given.reason, by=standing.person, door="api")
    else:
        _MOVES[given.state](found, by=standing.person, door="api")
    return _whole(found)


@router.post("/reviews/{number}/learnings", response={201: LearningOut}, summary="Write down what was learned")
def learn(request: HttpRequest, team: Path[str], number: int, given: LearningIn) -> Status[object]:
    """Add one thing that was learned."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    return Status(201, learning.learn(_found(standing, number), given.text, by=standing.person, door="api"))


@router.post("/reviews/{number}/factors", response={201: FactorOut}, summary="Write down what contributed")
def contribute(request: HttpRequest, team: Path[str], number: int, given: FactorIn) -> Status[object]:
    """Add one thing that contributed."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    found = _found(standing, number)
    return Status(201, learning.contribute(found, given.text, given.plot, by=standing.person, door="api"))


@router.post("/reviews/{number}/follow-ups", response={201: FollowUpOut}, summary="Say what follows from a learning")
def follow_up(request: HttpRequest, team: Path[str], number: int, given: FollowUpIn) -> Status[FollowUp]:
    """Add a follow-up to a learning of this review."""
    standing = require(request, team, Action.CREATE, Kind.FOLLOW_UP)
    found = _found(standing, number)
    draft = Draft(given.text, given.due_on, owner_of(standing, given.owner))
    learned = found.learnings.filter(pk=given.learning).first()
    return Status(201, learning.follow_up(found, learned, draft, by=standing.person, door="api"))


@router.post("/reviews/{number}/uses", response=ReviewOut, summary="Say where a review helped")
def use(request: HttpRequest, team: Path[str], number: int, given: UseIn) -> ReviewOut:
    """Link something later that the review helped with."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    found = _found(standing, number)
    reuse.use(found, linking.of(standing, given.kind, given.id), by=standing.person, door="api")
    return _whole(found)


@router.post("/reviews/{number}/links", response=ReviewOut, summary="Say what else a review is about")
def link(request: HttpRequest, team: Path[str], number: int, given: ReviewLinkIn) -> ReviewOut:
    """Link a review to an object; who changes that is shown the review. What is linked already stays so."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    found = _found(standing, number)
    linking.link(found, linking.of(standing, given.kind, given.id), by=standing.person, door="api")
    return _whole(found)


@router.delete("/reviews/{number}/links/{kind}/{id}", response={204: None}, summary="Unlink a review from an object")
def unlink(request: HttpRequest, team: Path[str], number: int, kind: str, id: str) -> Status[None]:  # noqa: A002
    """Take out a link; the ledger keeps that there was one."""
    standing = require(request, team, Action.UPDATE, Kind.REVIEW)
    linking.unlink(_found(standing, number), kind, id, by=standing.person, door="api")
    return Status(204, None)
