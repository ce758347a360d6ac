"""Verbs that write a review: begin with a draft, save the answers of one or of two writers, and lose nobody's words."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from hortus.access.models import Membership, Person
from hortus.ledger import clock, refs
from hortus.processes.incidents.reviews import actions, reuse, timeline
from hortus.processes.incidents.reviews.models import Review, Revision
from hortus.processes.incidents.reviews.rules import QUESTIONS, State, merged, names_in
from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused

LONGEST = 40_000  # characters of one answer


class Clashed(Refused):
    """Two people changed the same answer. theirs: what is saved; names: of the answers; version: of what is saved."""

    def __init__(self, review: Review, names: tuple[str, ...]) -> None:
        words = ", ".join(f"“{QUESTIONS[name][0]}”" for name in names)
        super().__init__(
            "changed-meanwhile", f"Somebody else saved {words} meanwhile. Both texts are here; bring them together "
            "and save again.", names[0],
        )  # fmt: skip
        self.names, self.theirs, self.version = names, review.texts, review.version


@transaction.atomic
def begin(review: Review, *, by: Person, door: str, at: datetime | None = None) -> Review:
    """Begin to write: what the ledger knows of the incidents is laid down as a draft of how one got here."""
    review = actions.held(review)
    actions.move(review, State.WRITING, by, door, at)
    review.writer = review.writer or by
    review.how = review.how or timeline.draft(review)[:LONGEST]
    _save(review, by, at or clock.now())
    return review


@transaction.atomic
def write(
    review: Review, texts: Mapping[str, str], version: int, *, by: Person, door: str, at: datetime | None = None
) -> Review:
    """Save answers, and return the review; a review that was only wanted is begun by that.

    texts: by the names of questions; those left out stay. version: which the writer began from. What somebody else
    changed meanwhile in other answers is kept; raises Clashed where both changed the same one, and Refused when a text
    is too long or cannot be shown, there is no such version, or the review is over.
    """
    review, now = actions.held(review), at or clock.now()
    if review.stands.is_over:
        raise Refused("over", f"“{review}” is {review.state} and stays as it is; write what is new in another one.")
    mine = {name: _checked(name, text) for name, text in texts.items()}
    found = merged(_base(review, version), mine, review.texts)
    if found.clashes:
        raise Clashed(review, found.clashes)
    if review.stands is State.WANTED:
        actions.move(review, State.WRITING, by, door, at)
        review.writer = review.writer or by
    changed = [name for name in QUESTIONS if getattr(review, name) != found.texts[name]]
    if changed:
        for name in changed:
            setattr(review, name, found.texts[name])
        _save(review, by, now)
        actions.tell(review, "written", by, door, now, {"answers": changed})
        _link_what_it_names(review, by, now)
    return review


def _base(review: Review, version: int) -> Mapping[str, str]:
    if version == review.version:
        return review.texts
    found = Revision.objects.filter(review=review, version=version).first()
    if found is None and version != 0:
        raise Refused("no-version", f"There is no version {version} of “{review}”; read it again first.", "version")
    return found.texts if found else {}


def _save(review: Review, by: Person | None, now: datetime) -> None:
    if review.version == 0:  # what was there before anybody wrote is what the first writers begin from
        Revision.objects.get_or_create(
            review=review, version=0, defaults={"team": review.team, "texts": dict.fromkeys(QUESTIONS, ""), "at": now}
        )
    review.version += 1
    review.save()
    Revision.objects.create(team=review.team, review=review, version=review.version, texts=review.texts, by=by, at=now)


def _checked(name: str, text: str) -> str:
    if name not in QUESTIONS:
        raise Refused("no-question", f"{name!r} is not one of {', '.join(QUESTIONS)}.", name)
    text = text.replace("\r\n", "\n").strip()
    if len(text) > LONGEST:
        raise Refused("too-long", f"The answer has {len(text)} characters; at most {LONGEST} are allowed.", name)
    refuse_uncarriable(text, name)
    return text


def _link_what_it_names(review: Review, by: Person, now: datetime) -> None:
    """Count older reviews whose address stands in the text as used again here."""
    shown = {refs.named_by(review.team, path) for path in refs.addresses_in(" ".join(review.texts.values()))}
    numbers = [refs.number(one[1]) for one in shown if one and one[0] == "review"]
    for named in Review.objects.readable().filter(team=review.team, number__in=numbers).exclude(pk=review.pk):
        reuse.use(named, review.ref, by=by, door="web", at=now)


def named_persons(review: Review, texts: Mapping[str, str] | None = None) -> list[str]:
    """Return which members of the team the answers name: roles read better, but nobody is kept from it."""
    members = Membership.objects.filter(team=review.team).select_related("person").order_by("person__name", "pk")
    text = "\n".join((texts or review.texts).values())
    return names_in(text, [one.person.name for one in members if one.person.name])
