"""Reads that only pages ask for: what an exclusion would take out of budgets. Keeps nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.products.slos import actions
from hortus.products.slos.drafts import ExclusionDraft
from hortus.products.slos.models import Objective
from hortus.products.slos.queries import standings
from hortus.products.slos.standing import Standing


@dataclass(frozen=True, slots=True)
class Taken:
    """What an exclusion would take out of the window of one objective, and how it would stand then."""

    objective: Objective
    events: int
    bad: int
    then: Standing


def would_take(team: Team, draft: ExclusionDraft, now: datetime, *, by: Person) -> list[Taken]:
    """Return what a draft would take out of the objectives of a team, those it leaves alone left out.

    now: aware. It is made, looked at, and given up again, so that what is shown is what would be. Raises Refused as
    `actions.exclude`.
    """
    with transaction.atomic():
        was = standings(team, now)
        actions.exclude(team, draft, by=by, door="web", is_evaluated=False)
        found = [
            Taken(one, was[one].events - then.events, was[one].bad - then.bad, then)
            for one, then in standings(team, now).items()
        ]
        transaction.set_rollback(True)
    return [one for one in found if one.events or one.bad]
