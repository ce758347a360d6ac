"""How Hortus bends django-allauth: nobody signs up without an invitation or a group, secrets are sealed."""

import logging
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse

from hortus.access import oidc
from hortus.access.middleware import client_address
from hortus.access.models import Person
from hortus.access.sealing import UnreadableSecretError as UnreadableSecretError  # for who catches it beside its cause
from hortus.access.sealing import seal, unseal
from hortus.access.security import Verb, note
from hortus.values.refused import Refused

log = logging.getLogger("hortus.access")
_PURPOSE = "hortus second factors"
_UNREADABLE = "a second factor cannot be read: the secret key is not the one that sealed it; put secret.key back"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes open sign-up, leaves counting wrong passwords to the lock-out, and speaks in our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The e-mail address or the password is wrong.",
        "incorrect_password": "The password is wrong.",
        "enter_current_password": "This is not your present password.",
        "password_mismatch": "The two passwords differ; type the same one twice.",
        "too_many_login_attempts": "Too many wrong tries; wait a while and try again.",
        "rate_limited": "Too many tries; wait a minute and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people come by invitation or single sign-on."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Do nothing: lockout.py counts failures in the database, by account and address and by account alone."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the first middleware found; never empty, also behind a UNIX socket."""
        return client_address(request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link of a reset mail: below the public URL where one is set, whatever Host the request had."""
        link: str = super().get_reset_password_from_key_url(key)
        public = settings.HORTUS.public_url
        return public + link[link.index("/", len("https://")) :] if public else link

    def send_password_reset_mail(self, user: Person, email: str, context: dict[str, Any]) -> None:
        """Send the link, unless the person signs in elsewhere: a local password would outlive their account there."""
        note(Verb.RESET_ASKED, person=user)
        if user.has_usable_password() and not user.is_sample:
            super().send_password_reset_mail(user, email, context)


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Lets in whom the provider's groups or an invitation let in, never into somebody else's account."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse who must not begin or take over an account; give known persons the roles of their groups."""
        if sociallogin.state.get("process") == "connect":
            return
        try:
            if sociallogin.is_existing:
                oidc.apply_groups(sociallogin.user, sociallogin.account.extra_data)
            else:
                oidc.may_begin(request, sociallogin)
        except Refused as refusal:
            note(Verb.SSO_REFUSED, person=sociallogin.user if sociallogin.is_existing else None, reason=refusal.code)
            answer = render(request, "access/sso_refused.html", {"refusal": refusal}, status=403)
            raise ImmediateHttpResponse(answer) from refusal

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return True: pre_social_login has refused who may not begin."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Person:
        """Fill a new person from the provider's claims."""
        person = cast(Person, sociallogin.user)
        person.email = str(data.get("email") or "").lower()[:254]
        person.name = oidc.shown_name(data)
        return person

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Person:
        """Keep a new person and give them the roles of their groups."""
        person = cast(Person, super().save_user(request, sociallogin, form))
        oidc.apply_groups(person, sociallogin.account.extra_data)
        return person

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Return the account page, which shows the connection."""
        return reverse("account")

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Log why the provider's answer was not believed; the page says only that it was not."""
        log.warning("single sign-on failed: %s %s", getattr(error, "name", error), exception or "")
        note(Verb.SSO_REFUSED, reason=type(exception).__name__ if exception else str(error))


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Seals secrets of second factors, and keeps the last one where the settings ask for one."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "The code is wrong or was used before; wait for the next one and type it.",
        "cannot_delete_authenticator": "This Hortus asks everybody for a second factor; add another one first.",
    }

    def get_totp_issuer(self) -> str:
        """Return the name that authenticator apps show."""
        return "Hortus"

    def _get_site_name(self) -> str:
        return "Hortus"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say whether a factor may go: not the last one where the settings ask for one."""
        if not settings.HORTUS.require_second_factor or authenticator.type == Authenticator.Type.RECOVERY_CODES:
            return True
        others = Authenticator.objects.filter(user=authenticator.user_id).exclude(pk=authenticator.pk)
        return bool(others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    def encrypt(self, text: str) -> str:
        """Seal a secret with a key made from the secret key, so that a copy of the database alone opens nothing."""
        return seal(text, _PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret; raises UnreadableSecretError when the secret key is another one."""
        return unseal(encrypted_text, _PURPOSE, _UNREADABLE)
