"""Pages of a team: who is in it, invitations, tokens, security events, and who can read what."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access import actions, lockout
from hortus.access.doors import SCOPES, TeamRequest, team_page
from hortus.access.forms import InviteForm, TeamForm, TokenForm
from hortus.access.links import absolute, invitation_path
from hortus.access.models import Invitation, Membership, SecurityEvent, Team, Token
from hortus.access.policy import Action, Kind, Role, promise, sheet
from hortus.access.rules import grantable
from hortus.access.words import ROLE_MEANINGS
from hortus.values.refused import Refused
from hortus.web.forms import refuse


def tabs(request: TeamRequest, here: str) -> list[tuple[str, str, bool]]:
    """Return the parts of the team's room that this person may see; `here` is the URL name of the one shown."""
    pages = (
        ("team", "People", Action.READ, Kind.MEMBERSHIP),
        ("invitations", "Invitations", Action.READ, Kind.INVITATION),
        ("tokens", "Access tokens", Action.CREATE, Kind.TOKEN),
        ("security", "Security events", Action.READ, Kind.SECURITY_EVENT),
        ("outbox:messages", "Messages", Action.READ, Kind.MESSAGE),
        ("outbox:choices", "What I hear", Action.READ, Kind.NOTICE_CHOICE),
        ("ledger:tasks", "Background work", Action.READ, Kind.TASK),
        ("policy", "Who can read what", Action.READ, Kind.TEAM),
        ("closed-days", "Closed days", Action.READ, Kind.CLOSED_DAY),
        ("settings", "Name and zone", Action.UPDATE, Kind.TEAM),
    )
    slug = request.team.slug
    return [
        (label, reverse(name if ":" in name else f"access:{name}", args=[slug]), name == here)
        for name, label, action, kind in pages
        if request.standing.may(action, kind)
    ]


def shown(request: TeamRequest, template: str, here: str, facts: dict[str, Any], status: int = 200) -> HttpResponse:
    """Render a page of the team's room with its tabs."""
    return render(request, f"access/{template}.html", {"tabs": tabs(request, here), **facts}, status=status)


@team_page(Kind.MEMBERSHIP, Action.READ)
@require_safe
def team(request: TeamRequest) -> HttpResponse:
    """Show who is in the team, in which role."""
    found = Membership.objects.visible_to(request.person).filter(team=request.team).select_related("person")
    memberships = sorted(found, key=lambda m: (list(Role).index(Role(m.role)), m.person.name.casefold()))
    may_manage = request.standing.may(Action.UPDATE, Kind.MEMBERSHIP)
    locked = lockout.locked_accounts([m.person.email for m in memberships]) if may_manage else set()
    return shown(
        request, "team", "team",
        {"memberships": memberships, "may_manage": may_manage, "locked": locked, "meanings": ROLE_MEANINGS,
         "promise": promise(Kind.MEMBERSHIP)},
    )  # fmt: skip


@team_page(Kind.TEAM, Action.UPDATE)
@require_http_methods(["GET", "HEAD", "POST"])
def team_settings(request: TeamRequest) -> HttpResponse:
    """Change the team's name and zone."""
    form = TeamForm(request.POST or None, initial={"name": request.team.name, "zone": request.team.zone})
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_team(request.team, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "The team's name and zone are saved.")
            return redirect("access:team", request.team.slug)
    return shown(request, "settings", "settings", {"form": form})


@team_page(Kind.INVITATION, Action.CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: TeamRequest) -> HttpResponse:
    """List open invitations and make new ones; a new link is shown once."""
    form, link = InviteForm(request.POST or None, roles=grantable(request.role)), ""
    if request.method == "POST" and form.is_valid():
        try:
            _, secret = actions.invite(request.team, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            link = absolute(request, invitation_path(secret))
            form = InviteForm(roles=grantable(request.role))
    return shown(request, "invitations", "invitations", _invitation_facts(request, form, link))


def _invitation_facts(request: TeamRequest, form: InviteForm, link: str) -> dict[str, Any]:
    found = Invitation.objects.visible_to(request.person).filter(team=request.team)
    return {
        "form": form,
        "link": link,
        "open": found.open(timezone.now()).select_related("by").order_by("expires_at"),
        "promise": promise(Kind.INVITATION),
    }


@team_page(Kind.INVITATION, Action.DELETE)
@require_POST
def withdraw(request: TeamRequest, invitation: UUID) -> HttpResponse:
    """Make an invitation's link worthless."""
    found = get_object_or_404(Invitation.objects.visible_to(request.person), pk=invitation, team=request.team)
    try:
        actions.withdraw_invitation(found, by=request.person)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "The invitation is withdrawn; its link opens nothing any more.")
    return redirect("access:invitations", request.team.slug)


@team_page(Kind.TOKEN, Action.CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: TeamRequest) -> HttpResponse:
    """List access tokens and make new ones; a new token is shown once."""
    form, text = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        ends = timezone.now() + timedelta(days=days) if days else None
        try:
            _, text = actions.make_token(
                request.team, request.person, name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"], expires_at=ends,
            )  # fmt: skip
            form = TokenForm()
        except Refused as refusal:
            refuse(form, refusal)
    found = Token.objects.visible_to(request.person).filter(team=request.team, revoked_at=None)
    facts = {
        "form": form, "text": text, "tokens": found.select_related("person").order_by("-made_at", "-pk"),
        "scopes": SCOPES, "promise": promise(Kind.TOKEN), "now": timezone.now(),
    }  # fmt: skip
    return shown(request, "tokens", "tokens", facts)


@team_page(Kind.TOKEN, Action.CREATE)
@require_POST
def revoke(request: TeamRequest, token: UUID) -> HttpResponse:
    """Make a token worthless: one's own, or of anybody where the policy says so."""
    found = get_object_or_404(Token.objects.visible_to(request.person), pk=token, team=request.team)
    if not request.standing.may(Action.DELETE, Kind.TOKEN, is_author=found.person_id == request.person.pk):
        raise Http404
    actions.revoke_token(found, by=request.person)
    messages.success(request, f"The token {found.name} opens nothing any more.")
    return redirect("access:tokens", request.team.slug)


@team_page(Kind.SECURITY_EVENT, Action.READ)
@require_safe
def security(request: TeamRequest) -> HttpResponse:
    """List what mattered for the team's security, the newest first."""
    page = Paginator(events_of(request.team, request), 50).get_page(request.GET.get("page"))
    return shown(request, "security", "security", {"page": page, "promise": promise(Kind.SECURITY_EVENT)})


def events_of(team: Team, request: TeamRequest) -> Any:
    """Return the security events of a team that this person may read."""
    found = SecurityEvent.objects.visible_to(request.person).of_team(team)
    return found.select_related("person", "by").order_by("-id")


@team_page(Kind.TEAM, Action.READ)
@require_safe
def policy(request: TeamRequest) -> HttpResponse:
    """Show the whole policy in words: the sheet for a works council, and for everybody else."""
    return shown(request, "policy", "policy", {"rows": sheet(), "meanings": ROLE_MEANINGS})
