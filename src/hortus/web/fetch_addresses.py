"""Which network addresses and ports may be fetched from: a table and pure rules. Opens and resolves nothing.

We keep a table of our own, after the registries of special-purpose addresses (RFC 6890 and its updates), because
what the standard library calls private or global has changed between the versions of Python that we support.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _nets(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(part) for part in text.split())


LOOPBACK = _nets("127.0.0.0/8 ::1/128")
PRIVATE = _nets("10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16 fc00::/7")
# Where clouds hand out credentials, at addresses that would else be private or public.
METADATA = _nets("100.100.100.200/32 168.63.129.16/32 169.254.169.254/32 fd00:ec2::254/128 fd20:ce::254/128")
_NEVER = {
    "a metadata": METADATA,
    "an unspecified": _nets("0.0.0.0/8 ::/128"),
    "a link-local": _nets("169.254.0.0/16 fe80::/10"),
    "a multicast": _nets("224.0.0.0/4 ff00::/8"),
    "a reserved": _nets(
        "192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 "
        "2001::/23 2001:db8::/32 3fff::/20"
    ),
}
_GLOBAL_SIX = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")

# Ports where something listens that is not HTTP and could take a request for its own: the list that browsers keep,
# with databases, caches, file servers and Slurm's daemons added.
NOT_HTTP = frozenset({
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 3306,
    3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 6817, 6818, 6819,
    10080, 11211, 27017,
})  # fmt: skip


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list with commas, as the setting holds it; raise ValueError for a wrong one.

    >>> networks("10.0.0.0/8, fd12::/16")
    (IPv4Network('10.0.0.0/8'), IPv6Network('fd12::/16'))
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def ends(address: Address) -> tuple[Address, ...]:
    """Return where traffic to an address ends: itself, or the IPv4 addresses that it carries inside.

    Unwraps IPv4-mapped, NAT64, 6to4, and Teredo, which carries two (its server, and the client behind it).

    >>> ends(IPv6Address("64:ff9b::7f00:1"))
    (IPv4Address('127.0.0.1'),)
    """
    if isinstance(address, IPv4Address):
        return (address,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    carried = address.ipv4_mapped or address.sixtofour
    return (carried,) if carried else address.teredo or (address,)


def refusal(address: Address, allowed: Iterable[Network]) -> str:
    """Return why an address may not be fetched from, as in "a loopback", or "" when it may.

    allowed: networks that the settings list. They open private addresses inside them. Loopback is opened only by a
    network that lies wholly inside it, so that a wide list never opens this machine. Link-local, metadata,
    multicast, unspecified and reserved addresses are never opened.
    """
    listed = tuple(allowed)
    return next((reason for end in ends(address) if (reason := _refusal(end, listed))), "")


def _refusal(address: Address, allowed: tuple[Network, ...]) -> str:
    for reason, nets in _NEVER.items():
        if any(address in net for net in nets):
            return reason
    if any(address in net for net in LOOPBACK):
        inside = (net for net in allowed if any(_within(net, loop) for loop in LOOPBACK))
        return "" if any(address in net for net in inside) else "a loopback"
    if any(address in net for net in PRIVATE):
        return "" if any(address in net for net in allowed) else "a private"
    return "a reserved" if isinstance(address, IPv6Address) and address not in _GLOBAL_SIX else ""


def _within(net: Network, wide: Network) -> bool:
    return net.version == wide.version and net.network_address in wide and net.broadcast_address in wide


def is_listed(address: Address, allowed: Iterable[Network]) -> bool:
    """Say whether an address, or all that it carries, lies in networks that the settings list."""
    listed = tuple(allowed)
    return all(any(end in net for net in listed) for end in ends(address))


def port_is_open(port: int, *, listed: bool) -> bool:
    """Say whether a port may be asked: 80, 443 and 1024 upward; any port in listed networks; never one of NOT_HTTP."""
    return port not in NOT_HTTP and (listed or port in {80, 443} or port >= 1024)
