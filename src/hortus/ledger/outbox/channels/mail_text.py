"""Writes a letter as an e-mail: headers that thread and unsubscribe, plain text, and simple HTML. Sends nothing.

Whatever comes from people is one line in a header, whole in the text, escaped in the HTML.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from hortus.ledger.outbox.channels.letters import Letter, Said
from hortus.ledger.outbox.recipients import Mailbox
from hortus.ledger.outbox.rules import is_again

LONGEST_NAME, LONGEST_SUBJECT = 120, 200
REPEAT = "This may be a repeat: an earlier try was cut off, and nobody knows whether it arrived."


class BadAddressError(Exception):
    """An address that no mail can be sent to; its text is a sentence."""


class _Whole(UnstructuredHeader):
    """A header on one line: Python would break a long address in two and encode it, and nobody could read it then."""

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


_REGISTRY = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references", "list-id", "list-unsubscribe", "list-unsubscribe-post"):
    _REGISTRY.map_to_type(_name, _Whole)  # type: ignore[arg-type]  # the registry mixes the base header in
POLICY = SMTP.clone(header_factory=_REGISTRY, cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Links:
    """Complete addresses for one letter, "" where there is none. unsubscribe: takes a POST, as RFC 8058 wants it."""

    page: str = ""
    choices: str = ""
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One message as it is shown. at: in words, with its zone. url: "" for none."""

    subject: str
    at: str
    body: str
    url: str

    @property
    def below(self) -> str:
        """Return the text as it stands below its subject: without a first line that only says the subject again.

        >>> Part("Over: Scratch is slow", "", "Scratch is slow\\n\\nThis is over.", "").below
        'This is over.'
        """
        first, _, rest = self.body.partition("\n")
        return rest.strip("\n") if is_again(self.subject, one_line(first, LONGEST_SUBJECT)) else self.body


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """Return a text that fits in a header: one line, no control or format character, cut where it is too long.

    >>> one_line("Scratch\\r\\nBcc: all@example.org")
    'Scratch Bcc: all@example.org'
    """
    plain = "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in text)
    line = " ".join(plain.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def address(given: str) -> str:
    """Return an address for a header and an envelope, its domain in ASCII. Raises BadAddressError.

    >>> address("ada@bücher.example")
    'ada@xn--bcher-kva.example'
    """
    local, at, domain = given.strip().rpartition("@")
    if not local.isascii():  # few servers take such an address, and Python cannot write it in a header
        raise BadAddressError("The address of the recipient has letters outside ASCII before its @; give another one.")
    try:
        spec = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
        if not (local and at and domain) or any(char.isspace() or not char.isprintable() for char in given.strip()):
            raise ValueError
        Address(addr_spec=spec)
    except (ValueError, IndexError) as error:
        raise BadAddressError("The address of the recipient is none that mail can be sent to.") from error
    return spec


def parts(letter: Letter, base: str) -> list[Part]:
    """Return the messages of a letter, oldest first. base: scheme and host of links, "" for none.

    Where a mailbox has a link of its own, it stands in the place of all others. Messages in a row that lead to one page
    have its link once, after the last of them.
    """
    zone, own = ZoneInfo(letter.zone), letter.mailbox.link if letter.mailbox else ""
    found = [_part(said, zone, base, own) for said in letter.messages]
    after = [*(part.url for part in found[1:]), ""]
    return [replace(part, url="") if part.url == url else part for part, url in zip(found, after, strict=True)]


def _part(said: Said, zone: ZoneInfo, base: str, own: str) -> Part:
    at = said.made_at.astimezone(zone)
    url = own or (f"{base}{said.path}" if base and said.path else "")
    return Part(one_line(said.subject, LONGEST_SUBJECT), f"{at.day} {at:%B %Y, %H:%M %Z}", said.body.strip("\n"), url)


def thread_id(letter: Letter, domain: str) -> str:
    """Return the id that all mail of a thread refers to, though no mail has it: so each stands below the same root."""
    name = hashlib.sha256(f"{letter.team}\n{letter.thread}".encode()).hexdigest()[:20]
    return f"<thread.{name}@{domain}>"


def composed(
    letter: Letter, to: Mailbox, sender: str, domain: str, links: Links, shown: Sequence[Part]
) -> EmailMessage:
    """Return a letter as an e-mail, the same in every try but for the word that it may be a repeat.

    sender: address, with or without a name. domain: of ids. Raises BadAddressError for a recipient without a usable
    address.
    """
    message = EmailMessage(policy=POLICY)
    own_name, own_address = parseaddr(sender)
    message["From"] = Address(one_line(own_name or letter.team_name), addr_spec=own_address)
    message["To"] = Address(one_line(to.name), addr_spec=address(to.address))
    message["Subject"] = one_line(f"[{letter.team_name}] {_subject(letter)}", 250)
    message["Date"] = letter.newest.made_at
    message["Message-ID"] = f"<{letter.newest.id.replace('-', '')}.{letter.id}@{domain}>"
    if letter.thread and not letter.is_digest:
        message["In-Reply-To"] = message["References"] = thread_id(letter, domain)
    _say_what_it_is(message, letter, domain, links)
    context = {"letter": letter, "parts": shown, "links": links, "repeat": REPEAT if letter.may_repeat else ""}
    message.set_content(_plain(letter, links, shown))
    message.add_alternative(render_to_string("outbox/mail.html", context), subtype="html")
    return message


def _subject(letter: Letter) -> str:
    if letter.is_digest:
        count = len(letter.messages)
        return f"{count} messages of the day" if count != 1 else f"One message of the day: {letter.newest.subject}"
    return letter.newest.subject


def _say_what_it_is(message: EmailMessage, letter: Letter, domain: str, links: Links) -> None:
    """Add the headers by which programs know that no person typed this, and how its recipient gets no more of it."""
    message["Auto-Submitted"] = "auto-generated"
    topic = "digest" if letter.is_digest else letter.newest.topic
    message["List-Id"] = f"<{topic}.{letter.team}.{domain}>"
    if letter.recipient_kind != "person":
        message["Precedence"] = "list"
    if links.unsubscribe:
        message["List-Unsubscribe"] = f"<{links.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if letter.may_repeat:
        message["X-Hortus-May-Repeat"] = "yes"


def _plain(letter: Letter, links: Links, shown: Sequence[Part]) -> str:
    lines = [REPEAT, ""] if letter.may_repeat else []
    for number, part in enumerate(shown):
        if len(shown) > 1:
            lines += [*(["", "-" * 20, ""] if number else []), part.subject, part.at, ""]
        text = part.below if len(shown) > 1 else part.body  # one alone stands below no line of its subject
        lines += [text, *(["", part.url] if part.url else [])]
    lines += ["", "-- ", f"{letter.team_name}, {shown[-1].at}"]
    lines += [f"What you hear, and when: {links.choices}"] if links.choices else []
    lines += [f"No more of this: {links.unsubscribe}"] if links.unsubscribe else []
    return "\n".join(lines) + "\n"
