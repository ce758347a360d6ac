"""Verbs of bulletins: publish a text that a person wrote, and join two threads. Each of them is one transaction.

Incidents and planned work publish through here. Nothing here writes a text: what nobody wrote is not published.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.catalogue import bulletin_words, statements, subscribers
from hortus.catalogue.functions import CARE
from hortus.catalogue.models import Bulletin, Function, NewsThread, Statement
from hortus.catalogue.rules import Condition
from hortus.catalogue.sentences import LONGEST_SENTENCE, SILENT, Sentences, plain
from hortus.catalogue.statements import URGENT, Words
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.refused import Refused

LONGEST_TITLE = 300  # characters, as the table holds them
Pairs = Sequence[tuple[Function, Words]]


@dataclass(frozen=True, slots=True)
class _Text:
    """What a bulletin says beside the conditions of functions, in its one spelling."""

    title: str
    sentences: Sentences
    trying: str
    next_update_at: datetime | None
    is_last: bool


@transaction.atomic
def publish(
    team: Team, about: Ref, title: str, said: Pairs, *, sentences: Sentences = SILENT, trying: str = "",
    touches: Iterable[Function] = (), next_update_at: datetime | None = None, is_last: bool = False, by: Person,
    door: str, at: datetime | None = None,
) -> Bulletin:  # fmt: skip
    """Publish a text about something and say how functions stand; tell subscribers and the team's rooms of it.

    about: the ledger's reference to what it is about; all bulletins about the same are one thread. title: one line of
    up to 300 characters; the first one of a thread stays the subject of its e-mails. said: functions whose condition it
    changes, each with its words; where these have no sentence but trouble they take the bulletin's, and where they have
    no next word, the bulletin's. sentences: what researchers can and cannot do, of the whole. trying: what the team is
    trying, one line. touches: functions it is about without a word about their condition. next_update_at: until when
    the team promises to say more (aware). is_last: it closes the thread; a later one opens it again. at: when it was
    said, now when left out.

    Subscribers hear of it only while the page is open to the public. Raises Refused when it says nothing, a text is not
    allowed, a function is of another team, retired or named twice, the last one promises another, and as
    `statements.say`.
    """
    now = at or clock.now()
    touched = _touched(team, said, touches)
    text = _checked(touched, _Text(title, sentences, trying, next_update_at, is_last), now)
    thread = _thread(team, about, now)
    before = thread.bulletins.order_by("-place").first()
    bulletin = Bulletin.objects.create(
        team=team, thread=thread, place=before.place + 1 if before else 1, title=text.title, can=text.sentences.can,
        cannot=text.sentences.cannot, instead=text.sentences.instead, trying=text.trying,
        next_update_at=text.next_update_at, is_last=text.is_last, said_at=now, by=by,
    )  # fmt: skip
    bulletin.functions.set(touched)
    for function, words in said:
        statements.say(function, _filled(function, words, text), by=by, door=door, at=now, bulletin=bulletin)
    _close(thread, now if text.is_last else None)
    _tell(bulletin, about, said, touched, by, door)
    return bulletin


@transaction.atomic
def join(team: Team, about: Ref, into: Ref, *, by: Person, door: str) -> None:
    """Let another thread tell on: close the one about a thing, and link its page to the other's.

    Nothing happens where nothing was published about `about`. Where nothing was published about `into` yet, the thread
    goes on under its name, so that its address and its feed go on, too.
    """
    now = clock.now()
    mine = _locked(team, about)
    if mine is None or mine.joined_into_id or about == into:
        return
    other = _thread(team, into, now) if _locked(team, into) else None
    if other is None:
        mine.about_kind, mine.about_id = into.kind, into.id
        mine.save(update_fields=["about_kind", "about_id"])
    else:
        mine.joined_into, mine.closed_at = other, mine.closed_at or now
        mine.save(update_fields=["joined_into", "closed_at"])
    record(team, "joined", about, by=by, source=door, plot=CARE, at=now, payload={"into": into.id})


def _checked(touched: Sequence[Function], text: _Text, now: datetime) -> _Text:
    title = plain(text.title, "title", LONGEST_TITLE, required=True)
    sentences, trying = text.sentences.checked(), plain(text.trying, "trying", LONGEST_SENTENCE)
    if not (touched or sentences or trying):
        raise Refused("says-nothing", "Say which functions it touches, or what researchers cannot do.", "cannot")
    if text.is_last and text.next_update_at is not None:
        raise Refused("last-and-next", "It is the last word, so it cannot promise a next one.", "next_update_at")
    statements.refuse_far(text.next_update_at, now)
    return replace(text, title=title, sentences=sentences, trying=trying)


def _touched(team: Team, said: Pairs, touches: Iterable[Function]) -> list[Function]:
    """Return all functions that a bulletin is about, each once."""
    named = [function for function, _ in said]
    if len(set(named)) < len(named):
        twice = next(function for function in named if named.count(function) > 1)
        raise Refused("named-twice", f"{twice} is named twice; say one thing about it.", "functions")
    found = list(dict.fromkeys([*named, *touches]))
    for function in found:
        if function.team_id != team.pk:
            raise Refused("not-offered", f"{function} is not on the status page of {team}.", "functions")
    return found


def _filled(function: Function, words: Words, text: _Text) -> Words:
    """Return the words about one function, and where trouble is told without any the bulletin's.

    Where these are silent, too, and the condition is what it was, the sentences that somebody wrote before still hold.
    """
    if words.condition not in set(Condition) or not Condition(words.condition).is_trouble:
        return words
    sentences = words.sentences or text.sentences
    last = None if sentences else Statement.objects.filter(function=function).first()
    if last is not None and last.condition == words.condition:
        sentences = Sentences(last.can, last.cannot, last.instead)
    return replace(words, sentences=sentences, next_update_at=words.next_update_at or text.next_update_at)


def _locked(team: Team, about: Ref) -> NewsThread | None:
    """Return the thread about something, held until the transaction ends, so that no two bulletins share a place."""
    mine = NewsThread.objects.select_for_update()
    found: NewsThread | None = mine.filter(team=team, about_kind=about.kind, about_id=about.id).first()
    return found


def _thread(team: Team, about: Ref, now: datetime) -> NewsThread:
    """Return the thread about something, held and begun where there was none; of one that was joined, the other."""
    NewsThread.objects.get_or_create(
        team=team, about_kind=about.kind, about_id=about.id, defaults={"began_at": now}
    )  # fmt: skip
    found = _locked(team, about)
    while found is not None and found.joined_into_id is not None:
        found = NewsThread.objects.select_for_update().get(pk=found.joined_into_id)
    if found is None:
        raise RuntimeError(f"the thread about {about} went away in its own transaction")
    return found


def _close(thread: NewsThread, at: datetime | None) -> None:
    if thread.closed_at != at:
        thread.closed_at = at
        thread.save(update_fields=["closed_at"])


def _tell(bulletin: Bulletin, about: Ref, said: Pairs, touched: list[Function], by: Person, door: str) -> None:
    is_trouble = any(Condition(words.condition).is_trouble for _, words in said)
    record(
        bulletin.team, "published", about, by=by, source=door, plot=URGENT if is_trouble else CARE,
        at=bulletin.said_at, payload={"bulletin": str(bulletin.pk), "is_last": bulletin.is_last},
    )  # fmt: skip
    subscribers.tell(bulletin, bulletin_words.letter(bulletin), touched)
