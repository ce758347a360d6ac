"""What messages are about: each practice registers its topics, so that people can choose what they want to hear.

A topic says how it comes when nobody chose, and may look again at each message just before it is sent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hortus.ledger.outbox.models import Delivery


class Way(StrEnum):
    """How a person gets the messages of a topic."""

    AT_ONCE = "at-once"
    DIGEST = "digest"
    OFF = "off"


Judge = Callable[["Delivery"], str]


def _always(_delivery: "Delivery") -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Topic:
    """One sort of message. slug: stable. sentence: what it tells, for the page of choices.

    way: how members get it who chose nothing. is_safety: it ignores quiet hours, digests and choices. to_teams: the
    team's chat rooms and webhooks may take it. permits: asked just before sending; returns "" to send, else the reason
    why not in a few words, as in "unsubscribed", which is recorded. word: what one such message is called, "" for the
    words of its slug.
    """

    slug: str
    sentence: str
    way: Way = Way.AT_ONCE
    is_safety: bool = False
    to_teams: bool = True
    for_persons: bool = True
    permits: Judge = _always
    word: str = ""

    @property
    def name(self) -> str:
        """Return what one such message is called."""
        return self.word or self.slug.replace("-", " ").capitalize()


_TOPICS: dict[str, Topic] = {}


def register(topic: Topic) -> None:
    """Tell the outbox about a topic; called from AppConfig.ready. The same slug again takes the other's place."""
    _TOPICS[topic.slug] = topic


def topic(slug: str) -> Topic:
    """Return a topic; raises KeyError for one that nobody registered."""
    return _TOPICS[slug]


def name(slug: str) -> str:
    """Return what a message of a topic is called, also of one that nobody registers any more.

    >>> name("incident-update")
    'Incident update'
    """
    return _TOPICS.get(slug, Topic(slug, "")).name


def topics() -> Sequence[Topic]:
    """Return all topics in the order of their slugs."""
    return [_TOPICS[slug] for slug in sorted(_TOPICS)]
