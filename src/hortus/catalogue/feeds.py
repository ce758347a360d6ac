"""The news as feeds: Atom, RSS 2.0 and JSON Feed 1.1 of the same entries. No name of a person: the team speaks."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.urls import reverse
from django.utils.feedgenerator import SyndicationFeed
from django.utils.html import linebreaks

from hortus.access.models import Team
from hortus.catalogue import bulletin_words
from hortus.catalogue.board import Board
from hortus.catalogue.models import Bulletin, PlannedWork, Statement
from hortus.catalogue.rules import Condition
from hortus.web.feeds import Atom, Rss

MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed. id: a URN that stays for good, wherever Hortus is served from and whatever is restored.

    text: plain, a line each. url: absolute. changed_at: when it was written or last changed.
    """

    id: str
    title: str
    text: str
    url: str
    published_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """What a feed is made from. base: scheme and host of links. is_public: they lead to pages that everybody may open.

    statements: those that no bulletin told, as people said them one by one.
    """

    board: Board
    statements: Sequence[Statement]
    bulletins: Sequence[Bulletin]
    base: str
    is_public: bool

    @property
    def team(self) -> Team:
        """Return who speaks."""
        return self.board.team

    @property
    def url(self) -> str:
        """Return the address of the status page."""
        name = "status:page" if self.is_public else "catalogue:status"
        return f"{self.base}{reverse(name, args=[self.team.slug])}"

    def news_url(self, bulletin: Bulletin) -> str:
        """Return the address of a bulletin among the others of its thread."""
        name = "status:news" if self.is_public else "catalogue:news"
        return f"{self.base}{reverse(name, args=[self.team.slug, bulletin.thread_id])}#text-{bulletin.place}"


def told(words: Statement | PlannedWork) -> str:
    """Return the sentences of a statement or of planned work as lines, empty ones left out."""
    safety = bulletin_words.safety(words) if isinstance(words, Statement) else []
    return "\n".join([*bulletin_words.sentences(words), *(f"{line}." for line in safety)])


def entries(source: Source) -> list[Entry]:
    """Return what the feeds tell, the newest first, at most MOST_ENTRIES.

    Planned work about which bulletins were written is told by these.
    """
    in_threads = {bulletin.thread.about_id for bulletin in source.bulletins if bulletin.thread.is_planned}
    found = [_of_bulletin(source, one) for one in source.bulletins]
    found += [_of_statement(source, said) for said in source.statements]
    found += [_of_work(source, work) for work in source.board.works if str(work.pk) not in in_threads]
    return sorted(found, key=lambda entry: (entry.changed_at, entry.id), reverse=True)[:MOST_ENTRIES]


def _id(source: Source, kind: str, key: object) -> str:
    return f"urn:hortus:{source.team.pk}:{kind}:{key}"


def _of_bulletin(source: Source, bulletin: Bulletin) -> Entry:
    text = "\n".join(bulletin_words.lines(bulletin))
    at, key = bulletin.said_at, _id(source, "bulletin", bulletin.pk)
    return Entry(key, bulletin_words.title(bulletin), text, source.news_url(bulletin), at, at)


def _of_statement(source: Source, said: Statement) -> Entry:
    title = f"{said.function.name}: {Condition(said.condition).word}"
    # After a restore the database gives the numbers that it lost once more, to other words.
    key = _id(source, "statement", f"{said.pk}-{said.said_at:%Y%m%dT%H%M%S}")
    return Entry(key, title, told(said), source.url, said.said_at, said.said_at)


def _of_work(source: Source, work: PlannedWork) -> Entry:
    title = f"Planned work{' cancelled' if work.cancelled_at else ''}: {work.title}"
    key = _id(source, "planned-work", work.pk)
    return Entry(key, title, told(work), source.url, work.announced_at or work.changed_at, work.changed_at)


def atom(source: Source, feed_url: str) -> str:
    """Return the news as Atom. feed_url: of this feed, absolute."""
    return _written(Atom, source, feed_url)


def rss(source: Source, feed_url: str) -> str:
    """Return the news as RSS 2.0. feed_url: of this feed, absolute."""
    return _written(Rss, source, feed_url)


def _written(kind: type[SyndicationFeed], source: Source, feed_url: str) -> str:
    """Return the entries in one of Django's feeds.

    These declare an item's description to be HTML, so our plain text is escaped for that, below the escaping of the
    XML.
    """
    team, found = source.team, entries(source)
    feed = kind(
        title=f"{team.name}: status", link=source.url, description=f"What {team.name} says about its services.",
        feed_url=feed_url, language="en", author_name=team.name,
    )  # fmt: skip
    for entry in found:
        feed.add_item(
            title=entry.title, link=entry.url, description=linebreaks(entry.text, autoescape=True),
            author_name=team.name, updateddate=entry.changed_at, pubdate=entry.published_at, unique_id=entry.id,
            unique_id_is_permalink=False,
        )  # fmt: skip
    return str(feed.writeString("utf-8"))


def json_feed(source: Source, feed_url: str) -> str:
    """Return the news as JSON Feed 1.1. feed_url: of this feed, absolute."""
    team = source.team
    told = {
        "version": "https://jsonfeed.org/version/1.1", "title": f"{team.name}: status", "home_page_url": source.url,
        "feed_url": feed_url, "description": f"What {team.name} says about its services.", "language": "en",
        "authors": [{"name": team.name}], "items": list(_items(entries(source))),
    }  # fmt: skip
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)


def _items(found: Iterable[Entry]) -> Iterable[dict[str, object]]:
    for entry in found:
        yield {
            "id": entry.id, "url": entry.url, "title": entry.title, "content_text": entry.text or entry.title,
            "date_published": entry.published_at, "date_modified": entry.changed_at,
        }  # fmt: skip
