"""Reads of the outbox for pages, API and command line: what is in trouble, the list, names of recipients."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.models import Delivery, Message, MessageQuerySet

OLD = timedelta(minutes=15)
STATES = tuple(state.value for state in Delivery.State)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a team should look at among its messages: deliveries given up, held, and waiting for too long.

    late_since: since when the oldest late one is due, None where none is late.
    """

    dead: int
    held: int
    late: int
    late_since: datetime | None

    def __bool__(self) -> bool:
        return bool(self.dead or self.held or self.late)


def trouble(team: Team) -> Trouble:
    """Return what is in trouble among a team's messages; one query."""
    long_ago = clock.now() - OLD
    is_late = Q(state=Delivery.State.DUE, due_from__lt=long_ago) & (Q(not_before=None) | Q(not_before__lt=long_ago))
    open_ones = Delivery.objects.filter(team=team, state__in=("due", "held", "dead"))
    found = open_ones.aggregate(
        dead=Count("pk", filter=Q(state=Delivery.State.DEAD)), held=Count("pk", filter=Q(state=Delivery.State.HELD)),
        late=Count("pk", filter=is_late), late_since=Min("due_from", filter=is_late),
    )  # fmt: skip
    return Trouble(**found)


def listed(messages: MessageQuerySet, state: str = "") -> MessageQuerySet:
    """Return messages, the newest first; with a state only those that have a delivery in it."""
    if state:
        messages = messages.filter(Exists(Delivery.objects.filter(message=OuterRef("pk"), state=state)))
    return messages.select_related("by")


def with_counts(messages: Iterable[Message]) -> list[Message]:
    """Return messages that know how many of their deliveries stand where: n_due, n_held, n_accepted, n_dead, n_dropped.

    n_all: in all. One query for all of them.
    """
    shown = list(messages)
    rows = Delivery.objects.filter(message__in=shown).order_by().values_list("message", "state")
    found = {(pk, state): n for pk, state, n in rows.annotate(n=Count("pk"))}
    for one in shown:
        counts = {state: found.get((one.pk, state), 0) for state in STATES}
        for name, count in [*counts.items(), ("all", sum(counts.values()))]:
            setattr(one, f"n_{name}", count)
    return shown


def names(deliveries: Iterable[Delivery]) -> dict[tuple[str, str], str]:
    """Return what recipients are called, without any address: persons and destinations by name, others by kind."""
    ids: dict[str, set[str]] = {}
    for one in deliveries:
        ids.setdefault(one.recipient_kind, set()).add(one.recipient_id)
    known = {("person", str(pk)): name for pk, name in _of(Person, ids.get("person", ()))}
    known |= {("destination", str(pk)): name for pk, name in _of(Destination, ids.get("destination", ()))}
    return {
        (kind, one): known.get((kind, one), f"a {kind.replace('-', ' ')}") for kind, some in ids.items() for one in some
    }


def _of(model: "type[Person] | type[Destination]", ids: Iterable[str]) -> Sequence[tuple[object, str]]:
    wanted = list(ids)
    return list(model.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else []
