"""Seals what a destination must keep secret: addresses of chat rooms are keys themselves, and webhooks are signed.

The key is made from the secret key of Hortus, so that a copy of the database alone opens nothing.
"""

import base64
import json
from dataclasses import asdict, dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class UnreadableSecretError(Exception):
    """What was sealed cannot be read with the present secret key."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed. url: where to post. signing: of a webhook. former: the one before, while it still signs too."""

    url: str
    signing: str = ""
    former: str = ""


def seal(open_: Secrets) -> str:
    """Return secrets as text that only this Hortus can read."""
    return _keys().encrypt(json.dumps(asdict(open_)).encode()).decode()


def unseal(sealed: str) -> Secrets:
    """Return what was sealed; raises UnreadableSecretError when the secret key is another one."""
    try:
        return Secrets(**json.loads(_keys().decrypt(sealed.encode())))
    except InvalidToken as error:
        raise UnreadableSecretError(
            "the secret key is not the one that sealed this address; put secret.key back, or write the address anew"
        ) from error


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hortus destinations").derive(force_bytes(secret))
    return Fernet(base64.urlsafe_b64encode(made))
