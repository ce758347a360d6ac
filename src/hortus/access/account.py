"""A person's own pages: name, password, second factors, sessions, tokens, and what happened to the account."""

from typing import cast

from allauth.account.views import password_reset as mailed_reset
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access import actions, sessions
from hortus.access.forms import NameForm
from hortus.access.models import Membership, Person, SecurityEvent, Token
from hortus.access.security import Verb, note
from hortus.values.refused import Refused
from hortus.web.forms import refuse


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show one's account, and change one's name."""
    person = request.user
    assert person.is_authenticated  # noqa: S101 -- login_required has seen to it
    form = NameForm(request.POST or None, initial={"name": person.name})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_person(person, form.cleaned_data["name"])
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Your name is saved.")
            return redirect("account")
    facts = {
        "form": form,
        "memberships": Membership.objects.filter(person=person).select_related("team"),
        "factors": Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES).count(),
        "has_sso": bool(settings.HORTUS.oidc_issuer),
        "connected": SocialAccount.objects.filter(user=person).exists(),
        "sso_name": settings.HORTUS.oidc_name,
        "tokens": Token.objects.filter(person=person, revoked_at=None).select_related("team"),
        "session_count": UserSession.objects.filter(user=person).count(),
    }
    return render(request, "access/account.html", facts)


@login_required
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """List what happened to one's own account, the newest first."""
    found = SecurityEvent.objects.filter(person=cast(Person, request.user)).select_related("by", "team").order_by("-id")
    return render(request, "access/events.html", {"page": Paginator(found, 50).get_page(request.GET.get("page"))})


@login_required
@require_POST
def revoke_token(request: HttpRequest, token: str) -> HttpResponse:
    """Revoke a token of one's own, whatever one's role is by now."""
    found = get_object_or_404(Token, pk=token, person=request.user)
    actions.revoke_token(found, by=found.person)
    messages.success(request, f"The token {found.name} opens nothing any more.")
    return redirect("account")


@login_required
@require_POST
def end_session(request: HttpRequest, session: int) -> HttpResponse:
    """End one of one's own sessions."""
    found = get_object_or_404(UserSession, pk=session, user=request.user)
    found.end()
    note(Verb.SESSIONS_ENDED, person=found.user, sessions=1)
    messages.success(request, "That session has ended.")
    return redirect("usersessions_list")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End all of one's sessions but the one at hand."""
    person = request.user
    assert person.is_authenticated  # noqa: S101 -- login_required has seen to it
    count = sessions.end_sessions(person, but=request.session.session_key)
    note(Verb.SESSIONS_ENDED, person=person, sessions=count)
    messages.success(request, "All other sessions have ended.")
    return redirect("usersessions_list")


def password_reset(request: HttpRequest) -> HttpResponse:
    """Send a reset link by mail, or say who can help where no mail is sent."""
    if not settings.HORTUS.email_url:
        return render(request, "access/reset_by_hand.html")
    answer: HttpResponse = mailed_reset(request)
    return answer


def closed(request: HttpRequest, **_: str) -> HttpResponse:
    """Stand for a page of allauth that Hortus does not have; allauth looks its name up."""
    raise Http404
