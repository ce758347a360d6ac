"""Writes a letter as a signed request, after Standard Webhooks; docs/reference/webhooks.md describes it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hortus.ledger.outbox.channels import signing
from hortus.ledger.outbox.channels.letters import Letter, Outcome, Said
from hortus.ledger.outbox.channels.posting import post

# Only "gone" is final: what a program answers while it is being repaired must not lose it anything.
FINAL = frozenset({410})


def payload(letter: Letter, base: str) -> dict[str, Any]:
    """Return what is sent as JSON. base: scheme and host of its addresses, "" for none."""
    newest = letter.newest
    return {
        "type": f"hortus.{newest.topic}",
        "timestamp": _at(newest.made_at),
        "data": {
            **_said(newest, base),
            "team": {"slug": letter.team, "name": letter.team_name},
            "thread": letter.thread,
            "may_repeat": letter.may_repeat,
            "earlier": [_said(said, base) for said in letter.messages[:-1]],
        },
    }


def _said(said: Said, base: str) -> dict[str, Any]:
    return {
        "id": said.id, "topic": said.topic, "urgency": said.urgency, "subject": said.subject, "text": said.body,
        "url": f"{base}{said.path}" if base and said.path else "", "made_at": _at(said.made_at),
        "about": {"kind": said.object_kind, "id": said.object_id},
    }  # fmt: skip


def _at(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def send(letter: Letter, url: str, secrets: Sequence[str], base: str, now: datetime, place: str) -> Outcome:
    """Sign and post a letter. secrets: one, or two while one replaces the other. now: aware, the time that is signed.

    The id is that of the message, the same in every try: by it the other side knows a repeat.
    """
    body = json.dumps(payload(letter, base), ensure_ascii=False).encode("utf-8", "replace")
    headers = signing.headers(secrets, letter.newest.id, int(now.timestamp()), body)
    return post(url, body, headers, place=place, final=FINAL)
