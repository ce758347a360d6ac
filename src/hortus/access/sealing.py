"""Seals what must stay secret although it is stored, with keys made from the secret key of Hortus.

A copy of the database alone opens nothing. Each purpose has a key of its own, so that what was sealed for one cannot be
passed off for another.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class UnreadableSecretError(Exception):
    """What was sealed cannot be read with the present secret key."""


def seal(text: str, purpose: str) -> str:
    """Return a text as only this Hortus can read it. purpose: stable, as in "hortus destinations"; it makes the key."""
    return _keys(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str, unreadable: str) -> str:
    """Return what was sealed for a purpose, also under a former secret key that the settings still name.

    unreadable: what UnreadableSecretError says when the secret key is another one, or somebody changed a byte.
    """
    try:
        return _keys(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecretError(unreadable) from error


def _keys(purpose: str) -> MultiFernet:
    return MultiFernet([_key(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes, purpose: str) -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(force_bytes(secret))
    return Fernet(base64.urlsafe_b64encode(made))
