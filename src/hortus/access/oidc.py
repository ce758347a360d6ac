"""Single sign-on by OpenID Connect: what allauth leaves out (nonce, strict checks), and roles from groups."""

import hmac
import logging
import secrets
from typing import Any, cast

import jwt
import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from hortus.access import actions
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.access.rules import digest, grants, roles_from
from hortus.access.security import Verb, note
from hortus.values.refused import Refused

log = logging.getLogger("hortus.access")

# Signatures that only the provider can make. "none" and the shared-secret ones are not among them.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCKS_DIFFER_BY_SECONDS = 30
Claims = dict[str, Any]


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Talks to the provider, and believes an ID token only when everything about it fits."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's description of itself; raises OAuth2Error when it describes another issuer."""
        found: dict[str, Any] = super().openid_config
        declared = settings.HORTUS.oidc_issuer.removesuffix("/.well-known/openid-configuration").rstrip("/")
        if str(found.get("issuer", "")).rstrip("/") != declared:
            raise OAuth2Error(f"the provider calls itself {found.get('issuer')!r}, not {declared!r}")
        return found

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Return the sign-in that the provider's answer proves; raises OAuth2Error when it proves none."""
        answer = kwargs["response"]
        if not isinstance(answer.get("id_token"), str):
            raise OAuth2Error("the provider sent no ID token")
        claims = self.proved(answer["id_token"], app.client_id)
        told = self._fetch_user_info(token.token)
        if told.get("sub") != claims["sub"]:
            raise OAuth2Error("the user information is about another subject than the ID token")
        merged = {**claims, **told, "iss": claims["iss"], "sub": claims["sub"]}
        return self.get_provider().sociallogin_from_response(request, {"userinfo": merged})

    def proved(self, id_token: str, client_id: str) -> Claims:
        """Return the claims of an ID token after checking signature, issuer, audience, times and nonce."""
        try:
            claims: Claims = jwt.decode(
                id_token, self._signing_key(id_token), algorithms=ALGORITHMS, audience=client_id,
                issuer=self.openid_config["issuer"], leeway=CLOCKS_DIFFER_BY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )  # fmt: skip
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise OAuth2Error(f"the ID token is not valid: {type(error).__name__}") from error
        if not self.nonce or not hmac.compare_digest(str(claims["nonce"]).encode(), self.nonce.encode()):
            raise OAuth2Error("the ID token answers another question: its nonce is not ours")
        if claims.get("azp", client_id) != client_id:
            raise OAuth2Error("the ID token was made for another client")
        return claims

    def _signing_key(self, id_token: str) -> Any:
        with get_adapter().get_requests_session() as session:
            response = session.get(self.openid_config["jwks_uri"])
            response.raise_for_status()
        wanted = jwt.get_unverified_header(id_token).get("kid")
        keys = [key for key in jwt.PyJWKSet.from_dict(response.json()).keys if key.public_key_use in (None, "sig")]
        fitting = [key for key in keys if wanted is None or key.key_id == wanted]
        if len(fitting) != 1:
            raise OAuth2Error("the provider publishes no key that fits the ID token")
        return fitting[0]


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """allauth's provider with a nonce, keyed on issuer and subject, deaf to parameters that a link may carry."""

    oauth2_adapter_class = Adapter

    def redirect(
        self, request: HttpRequest, process: str, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        """Send the browser to the provider with a fresh nonce, which the session remembers."""
        nonce = secrets.token_urlsafe(24)
        kwargs["auth_params"] = {**self.get_auth_params(), "nonce": nonce}
        return super().redirect(request, process, next_url, data, nonce=nonce, **kwargs)

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """Return nothing from the request: a link made by somebody else must not shape what we ask for."""
        return cast(dict[str, Any], self.get_auth_params())

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        """Return the scopes of the settings, never those of a link."""
        return cast(list[str], self.get_scope())

    def get_default_scope(self) -> list[str]:
        """Return the scopes of the settings; without "openid" there would be no ID token to check."""
        return sorted({"openid", *settings.HORTUS.oidc_scopes.split()})

    def extract_uid(self, data: Claims) -> str:
        """Return issuer and subject as one key of at most 191 letters; an e-mail address is never a key."""
        claims = data["userinfo"]
        key = f"{claims['iss']} {claims['sub']}"
        return key if len(key) <= 191 else digest(key)


class _Login(OAuth2LoginView):  # type: ignore[misc]
    pass


class _Callback(OAuth2CallbackView):  # type: ignore[misc]
    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        named = request.GET.get("iss")  # RFC 9207: the answer names who sent it
        if response is None and named and named.rstrip("/") != self.adapter.openid_config["issuer"].rstrip("/"):
            response = render_authentication_error(request, provider)
        return state, response


def _run(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    adapter = Adapter(request, provider_id)
    try:
        provider = adapter.get_provider()
        return cast(HttpResponse, view.adapter_view(adapter)(request))
    except SocialApp.DoesNotExist as error:
        raise Http404 from error
    except (requests.RequestException, OAuth2Error, KeyError, ValueError, TypeError, AttributeError) as error:
        return cast(HttpResponse, render_authentication_error(request, provider, exception=error))


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Ask whether to go to the provider (GET), and go there (POST)."""
    return _run(_Login, request, provider_id)


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the provider's answer."""
    return _run(_Callback, request, provider_id)


def shown_name(claims: Claims) -> str:
    """Return how a new person is called: the name that the provider tells, else the address before its @."""
    name = str(claims.get("name") or claims.get("username") or str(claims.get("email") or "").partition("@")[0])
    return "".join(letter for letter in name if letter.isprintable()).strip()[:120] or "Nameless"


def groups_of(extra_data: dict[str, Any]) -> list[str]:
    """Return the groups that a provider told; a claim of another shape counts as no groups."""
    claims = extra_data.get("userinfo", extra_data)
    told = claims.get(settings.HORTUS.oidc_groups_claim, [])
    return [group for group in (told if isinstance(told, list) else [told]) if isinstance(group, str)]


def _roles(extra_data: dict[str, Any]) -> dict[str, Role]:
    return roles_from(groups_of(extra_data), grants(settings.HORTUS.oidc_groups))


def may_begin(request: HttpRequest, sociallogin: Any) -> None:
    """Refuse a first sign-in that must not make an account. Raises Refused with the reason in words.

    The account is never linked to one that has the same address: that takes a sign-in to it first.
    """
    email = sociallogin.user.email
    if not _is_address(email):
        raise Refused(
            "no-email", "Your identity provider told no e-mail address; ask its administrators to release it."
        )
    told = sociallogin.account.extra_data["userinfo"].get("email_verified")
    verified = told is True or told == "true"
    if not verified and not settings.HORTUS.oidc_trust_email:
        raise Refused(
            "unverified-email", "Your identity provider did not say that your e-mail address is verified. "
            "If it always verifies addresses, whoever runs this Hortus can set HORTUS_OIDC_TRUST_EMAIL.",
        )  # fmt: skip
    if Person.objects.filter(email=email).exists():
        raise Refused(
            "email-taken", f"There is an account for {email} already. Sign in to it the way you did before, "
            "then connect single sign-on on your account page.",
        )  # fmt: skip
    if not _roles(sociallogin.account.extra_data) and not _invited(request):
        raise Refused("no-group", "None of your groups belongs to a team here; ask a team's lead for an invitation.")


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def _invited(request: HttpRequest) -> bool:
    return actions.open_invitation(request.session.get("invitation", "")) is not None


def apply_groups(person: Person, extra_data: dict[str, Any]) -> None:
    """Give the person the roles of their groups, and take those that groups gave before and give no more.

    Roles that people gave (by invitation or by hand) stay as they are.
    """
    if not settings.HORTUS.oidc_groups:
        return
    given = _roles(extra_data)
    with transaction.atomic():
        for membership in Membership.objects.filter(person=person).select_related("team", "person"):
            wanted = given.pop(membership.team.slug, None)
            if membership.by_group and wanted is None:
                actions.leave_by_group(membership)
            elif membership.by_group and wanted is not None and wanted.value != membership.role:
                _other_role(membership, wanted)
        for team in Team.objects.filter(slug__in=given, is_sample=False):
            actions.add_member(team, person, given[team.slug], by=None)


def _other_role(membership: Membership, role: Role) -> None:
    before, membership.role = membership.role, role.value
    membership.save(update_fields=["role"])
    note(
        Verb.ROLE_CHANGED,
        person=membership.person,
        team=membership.team,
        before=before,
        after=role.value,
        by_group=True,
    )
