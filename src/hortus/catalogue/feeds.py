"""The status as a feed of news. Holds no name of a person: the team speaks."""

from collections.abc import Sequence

from django.utils.html import linebreaks

from hortus.catalogue.board import Board
from hortus.catalogue.models import PlannedWork, Statement
from hortus.catalogue.rules import Condition
from hortus.web.feeds import Atom

_LABELS = (("You cannot", "cannot"), ("You can", "can"), ("Instead", "instead"))


def told(words: Statement | PlannedWork) -> str:
    """Return the sentences of a statement or of planned work as lines, empty ones left out."""
    return "\n".join(f"{label}: {said}" for label, name in _LABELS if (said := getattr(words, name)))


def atom(board: Board, statements: Sequence[Statement], url: str, feed_url: str) -> str:
    """Return what was said in 90 days and what work was planned as Atom, the newest first.

    statements: as `board.history` gives them. url: of the status page; feed_url: of this feed. Django declares an
    item's description to be HTML, so our plain text is escaped for that, below the escaping of the XML.
    """
    team = board.team
    feed = Atom(
        title=f"{team.name}: status", link=url, description="", feed_url=feed_url, language="en", author_name=team.name
    )
    items = [(said.said_at, said) for said in statements] + [(work.changed_at, work) for work in board.works]
    for at, item in sorted(items, key=lambda pair: pair[0], reverse=True):
        kind = "statement" if isinstance(item, Statement) else "planned-work"
        feed.add_item(
            title=_title(item), link=url, description=linebreaks(told(item), autoescape=True), author_name=team.name,
            updateddate=at, pubdate=item.said_at if isinstance(item, Statement) else item.announced_at,
            unique_id=f"urn:hortus:{team.pk}:{kind}:{item.pk}",
        )  # fmt: skip
    return str(feed.writeString("utf-8"))


def _title(item: Statement | PlannedWork) -> str:
    if isinstance(item, Statement):
        return f"{item.function.name}: {Condition(item.condition).word}"
    return f"Planned work{' cancelled' if item.cancelled_at else ''}: {item.title}"
