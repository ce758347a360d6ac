"""Middleware of access: the peer's address, the visitor of the sample garden, the team's zone."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from hortus.access.models import Membership, Person

Handler = Callable[[HttpRequest], HttpResponse]
LOOPBACK = "127.0.0.1"


def _trusted() -> set[str]:
    return {part.strip() for part in settings.HORTUS.trusted_proxies.split(",") if part.strip()}


def peer_address(get_response: Handler) -> Handler:
    """Give every request a peer address: behind a UNIX socket there is none, and sign-in needs one.

    Forwarded headers are believed only from the proxies that the settings name.
    """
    trusted = _trusted()

    def middleware(request: HttpRequest) -> HttpResponse:
        peer = request.META.get("REMOTE_ADDR") or ""
        request.META["REMOTE_ADDR"] = peer or LOOPBACK
        if (peer or "unix") in trusted:
            forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            if forwarded:
                request.META["REMOTE_ADDR"] = forwarded
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = "https"
        return get_response(request)

    return middleware


def client_address(request: HttpRequest) -> str:
    """Return the address that the lock-out counts; set by `peer_address`."""
    return str(request.META.get("REMOTE_ADDR") or LOOPBACK)


def serves_loopback_only() -> bool:
    """Say whether only this machine can reach the server: bound to loopback or to a private UNIX socket."""
    declared = settings.HORTUS
    return declared.uds is not None or declared.host in {LOOPBACK, "localhost", "::1"}


def visitor() -> Person | None:
    """Return the reader of the sample garden, as long as no other team has been started."""
    readers = Membership.objects.filter(role="reader", team__is_sample=True, person__email__endswith="@sample.invalid")
    found = readers.select_related("person").first()
    if found is None or Membership.objects.filter(team__is_sample=False).exists():
        return None
    person: Person = found.person
    return person


def sample_visitor(get_response: Handler) -> Handler:
    """Let anonymous visitors read the sample garden, on loopback only and until a real team exists."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.is_sample_visit = False  # type: ignore[attr-defined]
        local = client_address(request) in {LOOPBACK, "::1"} and "HTTP_X_FORWARDED_FOR" not in request.META
        if local and serves_loopback_only() and not request.user.is_authenticated:
            person = visitor()
            if person is not None:
                request.user = person
                request.is_sample_visit = True  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def team_zone(get_response: Handler) -> Handler:
    """Show times in the zone of the settings until a page knows its team better."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with timezone.override(settings.TEAM_ZONE):
            return get_response(request)

    return middleware
