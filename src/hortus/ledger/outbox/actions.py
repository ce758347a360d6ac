"""The verb of the outbox: tell somebody something, in the transaction of the rows that it is about."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.outbox.models import Delivery, Message, Urgency
from hortus.ledger.outbox.recipients import Channel, Recipient
from hortus.ledger.refs import Ref

LONGEST_SUBJECT = 200


def tell(
    team: Team, topic: str, about: Ref, *, subject: str, body: str, to: Iterable[Recipient] = (), thread: str = "",
    path: str = "", by: Person | None = None, urgency: Urgency = Urgency.NORMAL, useful_until: datetime | None = None,
    dedupe_key: str = "", to_team: bool = True,
) -> Message:  # fmt: skip
    """Write a message and one row for each recipient and channel, in the caller's transaction; return the message.

    topic: slug of a registered topic. body: plain text, lines of any length. to: who is told beside the team's own
    chat rooms and webhooks, which get it where to_team holds and they take the topic. path: of Hortus, as `reverse`
    gives it. useful_until: aware; what was not sent by then is dropped, with a record. dedupe_key: said once however
    often it is asked; the first one is returned. The sample team writes rows and sends nothing. Raises RuntimeError
    outside a transaction: a message without its rows is a lie. Raises KeyError for a topic that nobody registered.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("tell inside the transaction that writes the rows it is about")
    if dedupe_key and (known := Message.objects.filter(team=team, dedupe_key=dedupe_key).first()):
        return known
    now = clock.now()
    message = Message.objects.create(
        team=team, topic=topic, thread=thread, subject=subject[:LONGEST_SUBJECT], body=body, path=path, urgency=urgency,
        object_kind=about.kind, object_id=about.id, by=by, made_at=now, useful_until=useful_until,
        dedupe_key=dedupe_key or None,
    )  # fmt: skip
    Delivery.objects.bulk_create(
        Delivery(
            team=team, message=message, channel=Channel.EMAIL, recipient_kind=one.kind, recipient_id=one.id, made_at=now
        )
        for one in dict.fromkeys(to)
    )
    return message
