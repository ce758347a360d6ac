"""Addresses that people pass on: complete, below the public URL where the settings name one."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from hortus.access.models import Person


def absolute(request: HttpRequest, path: str) -> str:
    """Return the complete address of a path."""
    return f"{settings.HORTUS.public_url}{path}" if settings.HORTUS.public_url else request.build_absolute_uri(path)


def invitation_path(secret: str) -> str:
    """Return the path of an invitation's link."""
    return reverse("invitation-link", args=[secret])


def reset_path(person: Person) -> str:
    """Return the path of a link by which a person sets a new password, once, within a day."""
    found: str = reverse(
        "account_reset_password_from_key", args=[user_pk_to_url_str(person), default_token_generator.make_token(person)]
    )
    return found
