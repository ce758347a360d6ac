"""The way out of every e-mail to a person: a signed address that turns a topic off, without signing in.

RFC 8058: a POST to it unsubscribes, whoever sends it, without a session; a GET changes nothing, because programs that
look at mail follow its links. Nobody can make such an address but Hortus, and it can do nothing else.
"""

from dataclasses import dataclass

from django.core import signing
from django.db import transaction
from django.urls import reverse

from hortus.access.models import Membership, Person, Team
from hortus.ledger.outbox.channels.letters import Letter
from hortus.ledger.outbox.channels.mail_text import Links
from hortus.ledger.outbox.choice_models import TopicChoice
from hortus.ledger.outbox.models import Urgency
from hortus.ledger.outbox.topics import Topic, Way, topic, topics

SALT = "hortus unsubscribe"
DIGEST = "digest"  # instead of a topic: all that now comes with the daily digest


@dataclass(frozen=True, slots=True)
class Ending:
    """What an address turns off: one topic for one person in one team, or all of their digest."""

    team: Team
    person: Person
    what: str

    @property
    def sentence(self) -> str:
        """Return what it was about, in words."""
        return "All that comes with the daily digest." if self.what == DIGEST else topic(self.what).sentence


def path(team: Team, person: Person, what: str) -> str:
    """Return the path of the address that turns a topic, or the digest, off for a person."""
    return reverse("unsubscribe", args=[_token(team.slug, str(person.pk), what)])


def _token(team: str, person: str, what: str) -> str:
    return signing.dumps([team, person, what], salt=SALT)


def links(letter: Letter, base: str) -> Links:
    """Return the addresses in the foot of a letter. base: scheme and host, "" for none: then there are none."""
    if letter.recipient_kind != "person":
        return Links(unsubscribe=letter.mailbox.unsubscribe_url if letter.mailbox else "")
    if not base:
        return Links()
    choices = f"{base}{reverse('outbox:choices', args=[letter.team])}"
    what = DIGEST if letter.is_digest else letter.newest.topic
    if letter.newest.urgency == Urgency.SAFETY or (what != DIGEST and topic(what).is_safety):
        return Links(choices=choices)
    out = reverse("unsubscribe", args=[_token(letter.team, letter.recipient_id, what)])
    return Links(choices=choices, unsubscribe=f"{base}{out}")


def read(token: str) -> Ending | None:
    """Return what an address turns off; None when Hortus did not make it, or the person is no longer in the team."""
    try:
        slug, person, what = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return None
    held = Membership.objects.select_related("team", "person").filter(team__slug=slug, person=person).first()
    if held is None or (what != DIGEST and what not in {one.slug for one in topics()}):
        return None
    return Ending(held.team, held.person, what)


@transaction.atomic
def end(ending: Ending) -> None:
    """Turn it off; a second time changes nothing. What already waits is not sent any more.

    Nothing is written to the ledger: what somebody no longer wants to hear is their own business.
    """
    for one in _meant(ending):
        TopicChoice.objects.update_or_create(
            team=ending.team, person=ending.person, topic=one.slug, defaults={"way": Way.OFF}
        )


def _meant(ending: Ending) -> list[Topic]:
    if ending.what != DIGEST:
        return [one for one in (topic(ending.what),) if not one.is_safety]
    mine = TopicChoice.objects.filter(team=ending.team, person=ending.person)
    chosen = dict(mine.values_list("topic", "way"))
    return [one for one in topics() if one.for_persons and not one.is_safety and
            chosen.get(one.slug, one.way) == Way.DIGEST]  # fmt: skip
