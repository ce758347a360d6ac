"""What tests of follow-ups start from."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.follow_ups import actions
from hortus.follow_ups.actions import Draft
from hortus.follow_ups.models import FollowUp
from hortus.ledger.refs import Ref

ABOUT = Ref("test", "7", "The long night")
Make = Callable[..., FollowUp]


@pytest.fixture
def today(team: Team) -> date:
    """Return the day that it is in the team's zone."""
    return timezone.now().astimezone(team.zoneinfo).date()


@pytest.fixture
def make(team: Team, lead: Person, today: date) -> Make:
    """Return a maker of follow-ups that are due in ten days."""

    def maker(
        text: str = "Write it down", owner: Person | None = None, guard: Kind = Kind.FOLLOW_UP, **more: Any
    ) -> FollowUp:
        due_on = more.pop("due_on", today + timedelta(days=10))
        draft = Draft(text, due_on, owner, more.pop("learning", "The order of starting matters."))
        return actions.add(team, draft, ABOUT, by=lead, door="test", guard=guard, **more)

    return maker
