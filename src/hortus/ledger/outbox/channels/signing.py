"""Signs what is sent to a webhook, after the Standard Webhooks specification. Plain arithmetic: no clock, no Django.

A secret is written whsec_ and the base64 of its bytes. Signed are the id, the time and the body, joined by dots, with
HMAC-SHA256; https://github.com/standard-webhooks/standard-webhooks holds the specification.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new secret with 256 bits of chance."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002 -- the specification's word
    """Return one signature, "v1," and base64. timestamp: whole seconds since 1970. Raises ValueError for no secret.

    >>> secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    >>> signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    signed = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets_: Sequence[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:  # noqa: A002
    """Return the three headers of a signed request; while a secret is changed, both sign.

    >>> sorted(headers(["whsec_AAAA"], "a", 1, b""))
    ['webhook-id', 'webhook-signature', 'webhook-timestamp']
    """
    signatures = " ".join(signature(secret, id, timestamp, body) for secret in secrets_)
    return {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}
