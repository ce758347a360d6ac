"""What tests of the outbox share: a topic of their own, recipients with mailboxes, and a mail server by setting."""

from typing import Any

import pytest
from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.outbox import delivering, recipients, topics
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Message
from hortus.ledger.outbox.recipients import Mailbox, Recipient
from hortus.ledger.refs import Ref
from tests.outbox_servers import PostOffice

NAMED = topics.Topic("test-news", "What a test says.", to_teams=False)
ABOUT = Ref("team", "rcd", "Research Computing")
KIND = "test-reader"
GONE: set[str] = set()


def _find(_team: Team, id: str) -> Mailbox | None:  # noqa: A002 -- a recipient is (kind, id)
    return None if id in GONE else Mailbox(f"{id}@example.org", id.capitalize())


def reader(name: str) -> Recipient:
    return Recipient(KIND, name)


def say(team: Team, subject: str, *to: str, thread: str = "incident:1", **more: Any) -> Message:
    """Tell readers something, in a transaction of its own."""
    with transaction.atomic():
        return tell(team, NAMED.slug, ABOUT, subject=subject, body=f"The text of {subject}.", thread=thread,
                    to=[reader(name) for name in to], to_team=False, **more)  # fmt: skip


@pytest.fixture
def mailing(settings: Any, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> PostOffice:
    """A mail server named by the settings, a topic, readers who have mailboxes, and no pause left by other tests."""
    changed = {"email_url": post_office.url, "email_from": "hortus@example.org", "public_url": "https://h.example.org"}
    settings.HORTUS = settings.HORTUS.model_copy(update=changed)
    topics.register(NAMED)
    recipients.register(KIND, _find)
    GONE.clear()
    monkeypatch.setattr(delivering, "PAUSES", delivering.Pauses())
    return post_office
