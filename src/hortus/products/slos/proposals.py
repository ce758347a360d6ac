"""What objectives propose for the status page, and what they confirm. A person publishes; nothing is said from here."""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db.models import Min, Q
from django.db.models.query import QuerySet

from hortus.access.models import Team
from hortus.catalogue.proposals import Proposal
from hortus.catalogue.rules import Condition
from hortus.ledger import refs
from hortus.products.slos.models import Evaluation
from hortus.products.slos.rules.alerts import Urgency
from hortus.products.slos.rules.states import BudgetState

FRESH_MINUTES = 60  # a figure that is older than that confirms nothing


def _evaluations(team: Team) -> "QuerySet[Evaluation]":
    found: QuerySet[Evaluation] = Evaluation.objects.filter(team=team, objective__retired_at=None)
    return found.exclude(objective__function="").select_related("objective")


def propose(team: Team) -> Iterable[Proposal]:
    """Give a proposal for each function whose objective burns, is spent, or has an alert that stands; in two queries.

    An alert that pages proposes *degraded*; any other trouble *at risk*. How much is out an objective cannot tell.
    """
    still_open = Q(objective__episodes__closed_at=None)
    opened = Min("objective__episodes__opened_at", filter=still_open)
    paged = Min("objective__episodes__opened_at", filter=still_open & Q(objective__episodes__urgency=Urgency.PAGE))
    for one in _evaluations(team).annotate(opened=opened, paged=paged):
        if one.paged is None and one.state not in (
            BudgetState.BURNING, BudgetState.CRITICAL, BudgetState.EXHAUSTED
        ):  # fmt: skip
            continue
        yield Proposal(
            function=one.objective.function,
            condition=Condition.AT_RISK if one.paged is None else Condition.DEGRADED,
            reason=f"{one.objective.name}: {one.standing['sentence']}",
            path=refs.link(team, "objective", one.objective.slug),
            since=one.opened or instant(one.minute),
        )


def confirmed_until(team: Team) -> dict[str, datetime]:
    """Return by function until when a healthy objective that is measured confirms it, in one query."""
    found: dict[str, datetime] = {}
    for one in _evaluations(team).filter(state=BudgetState.HEALTHY):
        heard = [rate for rate in one.standing["rates"] if rate["minutes"] <= FRESH_MINUTES]
        if any(rate["measured_minutes"] for rate in heard) and not any(rate["bad"] for rate in heard):
            until = instant(one.minute)
            found[one.objective.function] = max(until, found.get(one.objective.function, until))
    return found


def instant(minute: int) -> datetime:
    """Return a minute since 1970 as an aware instant."""
    return datetime.fromtimestamp(minute * 60, UTC)
