"""When fires make a card, and what a card can be answered with. Plain values only."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from hortus.values.refused import Refused

ENOUGH = 3  # fires of a kind; our own default
SPAN = timedelta(days=90)  # within which they are of a kind
MOST_TAGS, LONGEST_TAG = 8, 40
_TAG = re.compile(r"[^\w-]+")


class Answer(StrEnum):
    """What the team does about kindling."""

    PROCESS = "process"
    PEOPLE = "people"
    PRODUCT = "product"
    BOUNDARY = "boundary"
    ACCEPTED = "accepted"
    NOT_OURS = "not-ours"

    @property
    def word(self) -> str:
        """Return the words people read."""
        return _ANSWERS[self]


_ANSWERS = {
    Answer.PROCESS: "mend how we work", Answer.PEOPLE: "mend something between people, or who can do it",
    Answer.PRODUCT: "mend the product", Answer.BOUNDARY: "mend the boundary: notice, quota, contract, contact",
    Answer.ACCEPTED: "live with it until a day", Answer.NOT_OURS: "it is not ours",
}  # fmt: skip


def kindles(times: Iterable[datetime], after: datetime | None = None) -> Sequence[datetime]:
    """Return the fires of one kind that make a card now: the last ENOUGH or more within SPAN, none when too few.

    times: when fires of one subject began (aware), any order. after: when the last card of this subject was answered;
    only fires since then count, so that an answered card does not come back by what it was an answer to.

    >>> from datetime import UTC
    >>> day = datetime(2026, 3, 2, tzinfo=UTC)
    >>> len(kindles([day, day + timedelta(days=40), day + timedelta(days=80)]))
    3
    >>> kindles([day, day + timedelta(days=40), day + timedelta(days=200)])
    []
    """
    found = sorted(at for at in times if after is None or at > after)
    if not found:
        return []
    near = [at for at in found if at > found[-1] - SPAN]
    return near if len(near) >= ENOUGH else []


def tags_of(words: str | Iterable[str]) -> list[str]:
    """Return tags in their one spelling: lower case, dashes for blanks, sorted, each once.

    words: one text with commas, or texts. Raises Refused for more than MOST_TAGS or one longer than LONGEST_TAG.

    >>> tags_of("Cooling, slow  disk,cooling")
    ['cooling', 'slow-disk']
    """
    parts = words.split(",") if isinstance(words, str) else words
    found = sorted({tag for part in parts if (tag := _TAG.sub("-", part.strip().casefold()).strip("-_"))})
    if len(found) > MOST_TAGS:
        raise Refused("too-many-tags", f"There are {len(found)} tags; at most {MOST_TAGS} are allowed.", "tags")
    for tag in found:
        if len(tag) > LONGEST_TAG:
            raise Refused("long-tag", f"The tag {tag[:20]}… has {len(tag)} letters; {LONGEST_TAG} are allowed.", "tags")
    return found
