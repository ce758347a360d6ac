"""What the search finds of services: name, sentence and sort, which everybody in the team may read."""

from collections.abc import Iterable

from hortus.access.models import Team
from hortus.catalogue.models import Service
from hortus.ledger.search import Document


def document(service: Service) -> Document:
    """Return what can be found of a service."""
    retired = " (retired)" if service.retired_on else ""
    return Document(service.slug, f"{service.name}{retired}", f"{service.sentence}\n{service.get_sort_display()}")


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all services of a team."""
    return map(document, Service.objects.filter(team=team))
