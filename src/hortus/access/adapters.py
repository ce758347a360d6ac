"""How Hortus bends django-allauth: nobody signs up without an invitation, names are names."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people come by invitation or single sign-on."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Opens sign-up by the identity provider that the settings name."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Return True: who the provider lets in may have an account; roles come from groups."""
        return True


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors as allauth makes them."""
