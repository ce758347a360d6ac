"""API operations of access: the same verbs and reads as its pages."""

from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from hortus.access import actions, closed_api
from hortus.access.doors import Standing, TeamSlug, require
from hortus.access.links import absolute, invitation_path
from hortus.access.models import Invitation, Membership, SecurityEvent, Token
from hortus.access.policy import Action, Kind, sheet

router = Router(tags=["access"])
router.add_router("", closed_api.router)
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Before = Annotated[int | None, Query(ge=1, le=2**62, description="Only events with a smaller id: the next page.")]


class Problem(Schema):
    """Why a call was refused."""

    code: str
    detail: str
    field: str


REFUSED: dict[int, Any] = {422: Problem}


class TeamOut(Schema):
    """A team."""

    slug: str
    name: str
    zone: str
    is_sample: bool
    started_at: datetime
    my_role: str


class MemberOut(Schema):
    """A person's role in a team; the id is that of the membership."""

    id: UUID
    name: str = Field(alias="person.name")
    email: str = Field(alias="person.email")
    role: str
    by_group: bool
    is_active: bool = Field(alias="person.is_active")
    since: datetime


class RoleIn(Schema):
    """Another role."""

    role: str


class InvitationIn(Schema):
    """Whom to invite, as what, for how long."""

    role: str
    email: str = Field("", max_length=254)
    days: int = Field(7, ge=1, le=30)


class InvitationOut(Schema):
    """An open invitation, without the secret of its link."""

    id: UUID
    role: str
    email: str
    made_by: str = Field(alias="by.name")
    made_at: datetime
    expires_at: datetime


class NewInvitation(InvitationOut):
    """A new invitation with its link, which cannot be read again."""

    link: str


class TokenOut(Schema):
    """A token, without its text."""

    id: UUID
    name: str
    prefix: str
    person: str = Field(alias="person.name")
    scopes: list[str]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class SecurityEventOut(Schema):
    """Something that mattered for security."""

    id: int
    at: datetime
    verb: str
    person: str | None
    by: str | None
    address: str
    detail: dict[str, Any]

    @staticmethod
    def resolve_person(event: SecurityEvent) -> str | None:
        """Return whom it is about, by name."""
        return event.person.name if event.person else None

    @staticmethod
    def resolve_by(event: SecurityEvent) -> str | None:
        """Return who did it, by name."""
        return event.by.name if event.by else None


class PolicyRow(Schema):
    """What each role may do with one kind of object."""

    kind: str
    tells: str
    may: dict[str, str]
    kept: str


def _team(standing: Standing) -> dict[str, Any]:
    team = standing.team
    facts = {name: getattr(team, name) for name in ("slug", "name", "zone", "is_sample", "started_at")}
    return facts | {"my_role": standing.role.value}


@router.get("", response=TeamOut, summary="The team")
def team(request: HttpRequest, team: TeamSlug) -> Any:
    """Return the team and one's role in it."""
    return _team(require(request, team, Action.READ, Kind.TEAM))


@router.get("/members", response=list[MemberOut], summary="Who is in the team")
def members(request: HttpRequest, team: TeamSlug) -> Any:
    """Return everybody's role, deactivated persons too."""
    standing = require(request, team, Action.READ, Kind.MEMBERSHIP)
    found = Membership.objects.visible_to(standing.person).filter(team=standing.team)
    return found.select_related("person").order_by("since")


def _membership(standing: Standing, membership: UUID) -> Membership:
    found = Membership.objects.visible_to(standing.person).select_related("team", "person")
    return cast(Membership, get_object_or_404(found, pk=membership, team=standing.team))


@router.patch("/members/{membership}", response={200: MemberOut, **REFUSED}, summary="Give another role")
def change_role(request: HttpRequest, team: TeamSlug, membership: UUID, given: RoleIn) -> Any:
    """Give a member another role; only leads make and unmake leads."""
    standing = require(request, team, Action.UPDATE, Kind.MEMBERSHIP)
    actions.change_role(_membership(standing, membership), given.role, by=standing.person)
    return _membership(standing, membership)


@router.delete("/members/{membership}", response={204: None, **REFUSED}, summary="Take out of the team")
def remove_member(request: HttpRequest, team: TeamSlug, membership: UUID) -> Any:
    """Take a person out of the team; their tokens in it are revoked."""
    standing = require(request, team, Action.DELETE, Kind.MEMBERSHIP)
    actions.remove_member(_membership(standing, membership), by=standing.person)
    return Status(204, None)


@router.get("/invitations", response=list[InvitationOut], summary="Open invitations")
def invitations(request: HttpRequest, team: TeamSlug) -> Any:
    """Return the invitations that can still be taken."""
    standing = require(request, team, Action.READ, Kind.INVITATION)
    found = Invitation.objects.visible_to(standing.person).filter(team=standing.team).open(timezone.now())
    return found.select_related("by").order_by("expires_at")


@router.post("/invitations", response={201: NewInvitation, **REFUSED}, summary="Invite somebody")
def invite(request: HttpRequest, team: TeamSlug, given: InvitationIn) -> Any:
    """Make an invitation; its link is in the answer and nowhere else."""
    standing = require(request, team, Action.CREATE, Kind.INVITATION)
    made, secret = actions.invite(standing.team, by=standing.person, **given.dict())
    made.link = absolute(request, invitation_path(secret))  # type: ignore[attr-defined]
    return Status(201, made)


@router.delete("/invitations/{invitation}", response={204: None, **REFUSED}, summary="Withdraw an invitation")
def withdraw(request: HttpRequest, team: TeamSlug, invitation: UUID) -> Any:
    """Make an invitation's link worthless."""
    standing = require(request, team, Action.DELETE, Kind.INVITATION)
    known = Invitation.objects.visible_to(standing.person)
    actions.withdraw_invitation(get_object_or_404(known, pk=invitation, team=standing.team), by=standing.person)
    return Status(204, None)


@router.get("/tokens", response=list[TokenOut], summary="Access tokens")
def tokens(request: HttpRequest, team: TeamSlug) -> Any:
    """Return one's own tokens, and everybody's to leads and admins; never their texts."""
    standing = require(request, team, Action.READ, Kind.TEAM)
    found = Token.objects.visible_to(standing.person).filter(team=standing.team, revoked_at=None)
    return found.select_related("person").order_by("-made_at", "-pk")


@router.delete("/tokens/{token}", response={204: None}, summary="Revoke a token")
def revoke(request: HttpRequest, team: TeamSlug, token: UUID) -> Any:
    """Revoke a token: one's own, or of anybody where the policy says so. Takes a session, not a token."""
    standing = require(request, team, Action.CREATE, Kind.TOKEN)
    known = Token.objects.visible_to(standing.person).select_related("person", "team")
    found = get_object_or_404(known, pk=token, team=standing.team)
    if not standing.may(Action.DELETE, Kind.TOKEN, is_author=found.person_id == standing.person.pk):
        raise Http404
    actions.revoke_token(found, by=standing.person)
    return Status(204, None)


@router.get("/security-events", response=list[SecurityEventOut], summary="What mattered for security")
def security_events(request: HttpRequest, team: TeamSlug, limit: Limit = 100, before: Before = None) -> Any:
    """Return security events of the team, the newest first."""
    standing = require(request, team, Action.READ, Kind.SECURITY_EVENT)
    found = SecurityEvent.objects.visible_to(standing.person).of_team(standing.team)
    older = found.filter(pk__lt=before) if before else found
    return older.select_related("person", "by").order_by("-id")[:limit]


@router.get("/policy", response=list[PolicyRow], summary="Who can read what")
def policy(request: HttpRequest, team: TeamSlug) -> Any:
    """Return the policy table in words."""
    require(request, team, Action.READ, Kind.TEAM)
    return [{"kind": row.kind.value, "tells": row.tells, "may": dict(row.cells), "kept": row.kept} for row in sheet()]
