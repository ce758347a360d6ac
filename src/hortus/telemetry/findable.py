"""What the search finds of clusters: the name, and the service that it belongs to. Nothing of jobs or persons."""

from collections.abc import Iterable

from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.ledger import search
from hortus.ledger.refs import Ref
from hortus.ledger.search import Document
from hortus.telemetry.models import Cluster


def document(cluster: Cluster) -> Document:
    """Return what can be found of a cluster; its id in the ledger is its name."""
    return Document(cluster.name, cluster.name, " ".join(filter(None, ("Cluster", cluster.service, cluster.zone))))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all clusters of a team."""
    return map(document, Cluster.objects.filter(team=team))


def keep(cluster: Cluster) -> None:
    """Make a cluster findable as it is now, in the caller's transaction."""
    found = document(cluster)
    ref = Ref("cluster", found.id, found.title)
    search.index(cluster.team, ref, kind=Kind.CLUSTER, title=found.title, body=found.body)
