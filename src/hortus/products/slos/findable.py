"""What the search finds of objectives: name, promise, what is counted, service."""

from collections.abc import Iterable

from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.ledger import search
from hortus.ledger.refs import Ref
from hortus.ledger.search import Document
from hortus.products.slos.models import Objective


def document(objective: Objective) -> Document:
    """Return what can be found of an objective; its id in the ledger is its slug."""
    retired = " (retired)" if objective.retired_at else ""
    told = [objective.promise, *(sli.sentence for sli in objective.slis), objective.service]
    return Document(objective.slug, f"{objective.name}{retired}", "\n".join(filter(None, told)))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all objectives of a team."""
    return map(document, Objective.objects.whole().filter(team=team))


def keep(objective: Objective) -> None:
    """Make an objective findable as it is now, in the caller's transaction."""
    found = document(objective)
    ref = Ref("objective", found.id, found.title)
    search.index(objective.team, ref, kind=Kind.OBJECTIVE, title=found.title, body=found.body)
