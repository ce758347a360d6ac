"""Reads of the news: what stands open, one thread with all its texts, and what the feeds tell. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from hortus.access.models import Team
from hortus.catalogue.models import Bulletin, Function, NewsThread
from hortus.catalogue.news_models import FORETOLD, NewsThreadQuerySet
from hortus.catalogue.rules import Condition, Span, open_spans

MOST_TEXTS = 200  # in a feed
MOST_CLOSED = 100  # threads; a page that goes on for ever is read by nobody


@dataclass(frozen=True, slots=True)
class Story:
    """A thread with its bulletins, the newest first; a list shows only the newest."""

    thread: NewsThread
    bulletins: Sequence[Bulletin]

    @property
    def newest(self) -> Bulletin:
        """Return what was said last."""
        return self.bulletins[0]

    @property
    def is_open(self) -> bool:
        """Say whether more is to come."""
        return self.thread.closed_at is None

    @property
    def lasted_seconds(self) -> float | None:
        """Return how long the team told of it, None while it is open or where another thread tells on."""
        thread = self.thread
        if thread.closed_at is None or thread.joined_into_id is not None:
            return None
        return (thread.closed_at - thread.began_at).total_seconds()

    def is_late(self, now: datetime) -> bool:
        """Say whether a next word was promised and has not come."""
        due = self.newest.next_update_at
        return self.is_open and due is not None and due <= now

    @property
    def worst(self) -> Condition:
        """Return the worst that was said last of a function; not confirmed where nothing was said of any."""
        said = [Condition(one.condition) for one in self.newest.statements.all()]
        return max(said, key=lambda one: one.urgency, default=Condition.NOT_CONFIRMED)

    @property
    def functions(self) -> list[Function]:
        """Return the functions that any of its texts is about, in the page's order."""
        found = {function for bulletin in self.bulletins for function in bulletin.functions.all()}
        return sorted(found, key=lambda function: (function.place, function.name, function.slug))


def standing(team: Team) -> list[Story]:
    """Return the open threads that are not planned work, each with its newest bulletin, the newest first."""
    return _newest(NewsThread.objects.filter(team=team).open().exclude(about_kind__in=FORETOLD))


def closed(team: Team, since: datetime) -> list[Story]:
    """Return the threads that were closed since a time, planned work left out, newest first, at most MOST_CLOSED."""
    mine = NewsThread.objects.filter(team=team, closed_at__gt=since).exclude(about_kind__in=FORETOLD)
    return _newest(mine)[:MOST_CLOSED]


def since(team: Team, at: datetime) -> list[Bulletin]:
    """Return the bulletins since a time, the newest first, at most MOST_TEXTS."""
    return list(Bulletin.objects.filter(team=team, said_at__gt=at).whole()[:MOST_TEXTS])


def touching(team: Team, functions: Sequence[Function], since: datetime) -> list[Story]:
    """Return the threads that told something of any of these functions since a time, each with its newest bulletin."""
    told = Bulletin.objects.filter(team=team, functions__in=functions, said_at__gt=since).values("thread")
    return _newest(NewsThread.objects.filter(team=team, pk__in=told))[:MOST_CLOSED]


def named(team: Team, since: datetime) -> dict[object, list[Span]]:
    """Return, by key of a function, while the team told of trouble with it, as far as that lasted beyond `since`.

    Planned work is no trouble: it is announced weeks before it begins. Two queries.
    """
    threads = NewsThread.objects.filter(team=team).exclude(about_kind__in=FORETOLD)
    lasting = threads.filter(Q(closed_at=None) | Q(closed_at__gt=since)).values_list("pk", "closed_at")
    closed = dict(lasting)
    texts: dict[object, list[tuple[datetime, bool]]] = {}
    first: dict[object, dict[object, datetime]] = {}
    told = Bulletin.objects.filter(thread__in=closed).order_by("thread", "place")
    for thread, place_at, is_last, function in told.values_list("thread", "said_at", "is_last", "functions"):
        mine = texts.setdefault(thread, [])
        if not mine or mine[-1] != (place_at, is_last):  # one row for each function of a text
            mine.append((place_at, is_last))
        if function is not None:
            first.setdefault(thread, {}).setdefault(function, place_at)
    found: dict[object, list[Span]] = {}
    for thread, functions in first.items():
        for span in open_spans(texts[thread], closed[thread]):
            for function, at in functions.items():
                if at < span.ends_at:
                    found.setdefault(function, []).append(Span(max(at, span.begins_at), span.ends_at))
    return found


def _newest(threads: NewsThreadQuerySet) -> list[Story]:
    found = list(threads.with_last_bulletin())
    bulletins = Bulletin.objects.whole().in_bulk([thread.last_id for thread in found if thread.last_id])
    stories = [Story(thread, [bulletins[thread.last_id]]) for thread in found if thread.last_id in bulletins]
    return sorted(stories, key=lambda story: (story.newest.said_at, story.thread.pk), reverse=True)


def story(team: Team, id: object) -> Story | None:  # noqa: A002 -- of a thread or of one of its bulletins
    """Return a thread with all its bulletins, found by its own id or by that of a bulletin; None for none."""
    mine = NewsThread.objects.filter(team=team).select_related("joined_into", "team")
    thread = mine.filter(Q(pk=id) | Q(bulletins=id)).first()
    if thread is None:
        return None
    bulletins = list(thread.bulletins.whole().order_by("-place"))
    return Story(thread, bulletins) if bulletins else None
