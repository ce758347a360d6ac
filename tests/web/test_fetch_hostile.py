"""The table of hostile URLs: none of them reaches anything, whatever they are spelled like."""

import socket

import pytest

from hortus.web.fetch import Rules, Unfetchable, fetch, networks
from tests.web.fetch_servers import OK, Names, serving

WIDE = networks("0.0.0.0/0, ::/0")

HOSTILE = [
    # loopback, plainly and in every spelling that some parser takes for it
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.8.9.10/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST:8000/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0X7F.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.1.0x0/",
    "http://１２７．０．０．１/",
    "http://127。0。0。1/",
    "http://①②⑦.0.0.1/",
    "http://127.0.0.1%00.example.org/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",  # Teredo, server
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",  # Teredo, client 127.0.0.1
    # unspecified, which Linux takes for loopback
    "http://0/",
    "http://0.0.0.0/",
    "http://[::]/",
    # metadata and link-local
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xA9FEA9FE/",
    "http://[::ffff:169.254.169.254]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2002:a9fe:a9fe::]/",
    "http://[fd00:ec2::254]/",
    "http://[fd20:ce::254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    # multicast, broadcast, reserved, documentation, retired
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://[ff02::1]/",
    "http://[fec0::1]/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://[2001:db8::1]/",
    "http://[64:ff9b:1::1]/",
    "http://[100::1]/",
    # who is the host?
    "http://example.org@127.0.0.1/",
    "http://example.org:80@127.0.0.1/",
    "http://a@b@127.0.0.1/",
    "http://example.org%40127.0.0.1/",
    "http://127.0.0.1#@example.org/",
    "http://127.0.0.1?@example.org/",
    "http://127.0.0.1\\@example.org/",
    "http://example.org\\@127.0.0.1/",
    "http://127.0.0.1 .example.org/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1\r\nHost: example.org/",
    "http://[::1",
    "http://[::1]x/",
    "http://[127.0.0.1]/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:８０/",
    "http:/127.0.0.1/",
    "http:127.0.0.1/",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http://.127.0.0.1/",
    "http://a..b/",
    "http://-a.example/",
    "http://\ud800.example/",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 130}example/",
    f"http://a.example/{'x' * 5000}",
    "http://",
    "",
    # other schemes
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "jar:http://127.0.0.1!/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "netdoc:///etc/passwd",
]


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_is_refused_even_where_every_network_is_listed(url: str) -> None:
    """A list as wide as can be opens private addresses, and nothing of this table."""
    with pytest.raises(Unfetchable) as refused:
        fetch(url, Rules(networks=WIDE, seconds=5))
    assert refused.value.code not in {"no-connection", "too-slow", "broken-answer", "unknown-host"}
    assert refused.value.sentence.endswith(".")
    assert refused.value.sentence.isprintable()
    assert len(refused.value.sentence) < 250


SPELLED = ["127.0.0.1", "0x7f.1", "2130706433", "017700000001", "localhost", "127.1", "0", "0.0.0.0"]


@pytest.mark.parametrize("host", [*SPELLED, "[::ffff:127.0.0.1]", "x@127.0.0.1", "127.0.0.1."])
def test_no_spelling_reaches_a_server_on_this_machine(host: str) -> None:
    """A real server listens, and this machine's own resolver would find it by each of these."""
    with serving(OK) as server:
        if host in SPELLED:
            socket.create_connection((socket.gethostbyname(host), server.port), timeout=5).close()
        with pytest.raises(Unfetchable):
            fetch(f"http://{host}:{server.port}/", Rules(networks=WIDE))
        assert server.requests == []


@pytest.mark.parametrize(
    "address",
    ["10.0.0.5", "172.16.0.5", "172.31.255.255", "192.168.1.5", "100.64.0.1", "fd12:3456::1", "::ffff:10.0.0.5"],
)
def test_a_private_answer_is_refused_until_its_network_is_listed(address: str) -> None:
    with pytest.raises(Unfetchable) as refused:
        fetch("http://intranet.example/", Rules(resolve=Names([address])))
    assert refused.value.code == "closed-address"
    assert "HORTUS_FETCH_NETWORKS" in refused.value.sentence
    assert address not in refused.value.sentence


@pytest.mark.parametrize(
    "answers",
    [
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        ["93.184.216.34", "::1"],
        ["2606:2800:220:1::1", "10.0.0.1"],
        ["93.184.216.34", "fe80::1%eth0"],
        ["93.184.216.34", "169.254.169.254"],
    ],
)
def test_one_bad_answer_refuses_a_name(answers: list[str]) -> None:
    names = Names(answers)
    with pytest.raises(Unfetchable) as refused:
        fetch("http://mixed.example/", Rules(resolve=names))
    assert refused.value.code == "closed-address"
    assert names.asked == ["mixed.example"]


@pytest.mark.parametrize("port", [22, 25, 53, 110, 445, 6379, 6817, 11211, 5432, 111])
def test_ports_of_other_services_are_never_asked(port: int) -> None:
    for address in ("93.184.216.34", "10.0.0.1"):
        with pytest.raises(Unfetchable) as refused:
            fetch(f"http://feeds.example:{port}/", Rules(networks=WIDE[:1], resolve=Names([address])))
        assert refused.value.code == "closed-port"


def test_a_low_port_is_asked_only_in_listed_networks() -> None:
    with pytest.raises(Unfetchable) as refused:
        fetch("http://feeds.example:81/", Rules(resolve=Names(["93.184.216.34"])))
    assert refused.value.code == "closed-port"


def test_a_name_without_an_address_is_said() -> None:
    for names in (Names([]), _unknown):
        with pytest.raises(Unfetchable, match=r"gone\.example has no address") as refused:
            fetch("http://me:secret@gone.example/", Rules(resolve=names))
        assert "secret" not in refused.value.sentence


def _unknown(host: str) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
