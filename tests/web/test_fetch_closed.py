"""What is closed is known at saving, and the sentence says what an administrator writes where to open it."""

from ipaddress import ip_network

import pytest

from hortus.web.fetch_closed import closed, refuse_closed
from hortus.web.fetch_urls import Unfetchable
from hortus.web.fetch_wire import checked

ADD = {
    "10.1.2.3": "add 10.1.2.3/32, or its whole network, to HORTUS_FETCH_NETWORKS",
    "::ffff:10.1.2.3": "add 10.1.2.3/32, or its whole network, to",
    "fd12::1": "add fd12::1/128, or its whole network, to",
    "127.0.0.1": "add 127.0.0.1/32 to HORTUS_FETCH_NETWORKS",
    "::1": "add ::1/128 to",
    "localhost": "add 127.0.0.1/32 and ::1/128 to",
    "Hub.LOCALHOST.": "add 127.0.0.1/32 and ::1/128 to",
    "169.254.169.254": "is at a metadata address, which is not asked; give the address of a public server",
}


@pytest.mark.parametrize("host", sorted(ADD))
def test_a_closed_host_is_refused_with_what_opens_it(host: str) -> None:
    with pytest.raises(Unfetchable) as refused:
        refuse_closed(host, [], "host")
    assert (refused.value.code, refused.value.field) == ("closed-address", "host")
    assert ADD[host] in refused.value.sentence


@pytest.mark.parametrize("host", sorted(set(ADD) - {"169.254.169.254"}))
def test_what_it_says_opens_the_host(host: str) -> None:
    with pytest.raises(Unfetchable) as refused:
        refuse_closed(host, [])
    written = refused.value.sentence.partition("add ")[2].partition(" to ")[0].partition(",")[0]
    refuse_closed(host, [ip_network(one) for one in written.split(" and ")])


@pytest.mark.parametrize("name", ["localhost", "hub.example.org"])
def test_what_it_says_opens_a_name_that_leads_to_this_machine_by_both_kinds_of_address(name: str) -> None:
    both = ["::1", "127.0.0.1"]
    for open_already in ([], [ip_network("127.0.0.1/32")]):
        with pytest.raises(Unfetchable) as refused:
            checked(name, 9090, both, tuple(open_already))
        assert "add 127.0.0.1/32 and ::1/128 to HORTUS_FETCH_NETWORKS" in refused.value.sentence
    assert checked(name, 9090, both, (ip_network("127.0.0.1/32"), ip_network("::1/128"))) == both


def test_of_a_name_no_address_is_told() -> None:
    refuse_closed("intranet.example.org", [])  # where it leads is seen when it is asked
    said = closed("intranet.example.org", "a private").sentence
    assert "add its network, as in 10.20.0.0/16, to HORTUS_FETCH_NETWORKS" in said
    assert len(closed("x" * 300, "a private").sentence) < 250
