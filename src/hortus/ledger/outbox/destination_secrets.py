"""Seals what a destination must keep secret: addresses of chat rooms are keys themselves, and webhooks are signed."""

import json
from dataclasses import asdict, dataclass

from hortus.access import sealing
from hortus.access.sealing import UnreadableSecretError as UnreadableSecretError  # for who catches it

_PURPOSE = "hortus destinations"
_UNREADABLE = "the secret key is not the one that sealed this address; put secret.key back, or write the address anew"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed. url: where to post. signing: of a webhook. former: the one before, while it still signs too."""

    url: str
    signing: str = ""
    former: str = ""


def seal(open_: Secrets) -> str:
    """Return secrets as text that only this Hortus can read."""
    return sealing.seal(json.dumps(asdict(open_)), _PURPOSE)


def unseal(sealed: str) -> Secrets:
    """Return what was sealed; raises UnreadableSecretError when the secret key is another one."""
    return Secrets(**json.loads(sealing.unseal(sealed, _PURPOSE, _UNREADABLE)))
