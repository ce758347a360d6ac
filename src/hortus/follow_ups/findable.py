"""What the search finds of follow-ups: only of those whose words whoever reads follow-ups may read.

And one by its id, for who names it.
"""

from collections.abc import Iterable
from uuid import UUID

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.follow_ups.models import FollowUp
from hortus.ledger import search
from hortus.ledger.refs import Ref
from hortus.ledger.search import Document


def document(found: FollowUp) -> Document:
    """Return what can be found of a follow-up: its words, what it follows from, how it stands."""
    ended = "" if found.is_open else f" ({found.word})"
    return Document(str(found.pk), f"{found.text}{ended}", "\n".join(filter(None, [found.learning, found.about_name])))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all follow-ups of a team."""
    return map(document, FollowUp.objects.filter(team=team, guard=Kind.FOLLOW_UP.value))


def keep(found: FollowUp, ref: Ref) -> None:
    """Make a follow-up findable as it is now, in the caller's transaction; those kept among few never are."""
    if not found.is_shared:
        return
    told = document(found)
    search.index(found.team, ref, kind=Kind.FOLLOW_UP, title=told.title, body=told.body)


def find(standing: Standing, id: str) -> Ref | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the reference to a follow-up, None where who asks may not read it; nothing that few may read."""
    try:
        mine = FollowUp.objects.visible_to(standing.person).filter(team=standing.team, pk=UUID(id))
    except ValueError:
        return None
    found: FollowUp | None = mine.first()
    return Ref("follow-up", str(found.pk), found.text if found.is_shared else "") if found else None
