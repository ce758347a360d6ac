"""The guarded fetcher: the one way in which Hortus fetches a URL that a person gave. Knows no Django, no settings.

    rules = Rules(networks=networks(settings.HORTUS.fetch_networks))
    answer = fetch(url, rules)        # raises Unfetchable, whose sentence may be shown

Guards: http and https only; the host in one plain spelling; its name looked up once for each hop, all answers
checked, and the connection made to a checked address, so that a name server which changes its mind wins nothing;
each redirect judged like the first URL; time, size (unpacked), headers and hops bounded; no proxy, no cookie, no
password from the environment, no user name from the URL.
"""

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import httpcore
import httpx

import hortus
from hortus.web.fetch_addresses import Network, networks
from hortus.web.fetch_unpack import too_big, unpacked
from hortus.web.fetch_urls import Location, Unfetchable, located, onward
from hortus.web.fetch_wire import CheckedTransport, Resolver, Watch, by_system

__all__ = ["Fetched", "Rules", "Unfetchable", "fetch", "networks"]

for _name in ("httpx", "httpcore"):  # they write whole URLs and headers to the log, with the secrets in them
    logging.getLogger(_name).setLevel(logging.WARNING)

HEADER_BYTES = 32_768
_METHODS = frozenset({"GET", "HEAD", "POST"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HARMLESS = frozenset({"accept", "accept-language"})  # headers that a redirect may carry to another server
_NOT_THEIRS = frozenset({"host", "content-length", "transfer-encoding"})
_OURS = {"user-agent": f"Hortus/{hortus.__version__}", "accept-encoding": "gzip", "connection": "close"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a fetch may do.

    networks: private networks that may be fetched from, of the setting fetch_networks; see
    `fetch_addresses.refusal` for what they open. max_bytes: of the unpacked body. max_hops: redirects followed.
    seconds: for everything together, name look-up included. resolve, tls: other than the machine's, for tests.
    """

    networks: tuple[Network, ...] = ()
    max_bytes: int = 5_000_000
    max_hops: int = 5
    seconds: float = 20.0
    resolve: Resolver = by_system
    tls: ssl.SSLContext | None = None

    @property
    def wire_bytes(self) -> int:
        """Return how many bytes may come over the wire: bodies, their framing, and headers of every hop."""
        return 2 * self.max_bytes + 2 * HEADER_BYTES * (self.max_hops + 1)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. url: where it came from in the end; headers: names in lower case; body: unpacked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        """Say whether the status is one of success."""
        return 200 <= self.status < 300


def fetch(
    url: str, rules: Rules | None = None, *, method: str = "GET", headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> Fetched:  # fmt: skip
    """Fetch a URL that a person gave, and return whatever status came.

    method: GET, HEAD or POST; redirects of a POST are not followed. headers: sent besides our own; a redirect to
    another server carries none of them but Accept and Accept-Language, so that no token leaks.
    Raises Unfetchable with a sentence that is safe to show; ValueError for another method.
    """
    if method not in _METHODS:
        raise ValueError(f"method must be one of {', '.join(sorted(_METHODS))}, got {method!r}")
    bound = rules or Rules()
    watch = Watch(bound.seconds, bound.wire_bytes)
    here = located(url)
    sent = {name.lower(): value for name, value in (headers or {}).items() if name.lower() not in _NOT_THEIRS}
    for _ in range(bound.max_hops + 1):
        with _asked(here, bound, watch, method, sent, content) as response:
            there = _next_hop(here, response, method)
            if there is None:
                body = b"" if method == "HEAD" else _body(response, bound.max_bytes)
                return Fetched(here.url, response.status_code, dict(response.headers), body)
        if there.origin != here.origin:
            sent = {name: value for name, value in sent.items() if name in _HARMLESS}
        here = there
    raise Unfetchable("too-many-redirects", f"More than {bound.max_hops} redirects in a row are not followed.")


@contextmanager
def _asked(
    here: Location, rules: Rules, watch: Watch, method: str, headers: Mapping[str, str], content: bytes
) -> Iterator[httpx.Response]:
    """Send one request straight through a transport of its own: nothing, no cookie either, goes from hop to hop.

    No httpx client stands between, which would read redirects, cookies and the environment in its own way.
    """
    transport = CheckedTransport(rules.networks, watch, rules.resolve, rules.tls)
    request = httpx.Request(method, here.url, headers={"accept": "*/*", **headers, **_OURS}, content=content or None)
    try:
        with closing(transport), closing(transport.handle_request(request)) as response:
            if sum(len(name) + len(value) for name, value in response.headers.raw) > HEADER_BYTES:
                raise Unfetchable("big-headers", f"{here.shown} sent headers of more than {HEADER_BYTES:,} bytes.")
            yield response
    except (httpcore.TimeoutException, httpx.TimeoutException) as error:
        raise watch.too_slow() from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError) as error:
        raise _broken(here, error) from error


def _broken(here: Location, error: Exception) -> Unfetchable:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unfetchable("certificate", f"{here.shown} could not prove who it is: its certificate is not trusted.")
    if isinstance(error, httpcore.ConnectError) and isinstance(cause, ssl.SSLError):
        return Unfetchable("no-tls", f"{here.shown} does not speak https that can be trusted on port {here.port}.")
    if isinstance(error, httpcore.ConnectError):
        return Unfetchable("no-connection", f"{here.shown} does not take connections on port {here.port}.")
    return Unfetchable("broken-answer", f"{here.shown} did not answer in HTTP that can be read to its end.")


def _next_hop(here: Location, response: httpx.Response, method: str) -> Location | None:
    to = response.headers.get("location")
    if response.status_code not in _REDIRECTS or to is None:
        return None
    if method == "POST":
        raise Unfetchable("redirected", f"{here.shown} redirects elsewhere; give the URL that it redirects to.")
    return onward(here, to)


def _body(response: httpx.Response, limit: int) -> bytes:
    said = response.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said[:20]) > limit:
        raise too_big(limit)
    return unpacked(response.iter_raw(), response.headers.get("content-encoding", ""), limit)
