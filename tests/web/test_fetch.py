"""The guarded fetcher against real servers on loopback: what arrives, what is followed, what is cut off."""

import gzip
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hortus.web.fetch import Unfetchable, fetch
from hortus.web.fetch_unpack import unpacked
from tests.web.fetch_servers import OK, Names, Server, body, certificate, drip, redirect, rules, serving


def refusal(server: Server, path: str = "/", **others: object) -> Unfetchable:
    with pytest.raises(Unfetchable) as refused:
        fetch(server.url(path), rules(**others))  # type: ignore[arg-type]
    return refused.value


def test_fetches_a_page() -> None:
    with serving(body(b"hello", "Content-Type: text/plain", "X-Odd: 1")) as server:
        answer = fetch(server.url("/a?b=c#d"), rules())
    assert (answer.status, answer.body, answer.ok, answer.url) == (200, b"hello", True, server.url("/a?b=c"))
    assert answer.headers["content-type"] == "text/plain"
    assert server.requests[0].startswith("GET /a?b=c HTTP/1.1\r\n")


@pytest.mark.parametrize("status", [204, 304, 404, 500])
def test_any_status_is_an_answer(status: int) -> None:
    with serving(f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n".encode()) as server:
        answer = fetch(server.url(), rules())
    assert (answer.status, answer.ok, answer.body) == (status, status == 204, b"")


def test_posts_and_asks_for_heads() -> None:
    with serving(OK) as server:
        assert fetch(server.url(), rules(), method="POST", content=b"ping").body == b"hello"
        assert fetch(server.url(), rules(), method="HEAD").body == b""
    assert server.requests[0].startswith("POST / ")
    assert "content-length: 4" in server.requests[0].lower()
    with pytest.raises(ValueError, match="method must be one of"):
        fetch("http://a.example/", method="DELETE")


def test_the_user_name_of_a_url_is_dropped() -> None:
    with serving(OK) as server:
        assert fetch(f"http://me:secret@127.0.0.1:{server.port}/", rules()).url == server.url()
    assert "authorization" not in server.requests[0].lower()
    assert "secret" not in server.requests[0]


def test_nothing_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a proxy nor a password that the account keeps for a host."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with serving(OK) as proxy, serving(OK) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        monkeypatch.delenv("no_proxy", raising=False)
        fetch(server.url(), rules())
    assert proxy.requests == []
    assert "authorization" not in server.requests[0].lower()


def test_only_the_checked_address_is_contacted_when_a_name_server_changes_its_mind() -> None:
    """The name is asked for once; the second answer, another server here, is never heard."""
    with serving(OK, "127.0.0.2") as good:
        names = Names(["127.0.0.2"], ["127.0.0.3"])
        assert fetch(good.url(host="flip.example"), rules(names)).body == b"hello"
    assert names.asked == ["flip.example"]
    assert f"Host: flip.example:{good.port}" in good.requests[0]


def test_each_hop_is_looked_up_and_checked_anew() -> None:
    """A name that turns to the metadata address between two hops is caught at the second."""
    with serving(redirect("/again"), "127.0.0.2") as server:
        names = Names(["127.0.0.2"], ["169.254.169.254"])
        with pytest.raises(Unfetchable) as refused:
            fetch(server.url(host="flip.example"), rules(names))
    assert refused.value.code == "closed-address"
    assert (len(names.asked), len(server.requests)) == (2, 1)


def test_the_second_address_is_tried_when_the_first_is_dead() -> None:
    with serving(OK, "127.0.0.2") as server:
        assert fetch(server.url(host="two.example"), rules(Names(["127.0.0.3", "127.0.0.2"]))).status == 200


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "closed-address"),
        ("http://[::ffff:169.254.169.254]/", "closed-address"),
        ("//169.254.169.254/", "closed-address"),
        ("http://0xA9FEA9FE/", "url-number"),
        ("http://10.0.0.1/", "closed-address"),
        ("http://127.0.0.1:22/", "closed-port"),
        ("file:///etc/passwd", "url-scheme"),
        ("ftp://127.0.0.1/", "url-scheme"),
        ("gopher://127.0.0.1:6379/_x", "url-scheme"),
        ("data:text/plain,x", "url-scheme"),
        ("http://127.0.0.1\\@example.org/", "url-characters"),
        ("http://[::1", "url-host"),
        ("//[::1", "bad-redirect"),
        ("http:///etc/passwd", "url-host"),
    ],
)
def test_a_redirect_is_judged_like_the_first_url(to: str, code: str) -> None:
    with serving(redirect(to)) as server:
        assert refusal(server).code == code
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_good_redirect_is_followed(status: int) -> None:
    with serving(lambda path: OK if path == "/b" else redirect("b#x", status)) as server:
        assert fetch(server.url("/a"), rules()).url == server.url("/b")


def test_redirects_end() -> None:
    with serving(redirect("/")) as server:
        assert refusal(server, max_hops=3).code == "too-many-redirects"
    assert len(server.requests) == 4


def test_a_redirected_post_is_not_sent_again() -> None:
    with serving(redirect("/b", 307)) as server, pytest.raises(Unfetchable, match="redirects elsewhere"):
        fetch(server.url(), rules(), method="POST", content=b"x")
    assert len(server.requests) == 1


def test_a_token_stays_with_its_server_and_cookies_with_none() -> None:
    sent = {"Authorization": "Bearer secret", "Host": "lie.example", "Accept": "text/calendar"}
    with serving(OK, "127.0.0.2") as other:
        to = {
            "/": redirect("/here").replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n"),
            "/here": redirect(other.url(host="127.0.0.2")),
        }
        with serving(lambda path: to[path]) as first:
            fetch(first.url(), rules(), headers=sent)
    assert ["Bearer secret" in asked for asked in first.requests] == [True, True]
    asked = other.requests[0].lower()
    assert "bearer" not in asked
    assert "cookie" not in asked + first.requests[1].lower()
    assert "lie.example" not in asked + "".join(first.requests)
    assert "accept: text/calendar" in asked


@pytest.mark.parametrize("said", [True, False])
def test_a_big_body_is_cut_off(said: bool) -> None:
    """Whether its length is told, or only shows."""

    def answer(_: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 1000000\r\n\r\n" if said else b"\r\n")
        for _piece in range(1000):
            yield b"x" * 1000

    with serving(answer) as server:
        assert refusal(server, max_bytes=50_000).code == "too-big"


def test_a_body_of_just_the_limit_is_read() -> None:
    with serving(body(b"x" * 50_000)) as server:
        assert len(fetch(server.url(), rules(max_bytes=50_000)).body) == 50_000
        assert refusal(server, max_bytes=49_999).code == "too-big"


def test_a_packed_body_is_unpacked_within_the_limit() -> None:
    packed = gzip.compress(b"hello" * 1000)
    with serving(body(packed, "Content-Encoding: gzip")) as server:
        assert fetch(server.url(), rules(max_bytes=5000)).body == b"hello" * 1000
        assert refusal(server, max_bytes=4999).code == "too-big"


def test_a_decompression_bomb_costs_no_more_than_the_limit() -> None:
    bomb = gzip.compress(bytes(300_000_000), 9)
    assert len(bomb) < 300_000
    with serving(body(bomb, "Content-Encoding: gzip")) as server:
        assert refusal(server, max_bytes=1_000_000).code == "too-big"
    tracemalloc.start()
    with pytest.raises(Unfetchable):
        unpacked([bomb], "gzip", 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("content", "encoding", "code"),
    [
        (gzip.compress(b"x" * 1000)[:-9], "gzip", "cut-short"),
        (b"not packed at all", "gzip", "damaged"),
        (zlib.compress(b"hello"), "deflate", "packed-oddly"),
        (b"hello", "br", "packed-oddly"),
        (gzip.compress(gzip.compress(b"hello")), "gzip, gzip", "packed-oddly"),
    ],
    ids=["cut short", "not packed", "deflate", "brotli", "packed twice"],  # not of the bytes: they hold the time
)
def test_a_body_that_cannot_be_unpacked_is_said(content: bytes, encoding: str, code: str) -> None:
    with serving(body(content, f"Content-Encoding: {encoding}")) as server:
        assert refusal(server).code == code


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n",
    ],
)
def test_a_slow_server_is_left(first: bytes) -> None:
    """It sends something every moment, for ever; if that held us, this test would not end."""
    with serving(lambda _: drip(first)) as server:
        assert refusal(server, seconds=0.6).code == "too-slow"


def test_a_slow_resolver_is_left() -> None:
    answered = threading.Event()

    def asleep(host: str) -> list[str]:
        answered.wait()
        return ["127.0.0.1"]

    with pytest.raises(Unfetchable) as refused:
        fetch("http://slow.example/", rules(asleep, seconds=0.3))
    answered.set()
    assert refused.value.code == "too-slow"


def test_hops_share_one_time() -> None:
    def answer(_: str) -> Iterator[bytes]:
        time.sleep(0.3)
        yield redirect("/")

    with serving(answer) as server:
        assert refusal(server, seconds=0.8, max_hops=20).code == "too-slow"
    assert len(server.requests) <= 4


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: yes\r\n" * 5_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 40_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Endless: " + b"x" * 10_000_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 200_000,
        b"\x00\x01\x02 nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"",
    ],
    ids=["many headers", "long header", "endless header", "informed for ever", "nonsense", "short", "short chunk",
         "bad chunk", "negative", "silence"],
)  # fmt: skip
def test_a_broken_answer_is_a_sentence(said: bytes) -> None:
    with serving(said) as server:
        refused = refusal(server, max_bytes=100_000)
    assert refused.code in {"broken-answer", "big-headers", "too-big"}
    assert refused.sentence.endswith(".")


def test_bytes_that_belong_to_no_body_are_counted_too() -> None:
    """Interim answers, headers and framing: none of them is an endless way in."""

    def answer(_: str) -> Iterator[bytes]:
        while True:
            yield b"HTTP/1.1 100 Continue\r\n\r\n" * 100

    with serving(answer) as server:
        assert refusal(server, max_bytes=100_000).code == "too-big"


def test_a_closed_port_is_said() -> None:
    with serving(OK) as server:
        pass
    assert refusal(server).code == "no-connection"


def test_tls_is_verified_for_the_name_while_the_address_is_ours(tmp_path: Path) -> None:
    there, here = certificate(tmp_path, "feeds.example")
    with serving(OK, tls=there) as server:
        names = Names(["127.0.0.1"])
        assert fetch(server.url(host="feeds.example"), rules(names, tls=here)).body == b"hello"
        for host, trust in (("other.example", here), ("127.0.0.1", here), ("feeds.example", None)):
            with pytest.raises(Unfetchable) as refused:
                fetch(server.url(host=host), rules(names, tls=trust))
            assert refused.value.code == "certificate"
    assert len(server.requests) == 1


def test_plain_http_on_a_port_of_https_is_said() -> None:
    with serving(OK) as server, pytest.raises(Unfetchable) as refused:
        fetch(server.url().replace("http:", "https:"), rules())
    assert refused.value.code == "no-tls"


def test_a_redirect_that_leaves_https_is_refused(tmp_path: Path) -> None:
    there, here = certificate(tmp_path, "feeds.example")
    with (
        serving(OK) as plain,
        serving(redirect(plain.url()), tls=there) as server,
        pytest.raises(Unfetchable) as refused,
    ):
        fetch(server.url(host="feeds.example"), rules(Names(["127.0.0.1"]), tls=here))
    assert refused.value.code == "downgrade"
    assert plain.requests == []


def test_nothing_of_the_url_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A calendar's address is often its only secret."""
    with serving(OK) as server, caplog.at_level("DEBUG"):
        fetch(server.url("/private-feed"), rules())
    assert "private-feed" not in caplog.text
