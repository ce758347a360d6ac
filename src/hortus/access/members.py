"""The page of one member, and what can be done there: role, removal, deactivation, a reset link, unlocking."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from hortus.access import actions, lockout
from hortus.access.doors import TeamRequest, team_page
from hortus.access.forms import RoleForm
from hortus.access.links import absolute
from hortus.access.models import Membership
from hortus.access.policy import Action, Kind, Role
from hortus.access.rules import grantable
from hortus.access.views import shown
from hortus.values.refused import Refused


def _found(request: TeamRequest, membership: UUID) -> Membership:
    known = Membership.objects.visible_to(request.person).select_related("team", "person")
    held: Membership = get_object_or_404(known, pk=membership, team=request.team)
    return held


def _page(request: TeamRequest, held: Membership, **facts: object) -> HttpResponse:
    person, mine = held.person, held.person_id == request.person.pk
    roles = grantable(request.role)
    return shown(
        request, "member", "team",
        {"membership": held, "form": RoleForm(initial={"role": held.role}, roles=roles), "mine": mine,
         "may_touch": Role(held.role) in roles, "may_govern": not mine and actions.may_govern(person, request.person),
         "is_locked": person.email in lockout.locked_accounts([person.email]), **facts},
    )  # fmt: skip


@team_page(Kind.MEMBERSHIP, Action.UPDATE)
@require_safe
def member(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Show one member and what can be done."""
    return _page(request, _found(request, membership))


@team_page(Kind.MEMBERSHIP, Action.UPDATE)
@require_POST
def role(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Give a member another role."""
    held, wanted = _found(request, membership), request.POST.get("role", "")
    return _do(request, f"{held.person.name} is now {wanted}.",
               lambda: actions.change_role(held, wanted, by=request.person))  # fmt: skip


@team_page(Kind.MEMBERSHIP, Action.DELETE)
@require_POST
def remove(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Take a person out of the team."""
    held = _found(request, membership)
    return _do(request, f"{held.person.name} is no longer in the team.",
               lambda: actions.remove_member(held, by=request.person))  # fmt: skip


@team_page(Kind.MEMBERSHIP, Action.UPDATE)
@require_POST
def deactivate(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Let a person in no more."""
    person = _found(request, membership).person
    return _do(request, f"{person.name} is deactivated; sessions and tokens have ended.",
               lambda: actions.deactivate(person, by=request.person))  # fmt: skip


@team_page(Kind.MEMBERSHIP, Action.UPDATE)
@require_POST
def reactivate(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Let a deactivated person in again."""
    person = _found(request, membership).person
    return _do(request, f"{person.name} can sign in again.", lambda: actions.reactivate(person, by=request.person))


@team_page(Kind.MEMBERSHIP, Action.UPDATE)
@require_POST
def unlock(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Forget the wrong passwords that somebody gave for a person's account."""
    person = _found(request, membership).person
    return _do(request, f"{person.name} can try again.", lambda: lockout.unlock(person, by=request.person))


@team_page(Kind.MEMBERSHIP, Action.UPDATE)
@require_POST
def reset_link(request: TeamRequest, membership: UUID) -> HttpResponse:
    """Make a link by which a person sets a new password; shown once, to whoever asked for it."""
    held = _found(request, membership)
    try:
        path = actions.make_reset_link(held.person, by=request.person)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("access:member", request.team.slug, held.pk)
    return _page(request, held, link=absolute(request, path))


def _do(request: TeamRequest, done: str, verb: Callable[[], object]) -> HttpResponse:
    """Do something to a member, say what was done or why not, and go back to the team."""
    try:
        verb()
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, done)
    return redirect("access:team", request.team.slug)
