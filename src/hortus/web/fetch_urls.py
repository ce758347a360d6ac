"""Reads a URL that a person gave, strictly: one spelling of a host, no user name, http and https only. Opens nothing.

Parsers disagree about odd URLs, and attacks live in that gap. So whatever two parsers could read differently is
refused, and what passes is written anew from its parts.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urljoin

import httpx

from hortus.values.refused import Refused

LONGEST_URL = 4096
_SHAPE = re.compile(r"(https?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20}):")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNWANTED = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\ud800-\udfff]")
_PORTS = {"http": 80, "https": 443}


class Unfetchable(Refused):
    """A URL was not fetched. Its sentence is safe to show: no address, no user name, nothing of what was read."""

    def __init__(self, code: str, sentence: str, field: str = "url") -> None:
        super().__init__(code, sentence, field)


@dataclass(frozen=True, slots=True)
class Location:
    """A URL in parts. host: lower case ASCII, an IPv6 address without brackets. path: from its slash, with query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Return what decides whether two URLs lead to the same server."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """Return the URL written from its parts: no user name, no fragment, no needless port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def shown(self) -> str:
        """Return the host, short enough for a sentence."""
        return self.host if len(self.host) <= 80 else f"{self.host[:79]}…"


def located(text: str) -> Location:
    """Return a URL in its parts, the user name dropped; raise Unfetchable for whatever is not plain.

    >>> located("HTTPS://me:secret@Feeds.Example.org:443/a?b#c").url
    'https://feeds.example.org/a?b'
    >>> located("http://0x7f.1/")
    Traceback (most recent call last):
    hortus.web.fetch_urls.Unfetchable: The host is a number spelled oddly; write a name, or an address as in 192.0.2.7.
    """
    given = text.strip(" \t\r\n")
    if len(given) > LONGEST_URL:
        raise Unfetchable("url-too-long", f"The URL has {len(given)} characters; at most {LONGEST_URL} are allowed.")
    if _UNWANTED.search(given):
        raise Unfetchable(
            "url-characters", "The URL holds a space, a backslash or a control character; write those as %20 and so on."
        )
    found = _SHAPE.fullmatch(given.partition("#")[0])
    if found is None:
        raise _wrong_scheme(given)
    scheme, authority, path = found[1].lower(), found[2].rpartition("@")[2], found[3]
    host, port = _host_and_port(authority, _PORTS[scheme])
    return Location(scheme, host, port, path if path.startswith("/") else f"/{path}")


def onward(here: Location, to: str) -> Location:
    """Return where a redirect leads, read as strictly as what a person gave.

    A redirect that leaves https is refused: what was asked for in secret is not fetched in the open.
    """
    try:
        there = located(to if _SCHEME.match(to) else urljoin(here.url, to))
    except ValueError as error:  # urljoin's own, for a host in broken brackets
        raise Unfetchable("bad-redirect", f"{here.shown} redirects to something that is no URL.") from error
    if (here.scheme, there.scheme) == ("https", "http"):
        raise Unfetchable(
            "downgrade", f"{here.shown} redirects from https to http, which is not followed; give the http URL itself."
        )
    return there


def _wrong_scheme(given: str) -> Unfetchable:
    scheme = _SCHEME.match(given)
    what = f"{scheme[1].lower()}: is not fetched" if scheme else "The URL has no scheme"
    if scheme and scheme[1].lower() in _PORTS:
        what = "The URL has no host"
    return Unfetchable("url-scheme", f"{what}; write the whole address, as in https://feeds.example.org/status.")


def _host_and_port(authority: str, usual: int) -> tuple[str, int]:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise Unfetchable("url-host", "The URL has no host that can be read; write one as in feeds.example.org.")
    port = int(found["port"] or usual)
    if not 1 <= port <= 65535:
        raise Unfetchable("url-port", f"Port {port} does not exist; ports run from 1 to 65535.")
    host = found["host"]
    return (str(_six(host[1:-1])) if host.startswith("[") else _name(host)), port


def _six(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError:
        raise Unfetchable("url-host", "The address in brackets is not an IPv6 address.") from None


def _name(text: str) -> str:
    host = (text if text.isascii() else _ascii(text)).lower().removesuffix(".")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _four(host)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Unfetchable(
            "url-host", "The host is not a name that can be looked up; write one as in feeds.example.org."
        )
    return host


def _four(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        raise Unfetchable(
            "url-number",
            "The host is a number spelled oddly; write a name, or an address as in 192.0.2.7.",
        ) from None


def _ascii(host: str) -> str:
    try:
        return httpx.URL(scheme="http", host=host).raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError):
        raise Unfetchable("url-host", "The host has letters that no host name may have.") from None
