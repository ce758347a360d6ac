"""What the search finds of procedures: what the current version says, and its steps; and how others name them."""

from collections.abc import Iterable, Sequence

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.ledger import search
from hortus.ledger.refs import Ref, number
from hortus.ledger.search import Document
from hortus.processes.procedures.models import Procedure, Run


def document(procedure: Procedure) -> Document:
    """Return what can be found of a procedure."""
    version = procedure.current
    if version is None:
        return Document(procedure.slug, procedure.title, "")
    said = version.content
    lines = [said.goal, said.why, said.good_result, said.pause_point, said.way_back]
    lines += [text for step in said.steps for text in (step.text, step.body, step.expected, step.command)]
    return Document(procedure.slug, procedure.title, "\n".join(filter(None, lines)))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all procedures of a team."""
    return map(document, Procedure.objects.filter(team=team))


def keep(procedure: Procedure) -> None:
    """Make a procedure findable as it is now, in the caller's transaction."""
    found = document(procedure)
    search.index(procedure.team, procedure.ref, kind=Kind.PROCEDURE, title=found.title, body=found.body)


def procedure(standing: Standing, slug: str) -> Ref | None:
    """Return the reference to a procedure that who asks may read."""
    found = Procedure.objects.visible_to(standing.person).filter(team=standing.team, slug=slug).first()
    return found.ref if found else None


def procedures(standing: Standing) -> Sequence[Ref]:
    """Return those that were not retired, as far as who asks may read them, by their titles."""
    return [one.ref for one in Procedure.objects.visible_to(standing.person).filter(team=standing.team).living()]


def run(standing: Standing, id: str) -> Ref | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the reference to a run that who asks may read."""
    mine = Run.objects.visible_to(standing.person).select_related("procedure")
    found = mine.filter(team=standing.team, number=number(id)).first()
    return found.ref if found else None
