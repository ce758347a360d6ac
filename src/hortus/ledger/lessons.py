"""What was learned about an object: a practice that knows tells it here to one that is about to change the object.

So neither knows the other. Called from AppConfig.ready of the practice that has lessons. A source that fails takes
only its own lessons away: what they stand beside must open all the same.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hortus.access.doors import Standing
from hortus.ledger import refs
from hortus.ledger.refs import Ref
from hortus.values.refused import Refused

logger = logging.getLogger(__name__)
LINKED = "linked"  # the why of a lesson that somebody linked to the very object
MOST_OTHERS = 3  # who is in the middle of something reads no list


@dataclass(frozen=True, slots=True)
class Lesson:
    """Something that was learned, on a page of its own.

    key: the source's own key of it, as in a review's number; what `helped` takes. source: its name, as in "review".
    path: of its page. learned: sentences, may be empty. why: in a few words why it is shown: LINKED, or "also about
    Scheduler". since: when it was shared or entered.
    """

    key: str
    source: str
    title: str
    path: str
    learned: Sequence[str]
    why: str
    since: datetime

    @property
    def is_linked(self) -> bool:
        """Say whether somebody linked it to the object itself."""
        return self.why == LINKED


Lessons = Callable[[Standing, Ref, Sequence[str]], Sequence[Lesson]]
Helped = Callable[[Standing, str, Ref, str], bool]
_SOURCES: dict[str, tuple[Lessons, Helped]] = {}


def register(source: str, lessons: Lessons, helped: Helped) -> None:
    """Let a practice tell what was learned, and hear where it helped; called from AppConfig.ready.

    source: its name, the same as the kind of its objects in the ledger's references. lessons: from who asks, the object
    and slugs of its services to lessons, the best first, as far as the policy lets who asks read them. helped: as
    `helped` below, from who says so, the key, the object that it helped with, and the door.
    """
    _SOURCES[source] = (lessons, helped)


def about(standing: Standing, ref: Ref, services: Collection[str] = ()) -> Sequence[Lesson]:
    """Return what was learned about an object, as far as the policy lets who asks read it.

    services: slugs of the services that the object is about. All that is linked to it comes first, then at most three
    others that share a service.
    """
    slugs = sorted(services)
    found = [lesson for tell, _ in _SOURCES.values() for lesson in _asked(tell, standing, ref, slugs)]
    others = [lesson for lesson in found if not lesson.is_linked]
    return [*(lesson for lesson in found if lesson.is_linked), *others[:MOST_OTHERS]]


def helped(standing: Standing, lesson: tuple[str, str], ref: Ref, door: str) -> bool:
    """Say that a lesson helped with an object; return whether that was not known yet.

    lesson: its source and key. Raises Refused for one that is not there or that who says so may not read.
    """
    source, key = lesson
    if source not in _SOURCES:
        raise Refused("not-found", f"There are no lessons of the sort {source[:40]!r}.", "lesson")
    return _SOURCES[source][1](standing, key, ref, door)


def named(standing: Standing, text: str, ref: Ref, door: str) -> int:
    """Let every lesson whose address stands in a text count as one that helped with an object, once each.

    text: what was written about the object, in Markdown or plain. Return how many were not known yet; an address of
    nothing that could have helped counts nothing, and is no mistake.
    """
    found = {refs.named_by(standing.team, address) for address in refs.addresses_in(text)}
    return sum(_helped_if_there(standing, lesson, ref, door) for lesson in sorted(filter(None, found)))


def _helped_if_there(standing: Standing, lesson: tuple[str, str], ref: Ref, door: str) -> bool:
    try:
        return lesson[0] in _SOURCES and helped(standing, lesson, ref, door)
    except Refused:
        return False


def _asked(tell: Lessons, standing: Standing, ref: Ref, services: Sequence[str]) -> Sequence[Lesson]:
    try:
        with transaction.atomic():
            return tell(standing, ref, services)
    except Exception:  # whatever another practice does, the page of the object opens
        logger.exception("what was learned about %s %s could not be read", ref.kind, ref.id)
        return ()
