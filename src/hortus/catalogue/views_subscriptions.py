"""Pages of who wants status news by e-mail: subscribe, and a page of their own behind a secret link.

They need no session. Whoever holds the link may do what it offers, so a POST to it needs no other proof; a GET never
changes anything, because programs that check e-mails open every link in them.
"""

from ipaddress import ip_address, ip_network
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hortus.access.middleware import client_address
from hortus.access.models import Team
from hortus.catalogue import publication, subscriptions
from hortus.catalogue.models import StatusPage, Subscriber
from hortus.catalogue.subscription_forms import ServicesForm, SubscribeForm
from hortus.values.refused import Refused

MOST_ASKED, WITHIN_SECONDS = 10, 3600  # by one client
TRAP = "website"  # a field that no person sees; a program that fills in everything betrays itself
ONE_CLICK = "One-Click"  # what RFC 8058 has mail programs send


def _client(request: HttpRequest) -> str:
    """Return who asks: an IPv4 address, or the /64 that one household or machine of IPv6 has for itself."""
    address = ip_address(client_address(request))
    return str(ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)


def _is_too_much(request: HttpRequest) -> bool:
    """Count one more request of a client; say whether it is one too many within the hour."""
    key, now = f"subscribe {_client(request)}".replace(" ", "-").replace("/", "-"), timezone.now().timestamp()
    asked = [at for at in cache.get(key, []) if at > now - WITHIN_SECONDS]
    if len(asked) >= MOST_ASKED:
        return True
    cache.set(key, [*asked, now], WITHIN_SECONDS)
    return False


def _page(team: Team, template: str, facts: dict[str, Any], status: int = 200) -> HttpResponse:
    with timezone.override(team.zoneinfo):
        text = render_to_string(f"catalogue/{template}.html", {"status_team": team, **facts})
    response = HttpResponse(text, status=status)
    response["Referrer-Policy"] = "no-referrer"  # the address of the page is a secret
    return response


@csrf_exempt  # nothing here is done in anybody's name, and the confirmation is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, team: str) -> HttpResponse:
    """Ask an address whether it wants news. The answer is the same whatever is known of it."""
    page = get_object_or_404(StatusPage.objects.select_related("team"), team__slug=team, is_public=True)
    if not subscriptions.is_offered(page.team):
        return _page(page.team, "subscribe", {"form": None})
    form = SubscribeForm(page.team, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _page(page.team, "subscribe", {"form": form}, 200 if request.method != "POST" else 422)
    if _is_too_much(request):
        return _page(page.team, "subscribe", {"form": form, "is_too_much": True}, 429)
    if not request.POST.get(TRAP):
        subscriptions.ask(page.team, form.cleaned_data["email"], form.chosen())
    return _page(page.team, "subscribe", {"form": None, "is_asked": True})


def _of(team: Team, token: str) -> Subscriber | None:
    try:
        return subscriptions.by_token(team, token)
    except Refused:
        raise Http404 from None


@csrf_exempt  # the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def subscription(request: HttpRequest, team: str, token: str) -> HttpResponse:
    """Show a subscriber's own page: confirm, choose services, unsubscribe. It works while the page is closed, too."""
    found = get_object_or_404(Team, slug=team)
    subscriber = _of(found, token)
    facts: dict[str, Any] = {"is_public": publication.of(found).is_public, "subscriber": subscriber}
    if subscriber is None:
        return _page(found, "subscription", facts | {"is_gone": True})
    form = ServicesForm(found, subscriber=subscriber)
    if request.method == "POST":
        asked = request.POST.get("do", "")
        if asked == "leave" or request.POST.get("List-Unsubscribe") == ONE_CLICK:
            subscriptions.leave(subscriber)
            return _page(found, "subscription", facts | {"is_gone": True})
        if asked == "confirm":
            subscriptions.confirm(subscriber)
            facts["done"] = "You are subscribed."
        elif asked == "choose":
            form = ServicesForm(found, request.POST, subscriber=subscriber)
            if form.is_valid():
                subscriptions.choose(subscriber, form.chosen())
                facts["done"] = "Your choice is kept."
    status = 422 if form.is_bound and not form.is_valid() else 200
    facts["subscriber"] = subscriptions.by_token(found, token)
    facts["is_gone"] = facts["subscriber"] is None  # left meanwhile, in another window
    return _page(found, "subscription", facts | {"form": form}, status)
