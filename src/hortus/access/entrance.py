"""The way in: the front door, the first-run page, and invitations by link."""

from typing import cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from hortus.access import actions
from hortus.access.forms import JoinForm, StartForm
from hortus.access.models import Invitation, Membership, Person, Team
from hortus.access.words import ROLE_MEANINGS
from hortus.values.refused import Refused
from hortus.web.forms import refuse

_READ_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to their garden, a stranger to sign-in, the first visitor to the first-run page."""
    if request.user.is_authenticated:
        team = Team.objects.visible_to(request.user).order_by("is_sample", "started_at").first()
        return redirect("garden:garden", team.slug) if team else render(request, "access/no_team.html")
    return redirect("account_login" if actions.is_started() else "start")


@_READ_OR_POST
@sensitive_post_parameters("password", "code")
def start(request: HttpRequest) -> HttpResponse:
    """Create the team and its first lead."""
    if actions.is_started():
        return render(request, "access/started.html", status=410)
    form = StartForm(request.POST or None, initial={"code": request.GET.get("code", "")[:100], "zone": "UTC"})
    if request.method == "POST":
        if not ratelimit.consume(request, action="start"):
            return _too_many(request)
        if form.is_valid() and (membership := _started(form)):
            return _let_in(request, membership)
    return render(request, "access/start.html", {"form": form})


def _too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", {"sentence": "Too many tries from here; wait a minute."}, status=429)


def _started(form: StartForm) -> Membership | None:
    given = form.cleaned_data
    try:
        return actions.start_team(
            given["team"], given["zone"], given["name"], given["email"], given["password"], given["code"]
        )
    except Refused as refusal:
        refuse(form, refusal)
        return None


def _let_in(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Sign a person in who has just chosen their password, and lead them to the team's garden."""
    record_authentication(request, membership.person, method="password")
    answer: HttpResponse = perform_login(
        request, membership.person, redirect_url=reverse("garden:garden", args=[membership.team.slug])
    )
    return answer


@require_safe
def invitation_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Take an invitation's secret out of the address bar, into the session."""
    request.session["invitation"] = secret[:100]
    return redirect("invitation")


@_READ_OR_POST
@sensitive_post_parameters("password")
def invitation(request: HttpRequest) -> HttpResponse:
    """Let a new person set name and password, or a signed-in one join, by the invitation that the session holds."""
    found = actions.open_invitation(request.session.get("invitation", ""))
    if found is None:
        return render(request, "access/invitation_closed.html", status=410)
    if request.method == "POST":
        if not ratelimit.consume(request, action="join"):
            return _too_many(request)
        return _join_as_person(request, found) if request.user.is_authenticated else _join_as_new(request, found)
    return _invitation_page(request, found, JoinForm(initial={"email": found.email}))


def _invitation_page(request: HttpRequest, found: Invitation, form: JoinForm, refusal: str = "") -> HttpResponse:
    if found.email:
        form.fields["email"].disabled = True
    facts = {"invitation": found, "form": form, "refusal": refusal, "meanings": ROLE_MEANINGS}
    return render(request, "access/invitation.html", facts)


def _join_as_person(request: HttpRequest, found: Invitation) -> HttpResponse:
    try:
        person = cast(Person, request.user)
        membership = actions.take_invitation(request.session["invitation"], person=person)
    except Refused as refusal:
        return _invitation_page(request, found, JoinForm(), refusal.sentence)
    del request.session["invitation"]
    return redirect("garden:garden", membership.team.slug)


def _join_as_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = JoinForm(request.POST, initial={"email": found.email})
    if found.email:
        form.fields["email"].disabled = True
    if form.is_valid():
        try:
            membership = actions.take_invitation(request.session["invitation"], **form.cleaned_data)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            del request.session["invitation"]
            return _let_in(request, membership)
    return _invitation_page(request, found, form)
