"""Verbs of what is noted beside an incident: a surprise, a link."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.refs import Ref
from hortus.processes.incidents import once, telling
from hortus.processes.incidents.models import Incident, Link, Surprise
from hortus.values.refused import Refused

LONGEST_SENTENCE, LONGEST_WORDS, LONGEST_URL = 300, 200, 1000


@transaction.atomic
def surprise(
    incident: Incident, *, by: Person, door: str, sentence: str = "", client_key: str = "", at: datetime | None = None
) -> Surprise:  # fmt: skip
    """Note that something about an incident surprises somebody, in any state; one tap, a sentence if they like."""
    mine = once.held(incident)
    verb = f"surprise {mine.number}"
    receipt = once.known(mine.team, by, client_key, verb)
    if receipt is not None:
        return Surprise.objects.get(incident=mine, pk=receipt["surprise"])
    now = at or clock.now()
    sentence = plain(sentence, "sentence", LONGEST_SENTENCE)
    made = Surprise.objects.create(team=mine.team, incident=mine, sentence=sentence, by=by, at=now)
    telling.note(mine, "surprise noted", by=by, door=door, at=now, payload={"sentence": sentence})
    once.keep(mine.team, by, client_key, verb, now, {"surprise": made.pk})
    return made


@transaction.atomic
def link(
    incident: Incident, *, by: Person | None, door: str, words: str = "", url: str = "", ref: Ref | None = None,
    client_key: str = "", at: datetime | None = None,
) -> Link:  # fmt: skip
    """Link an address (a message in the chat, a page) or an object of the ledger to an incident, in any state.

    words: what it is called; the address, or the name of the object, when left out. An object is linked once. Raises
    Refused when neither or both are given, or the address is not one of http or https.
    """
    mine = once.held(incident)
    verb = f"link {mine.number}"
    receipt = once.known(mine.team, by, client_key, verb)
    if receipt is not None:
        return Link.objects.get(incident=mine, pk=receipt["link"])
    now = at or clock.now()
    url = plain(url, "url", LONGEST_URL)
    if bool(url) == bool(ref):
        raise Refused("one-of-two", "Give an address that begins with https://, or an object, and not both.", "url")
    if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc):
        raise Refused("bad-url", f"{url[:80]!r} is not an address; it begins with https:// or http://.", "url")
    there = mine.links.filter(object_kind=ref.kind, object_id=ref.id).first() if ref else None
    made: Link = there or _made(mine, words, url, ref, by, door, now)
    once.keep(mine.team, by, client_key, verb, now, {"link": made.pk})
    return made


def _made(
    incident: Incident, words: str, url: str, ref: Ref | None, by: Person | None, door: str, now: datetime
) -> Link:  # fmt: skip
    words = plain(words, "words", LONGEST_WORDS) or (ref.name if ref else url)[:LONGEST_WORDS]
    made = Link.objects.create(
        team=incident.team, incident=incident, words=words, url=url, object_kind=ref.kind if ref else "",
        object_id=ref.id if ref else "", by=by, at=now,
    )  # fmt: skip
    telling.note(incident, "link added", by=by, door=door, at=now, payload={"words": words})
    return made
