"""What tests of the channels share: a letter, and a settings object with a mail server or open loopback."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hortus.ledger.outbox.channels.letters import Letter, Said
from hortus.ledger.outbox.recipients import Channel, Mailbox

AT = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SAID = Said(
    id="11111111-1111-4111-8111-111111111111", topic="incident", subject="Scratch is slow",
    body="You can log in.\nYou cannot submit.", made_at=AT, path="/t/rcd/incidents/7/", urgency="pressing",
    object_kind="incident", object_id="7",
)  # fmt: skip
LATER = replace(
    SAID, id="22222222-2222-4222-8222-222222222222", body="It is over.", made_at=AT + timedelta(minutes=30)
)  # fmt: skip


def letter(*messages: Said, channel: Channel = Channel.EMAIL, **more: Any) -> Letter:
    """Return a letter to a reader who is no person, so that no choice of theirs is asked for."""
    given: dict[str, Any] = {
        "id": "77", "team": "rcd", "team_name": "Research Computing", "zone": "Europe/Berlin",
        "recipient_kind": "reader", "recipient_id": "1", "thread": "incident:7",
        "mailbox": Mailbox("ada@example.org", "Ada") if channel is Channel.EMAIL else None,
    }  # fmt: skip
    return Letter(channel=channel, messages=messages or (SAID,), **(given | more))


def declare(settings: Any, **changed: str) -> None:
    """Change settings of Hortus for a test."""
    settings.HORTUS = settings.HORTUS.model_copy(update=changed)
