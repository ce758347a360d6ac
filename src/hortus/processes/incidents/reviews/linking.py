"""What else a review is about: finds what an address or a reference names, links it to the review and unlinks it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hortus.access.doors import Standing
from hortus.access.models import Person
from hortus.ledger import clock, refs
from hortus.ledger.refs import Ref
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions
from hortus.processes.incidents.reviews.models import Link, Review
from hortus.processes.incidents.reviews.rules import State
from hortus.values.refused import Refused


def of_address(standing: Standing, address: str) -> Ref:
    """Return what the address of a page of Hortus shows; raise Refused for any other."""
    shown = refs.named_by(standing.team, address)
    if shown is None:
        named = _words(refs.nameable())
        raise Refused(
            "no-page", f"This is not the address of a {named} of this team; copy it from the browser.", "address"
        )
    return of(standing, *shown, field="address")


def incident_of_address(standing: Standing, address: str) -> Incident:
    """Return the incident whose page an address shows; raise Refused for any other."""
    ref = of_address(standing, address)
    if ref.kind != "incident":
        word = refs.word(ref.kind)
        raise Refused("no-incident", f"This is the address of a {word}; give that of an incident.", "address")
    found: Incident = Incident.objects.visible_to(standing.person).select_related("team").get(
        team=standing.team, number=int(ref.id)
    )  # fmt: skip
    return found


def of(standing: Standing, kind: str, id: str, *, field: str = "id") -> Ref:  # noqa: A002 -- a reference is (kind, id)
    """Return the reference to an object that who asks may read; raise Refused where there is none."""
    if kind not in refs.nameable():
        raise Refused("unknown-kind", f"{kind[:40]!r} is not one of {', '.join(refs.nameable())}.", "kind")
    found = refs.find(standing, kind, id)
    if found is None:
        raise Refused("not-found", "There is no such object in this team.", field)
    return found


@transaction.atomic
def link(review: Review, ref: Ref, *, by: Person | None, door: str, at: datetime | None = None) -> bool:
    """Say that a review is about an object, too; return whether that was not known yet.

    ref: of a kind that may be linked, as a procedure. A draft may be linked, and a kept review as well: procedures are
    written after it. Raises Refused for other kinds and for a waived review.
    """
    review = actions.held(review)
    if review.stands is State.WAIVED:
        raise Refused("over", f"“{review}” is waived; there is nothing in it to come back to.")
    if ref.kind not in refs.linkable():
        raise Refused("not-linkable", f"“{ref.name}” is no {words()}; a review is linked to nothing else.", "kind")
    now = at or clock.now()
    known = {"team": review.team, "object_name": ref.name[:200], "by": by, "at": now}
    _, is_new = Link.objects.get_or_create(review=review, object_kind=ref.kind, object_id=ref.id, defaults=known)
    if is_new:
        actions.tell(review, "linked", by, door, now, {"kind": ref.kind, "id": ref.id})
    return is_new


@transaction.atomic
def unlink(review: Review, kind: str, id: str, *, by: Person | None, door: str) -> None:  # noqa: A002 -- see above
    """Take out a link, whatever became of the object; the event keeps what it was. Raises Refused for none."""
    review = actions.held(review)
    count, _ = Link.objects.filter(review=review, object_kind=kind, object_id=id).delete()
    if not count:
        raise Refused("not-linked", f"“{review}” is not linked to that; perhaps somebody took the link out just now.")
    actions.tell(review, "unlinked", by, door, clock.now(), {"kind": kind, "id": id})


def offered(standing: Standing, review: Review) -> list[tuple[str, Sequence[Ref]]]:
    """Return what a review may be linked to and is not, by the words of their kinds; kinds without any left out."""
    known = set(review.links.values_list("object_kind", "object_id"))
    found = [
        (refs.word(kind), [ref for ref in refs.choices(standing, kind) if (ref.kind, ref.id) not in known])
        for kind in refs.linkable()
    ]
    return [(word, some) for word, some in found if some]


def words() -> str:
    """Return what a review may be linked to in words, as in "procedure"; "" for nothing."""
    return _words(refs.linkable()) if refs.linkable() else ""


def _words(kinds: Sequence[str]) -> str:
    *some, last = [refs.word(kind) for kind in kinds]
    return f"{', '.join(some)} or {last}" if some else last
