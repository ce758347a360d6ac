"""What the search finds of services, functions and planned work, all of which everybody in the team may read."""

from collections.abc import Iterable

from hortus.access.models import Team
from hortus.catalogue.models import Function, PlannedWork, Service, Statement
from hortus.catalogue.rules import Condition
from hortus.ledger.search import Document


def document(service: Service) -> Document:
    """Return what can be found of a service."""
    retired = " (retired)" if service.retired_on else ""
    return Document(service.slug, f"{service.name}{retired}", f"{service.sentence}\n{service.get_sort_display()}")


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all services of a team."""
    return map(document, Service.objects.filter(team=team))


def function(function: Function) -> Document:
    """Return what can be found of a function: its words, and what was said last about it."""
    retired = " (retired)" if function.retired_on else ""
    last = Statement.objects.filter(function=function).first()
    said = [Condition(last.condition).word, last.can, last.cannot, last.instead] if last else []
    return Document(function.slug, f"{function.name}{retired}", "\n".join(filter(None, [function.sentence, *said])))


def functions(team: Team) -> Iterable[Document]:
    """Return what can be found of all functions of a team."""
    return map(function, Function.objects.filter(team=team))


def planned_work(work: PlannedWork) -> Document:
    """Return what can be found of planned work."""
    cancelled = " (cancelled)" if work.cancelled_at else ""
    body = "\n".join(filter(None, ["Planned work", work.can, work.cannot, work.instead]))
    return Document(str(work.pk), f"{work.title}{cancelled}", body)


def planned_works(team: Team) -> Iterable[Document]:
    """Return what can be found of all planned work that a team announced; drafts are not to be found."""
    return map(planned_work, PlannedWork.objects.filter(team=team).announced())
