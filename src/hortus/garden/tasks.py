"""Background work of the garden: daily readings, and new ones after an import."""

from collections.abc import Callable
from datetime import timedelta

from django_tasks import task

from hortus.access.models import Team
from hortus.garden import actions
from hortus.garden.rules import READ_AT, READ_EVERY
from hortus.ledger.in_turn import in_turn
from hortus.ledger.queue_periodic import periodic


@task()
def read_every_team() -> None:
    """Take today's readings of every team; run hourly, so that each team's day ends with a fresh one."""
    _in_turn(lambda team: actions.take_readings(team, source="worker"))


@task()
def read_after_imports() -> None:
    """Read again wherever something was imported since the last reading."""
    _in_turn(lambda team: actions.catch_up(team, source="worker"))


def _in_turn(work: Callable[[Team], object]) -> None:
    in_turn(Team.objects.order_by("slug"), work, "the garden of {} cannot be read", lambda team: team.slug)


periodic("garden.readings", read_every_team, every=READ_EVERY, at=READ_AT, on_first_start=True)
periodic("garden.after-imports", read_after_imports, every=timedelta(minutes=1))
