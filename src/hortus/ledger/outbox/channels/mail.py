"""Hands an e-mail to the mail server of the settings, and says what the server answered. Composes nothing.

One letter, one recipient, one conversation: what a server says about one recipient says nothing about another.
"""

import logging
import re
import smtplib
import ssl
import sys
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from urllib.parse import SplitResult, unquote, urlsplit

from hortus.ledger.outbox.channels.letters import Outcome, accepted, again, refused, unsent

log = logging.getLogger("hortus.outbox")
SECONDS = 20.0
PLACE = "smtp"
_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
_CLOSING = 421


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server. is_tls: from the first byte, as with smtps. own_name: what we call ourselves in its greeting."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False
    own_name: str = "localhost"
    seconds: float = SECONDS


def server(email_url: str, own_name: str) -> Server | None:
    """Return the server of the setting email_url, None where it names none.

    >>> server("smtp://me:a%20word@mail.example.org:587", "hortus.example.org").password
    'a word'
    """
    given: SplitResult = urlsplit(email_url)
    if given.scheme not in {"smtp", "smtps"} or not given.hostname:
        return None
    is_tls = given.scheme == "smtps"
    user, password = unquote(given.username or ""), unquote(given.password or "")
    return Server(given.hostname, given.port or (465 if is_tls else 25), user, password, is_tls, own_name)


def hand_over(message: EmailMessage, sender: str, to: str, at: Server) -> Outcome:
    """Hand a message to a server for one recipient and return its answer. sender, to: bare addresses.

    Accepted, when the server took it. Refused, when it says that it never will for this recipient or this text. Again,
    for everything else: no connection, a broken one, a full queue, a wrong password.
    """
    try:
        conversation = _opened(at)
    except (OSError, smtplib.SMTPException) as error:
        return again(f"The mail server {at.host} {_fault(error)}", is_channel_down=True, place=PLACE)
    try:
        return _said(conversation, message, sender, to)
    except (OSError, smtplib.SMTPException) as error:
        return again(f"The mail server {_fault(error)}", is_channel_down=True, place=PLACE)
    finally:
        _leave(conversation)


def printed(message: EmailMessage) -> Outcome:
    """Print a message where Hortus runs, for the setting "console"."""
    sys.stdout.write(f"{message.as_string()}\n{'-' * 79}\n")
    sys.stdout.flush()
    return accepted("printed")


def nowhere() -> Outcome:
    """Return what becomes of mail without a mail server."""
    return unsent("No mail server is set; an administrator names one in HORTUS_EMAIL_URL.")


def _opened(at: Server) -> smtplib.SMTP:
    """Return a conversation that may send: encrypted where the server offers it, signed in where a user is named."""
    found = (
        smtplib.SMTP_SSL(at.host, at.port, at.own_name, timeout=at.seconds, context=_trusted())
        if at.is_tls
        else smtplib.SMTP(at.host, at.port, at.own_name, timeout=at.seconds)
    )
    try:
        found.ehlo_or_helo_if_needed()
        if not at.is_tls and (at.user or found.has_extn("starttls")):
            # With a password the server must prove who it is. Without one, a relay next door with a certificate of its
            # own is met more often than an eavesdropper, and its mail would else go in the open.
            found.starttls(context=_trusted() if at.user else _any_certificate())
            found.ehlo()
        if at.user:
            found.login(at.user, at.password)
    except BaseException:
        found.close()
        raise
    return found


# Reading the machine's authorities takes far longer than a mail. Not those of `fetch_wire`: they offer HTTP by ALPN.
@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _said(conversation: smtplib.SMTP, message: EmailMessage, sender: str, to: str) -> Outcome:
    code, said = conversation.mail(sender)
    if code != 250:  # about us, not about the recipient: somebody has to set it right, then it goes
        return again(f"The mail server does not take our sender address: {_quoted(code, said)}",
                     is_channel_down=True, place=PLACE)  # fmt: skip
    code, said = conversation.rcpt(to)
    if code not in {250, 251}:
        return _turned_down(code, said)
    return _told(conversation, message.as_bytes())


def _told(conversation: smtplib.SMTP, content: bytes) -> Outcome:
    try:
        code, said = conversation.data(content)
    except smtplib.SMTPDataError as error:  # it did not want to hear the text at all
        return _turned_down(error.smtp_code, error.smtp_error)
    except (OSError, smtplib.SMTPException) as error:
        said_so = f"The mail server heard the text and {_fault(error)}"
        return again(said_so, is_channel_down=True, place=PLACE, is_unsure=True)
    return accepted(_quoted(code, said), place=PLACE) if 200 <= code < 300 else _turned_down(code, said)


def _turned_down(code: int, said: bytes | str) -> Outcome:
    if 500 <= code < 600:
        return refused(_quoted(code, said), place=PLACE)
    return again(_quoted(code, said), is_channel_down=code == _CLOSING, place=PLACE)


def _leave(conversation: smtplib.SMTP) -> None:
    """Say good-bye; whatever happens now, the message was taken or not before."""
    try:
        conversation.quit()
    except (OSError, smtplib.SMTPException):
        conversation.close()


def _quoted(code: int, said: bytes | str) -> str:
    """Return a server's answer without the addresses in it: who reads of a message need not know where it went."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {_ADDRESS.sub('(address)', text)}"


def _fault(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"does not take our user and password: {_quoted(error.smtp_code, error.smtp_error)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"answers {_quoted(error.smtp_code, error.smtp_error)}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "is too slow."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "closed the connection."
    if isinstance(error, ssl.SSLError):
        return "could not be trusted, or does not speak TLS as we do."
    log.info("mail server: %s", error)
    return "cannot be reached." if isinstance(error, OSError) else "does not speak as it should."
