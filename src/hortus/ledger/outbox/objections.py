"""Why a delivery is not to be sent any more: asked just before each try, because much can change while it waits."""

from datetime import datetime

from hortus.ledger.outbox import choices, recipients, topics
from hortus.ledger.outbox.models import Delivery
from hortus.ledger.outbox.recipients import Channel, Mailbox


def objection(delivery: Delivery, now: datetime) -> str:
    """Return why a delivery is not to be sent any more, "" when it is. Raises KeyError for an unknown topic.

    Whether its recipient can be reached at all is another question: see `mailbox_of`.
    """
    until = delivery.message.useful_until
    if until is not None and until <= now:
        return f"It was of use until {until:%Y-%m-%d %H:%M} UTC and could not be sent by then."
    return topics.topic(delivery.message.topic).permits(delivery) or choices.objection(delivery)


def mailbox_of(delivery: Delivery) -> Mailbox | None:
    """Return where the e-mail of a delivery goes now, None for nowhere and for other channels."""
    if delivery.channel != Channel.EMAIL:
        return None
    return recipients.mailbox(delivery.team, delivery.recipient_kind, delivery.recipient_id)
