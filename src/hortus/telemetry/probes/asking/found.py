"""What a question finds, and what the machine lends for asking it."""

import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from hortus.web.fetch_addresses import Network
from hortus.web.fetch_urls import Unfetchable
from hortus.web.fetch_wire import Resolver, by_system

LONGEST_SENTENCE = 300
# Refusals of our own guards: they say nothing about the service, so nothing was measured.
OURS = frozenset({
    "closed-address", "closed-port", "downgrade", "url-scheme", "url-host", "url-port", "url-number", "url-too-long",
    "url-characters",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to one question.

    ok: whether the service did what was asked; None where it could not be asked, which is neither good nor bad.
    code: short stable word. sentence: for a person, what was seen. seconds: how long it took, None when it never came.
    """

    ok: bool | None
    code: str
    sentence: str
    seconds: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentence", self.sentence[:LONGEST_SENTENCE])


@dataclass(frozen=True, slots=True)
class Means:
    """What probes may use.

    networks: private networks that may be asked, of the setting fetch_networks. folders: below which file systems may
    be probed, of the setting probe_folders. resolve, tls, child: other than the machine's, for tests.
    """

    networks: tuple[Network, ...] = ()
    folders: tuple[Path, ...] = ()
    resolve: Resolver = by_system
    tls: ssl.SSLContext | None = None
    child: tuple[str, ...] = ()


class Clock:
    """Measures seconds since it was made, on a clock that never jumps."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return the seconds gone by."""
        return time.monotonic() - self._began


def of_refusal(refused: Unfetchable, limit_seconds: float) -> Found:
    """Return what a refusal of the guarded fetcher, or of its parts, means for a probe."""
    if refused.code == "too-slow":
        return Found(False, "too-slow", f"No complete answer came within {limit_seconds:g} s.")
    return Found(None if refused.code in OURS else False, refused.code, refused.sentence)
