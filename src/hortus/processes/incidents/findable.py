"""What the search finds of incidents: their sentence, tags and what was said of them, not what was asked."""

from collections.abc import Iterable

from hortus.access.models import Team
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
