"""The channels by which letters leave: e-mail, chat rooms, signed webhooks. Called outside of any transaction."""

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings

from hortus.ledger import clock
from hortus.ledger.outbox import unsubscribe
from hortus.ledger.outbox.channels import chat, digests, mail, mail_text, webhook
from hortus.ledger.outbox.channels.letters import Letter, Outcome, refused, unsent
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.destination_secrets import UnreadableSecretError
from hortus.ledger.outbox.recipients import Channel

__all__ = ["send"]


def send(letter: Letter) -> Outcome:
    """Send a letter by its channel and return what the other side said; raises nothing that a server can cause.

    It may take as long as the channel's limits let it (about 20 s for each step of a mail server's conversation), and
    must not be called inside a transaction.
    """
    return _mailed(letter) if letter.channel is Channel.EMAIL else _posted(letter)


def _mailed(letter: Letter) -> Outcome:
    declared = settings.HORTUS
    domain = urlsplit(declared.public_url).hostname or parseaddr(declared.email_from)[1].rpartition("@")[2]
    if letter.mailbox is None:
        return unsent("Nobody is there to write to any more.")
    links = unsubscribe.links(letter, declared.public_url)
    shown = digests.arranged(letter, declared.public_url) if letter.is_digest else None
    try:
        shown = shown or mail_text.parts(letter, declared.public_url)
        message = mail_text.composed(letter, letter.mailbox, declared.email_from, domain, links, shown)
        to = mail_text.address(letter.mailbox.address)
    except mail_text.BadAddressError as error:
        return refused(str(error))
    if declared.email_url == "console":
        return mail.printed(message)
    at = mail.server(declared.email_url, domain)
    return mail.hand_over(message, parseaddr(declared.email_from)[1], to, at) if at else mail.nowhere()


def _posted(letter: Letter) -> Outcome:
    held = Destination.objects.filter(team__slug=letter.team, pk=letter.recipient_id).first()
    if held is None:
        return unsent("The destination was removed.")
    base, place = settings.HORTUS.public_url, f"{held.sort}:{held.host}"
    try:
        if held.sort == Destination.Sort.CHAT:
            return chat.send(letter, held.secrets.url, base, place)
        now = clock.now()
        return webhook.send(letter, held.secrets.url, held.signing_secrets(now), base, now, place)
    except UnreadableSecretError as error:
        return refused(f"The address cannot be read: {error}.")
