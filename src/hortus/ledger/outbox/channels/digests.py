"""Arranges a person's digest: what waited for them, in order of what it is about, as one e-mail."""

from collections.abc import Sequence
from dataclasses import replace

from hortus.ledger.outbox.channels.letters import Letter
from hortus.ledger.outbox.channels.mail_text import Part, parts


def arranged(letter: Letter, base: str) -> Sequence[Part]:
    """Return the messages of a digest: what belongs to one thread stands together, oldest first in it.

    Threads come in the order of their first message. base: scheme and host of links, "" for none.
    """
    first: dict[str, int] = {}
    for said in letter.messages:
        first.setdefault(_matter(said.object_kind, said.object_id, said.id), len(first))
    messages = sorted(
        letter.messages, key=lambda said: first[_matter(said.object_kind, said.object_id, said.id)]
    )  # fmt: skip
    return parts(replace(letter, messages=tuple(messages)), base)


def _matter(kind: str, id: str, otherwise: str) -> str:  # noqa: A002 -- a reference is (kind, id)
    return f"{kind}:{id}" if kind and id else otherwise
