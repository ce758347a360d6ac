"""Middleware of access: the peer's address, session limits, second factors, the sample's visitor, headers, the zone."""

from collections.abc import Callable
from ipaddress import ip_address

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone

from hortus.access import sessions
from hortus.access.models import SAMPLE_DOMAIN, Membership, Person
from hortus.access.policy import Role
from hortus.access.security import address_here

Handler = Callable[[HttpRequest], HttpResponse]
LOOPBACK = "127.0.0.1"


def _trusted() -> set[str]:
    return {part.strip() for part in settings.HORTUS.trusted_proxies.split(",") if part.strip()}


def _address(text: str) -> str:
    """Return an address in its usual spelling, "" for anything else."""
    try:
        return str(ip_address(text.strip().removeprefix("[").partition("]")[0]))
    except ValueError:
        return ""


def peer_address(get_response: Handler) -> Handler:
    """Give every request a peer address: behind a UNIX socket there is none, and sign-in needs one.

    Forwarded headers are believed only from the proxies that the settings name.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        # No address of ours has one, and PostgreSQL refuses it inside a query.
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest("This address holds a NUL character.", content_type="text/plain")
        peer = request.META.get("REMOTE_ADDR") or ""
        request.META["REMOTE_ADDR"] = _address(peer) or LOOPBACK
        if (peer or "unix") in _trusted():
            forwarded = _address(request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2])
            request.META["REMOTE_ADDR"] = forwarded or request.META["REMOTE_ADDR"]
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = "https"
        here = address_here.set(request.META["REMOTE_ADDR"])
        try:
            return get_response(request)
        finally:
            address_here.reset(here)

    return middleware


def client_address(request: HttpRequest) -> str:
    """Return the address that the lock-out counts; set by `peer_address`."""
    return str(request.META.get("REMOTE_ADDR") or LOOPBACK)


def private_pages(get_response: Handler) -> Handler:
    """Forbid every cache to keep a page that has not said otherwise, and the browser's powers that no page needs."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
        )
        return response

    return middleware


def session_limits(get_response: Handler) -> Handler:
    """End sessions that last too long; must stand after authentication."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            sessions.keep_within_limits(request)
        return get_response(request)

    return middleware


# What somebody who still owes a second factor may open: the pages that add one, and the way out.
_WITHOUT_FACTOR = ("mfa_", "account_logout", "account_reauthenticate", "account_login", "healthz")


def has_second_factor(person: Person) -> bool:
    """Say whether a person has an authenticator app or a passkey; recovery codes alone are none."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=person, type__in=kinds).exists())


def second_factor(get_response: Handler) -> Handler:
    """Where the settings ask for it: who signed in by password sets up a second factor before anything else.

    API calls with a person's session are held back too; tokens are not, they carry no session.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not settings.HORTUS.require_second_factor or not request.user.is_authenticated:
            return get_response(request)
        free = sessions.signed_in_by(request, "socialaccount") or _url_name(request).startswith(_WITHOUT_FACTOR)
        if free or has_second_factor(request.user):
            return get_response(request)
        sentence = "Set up a second factor first: this Hortus asks everybody for one."
        if request.path_info.startswith("/api/"):
            return JsonResponse({"code": "second-factor", "detail": sentence, "field": ""}, status=403)
        messages.warning(request, sentence)
        return redirect("mfa_index")

    return middleware


def _url_name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""


def serves_loopback_only() -> bool:
    """Say whether only this machine can reach the server: bound to loopback or to a private UNIX socket, no proxy."""
    declared = settings.HORTUS
    if declared.public_url or declared.trusted_proxies or declared.allowed_hosts:
        return False
    return declared.uds is not None or declared.host in {LOOPBACK, "localhost", "::1"}


def visitor() -> Person | None:
    """Return the reader of the sample garden, as long as no other team has been started."""
    readers = Membership.objects.filter(
        role=Role.READER.value, team__is_sample=True, person__email__endswith=SAMPLE_DOMAIN, person__is_active=True
    )
    started = Membership.objects.filter(team__is_sample=False)
    found = readers.filter(~Exists(started)).select_related("person").order_by("since").first()
    return found.person if found else None


# Any of these says that somebody stands between the browser and us, who may let the world in.
_FORWARDED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_FORWARDED",
    "HTTP_VIA", "HTTP_CF_CONNECTING_IP", "HTTP_TRUE_CLIENT_IP",
)  # fmt: skip
_LOOPBACK_NAMES = {"localhost", LOOPBACK, "[::1]"}


def is_local(request: HttpRequest) -> bool:
    """Say whether a request came from this machine itself, for a loopback name, through nobody else."""
    host = request.get_host()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    direct = not any(header in request.META for header in _FORWARDED)
    return direct and name in _LOOPBACK_NAMES and client_address(request) in {LOOPBACK, "::1"}


def _shows_the_sample(request: HttpRequest) -> bool:
    path = request.path_info
    reading = request.method in {"GET", "HEAD"} and "HTTP_AUTHORIZATION" not in request.META
    return reading and (path == "/" or path.startswith(("/t/", "/api/v1/teams/")))


def sample_visitor(get_response: Handler) -> Handler:
    """Let anonymous visitors read the sample garden, on loopback only and until a real team exists.

    Only pages of teams see the visitor: never sign-in, never an account, never a write.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.is_sample_visit = False  # type: ignore[attr-defined]
        if _shows_the_sample(request) and serves_loopback_only() and not request.user.is_authenticated:
            person = visitor() if is_local(request) else None
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
