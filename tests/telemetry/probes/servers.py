"""Real servers on loopback that misbehave, each as a context manager that gives its port."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hortus.telemetry.probes.asking import Means

LOOP = (ip_network("127.0.0.0/8"),)
OPEN = Means(networks=LOOP)
Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk) -> Iterator[int]:
    """Take connections and have each talked to in a thread."""
    server = socket.create_server(("127.0.0.1", 0))

    def talked(link: socket.socket) -> None:
        with link:
            try:
                talk(link)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                link, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talked, args=[link], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def silent(link: socket.socket) -> None:
    """Say nothing until the other side goes."""
    while link.recv(1024):
        pass


def reset(link: socket.socket) -> None:
    """Hear the first byte and break the connection off with a reset."""
    link.recv(1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def saying(*pieces: bytes) -> Talk:
    """Say something and hang up."""

    def talk(link: socket.socket) -> None:
        for piece in pieces:
            link.sendall(piece)

    return talk


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that takes no further connection and refuses none: its queue is full and nobody empties it."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        fillers = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            fillers.append(one)
        try:
            yield port
        finally:
            for one in fillers:
                one.close()


def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Authority:
    """Signs certificates for tests; `trusting` is what a client that trusts it uses."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of tests")])
        self.certificate = self._signed(self.name, self.key, -30, 3650, is_authority=True)

    def _signed(
        self, who: x509.Name, key: ec.EllipticCurvePrivateKey, since: float, days: float, *, is_authority: bool,
        alone: bool = False,
    ) -> x509.Certificate:  # fmt: skip
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder().subject_name(who).issuer_name(who if alone else self.name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=since)).not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )  # fmt: skip
        if not is_authority:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            made = made.add_extension(names, critical=False)
        return made.sign(key if alone else self.key, hashes.SHA256())

    def server(self, folder: Path, *, days: float, since: float = -20, alone: bool = False) -> ssl.SSLContext:
        """Return the TLS settings of a server at 127.0.0.1 whose certificate ends in some days."""
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        made = self._signed(who, key, since, days, is_authority=False, alone=alone)
        file = folder / "server.pem"
        file.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.certificate.public_bytes(serialization.Encoding.PEM).decode())


def secured(context: ssl.SSLContext) -> Talk:
    """Shake hands and wait for the other side to go."""

    def talk(link: socket.socket) -> None:
        with context.wrap_socket(link, server_side=True) as safe:
            safe.recv(1)

    return talk


@contextmanager
def name_server(answer: Callable[[dns.message.Message], bytes | None]) -> Iterator[int]:
    """A name server over UDP; answer is from a question to the bytes of its answer, None for silence."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                asked, who = server.recvfrom(4096)
            except OSError:
                return
            if not asked:
                return
            said = answer(dns.message.from_wire(asked))
            if said is not None:
                server.sendto(said, who)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", server.getsockname())
        thread.join(5)
        server.close()


def records(*texts: str, sort: str = "A") -> Callable[[dns.message.Message], bytes]:
    """Answer every question with these records."""

    def answer(asked: dns.message.Message) -> bytes:
        said = dns.message.make_response(asked)
        said.flags |= dns.flags.RA
        if texts:
            said.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", sort, *texts))
        return said.to_wire()

    return answer


def failing(code: dns.rcode.Rcode) -> Callable[[dns.message.Message], bytes]:
    """Answer every question with this code."""

    def answer(asked: dns.message.Message) -> bytes:
        said = dns.message.make_response(asked)
        said.set_rcode(code)
        return said.to_wire()

    return answer
