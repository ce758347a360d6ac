"""Real servers on loopback for the tests of the fetcher: each answers with bytes, and notes who came and for what."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hortus.web.fetch import Rules
from hortus.web.fetch_wire import Resolver

LOOP = (ip_network("127.0.0.0/8"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
Answer = Callable[[str], bytes | Iterator[bytes]]


def redirect(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Over there\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def body(content: bytes, *headers: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in headers)
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n{lines}\r\n".encode() + content


class Server:
    """Listens on one loopback address; answer is from the path to bytes, or to pieces sent one by one."""

    def __init__(self, answer: Answer, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.tls = tls
        self.requests: list[str] = []
        self.listening = socket.create_server((address, 0))
        self.port: int = self.listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as link:
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += link.recv(65_536)
                    if not asked:
                        return
                    if not asked[:1].isalpha():  # not HTTP: answered all the same
                        asked = b"? ? ?\r\n\r\n"
                self.requests.append(asked.decode("latin-1"))
                said = self.answer(asked.split(b" ")[1].decode("latin-1"))
                for piece in [said] if isinstance(said, bytes) else said:
                    link.sendall(piece)
        except OSError:
            connection.close()


@contextmanager
def serving(answer: Answer | bytes, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(answer if callable(answer) else lambda _: answer, address, tls)
    try:
        yield server
    finally:
        server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()


def drip(first: bytes, pause_seconds: float = 0.05) -> Iterator[bytes]:
    """Send a beginning, then one byte now and then, for ever."""
    yield first
    while True:
        time.sleep(pause_seconds)
        yield b"x"


class Names:
    """A resolver that answers from a script, one answer after the other, and counts how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def rules(names: Resolver | None = None, **others: object) -> Rules:
    """Rules of the tests: loopback is open because the tests list it."""
    given = {"networks": LOOP, "seconds": 5.0, **others}
    return Rules(**given, **({"resolve": names} if names else {}))  # type: ignore[arg-type]


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the TLS settings of a server with a certificate for `name`, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(pem + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    client = ssl.create_default_context(cadata=pem.decode())
    return server, client
