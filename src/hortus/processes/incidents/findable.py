"""What the search finds of incidents: their sentence, tags and what was said of them, not what was asked.

And one by its number, for who names it.
"""

from collections.abc import Iterable

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.ledger import refs
from hortus.ledger.refs import Ref
from hortus.ledger.search import Document
from hortus.processes.incidents.models import Incident

MOST_UPDATES = 40  # the newest ones: a long incident says the same again and again


def document(incident: Incident) -> Document:
    """Return what can be found of an incident."""
    said = incident.updates.values_list("headline", "can", "cannot", "instead", "trying")[:MOST_UPDATES]
    lines = [f"Incident {incident.number}, {incident.state}", " ".join(incident.tags)]
    lines += [text for update in said for text in update if text]
    return Document(str(incident.number), incident.title, "\n".join(filter(None, lines)))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all incidents of a team."""
    return map(document, Incident.objects.filter(team=team))


def find(standing: Standing, id: str) -> Ref | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the reference to the incident with a number, None where who asks may not read it."""
    mine = Incident.objects.visible_to(standing.person).filter(team=standing.team)
    found: Incident | None = mine.filter(number=refs.number(id)).first()
    return found.ref if found else None
