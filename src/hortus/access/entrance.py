"""The way in: the front door and the first-run page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from hortus.access.models import Team


def home(request: HttpRequest) -> HttpResponse:
    """Send a person to their garden, a stranger to sign-in, the first visitor to the first-run page."""
    if request.user.is_authenticated:
        team = Team.objects.visible_to(request.user).order_by("is_sample", "started_at").first()
        if team is not None:
            return redirect("garden:garden", team.slug)
    return redirect("start" if not Team.objects.exists() else "account_login")


def start(request: HttpRequest) -> HttpResponse:
    """Create the team and its first lead."""
    raise NotImplementedError
