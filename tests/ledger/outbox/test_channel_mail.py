"""E-mail as a server on loopback gets it: threads, the way out, nasty names; and what each answer comes to."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from hortus.ledger.outbox.channels import mail, send
from hortus.ledger.outbox.channels.letters import Letter, Verdict
from hortus.ledger.outbox.channels.mail_text import one_line
from hortus.ledger.outbox.recipients import Mailbox
from tests.ledger.outbox.letter_box import AT, LATER, SAID, declare, letter
from tests.outbox_servers import Mail, PostOffice, post_office  # noqa: F401 -- a fixture
from tests.place import free_port


@pytest.fixture
def office(post_office: PostOffice, settings: Any) -> PostOffice:  # noqa: F811
    declare(
        settings, email_url=post_office.url, email_from="hortus@example.org", public_url="https://hortus.example.org"
    )
    return post_office


def one_mail(office: PostOffice, sent: Letter) -> Mail:
    before = len(office.accepted())
    assert send(sent).verdict is Verdict.ACCEPTED
    assert len(office.accepted()) == before + 1
    return office.accepted()[-1]


def text(mail: Mail) -> str:
    return mail.text.replace("\r\n", "\n")


def html(mail: Mail) -> str:
    part = mail.message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_a_mail_says_what_was_said_with_a_link(office: PostOffice) -> None:
    got = one_mail(office, letter())
    assert str(got.message["Subject"]) == "[Research Computing] Scratch is slow"
    assert str(got.message["To"]) == "Ada <ada@example.org>"
    assert str(got.message["From"]) == "Research Computing <hortus@example.org>"
    assert got.message["Date"].datetime == AT
    assert "You can log in.\nYou cannot submit.\n\nhttps://hortus.example.org/t/rcd/incidents/7/\n" in text(got)
    assert "23 November 2026, 14:00 CET" in text(got)
    assert 'href="https://hortus.example.org/t/rcd/incidents/7/"' in html(got)


def test_mail_of_one_incident_is_one_thread_and_keeps_its_id_in_every_try(office: PostOffice) -> None:
    first, again = one_mail(office, letter()), one_mail(office, letter(may_repeat=True))
    later = one_mail(office, letter(LATER, id="78"))
    other = one_mail(office, letter(thread="incident:8", id="79"))
    assert first.id == again.id
    assert len({first.id, later.id, other.id}) == 3
    assert first.message["References"] == later.message["References"] == later.message["In-Reply-To"]
    assert first.message["References"] != other.message["References"]
    assert (first.message["X-Hortus-May-Repeat"], again.message["X-Hortus-May-Repeat"]) == (None, "yes")
    assert again.text.startswith("This may be a repeat")


def test_a_letter_that_tells_more_is_no_repeat_of_a_shorter_one(office: PostOffice) -> None:
    """A program that throws repeats away by their id must not throw away what is new in a longer letter."""
    short, long = one_mail(office, letter()), one_mail(office, letter(SAID, LATER, may_repeat=True))
    assert short.id != long.id
    assert long.text.index("You cannot submit.") < long.text.index("It is over.")


def test_programs_know_that_no_person_typed_it_and_how_to_get_no_more(office: PostOffice) -> None:
    out = f"https://hortus.example.org/unsubscribe/{'a' * 150}/"
    message = one_mail(office, letter(mailbox=Mailbox("ada@example.org", "Ada", out))).message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Precedence"] == "list"
    assert message["List-Id"] == "<incident.rcd.hortus.example.org>"
    assert message["List-Unsubscribe"] == f"<{out}>"  # whole, though it is longer than a line
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert one_mail(office, letter()).message["List-Unsubscribe"] is None


def test_a_link_for_one_recipient_stands_in_the_place_of_the_path(office: PostOffice) -> None:
    own = Mailbox("ada@example.org", link="https://hortus.example.org/status/confirm/secret/")
    got = one_mail(office, letter(mailbox=own))
    assert own.link in text(got)
    assert "/incidents/7/" not in text(got) + html(got)


def test_without_a_public_address_a_mail_has_no_links(office: PostOffice, settings: Any) -> None:
    declare(settings, public_url="")
    got = one_mail(office, letter())
    assert "http" not in text(got)
    assert got.id.endswith("@example.org>")


def test_words_of_people_stay_words(office: PostOffice) -> None:
    nasty = replace(
        SAID, subject="Größe 🌱\r\nBcc: all@example.org", body="<script>alert(1)</script>\n.\nA lone dot above."
    )
    name = 'Löve, "Ada"\r\nBcc: all@example.org'
    got = one_mail(office, letter(nasty, team_name="Forschung & Rechnen", mailbox=Mailbox("ada@example.org", name)))
    assert got.to == ("ada@example.org",)
    assert got.message["Bcc"] is None
    assert str(got.message["Subject"]) == "[Forschung & Rechnen] Größe 🌱 Bcc: all@example.org"
    assert got.message["To"].addresses[0].display_name == 'Löve, "Ada" Bcc: all@example.org'
    assert "<script>alert(1)</script>\n.\nA lone dot above." in text(got)
    assert "&lt;script&gt;" in html(got)
    assert "<script>" not in html(got)


@given(st.text(max_size=300))
def test_whatever_is_typed_fits_in_a_header(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 120
    assert len(line.splitlines()) <= 1
    assert not {"\r", "\n", "\0"} & set(line)


def test_a_domain_of_any_script_is_written_to(office: PostOffice) -> None:
    assert one_mail(office, letter(mailbox=Mailbox("ada@bücher.example"))).to == ("ada@xn--bcher-kva.example",)


@pytest.mark.parametrize(
    "wrong",
    ["", "ada", "ädä@example.org", "@example.org", "ada@", "a b@example.org",
     "ada@example.org\r\nRCPT TO:<b@example.org>", "a@b c"]
)  # fmt: skip
def test_an_address_that_is_none_is_refused_for_good(office: PostOffice, wrong: str) -> None:
    assert send(letter(mailbox=Mailbox(wrong))).verdict is Verdict.REFUSED
    assert office.connections == 0


@pytest.mark.parametrize(
    ("stage", "answer", "verdict"),
    [
        ("rcpt", "550 5.1.1 <ada@example.org> unknown", Verdict.REFUSED),
        ("rcpt", "450 4.2.1 busy, try later", Verdict.AGAIN),
        ("rcpt", "421 4.3.0 closing", Verdict.AGAIN),
        ("data", "554 5.7.1 no such text from ada@example.org", Verdict.REFUSED),
        ("data", "451 4.3.0 disk full", Verdict.AGAIN),
        ("data", "reset", Verdict.AGAIN),
    ],
)
def test_each_answer_of_a_server_has_its_meaning(
    office: PostOffice, stage: str, answer: str, verdict: Verdict
) -> None:  # fmt: skip
    setattr(office, stage, lambda _given: answer)
    outcome = send(letter())
    assert outcome.verdict is verdict
    assert outcome.is_unsure is (answer == "reset")  # it had the whole text and did not answer
    assert outcome.is_channel_down is (answer[:3] in {"421", "res"})
    assert "ada@example.org" not in outcome.answer
    assert answer == "reset" or answer[:3] in outcome.answer


def test_a_server_that_is_down_is_asked_again(office: PostOffice) -> None:
    office.down()
    outcome = send(letter())
    assert (outcome.verdict, outcome.is_channel_down, outcome.is_unsure) == (Verdict.AGAIN, True, False)


def test_a_server_that_never_says_a_word_is_given_up_and_asked_again() -> None:
    message = EmailMessage()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = mail.Server("127.0.0.1", silent.getsockname()[1], seconds=0.2)
        outcome = mail.hand_over(message, "hortus@example.org", "ada@example.org", at)
    assert (outcome.verdict, outcome.is_channel_down) == (Verdict.AGAIN, True)
    assert outcome.answer == "The mail server 127.0.0.1 is too slow."


def test_without_a_mail_server_nothing_is_sent_and_nothing_is_dead(settings: Any) -> None:
    declare(settings, email_url="")
    outcome = send(letter())
    assert outcome.verdict is Verdict.UNSENT
    assert "HORTUS_EMAIL_URL" in outcome.answer


def test_console_prints_it(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    declare(settings, email_url="console")
    assert send(letter()).verdict is Verdict.ACCEPTED
    assert "Subject: [Research Computing] Scratch is slow" in capsys.readouterr().out


class _Keeps:
    """Keeps what came, and whether it came encrypted."""

    def __init__(self) -> None:
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: Any, session: Any, _envelope: Any) -> str:  # noqa: N802
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@pytest.fixture
def offers_tls(tmp_path: Path) -> Iterator[tuple[_Keeps, int]]:
    """A mail server that offers STARTTLS with a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_own_certificate(tmp_path))
    kept, port = _Keeps(), free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port, tls_context=context)
    controller.start()
    yield kept, port
    controller.stop()


def _own_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay.test")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    signed = (
        made.serial_number(1).not_valid_before(AT - timedelta(days=9_000)).not_valid_after(AT + timedelta(days=9_000))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "relay.pem"
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return file


def test_mail_goes_encrypted_where_a_server_offers_it(settings: Any, offers_tls: tuple[_Keeps, int]) -> None:
    kept, port = offers_tls
    declare(settings, email_url=f"smtp://127.0.0.1:{port}")
    assert send(letter()).verdict is Verdict.ACCEPTED
    assert kept.encrypted == [True]


def test_a_password_is_told_only_to_a_server_that_proves_who_it_is(
    settings: Any, offers_tls: tuple[_Keeps, int]
) -> None:  # fmt: skip
    kept, port = offers_tls
    declare(settings, email_url=f"smtp://me:secret@127.0.0.1:{port}")
    outcome = send(letter())
    assert outcome.verdict is Verdict.AGAIN
    assert "could not be trusted" in outcome.answer
    assert kept.encrypted == []


def test_a_password_is_never_told_in_the_open(office: PostOffice, settings: Any) -> None:
    declare(settings, email_url=office.url.replace("//", "//me:secret@"))
    assert send(letter()).verdict is Verdict.AGAIN
    assert office.received() == []
