"""The wire below the guarded fetcher: looks a name up once, checks every answer, connects to a checked address.

An httpx transport over httpcore's own network backend. TLS is verified for the name, not for the address. Follows
nothing, decides nothing about URLs or bodies.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from ipaddress import ip_address
from typing import Any

import certifi
import httpcore
import httpx

from hortus.web.fetch_addresses import Network, is_listed, port_is_open, refusal
from hortus.web.fetch_closed import closed
from hortus.web.fetch_urls import Unfetchable

Resolver = Callable[[str], Sequence[str]]
"""From a host name to all its addresses; raises OSError when there are none."""


def by_system(host: str) -> Sequence[str]:
    """Return all addresses of a name, as this machine resolves names."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)))


@cache
def trusted() -> ssl.SSLContext:
    """Return the TLS settings: the machine's authorities, often the site's own, and those that come with httpx."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Watch:
    """What is left of the time, in seconds, and of the bytes that one fetch may read from the wire."""

    def __init__(self, seconds: float, wire_bytes: int) -> None:
        self._until = time.monotonic() + seconds
        self._bytes_left = wire_bytes
        self.seconds = seconds

    def left(self) -> float:
        """Return the seconds left; raise Unfetchable when there are none."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise self.too_slow()
        return left

    def count(self, read: int) -> None:
        """Take bytes off what may be read; raise Unfetchable when more came."""
        self._bytes_left -= read
        if self._bytes_left < 0:
            raise Unfetchable("too-big", "The server sent far more than an answer of the allowed size needs.")

    def too_slow(self) -> Unfetchable:
        """Return the refusal of a server that takes too long."""
        return Unfetchable("too-slow", f"No complete answer came within {self.seconds:g} seconds; try again later.")


class _WatchedStream(httpcore.NetworkStream):
    """A connection whose every read and write gets only the time that is left, and whose bytes are counted.

    Without it a server that sends one byte now and then would hold a thread for ever.
    """

    def __init__(self, stream: httpcore.NetworkStream, watch: Watch) -> None:
        self._stream = stream
        self._watch = watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read = self._stream.read(max_bytes, self._watch.left())
        self._watch.count(len(read))
        return read

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), 16_384):
            self._stream.write(buffer[start : start + 16_384], self._watch.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._watch.left())
        return _WatchedStream(secured, self._watch)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, networks: tuple[Network, ...], resolve: Resolver, watch: Watch) -> None:
        self._networks = networks
        self._resolve = resolve
        self._watch = watch
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        last: Exception | None = None
        addresses = checked(host, port, answers(host, self._resolve, self._watch), self._networks)
        for place, address in enumerate(addresses):
            try:  # a dead address may use only its share of the time that is left
                share = self._watch.left() / (len(addresses) - place)
                return _WatchedStream(self._plain.connect_tcp(address, port, share, None, socket_options), self._watch)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError("no address")


def answers(host: str, resolve: Resolver, watch: Watch) -> Sequence[str]:
    """Return all addresses of a host, asked for once; an address stands for itself.

    The system's resolver knows no time limit, so it is asked in a thread that is left behind when it is too slow.
    """
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    told: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            told.put(resolve(host))
        except Exception as error:  # raised again below, in the thread that waits
            told.put(error)

    threading.Thread(target=ask, name="fetch-resolve", daemon=True).start()
    try:
        found = told.get(timeout=watch.left())
    except queue.Empty:
        raise watch.too_slow() from None
    if isinstance(found, Exception) and not isinstance(found, OSError | UnicodeError):
        raise found
    if isinstance(found, Exception) or not found:
        raise Unfetchable("unknown-host", f"{_shown(host)} has no address; check how it is spelled.")
    return found


def checked(host: str, port: int, found: Sequence[str], networks: tuple[Network, ...]) -> Sequence[str]:
    """Return the addresses when every one of them may be fetched from, else raise Unfetchable.

    One bad answer refuses them all: who controls a name decides which answer is tried.
    """
    addresses = [ip_address(text.partition("%")[0]) for text in found]
    for address in addresses:
        if reason := refusal(address, networks):
            raise closed(host, reason)
    if not port_is_open(port, listed=all(is_listed(address, networks) for address in addresses)):
        raise Unfetchable("closed-port", f"Port {port} is not fetched from; use 80, 443 or one from 1024 upward.")
    return [str(address) for address in addresses]


def _shown(host: str) -> str:
    return host if len(host) <= 80 else f"{host[:79]}…"


class _Body(httpx.SyncByteStream):
    """Hands httpcore's body on to httpx."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class CheckedTransport(httpx.BaseTransport):
    """An httpx transport that makes one request per connection, to checked addresses only, by no proxy."""

    def __init__(
        self, networks: tuple[Network, ...], watch: Watch, resolve: Resolver = by_system,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or trusted(), max_connections=1, max_keepalive_connections=0, http2=False, retries=0,
            network_backend=_CheckedBackend(networks, resolve, watch),
        )  # fmt: skip

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises Unfetchable, or what httpcore raises."""
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        response = self._pool.handle_request(
            httpcore.Request(
                request.method, target, headers=request.headers.raw, content=request.stream,
                extensions=request.extensions,
            )
        )  # fmt: skip
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()
