"""A mail server and a web server on loopback that do as a script says: take, refuse, hang, break off, lie.

Both remember all that they got. They run in threads of the test and are stopped by their fixtures.
"""

import asyncio
import email
import email.policy
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from tests.place import free_port

logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every command


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came: for whom, and what the server answered ("" when it broke off)."""

    to: tuple[str, ...]
    message: EmailMessage
    answer: str

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        return part.get_content() if part is not None else ""


@dataclass
class PostOffice:
    """A scripted SMTP server. Set its rules at any time; `down` and `up` close and open its port.

    rcpt: answer to a recipient ("" for 250). data: answer to a mail after it was received whole ("" for 250; "reset"
    takes it and breaks the connection off before it answers, "hang" never answers).
    """

    port: int = field(default_factory=free_port)
    rcpt: Callable[[str], str] = lambda _address: ""
    data: Callable[[EmailMessage], str] = lambda _message: ""
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)
    loop: asyncio.AbstractEventLoop | None = None
    thread: threading.Thread | None = None
    server: asyncio.Server | None = None
    open: set[asyncio.Transport] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def accepted(self) -> list[Mail]:
        """Return the mails that were answered with 250, in their order."""
        with self.guard:
            return [mail for mail in self.mails if mail.answer.startswith("250")]

    def received(self) -> list[Mail]:
        """Return all mails that came whole, also those that were then refused or broken off."""
        with self.guard:
            return list(self.mails)

    def up(self) -> None:
        """Open the port; comes back when it listens."""
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
            self.thread.start()
        self._in_loop(self._listen())

    def down(self) -> None:
        """Close the port and every connection: who asks now is refused."""
        if self.loop is not None and self.server is not None:
            self._in_loop(self._close())

    def stop(self) -> None:
        """Close everything and end the thread."""
        self.down()
        if self.loop is not None and self.thread is not None:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)
            self.loop.close()
            self.loop = None

    def _in_loop(self, work: Any) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.server = await loop.create_server(lambda: _Talk(self), sock=listening, backlog=256)

    async def _close(self) -> None:
        assert self.server is not None
        self.server.close()
        for transport in list(self.open):
            transport.abort()
        self.server = None


class _Talk(SMTP):
    """One connection."""

    def __init__(self, office: PostOffice) -> None:
        super().__init__(_Clerk(office), enable_SMTPUTF8=True, hostname="post.test", timeout=600)
        self.office = office

    def connection_made(self, transport: Any) -> None:
        self.office.connections += 1
        self.office.open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Any) -> None:
        self.office.open.discard(self.transport)  # type: ignore[arg-type]
        super().connection_lost(error)


class _Clerk:
    def __init__(self, office: PostOffice) -> None:
        self.office = office

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        refusal = self.office.rcpt(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        answer = self.office.data(message) or "250 OK"
        broken = answer in {"reset", "hang"}
        with self.office.guard:
            self.office.mails.append(Mail(tuple(envelope.rcpt_tos), message, "" if broken else answer))
        if answer == "reset":
            server.transport.abort()
        if answer == "hang":
            await asyncio.sleep(3600)
        return answer


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: method, path, headers in lower case, body; and the status that it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class WebServer:
    """A scripted HTTP server. answer: from the request's path and body to a status; 0 breaks off without an answer."""

    answer: Callable[[str, bytes], int] = lambda _path, _body: 200
    asked: list[Asked] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)
    server: ThreadingHTTPServer | None = None

    @property
    def port(self) -> int:
        assert self.server is not None
        return int(self.server.server_address[1])

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def requests(self) -> list[Asked]:
        """Return what came so far, in order."""
        with self.guard:
            return list(self.asked)

    def up(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


def _handler(office: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status = office.answer(self.path, body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            with office.guard:
                office.asked.append(Asked(self.command, self.path, headers, body, status))
            if not status:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_HEAD = _take  # noqa: N815 -- the names that http.server looks for

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A mail server that takes everything until told otherwise."""
    office = PostOffice()
    office.up()
    yield office
    office.stop()


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    """A web server that answers 200 until told otherwise."""
    server = WebServer()
    server.up()
    yield server
    server.stop()
