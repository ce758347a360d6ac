"""How a command on another machine calls Hortus: an address, a token, whom to trust. No Django, no database."""

import http.client
import ssl
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from hortus.values.refused import Refused


@dataclass(frozen=True, slots=True)
class Server:
    """A Hortus that is called. url: where to. ca_file: of the authority that signed its certificate."""

    url: str
    token: str
    ca_file: str = ""

    HOW: ClassVar[str] = "give one as in https://hortus.example.org/"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused("bad-url", f"{self.url[:80]!r} is no address; {self.HOW}.", "url")
        if not self.token.isascii() or not self.token.isprintable() or " " in self.token:
            raise Refused("bad-token", "The token holds characters that none has; copy it again.", "token")

    def connect(self, seconds: float) -> http.client.HTTPConnection:
        """Return a connection that waits at most so long for each answer.

        Raises ssl.SSLError where the certificates to trust cannot be read.
        """
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=seconds)
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise ssl.SSLError(error.errno or 0, f"{self.ca_file}: {error.strerror or error}") from None
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=context)
