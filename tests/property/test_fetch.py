"""Properties of the fetcher's pure parts: no address that is not public passes, and URLs have one reading."""

import gzip
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hortus.web.fetch_addresses import LOOPBACK, METADATA, Address, ends, is_listed, networks, refusal
from hortus.web.fetch_unpack import unpacked
from hortus.web.fetch_urls import Unfetchable, located, onward

fours = st.ip_addresses(v=4)
sixes = st.ip_addresses(v=6)
addresses = fours | sixes
lists = st.lists(
    st.sampled_from(
        networks("0.0.0.0/0, ::/0, 10.0.0.0/8, 192.168.0.0/16, fc00::/7, 127.0.0.0/8, ::1/128, 169.254.0.0/16")
    )
)


def wrappings(inner: IPv4Address, free: int) -> list[IPv6Address]:
    """Return an IPv4 address in every dress that IPv6 has for it; free: bits that the dress does not fix."""
    n, public = int(inner), int(IPv4Address("93.184.216.34"))
    return [
        IPv6Address((0xFFFF << 32) | n),
        IPv6Address((0x64FF9B << 96) | n),
        IPv6Address((0x2002 << 112) | (n << 80) | free),
        IPv6Address((0x20010000 << 96) | (n << 64) | (free & 0xFFFFFFFF << 32) | (public ^ 0xFFFFFFFF)),
        IPv6Address((0x20010000 << 96) | (public << 64) | (free & 0xFFFFFFFF << 32) | (n ^ 0xFFFFFFFF)),
    ]


@given(addresses)
@example(ip_address("0.0.0.0"))
@example(ip_address("255.255.255.255"))
@example(ip_address("::1"))
def test_what_passes_without_a_list_is_public_for_the_standard_library_too(address: Address) -> None:
    if not refusal(address, ()):
        assert all(end.is_global and not end.is_multicast and not end.is_reserved for end in ends(address))


@given(fours, st.integers(0, 2**80 - 1), lists)
@example(IPv4Address("127.0.0.1"), 0, [])
@example(IPv4Address("93.184.216.34"), 0, [])
@example(IPv4Address("10.0.0.1"), 0, [])
def test_a_wrapped_address_is_judged_by_what_it_carries(inner: IPv4Address, free: int, allowed: list) -> None:  # type: ignore[type-arg]
    for wrapped in wrappings(inner, free):
        assert inner in ends(wrapped)
        assert bool(refusal(wrapped, allowed)) == bool(refusal(inner, allowed))


@given(addresses, lists, lists)
def test_a_longer_list_closes_nothing(address: Address, some: list, more: list) -> None:  # type: ignore[type-arg]
    if not refusal(address, some):
        assert not refusal(address, [*some, *more])


@given(st.sampled_from(["127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "0.0.0.0/8", "240.0.0.0/4"]), st.data())
def test_the_widest_list_opens_none_of_these(net: str, data: st.DataObject) -> None:
    inside = data.draw(st.ip_addresses(network=ip_network(net)))
    wide = networks("0.0.0.0/0, ::/0, 169.254.0.0/16, 224.0.0.0/4, 240.0.0.0/4")
    assert refusal(inside, wide)
    assert all(refusal(wrapped, wide) for wrapped in wrappings(inside, 0))


@pytest.mark.parametrize("net", METADATA, ids=str)
def test_a_metadata_address_is_closed_even_when_listed_by_itself(net) -> None:  # type: ignore[no-untyped-def]
    assert refusal(net.network_address, [net]) == "a metadata"


@given(st.sampled_from(LOOPBACK), st.data())
def test_loopback_opens_only_by_a_network_inside_it(net, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    inside = data.draw(st.ip_addresses(network=net))
    assert not refusal(inside, [net])
    assert is_listed(inside, [net])
    assert refusal(inside, networks("0.0.0.0/0, ::/0, 126.0.0.0/7"))


@given(fours, st.sampled_from([int, hex, oct, "short", "zeros"]), st.integers(0, 3))
def test_no_odd_spelling_of_an_address_is_read(address: IPv4Address, how: object, which: int) -> None:
    """As decimal, hexadecimal and octal number, in the short form, with leading zeros."""
    parts = str(address).split(".")
    if how == "short":
        host = ".".join([*parts[:2], str(int(address) & 0xFFFF)])
    elif how == "zeros":
        parts[which] = f"0{parts[which]}"
        host = ".".join(parts)
    else:
        host = str(how(int(address))).replace("0o", "0")  # type: ignore[operator]
    with pytest.raises(Unfetchable):
        located(f"http://{host}/")


texts = st.text(max_size=60)
pieces = st.sampled_from(
    ["http", "https", "://", "/", "//", "@", ":", "#", "?", "\\", "[", "]", "%", ".", "127.0.0.1", "::1", "0x7f",
     "a.example", "ß", "１", "。", "\x00", " ", "\t", "8080", "-", "_", "\ud800", "xn--", "\u202e", "é"]
)  # fmt: skip


@given(
    texts
    | st.lists(pieces, max_size=12).map("".join)
    | st.lists(pieces, max_size=8).map(lambda p: "http://" + "".join(p))
)
@example("http://a.example:80@127.0.0.1/")
@example("HTTPS://A.EXAMPLE.:443")
@example("http://xn--9ug.example/")
@example("http://a.xn--99999")
def test_any_text_is_refused_or_has_one_reading(text: str) -> None:
    """What passes is written anew so that both parsers at hand see the same host, port and no user name."""
    try:
        found = located(text)
    except Unfetchable as refused:
        assert refused.sentence.endswith(".")  # noqa: PT017
        return
    ours, theirs = urlsplit(found.url), httpx.URL(found.url)
    assert found.url.isascii() or not found.path.isascii()
    if not found.host.startswith("xn--") and ".xn--" not in found.host:  # those httpx shows decoded, or fails to
        assert ours.hostname == theirs.host.strip("[]") == found.host
    assert theirs.raw_host.decode() == found.host
    assert (ours.port or {"http": 80, "https": 443}[ours.scheme]) == found.port
    assert not any((ours.username, ours.password, theirs.userinfo, ours.fragment))
    assert located(found.url) == found


@given(st.lists(pieces, max_size=8).map("".join) | texts)
def test_any_redirect_is_refused_or_leads_to_a_url(to: str) -> None:
    try:
        there = onward(located("http://a.example/b/c"), to)
    except Unfetchable:
        return
    assert there.scheme in {"http", "https"}
    assert located(there.url) == there


@given(st.binary(max_size=3000), st.integers(1, 700), st.integers(0, 3000), st.booleans())
def test_packed_or_not_a_body_arrives_or_is_too_big(body: bytes, step: int, limit: int, packed: bool) -> None:
    """However it is cut into pieces; two packed members in a row are one body."""
    half = len(body) // 2
    sent = gzip.compress(body[:half]) + gzip.compress(body[half:]) if packed else body
    chunks = [sent[i : i + step] for i in range(0, len(sent), step)]
    if len(body) <= limit:
        assert unpacked(chunks, "gzip" if packed else "", limit) == body
        return
    with pytest.raises(Unfetchable, match="larger than"):
        unpacked(chunks, "gzip" if packed else "", limit)


@given(st.binary(min_size=1, max_size=300))
def test_damaged_packing_never_raises_anything_else(junk: bytes) -> None:
    for sent in (junk, gzip.compress(junk)[:-1], gzip.compress(b"a")[:10] + junk):
        try:
            unpacked([sent], "gzip", 10_000)
        except Unfetchable as refused:
            assert refused.code in {"damaged", "cut-short", "too-big"}  # noqa: PT017
