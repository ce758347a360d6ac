"""Verbs of a review's course: want it, choose its depth and writer, begin, share, discuss, keep or waive it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from hortus.access.closed import closed_ahead
from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue.models import Service
from hortus.catalogue.sentences import plain
from hortus.follow_ups.actions import owners
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.processes.incidents.models import Incident, RoleHeld
from hortus.processes.incidents.reviews import findable, signs, telling
from hortus.processes.incidents.reviews.models import Review, newest_number
from hortus.processes.incidents.reviews.rules import NEXT, Depth, Sign, State, due_day, proposed
from hortus.values.plots import Plot
from hortus.values.refused import Refused

GROWTH = Plot.named("processes-growth")
LONGEST_TITLE, LONGEST = 200, 300  # characters, as the tables hold them


def want_for(incident: Incident, *, by: Person | None, door: str, at: datetime | None = None) -> Review:
    """Want a review of an incident, in the caller's transaction; return it, or the one that it has already.

    Its depth is proposed from the signs; its writer is who led the incident last, and hears of it.
    """
    _line_up(incident.team)
    known: Review | None = Review.objects.of_incident(incident).order_by("number").first()
    if known is not None:
        return known
    led = incident.roles.filter(role=RoleHeld.Role.LEAD).select_related("person").order_by("-since", "-id").first()
    now = at or clock.now()
    review = _made(incident.team, incident.title, now, led.person if led else by)
    review.incidents.set([incident])
    review.services.set(incident.services.all())
    review.tags = list(incident.tags)
    _propose(review)
    review.save()
    tell(review, "wanted", by, door, now, {"incident": incident.number, "depth": review.depth})
    telling.wanted(review, by, door)
    return review


@transaction.atomic
def want(incident: Incident, *, by: Person, door: str) -> Review:
    """Want a review of an incident that has none; return it. Raises Refused while the incident goes on."""
    if incident.resolved_at is None:
        raise Refused("not-over", f"“{incident}” is not resolved; a review looks back on what is over.", "incident")
    return want_for(incident, by=by, door=door)


@transaction.atomic
def near_miss(
    team: Team, title: str, *, by: Person, door: str, said: str = "", services: Sequence[Service] = (),
    at: datetime | None = None,
) -> Review:  # fmt: skip
    """Want a review of something that nearly went wrong, and return it. title: one sentence. said: what happened.

    Raises Refused when a text is not allowed or a service is of another team.
    """
    now = at or clock.now()
    for service in services:
        if service.team_id != team.pk:
            raise Refused("not-in-team", f"{service} is not of {team}; choose one that is.", "services")
    review = _made(team, plain(title, "title", LONGEST_TITLE, required=True), now, by)
    review.is_near_miss, review.how = True, said.strip()
    review.services.set(services)
    _propose(review)
    review.save()
    tell(review, "wanted", by, door, now, {"depth": review.depth, "near_miss": True})
    return review


def _line_up(team: Team) -> None:
    """Hold a team until the transaction ends: reviews get their numbers, and incidents theirs, one after the other."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def _made(team: Team, title: str, now: datetime, writer: Person | None) -> Review:
    _line_up(team)
    can = {person.pk for person in owners(team, Kind.REVIEW)}
    due_on = due_day(now.astimezone(team.zoneinfo).date(), closed_ahead(team, now))
    return Review.objects.create(
        team=team, number=newest_number(team) + 1, title=title, depth=Depth.NOTE.value, wanted_at=now,
        writer=writer if writer and writer.pk in can else None, due_on=due_on,
    )  # fmt: skip


def _propose(review: Review) -> None:
    review.depth = proposed(signs.of(review)).value


@transaction.atomic
def cover(review: Review, incident: Incident, *, by: Person, door: str) -> bool:
    """Let a review be about a further incident, too; return whether it was not. Raises Refused.

    A review that only that incident had, and that nobody began, is waived: the two are looked at together.
    """
    reviews = Review.objects.filter(Q(pk=review.pk) | Q(incidents=incident, state=State.WANTED.value)).values("pk")
    list(Review.objects.select_for_update(no_key=True).filter(pk__in=reviews).order_by("pk"))  # all in one order
    review = held(review)
    _refuse_over(review)
    if incident.team_id != review.team_id or incident.resolved_at is None:
        raise Refused("not-over", f"“{incident}” is not resolved; a review looks back on what is over.", "address")
    if review.incidents.filter(pk=incident.pk).exists():
        return False
    for other in Review.objects.of_incident(incident).filter(state=State.WANTED.value).order_by("number"):
        if other.incidents.count() == 1:
            waive(other, f"It is looked at together in review {review.number}.", by=by, door=door)
    review.incidents.add(incident)
    review.services.add(*incident.services.all())
    tell(review, "widened", by, door, clock.now(), {"incident": incident.number})
    return True


@transaction.atomic
def tick(review: Review, ticked: Iterable[Sign], *, by: Person, door: str) -> Depth:
    """Say which signs hold that only people can tell; return the depth that all signs together propose."""
    review = held(review)
    _refuse_over(review)
    wrong = [sign for sign in ticked if not sign.is_asked]
    if wrong:
        raise Refused("not-asked", f"{wrong[0].value} is read from the incident; nobody ticks it.", "signs")
    chosen = [sign.value for sign in Sign if sign in set(ticked)]
    if chosen != review.ticked:
        review.ticked = chosen
        review.save(update_fields=["ticked"])
        tell(review, "signs ticked", by, door, clock.now(), {"signs": chosen})
    return proposed(signs.of(review))


@transaction.atomic
def set_depth(review: Review, depth: Depth, *, by: Person, door: str, at: datetime | None = None) -> bool:
    """Choose how deep to look; return whether that changed anything. Raises Refused when it is over."""
    review = held(review)
    _refuse_over(review)
    if review.depth == depth:
        return False
    review.depth = depth.value
    review.save(update_fields=["depth"])
    tell(review, "depth chosen", by, door, at or clock.now(), {"depth": depth.value})
    return True


@transaction.atomic
def hand(review: Review, writer: Person | None, *, by: Person, door: str) -> bool:
    """Let somebody else write it, or nobody yet; return whether that changed anything. Raises Refused."""
    review = held(review)
    _refuse_over(review)
    if review.writer == writer:
        return False
    if writer is not None and writer.pk not in {person.pk for person in owners(review.team, Kind.REVIEW)}:
        raise Refused("not-a-writer", f"{writer} cannot write reviews of {review.team}.", "writer")
    review.writer = writer
    review.save(update_fields=["writer"])
    tell(review, "handed on", by, door, clock.now(), {})
    telling.wanted(review, by, door)
    return True


@transaction.atomic
def share(review: Review, *, by: Person, door: str, at: datetime | None = None) -> Review:
    """Show it to the team. Raises Refused before it says how one got there."""
    review = held(review)
    if review.stands is State.WRITING and not review.how.strip():
        raise Refused(
            "nothing-written", "Say how we got here before it is shared; the other answers may follow.", "how"
        )
    return move(review, State.SHARED, by, door, at)


@transaction.atomic
def discuss(review: Review, *, by: Person, door: str, at: datetime | None = None) -> Review:
    """Say that those who were there talked it over."""
    return move(held(review), State.DISCUSSED, by, door, at)


@transaction.atomic
def keep(review: Review, *, by: Person, door: str, at: datetime | None = None) -> Review:
    """Keep it as it is, for those who come later. Raises Refused before one thing was learned."""
    review = held(review)
    if State.KEPT in NEXT[review.stands] and not review.learnings.exists():
        raise Refused("nothing-learned", "Write down one thing that was learned before the review is kept.", "learning")
    return move(review, State.KEPT, by, door, at)


@transaction.atomic
def waive(review: Review, reason: str, *, by: Person, door: str, at: datetime | None = None) -> Review:
    """Decide that there will be no review, and why; waived ones are counted. Raises Refused once it was begun."""
    review = held(review)
    if State.WAIVED in NEXT[review.stands]:
        review.reason = plain(reason, "reason", LONGEST, required=True)
    return move(review, State.WAIVED, by, door, at)


def move(review: Review, to: State, by: Person | None, door: str, at: datetime | None) -> Review:
    """Take a held review to another state, with its event. Raises Refused for a way that does not exist."""
    if to not in NEXT[review.stands]:
        raise Refused("no-way", f"“{review}” is {review.state}; from there it cannot become {to.value}.")
    now = at or clock.now()
    review.state = to.value
    review.shared_at = now if to is State.SHARED else review.shared_at
    review.ended_at = now if to.is_over else review.ended_at
    review.save()
    tell(review, "begun" if to is State.WRITING else to.value, by, door, now, {})
    return review


def held(review: Review) -> Review:
    """Return the row as it is now, held until the transaction ends: of two at once one acts and one is told."""
    # Nothing that may change meanwhile is joined: PostgreSQL would look for it as it was, and find none.
    rows = Review.objects.select_for_update(of=("self",), no_key=True).select_related("team")
    found: Review = rows.get(pk=review.pk)
    return found


def _refuse_over(review: Review) -> None:
    if review.stands.is_over:
        raise Refused("over", f"“{review}” is {review.state} and stays as it is.")


def tell(
    review: Review, verb: str, by: Person | None, door: str, at: datetime, payload: dict[str, object]
) -> None:  # fmt: skip
    """Write an event of a review, and what can be found of it from now on, in the caller's transaction."""
    service = review.services.order_by("name", "slug").values_list("slug", flat=True).first() or ""
    record(
        review.team, verb, review.ref, by=by, source=door, at=at, plot=GROWTH, service=service, payload=payload
    )  # fmt: skip
    findable.keep(review)
