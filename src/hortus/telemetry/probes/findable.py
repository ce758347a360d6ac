"""What the search finds of probes: name, question and service, which members and readers may see."""

from collections.abc import Iterable

from hortus.access.models import Team
from hortus.ledger.search import Document
from hortus.telemetry.probes.models import Probe


def document(probe: Probe) -> Document:
    """Return what can be found of a probe."""
    return Document(probe.slug, probe.name, "\n".join(filter(None, (probe.question, probe.sort.name, probe.service))))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all probes of a team."""
    return map(document, Probe.objects.filter(team=team))
