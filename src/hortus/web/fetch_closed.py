"""Says which hosts are closed to us, and what an administrator writes where to open one. Resolves and opens nothing."""

from collections.abc import Iterable
from ipaddress import IPv4Address, ip_address

from hortus.web.fetch_addresses import Address, Network, ends, refusal
from hortus.web.fetch_urls import Unfetchable

LISTABLE = {"a private", "a loopback"}
LONGEST_SHOWN = 80
THIS_MACHINE = "127.0.0.1/32 and ::1/128"  # a name of it often leads to both, and one closed address closes a name


def refuse_closed(host: str, allowed: Iterable[Network], field: str = "url") -> None:
    """Raise Unfetchable, with the field, for a host that would be refused whenever it is asked.

    host: a name, or an address without brackets. allowed: as of `fetch_addresses.refusal`. For forms, at saving. Of
    names only those of this machine are known here: where any other leads may change, and is seen when it is asked.
    """
    address = _known(host)
    if address is not None and (reason := refusal(address, allowed)):
        raise closed(host, reason, field)


def closed(host: str, reason: str, field: str = "url") -> Unfetchable:
    """Return the refusal of a host. reason: as `fetch_addresses.refusal` gives it.

    >>> closed("10.20.30.40", "a private").sentence.partition("; ")[2]
    'an administrator can open it: add 10.20.30.40/32, or its whole network, to HORTUS_FETCH_NETWORKS.'
    >>> closed("localhost", "a loopback").sentence.partition("; ")[2]
    'an administrator can open it: add 127.0.0.1/32 and ::1/128 to HORTUS_FETCH_NETWORKS.'
    """
    shown = host if len(host) <= LONGEST_SHOWN else f"{host[: LONGEST_SHOWN - 1]}…"
    hint = "give the address of a public server."
    if reason in LISTABLE:
        hint = f"an administrator can open it: add {_network(host, reason)} to HORTUS_FETCH_NETWORKS."
    return Unfetchable("closed-address", f"{shown} is at {reason} address, which is not asked; {hint}", field)


def _network(host: str, reason: str) -> str:
    """Return what to add. Of a name no address is told: what a site's inside looks like is nobody else's business."""
    address = _written(host)
    if address is None:
        return THIS_MACHINE if reason == "a loopback" else "its network, as in 10.20.0.0/16,"
    written = " and ".join(f"{end}/{end.max_prefixlen}" for end in ends(address))
    return written if reason == "a loopback" else f"{written}, or its whole network,"


def _known(host: str) -> Address | None:
    """Return the address that a host is without asking anybody."""
    name = host.lower().rstrip(".")
    is_here = name == "localhost" or name.endswith(".localhost")
    return IPv4Address("127.0.0.1") if is_here else _written(host)


def _written(host: str) -> Address | None:
    """Return the address that a host is written as, None for a name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
