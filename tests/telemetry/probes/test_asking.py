"""Each question of a probe against real servers on loopback that misbehave: a clear sentence, within the limit."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import pytest

from hortus.telemetry.probes import kinds
from hortus.telemetry.probes.asking import Found, Means, ask
from tests.telemetry.probes import servers  # type: ignore[import-not-found]
from tests.telemetry.probes.servers import LOOP, OPEN  # type: ignore[import-not-found]
from tests.web.fetch_servers import OK, body, drip, redirect, serving  # type: ignore[import-not-found]

LIMIT = 0.6
SLACK = 5.0  # for a machine that does other things too


def asked(kind: str, limit: float = LIMIT, means: Means = OPEN, **given: Any) -> Found:
    """Ask once, and hold the question to its limit."""
    parameters = kinds.checked(kinds.KINDS[kind], given)
    began = time.monotonic()
    found = ask(kind, parameters, limit, means)
    assert time.monotonic() - began < limit + SLACK
    assert found.sentence.endswith((".", "”."))
    return found


def hang(_: str) -> Iterator[bytes]:
    time.sleep(LIMIT * 3)
    yield OK


@pytest.mark.parametrize(
    ("answer", "given", "code", "told"),
    [
        pytest.param(OK, {}, "ok", "status 200", id="good"),
        pytest.param(OK, {"text": "hello"}, "ok", "and the text", id="good with text"),
        pytest.param(OK, {"text": "Good morning"}, "text", "without the text “Good morning”", id="wrong text"),
        pytest.param(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", {}, "status", "status 500; 200 was", id="500"),
        pytest.param(
            b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", {"status": "200, 401"}, "ok", "401", id="401 expected"
        ),
        pytest.param(redirect("/again"), {}, "too-many-redirects", "redirects", id="redirect loop"),
        pytest.param(hang, {}, "too-slow", "within 0.6 s", id="hangs"),
        pytest.param(lambda _: drip(b"HTTP/1.1 200 OK\r\n\r\n"), {}, "too-slow", "within 0.6 s", id="slow drip"),
        pytest.param(b"220 mail.example.org ESMTP\r\n", {}, "broken-answer", "HTTP", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", {}, "broken-answer", "end", id="cut off"),
        pytest.param(body(b"x" * 6_000_000), {}, "too-big", "", id="too big"),
        pytest.param(
            body("Grüße".encode("latin-1"), "Content-Type: text/html; charset=ISO-8859-1"), {"text": "Grüße"}, "ok",
            "text", id="latin-1",
        ),
        pytest.param(body(b"abc", "Content-Type: text/html; charset=hex"), {"text": "abc"}, "ok", "", id="odd charset"),
    ],
)  # fmt: skip
def test_http(answer: Any, given: dict[str, str], code: str, told: str) -> None:
    with serving(answer) as server:
        found = asked("http", url=server.url(), **given)
    assert (found.code, found.ok) == (code, code == "ok"), found
    assert told in found.sentence


def test_http_that_resets_or_refuses() -> None:
    with servers.listening(servers.reset) as port:
        assert asked("http", url=f"http://127.0.0.1:{port}/").code == "broken-answer"
    assert asked("http", url=f"http://127.0.0.1:{servers.closed_port()}/").code == "no-connection"


def test_latency_is_measured() -> None:
    def slow(_: str) -> Iterator[bytes]:
        time.sleep(0.2)
        yield OK

    with serving(slow) as server:
        found = asked("http", limit=5, url=server.url())
    assert found.seconds is not None
    assert found.seconds >= 0.2


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("http", {"url": "http://127.0.0.1:8080/"}),
        ("http", {"url": "http://169.254.169.254/latest/"}),
        ("tcp", {"host": "127.0.0.1", "port": 22}),
        ("tls", {"host": "10.0.0.1"}),
        ("ssh", {"host": "::1"}),
        ("dns", {"domain": "example.org", "server": "127.0.0.53"}),
        ("tcp", {"host": "169.254.169.254", "port": 80}),
    ],
)
def test_closed_addresses_are_not_asked_and_count_as_not_measured(kind: str, given: dict[str, Any]) -> None:
    found = asked(kind, means=Means(), **given)
    assert (found.ok, found.code) == (None, "closed-address"), found


def test_a_listed_network_never_opens_metadata() -> None:
    found = asked("tcp", host="169.254.169.254", port=80)
    assert (found.ok, found.code) == (None, "closed-address")


def test_tcp() -> None:
    with servers.listening(servers.silent) as port:
        found = asked("tcp", host="127.0.0.1", port=port)
        assert found.ok
        assert found.seconds is not None
    found = asked("tcp", host="127.0.0.1", port=servers.closed_port())
    assert (found.ok, found.code) == (False, "refused")
    with servers.black_hole() as port:
        found = asked("tcp", host="127.0.0.1", port=port)
    assert (found.ok, found.code) == (False, "too-slow")


def test_the_second_address_of_a_name_is_tried_and_an_unknown_name_is_told() -> None:
    with servers.listening(servers.silent) as port:
        twice = Means(LOOP, resolve=lambda _: ["127.0.0.9", "127.0.0.1"])
        assert asked("tcp", means=twice, host="door.example", port=port).ok

    def unknown(_: str) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    found = asked("tcp", means=Means(LOOP, resolve=unknown), host="nowhere.example", port=1)
    assert (found.ok, found.code) == (False, "unknown-host")

    def slow(_: str) -> list[str]:
        time.sleep(LIMIT * 3)
        return []

    found = asked("tcp", means=Means(LOOP, resolve=slow), host="slow.example", port=1)
    assert (found.ok, found.code) == (False, "too-slow")


@pytest.fixture(scope="module")
def authority() -> servers.Authority:
    return servers.Authority()


@pytest.mark.parametrize(
    ("certificate", "code", "told"),
    [
        ({"days": 90}, "ok", "90 days more"),
        ({"days": 5}, "ends-soon", "at least 14 were expected"),
        ({"days": -1}, "expired", "has expired"),
        ({"days": 90, "since": 1}, "not-yet", "not valid yet"),
        ({"days": 90, "alone": True}, "self-signed", "by itself"),
    ],
)
def test_tls(authority: servers.Authority, tmp_path: Path, certificate: dict[str, Any], code: str, told: str) -> None:
    context = authority.server(tmp_path, **certificate)
    with servers.listening(servers.secured(context)) as port:
        found = asked("tls", limit=5, means=Means(LOOP, tls=authority.trusting), host="127.0.0.1", port=port)
    assert (found.code, found.ok) == (code, code == "ok"), found
    assert told in found.sentence


def test_tls_of_another_name_or_an_unknown_authority(authority: servers.Authority, tmp_path: Path) -> None:
    with servers.listening(servers.secured(authority.server(tmp_path, days=90))) as port:
        there = Means(LOOP, tls=authority.trusting, resolve=lambda _: ["127.0.0.1"])
        assert asked("tls", limit=5, means=there, host="door.example", port=port).code == "other-name"
        assert asked("tls", limit=5, host="127.0.0.1", port=port).code == "unknown-issuer"


@pytest.mark.parametrize(
    ("talk", "code"),
    [
        pytest.param(servers.saying(b"220 mail\r\n"), "no-tls", id="mail"),
        pytest.param(servers.silent, "too-slow", id="silent"),
        pytest.param(servers.reset, "reset", id="reset"),
    ],
)
def test_what_speaks_no_tls(talk: servers.Talk, code: str) -> None:
    with servers.listening(talk) as port:
        found = asked("tls", host="127.0.0.1", port=port)
    assert (found.ok, found.code) == (False, code), found


def _slowly(pieces: Iterator[bytes]) -> Callable[[socket.socket], None]:
    def talk(link: socket.socket) -> None:
        for piece in pieces:
            link.sendall(piece)
            time.sleep(0.05)

    return talk


@pytest.mark.parametrize(
    ("talk", "given", "code"),
    [
        pytest.param(servers.saying(b"SSH-2.0-OpenSSH_9.2p1\r\n"), {}, "ok", id="good"),
        pytest.param(servers.saying(b"Welcome\r\nto us\r\n", b"SSH-2.0-Open", b"SSH_9\r\n"), {}, "ok", id="greeted"),
        pytest.param(servers.saying(b"SSH-2.0-dropbear\r\n"), {"banner": "OpenSSH"}, "banner", id="wrong"),
        pytest.param(servers.saying(b""), {}, "no-banner", id="hangs up"),
        pytest.param(servers.saying(b"220 mail\r\n"), {}, "no-banner", id="mail"),
        pytest.param(servers.saying(b"x\n" * 8192), {}, "no-ssh", id="chatter"),
        pytest.param(servers.silent, {}, "too-slow", id="silent"),
        pytest.param(_slowly(itertools.repeat(b"S")), {}, "too-slow", id="drip"),
    ],
)
def test_ssh(talk: servers.Talk, given: dict[str, str], code: str) -> None:
    with servers.listening(talk) as port:
        found = asked("ssh", host="127.0.0.1", port=port, **given)
    assert (found.code, found.ok) == (code, code == "ok"), found


def garbage(asked: dns.message.Message) -> bytes:
    return asked.id.to_bytes(2, "big") + b"\x81\x80\x00"


@pytest.mark.parametrize(
    ("answer", "given", "code", "told"),
    [
        pytest.param(servers.records("192.0.2.7"), {}, "ok", "192.0.2.7", id="good"),
        pytest.param(servers.records("192.0.2.7", "192.0.2.8"), {"answer": "192.0.2.8"}, "ok", "", id="one of two"),
        pytest.param(servers.records("192.0.2.7"), {"answer": "192.0.2.9"}, "answer", "192.0.2.9 was", id="wrong"),
        pytest.param(
            servers.records('"v=spf1 -all"', sort="TXT"), {"record": "TXT", "answer": "v=spf1 -all"}, "ok", "", id="txt"
        ),
        pytest.param(servers.records(), {}, "no-record", "no A record", id="empty"),
        pytest.param(servers.failing(dns.rcode.NXDOMAIN), {}, "no-name", "there is no", id="NXDOMAIN"),
        pytest.param(servers.failing(dns.rcode.SERVFAIL), {}, "server-failed", "SERVFAIL", id="SERVFAIL"),
        pytest.param(servers.failing(dns.rcode.REFUSED), {}, "server-failed", "REFUSED", id="REFUSED"),
        pytest.param(lambda _: None, {}, "too-slow", "within 0.6 s", id="silent"),
    ],
)
def test_dns(answer: Any, given: dict[str, str], code: str, told: str) -> None:
    with servers.name_server(answer) as port:
        found = asked("dns", domain="login.example.org", server="127.0.0.1", port=port, **given)
    assert (found.code, found.ok) == (code, code == "ok"), found
    assert told in found.sentence


def test_a_name_server_that_answers_rubbish_is_told() -> None:
    with servers.name_server(garbage) as port:
        found = asked("dns", domain="login.example.org", server="127.0.0.1", port=port)
    assert found.ok is False
    assert found.code in {"server-failed", "too-slow", "bad-answer"}


def test_a_fault_of_ours_is_not_measured() -> None:
    found = ask("tcp", {}, 1, OPEN)
    assert (found.ok, found.code) == (None, "fault")
