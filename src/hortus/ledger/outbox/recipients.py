"""Who can be told something: persons, the team's chat rooms and webhooks, and whom floors above register.

A recipient is a kind and an id. Where to reach it is looked up when a message is sent, not when it is written: who has
left or unsubscribed meanwhile is not reached, and no address lies in old messages.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role


class Channel(StrEnum):
    """How a message leaves."""

    EMAIL = "email"
    CHAT = "chat"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody or something that is told. kind: "person", "destination" or what `register` named."""

    kind: str
    id: str

    @classmethod
    def person(cls, person: Person) -> "Recipient":
        """Return a person as recipient."""
        return cls("person", str(person.pk))


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where an e-mail goes. unsubscribe_url: absolute address that takes a POST (RFC 8058), "" where there is none.

    link: absolute address of a page for this recipient alone, which stands in the place of the message's path; so a
    secret link is in no message that members can read.
    """

    address: str
    name: str = ""
    unsubscribe_url: str = ""
    link: str = ""


# From a team and a recipient's id to its mailbox; None: there is none any more, so nothing is sent.
Finder = Callable[[Team, str], Mailbox | None]
_FINDERS: dict[str, Finder] = {}


def register(kind: str, find: Finder) -> None:
    """Tell the outbox how recipients of a kind are reached by e-mail; called from AppConfig.ready."""
    _FINDERS[kind] = find


def mailbox(team: Team, kind: str, id: str) -> Mailbox | None:  # noqa: A002 -- a recipient is (kind, id)
    """Return where a recipient gets e-mail now, None when it is not to be reached any more."""
    return _FINDERS[kind](team, id) if kind in _FINDERS else None


def members(team: Team, roles: Iterable[Role] = ()) -> list[Recipient]:
    """Return the active members of a team with one of these roles, in the order of their names.

    roles: all but guests when left out.
    """
    wanted = [role.value for role in roles or (one for one in Role if one is not Role.GUEST)]
    found = Membership.objects.filter(team=team, person__is_active=True, role__in=wanted).select_related("person")
    return [Recipient.person(one.person) for one in found.order_by("person__name", "person__pk")]
