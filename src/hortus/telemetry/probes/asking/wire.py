"""Connections for the probes that speak no HTTP: addresses checked as the guarded fetcher checks them."""

import contextlib
import errno
import socket
from collections.abc import Iterator
from ipaddress import ip_address

from hortus.telemetry.probes.asking.found import Clock, Found, Means, of_refusal
from hortus.web.fetch_addresses import Network, refusal
from hortus.web.fetch_closed import closed
from hortus.web.fetch_urls import Unfetchable
from hortus.web.fetch_wire import Watch, answers

WIRE_BYTES = 65_536
_FAR = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EHOSTDOWN}


class Failed(Exception):  # noqa: N818 -- an answer, not an error in the program
    """A conversation ended early; carries what was found."""

    def __init__(self, found: Found) -> None:
        super().__init__(found.sentence)
        self.found = found


def checked_address(text: str, networks: tuple[Network, ...], host: str) -> str:
    """Return an address that may be asked; raise Unfetchable for any other.

    Unlike the fetcher we let every port pass: a probe sends nothing that a listener could take for a command.
    """
    address = ip_address(text.partition("%")[0])
    if reason := refusal(address, networks):
        raise closed(host, reason)
    return str(address)


def connect(host: str, port: int, watch: Watch, means: Means) -> socket.socket:
    """Return a connection to a host, each of its addresses tried with a share of the time that is left.

    Raises Unfetchable when the name has no address or one that may not be asked, OSError when nobody answers.
    """
    found = [checked_address(text, means.networks, host) for text in answers(host, means.resolve, watch)]
    last: OSError = TimeoutError()
    for place, address in enumerate(found):
        try:
            return socket.create_connection((address, port), watch.left() / (len(found) - place))
        except OSError as error:
            last = error
    raise last


@contextlib.contextmanager
def talking(host: str, port: int, limit_seconds: float, means: Means) -> Iterator[tuple[socket.socket, Watch, Clock]]:
    """Give a connection with what is left of its time; whatever goes wrong inside is raised as Failed."""
    clock, watch = Clock(), Watch(limit_seconds, WIRE_BYTES)
    try:
        with connect(host, port, watch, means) as link:
            link.settimeout(watch.left())
            yield link, watch, clock
    except Unfetchable as refused:
        raise Failed(of_refusal(refused, limit_seconds)) from refused
    except OSError as error:
        raise Failed(_broken(error, f"{host[:80]}", port, limit_seconds)) from error


def _broken(error: OSError, host: str, port: int, limit_seconds: float) -> Found:
    if isinstance(error, ConnectionRefusedError):
        return Found(False, "refused", f"{host} refuses connections on port {port}.")
    if isinstance(error, TimeoutError):
        return Found(False, "too-slow", f"{host} did not answer on port {port} within {limit_seconds:g} s.")
    if error.errno in _FAR:
        return Found(False, "unreachable", f"There is no way to {host} from here.")
    return Found(False, "reset", f"{host} broke the connection on port {port} off.")
