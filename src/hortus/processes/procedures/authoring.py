"""From the Markdown of a form to a procedure or a version: reads it, finds the services that it names, then writes."""

from collections.abc import Sequence

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.processes.procedures import actions, markdown
from hortus.processes.procedures.actions import Written
from hortus.processes.procedures.markdown import Document
from hortus.processes.procedures.models import Procedure, Version
from hortus.processes.procedures.rules.content import checked
from hortus.values.refused import Refused


@transaction.atomic
def entered(
    team: Team, text: str, services: Sequence[Service], *, by: Person, door: str = "web"
) -> tuple[Procedure, bool]:
    """Write the procedure that a text tells; return it, and whether it is new.

    services: those that were ticked; what the text names comes to them. The same text once more, as when a button is
    pressed twice, returns what it made. Raises Refused as `markdown.read` and `actions.write` do.
    """
    document = markdown.read(text)
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    digest = checked(document.content).digest
    made = Version.objects.filter(team=team, number=1, author=by, digest=digest, status=Version.Status.CURRENT)
    known = Procedure.objects.filter(team=team, versions__in=made).living().first()
    if known is not None:
        return known, False
    both = list(dict.fromkeys([*services, *(_named(team, document) or ())]))
    content, slug = document.content, document.slug
    try:
        return actions.write(team, content, by=by, door=door, slug=slug, services=both), True
    except Refused as refused:
        raise _in_text(refused) from None


@transaction.atomic
def revised(
    procedure: Procedure, text: str, *, base: int, reason: str, by: Person, wants_current: bool, door: str = "web",
    is_over: bool = False,
) -> tuple[Written, bool]:  # fmt: skip
    """Publish or propose what a text tells; return what came of it, and whether services that it names were left out.

    is_over: base stands although the text names another version. The services that the text names are those of the
    procedure from now on, when it is published. Raises Refused as `markdown.read` and `actions.publish` do, for a text
    of another procedure, and for services that are not there.
    """
    document = markdown.read(text)
    if document.slug and document.slug != procedure.slug:
        raise Refused(
            "other-slug", f"This is the procedure {procedure.slug!r} and keeps that name in its address, got "
            f"{document.slug[:60]!r}; leave the line “slug” as it was.", "text",
        )  # fmt: skip
    named = _named(procedure.team, document)
    base = (
        base if is_over else document.version or base
    )  # a file that was written out knows best what its author had before them
    verb = actions.publish if wants_current else actions.propose
    try:
        done = verb(procedure, document.content, base=base, reason=reason, by=by, door=door)
    except Refused as refused:
        raise _in_text(refused) from None
    if named is None or set(named) == set(procedure.services.all()):
        return done, False
    if done.version.status != Version.Status.CURRENT or not wants_current:
        return done, True
    owner = Procedure.objects.select_related("owner").get(pk=procedure.pk).owner
    actions.describe(procedure, owner=owner, services=named, by=by, door=door)
    return done, False


@transaction.atomic
def accepted(version: Version, *, against: int, by: Person, door: str = "web") -> Version:
    """Take a proposal. against: number of the version that it was compared with. Raises Refused when that is old."""
    current = actions.held(version.procedure).current
    number = current.number if current else 0
    version.refresh_from_db(fields=["status"])
    if number != against and version.status == Version.Status.PROPOSED:
        raise Refused(
            "changed", f"Version {number} is current by now; look at what the proposal would change in it, then decide."
        )
    return actions.accept(version, by=by, door=door)


def _named(team: Team, document: Document) -> list[Service] | None:
    """Return the services that a text names, None where it is silent about them. Raises Refused for an unknown one."""
    if document.services is None:
        return None
    known = {one.slug: one for one in Service.objects.filter(team=team, slug__in=document.services)}
    for slug in document.services:
        if slug not in known:
            raise Refused("no-service", f"{slug[:60]!r} is no service of {team}; name one by its address.", "text")
    return [known[slug] for slug in document.services]


def _in_text(refused: Refused) -> Refused:
    """Return a refusal of anything that the text tells as one of the text."""
    is_of_form = refused.field in ("", "change_reason", "services")
    return refused if is_of_form else Refused(refused.code, refused.sentence, "text")
